package usersfile

import (
	"slices"
	"strings"

	"github.com/realmctl/realmctl/internal/linefile"
)

// The functions below take the text of a file and give the changed one.

// setHash gives each line of a user the new hash, those too that a later line
// overrules: an old password must not come back when that one is deleted.
func setHash(text, name, hash string, rules Rules) string {
	var edits []linefile.Edit
	for l := range userLines("", text, rules) {
		if l.name == name && l.hash != hash {
			at := l.Start + l.hashAt
			edits = append(edits, linefile.Edit{Start: at, End: at + len(l.hash), With: hash})
		}
	}
	return linefile.Apply(text, edits)
}

// dropUsers removes the lines of users.
func dropUsers(text string, drop func(name string) bool, rules Rules) string {
	var edits []linefile.Edit
	for l := range userLines("", text, rules) {
		if l.name != "" && drop(l.name) {
			edits = append(edits, linefile.Edit{Start: l.Start, End: l.Next})
		}
	}
	return linefile.Apply(text, edits)
}

// dropRoles removes users from roles. A role without users loses its line, which
// would be a broken one.
func dropRoles(text string, drop func(role, user string) bool) string {
	var edits []linefile.Edit
	for l := range roleLines("", text) {
		if l.role == "" || !slices.ContainsFunc(l.users, func(u span) bool { return drop(l.role, u.in(l.Text)) }) {
			continue
		}
		with, left := l.without(func(user string) bool { return drop(l.role, user) })
		if !left {
			edits = append(edits, linefile.Edit{Start: l.Start, End: l.Next})
			continue
		}
		edits = append(edits, linefile.Edit{Start: l.Start, End: l.Start + len(l.Text), With: with})
	}
	return linefile.Apply(text, edits)
}

// without is the line without some users, and whether any user is left in it.
func (l *roleLine) without(drop func(user string) bool) (line string, left bool) {
	colon := strings.IndexByte(l.Text, ':')
	pieces := strings.Split(l.Text[colon+1:], ",")
	var kept, blanked, users []string
	for i, piece := range pieces {
		user := ""
		if i < len(l.users) {
			user = l.users[i].in(l.Text)
		}
		if user != "" && drop(user) {
			blanked = append(blanked, "")
			continue
		}
		kept, blanked = append(kept, piece), append(blanked, piece)
		if user != "" {
			users = append(users, user)
		}
	}
	line = l.Text[:colon+1] + strings.Join(kept, ",")
	if !slices.Equal(usersOf(line), users) {
		// A control character at the edge of another user's name would be
		// trimmed now that the name comes first or last: keep the commas.
		line = l.Text[:colon+1] + strings.Join(blanked, ",")
	}
	return line, len(users) > 0
}

// usersOf lists the users of a line less the empty ones, which are nobody.
func usersOf(line string) []string {
	var names []string
	for _, u := range splitUsers(nil, line, strings.IndexByte(line, ':')+1) {
		if u.start < u.end {
			names = append(names, u.in(line))
		}
	}
	return names
}

// addRoles gives a user roles that it does not have: behind the last user of the
// role's first line, or in a new line at the end.
func addRoles(text, user string, roles []string) string {
	missing := slices.Clone(roles)
	var edits []linefile.Edit
	for l := range roleLines("", text) {
		i := slices.Index(missing, l.role)
		if l.role == "" || i < 0 {
			continue
		}
		missing = slices.Delete(missing, i, i+1)
		at := l.Start + l.lastUser()
		edits = append(edits, linefile.Edit{Start: at, End: at, With: "," + user})
	}
	text = linefile.Apply(text, edits)
	lines := make([]string, len(missing))
	for i, role := range missing {
		lines[i] = column0(role + ":" + user)
	}
	return linefile.Append(text, lines...)
}

// lastUser is where the last user of the line ends. There is one: empty users at
// the end do not count, and a line of nothing else is a fault.
func (l *roleLine) lastUser() int { return l.users[len(l.users)-1].end }

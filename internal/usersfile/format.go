package usersfile

import (
	"slices"
	"strings"

	"github.com/realmctl/realmctl/internal/linefile"
)

// Format tidies both files without changing what Elasticsearch sees in them: line
// ends become LF, blanks around entries and blank lines go, users in a line are
// parted by a comma alone and named once. Comments and broken lines stay.
func (e *Editor) Format() {
	for _, f := range []struct {
		file *file
		name string
		tidy func(string) string
	}{{&e.users, UsersName, func(text string) string { return FormatUsers(text, e.o.Rules) }}, {&e.roles, RolesName, FormatRoles}} {
		if now := f.tidy(f.file.now); now != f.file.now {
			f.file.now = now
			e.note(f.name, "format", "", "")
		}
	}
}

// FormatUsers tidies the text of a users file.
func FormatUsers(text string, rules Rules) string {
	return tidy(text, func(yield func(linefile.Line, string)) {
		for l := range userLines("", text, rules) {
			if l.name == "" {
				yield(l.Line, l.Text)
				continue
			}
			yield(l.Line, column0(l.name+":"+l.hash))
		}
	})
}

// FormatRoles tidies the text of a users_roles file.
func FormatRoles(text string) string {
	return tidy(text, func(yield func(linefile.Line, string)) {
		for l := range roleLines("", text) {
			if l.role == "" {
				yield(l.Line, l.Text)
				continue
			}
			yield(l.Line, l.tidied())
		}
	})
}

func (l *roleLine) tidied() string {
	seen := map[string]bool{}
	var users []string
	for _, u := range l.users {
		if user := u.in(l.Text); user != "" && !seen[user] {
			seen[user] = true
			users = append(users, user)
		}
	}
	line := column0(l.role + ":" + strings.Join(users, ","))
	if !slices.Equal(usersOf(line), users) {
		return l.Text // names that only the old form keeps apart
	}
	return line
}

// column0 keeps an entry that begins with # from becoming a comment.
func column0(entry string) string {
	if strings.HasPrefix(entry, "#") {
		return " " + entry
	}
	return entry
}

func tidy(text string, lines func(yield func(linefile.Line, string))) string {
	var b strings.Builder
	b.Grow(len(text) + 1)
	lines(func(line linefile.Line, tidied string) {
		if linefile.Trim(line.Text) == "" {
			return
		}
		b.WriteString(tidied)
		b.WriteByte('\n')
	})
	return b.String()
}

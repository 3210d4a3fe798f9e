package usersfile

import (
	"fmt"
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/realmctl/realmctl/internal/linefile"
)

// userLine is a line of users: a user, a comment (no name), or a fault.
type userLine struct {
	linefile.Line

	name, hash string
	hashAt     int    // where the hash begins in the line
	fault      string // Elasticsearch's log line
	code       string // of the finding for it
	column     int    // of the fault
}

// userLines follows FileUserPasswdStore.parseFile. Every line is yielded.
func userLines(path, text string, rules Rules) iter.Seq[userLine] {
	valid := utf8.ValidString(text)
	return func(yield func(userLine) bool) {
		for line := range linefile.Lines(text) {
			l := userLine{Line: line}
			if !strings.HasPrefix(line.Text, "#") {
				l.parse(path, rules, valid)
			}
			if !yield(l) {
				return
			}
		}
	}
}

func (l *userLine) parse(path string, rules Rules, valid bool) {
	if !valid && !utf8.ValidString(l.Text) {
		l.fault = notUTF8(UsersName, path, l.Number)
		return
	}
	name, hash, ok := splitUser(l.Text)
	at := len(l.Text) - len(strings.TrimLeftFunc(l.Text, func(r rune) bool { return r <= ' ' }))
	if !ok {
		l.code, l.column = "invalid-entry", linefile.Column(l.Text, at)
		l.fault = fmt.Sprintf("invalid entry in users file [%s], line [%d]. skipping...", path, l.Number)
		return
	}
	if err := rules.CheckUser(name); err != nil {
		l.code, l.column = "invalid-name", linefile.Column(l.Text, at)
		l.fault = fmt.Sprintf("invalid username [%s] in users file [%s], skipping... (%s)", name, path, err)
		return
	}
	l.name, l.hash, l.hashAt = name, hash, at+len(name)+1
}

// splitUser cuts a line that is no comment at its first colon.
func splitUser(line string) (name, hash string, ok bool) {
	if strings.HasPrefix(line, "#") {
		return "", "", false
	}
	name, hash, ok = strings.Cut(linefile.Trim(line), ":")
	return name, hash, ok && name != "" && hash != ""
}

// span is a part of a line.
type span struct{ start, end int }

func (s span) in(line string) string { return line[s.start:s.end] }

// roleLine is a line of users_roles: a role with its users, a comment (no role),
// or a fault.
type roleLine struct {
	linefile.Line

	role   string
	users  []span // reused for the next line
	fault  string
	code   string
	column int
}

// roleLines follows FileUserRolesStore.parseFile. Every line is yielded.
func roleLines(path, text string) iter.Seq[roleLine] {
	valid := utf8.ValidString(text)
	return func(yield func(roleLine) bool) {
		var users []span
		for line := range linefile.Lines(text) {
			l := roleLine{Line: line, users: users[:0]}
			if !strings.HasPrefix(line.Text, "#") {
				l.parse(path, valid)
			}
			if !yield(l) {
				return
			}
			users = l.users
		}
	}
}

func (l *roleLine) parse(path string, valid bool) {
	if !valid && !utf8.ValidString(l.Text) {
		l.fault = notUTF8(RolesName, path, l.Number)
		return
	}
	l.column = 1
	colon := strings.IndexByte(l.Text, ':')
	if colon <= 0 || colon == len(l.Text)-1 {
		l.code = "invalid-entry"
		l.fault = fmt.Sprintf("invalid entry in users_roles file [%s], line [%d]. skipping...", path, l.Number)
		return
	}
	role := linefile.Trim(l.Text[:colon])
	if err := CheckRole(role); err != nil {
		l.code = "invalid-role"
		l.fault = fmt.Sprintf("invalid role entry in users_roles file [%s], line [%d] - %s. skipping...", path, l.Number, err)
		return
	}
	l.users = splitUsers(l.users, l.Text, colon+1)
	if len(l.users) == 0 {
		l.code, l.column = "no-users", linefile.Column(l.Text, colon+1)
		l.fault = fmt.Sprintf("invalid entry for role [%s] in users_roles file [%s], line [%d]. no users found. skipping...", role, path, l.Number)
		return
	}
	l.role = role
}

// splitUsers cuts the users of a line as Java does: the whole is trimmed, then
// split at \s*,\s*, and empty users at the end do not count.
func splitUsers(users []span, line string, from int) []span {
	s := trimSpan(line, span{from, len(line)}, func(c byte) bool { return c <= ' ' })
	if s.start == s.end {
		return users
	}
	for at := s.start; ; {
		end := strings.IndexByte(line[at:s.end], ',')
		last := end < 0
		if last {
			end = s.end - at
		}
		users = append(users, trimSpan(line, span{at, at + end}, regexSpace))
		at += end + 1
		if last {
			break
		}
	}
	for len(users) > 0 && users[len(users)-1].start == users[len(users)-1].end {
		users = users[:len(users)-1]
	}
	return users
}

func trimSpan(line string, s span, cut func(byte) bool) span {
	for s.start < s.end && cut(line[s.start]) {
		s.start++
	}
	for s.start < s.end && cut(line[s.end-1]) {
		s.end--
	}
	return s
}

// regexSpace is \s of java.util.regex.
func regexSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// notUTF8 is a fault that Elasticsearch does not know: it refuses the whole file.
func notUTF8(kind, path string, line int) string {
	return fmt.Sprintf("invalid entry in %s file [%s], line [%d]: not UTF-8. skipping...", kind, path, line)
}

package usersfile

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// model is Elasticsearch's reader written down a second time, by its Java source
// and without any of our code, save that lines which are not UTF-8 are left out.
type model struct {
	users map[string]string
	roles map[string][]string
}

var (
	modelEnds  = regexp.MustCompile(`\r\n|\r|\n`)
	modelDelim = regexp.MustCompile(`[ \t\n\x0B\f\r]*,[ \t\n\x0B\f\r]*`)
	modelName  = regexp.MustCompile(`^[!-~]([ -~]*[!-~])?$`)
)

func modelTrim(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return r <= 0x20 })
}

func modelLines(text string) []string {
	lines := modelEnds.Split(text, -1)
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, "#") || !utf8.ValidString(l) })
}

func modelOf(users, roles string) model {
	m := model{users: map[string]string{}, roles: map[string][]string{}}
	reserved := []string{"elastic", "kibana", "kibana_system", "logstash_system", "beats_system", "apm_system", "remote_monitoring_user", "_anonymous"}
	for _, line := range modelLines(users) {
		line = modelTrim(line)
		i := strings.Index(line, ":")
		if i <= 0 || i == len(line)-1 {
			continue
		}
		if name := line[:i]; modelName.MatchString(name) && len(name) <= 1024 && !slices.Contains(reserved, name) {
			m.users[name] = line[i+1:]
		}
	}
	for _, line := range modelLines(roles) {
		i := strings.Index(line, ":")
		if i <= 0 || i == len(line)-1 {
			continue
		}
		role, names := modelTrim(line[:i]), modelTrim(line[i+1:])
		if !modelName.MatchString(role) || len(role) > 1024 || names == "" {
			continue
		}
		parts := modelDelim.Split(names, -1)
		for len(parts) > 0 && parts[len(parts)-1] == "" { // as Java's split does
			parts = parts[:len(parts)-1]
		}
		for _, name := range parts {
			m.roles[name] = append(m.roles[name], role)
		}
	}
	return m
}

// without is the model less one user; the empty name is nobody's.
func (m model) without(name string) model {
	o := model{users: maps.Clone(m.users), roles: maps.Clone(m.roles)}
	delete(o.users, name)
	delete(o.roles, name)
	delete(o.roles, "")
	return o
}

func (m model) equal(o model) bool {
	return maps.Equal(m.users, o.users) && maps.EqualFunc(m.roles, o.roles, slices.Equal[[]string])
}

// seen is what our own reader sees.
func seen(users, roles string) model {
	m := model{users: map[string]string{}, roles: map[string][]string{}}
	u, r := ParseUsers("users", users, Options{}), ParseRoles("users_roles", roles, Options{})
	for name, hash := range u.All() {
		m.users[name] = hash
		if again, ok := u.Hash(name); !ok || again != hash {
			panic("Hash and All disagree on " + name)
		}
	}
	for name := range r.Users() {
		m.roles[name] = r.Of(name)
	}
	return m
}

// othersLines are the lines, terminators included, that do not name the user.
func othersLines(text string, mine func(line string) bool) string {
	var b strings.Builder
	ends := append(modelEnds.FindAllStringIndex(text, -1), []int{len(text), len(text)})
	at := 0
	for _, end := range ends {
		if !mine(text[at:end[0]]) {
			b.WriteString(text[at:end[1]])
		}
		at = end[1]
	}
	return b.String()
}

func seeds(f *testing.F) {
	for _, users := range []string{
		"", "a:h\nb:h", "# c\r\n a :h\r\na:h2\r\na:h1\r\n", "\ufeffa:h\n", "a:h\rb:h\r", "\xff:h\na:h\xff\na:h", " #a:x\n\n :x\na:\n", "a:h\n\na",
	} {
		for _, roles := range []string{
			"", "r:a,b\nq:a", " r : b , a \r\nr:a\r\n# r:a\n", "r:a,,\n,r:,a,,b,\nr:", "r:\x01a , b\x01\nr:b,\x01a", "r:a\rr:b", "\ufeffr:a\n#:a\n #:a", "\xff:a\nr:a,\xff",
		} {
			f.Add(users, roles, "a")
		}
	}
}

// FuzzEdits: our reader is the model; an edit of a user changes that user's lines
// and nothing else, and everybody else is seen as before.
func FuzzEdits(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, users, roles, name string) {
		before := modelOf(users, roles)
		if got := seen(users, roles); !got.equal(before) {
			t.Fatalf("read %q %q\n got %v\nwant %v", users, roles, got, before)
		}
		never := func(string) bool { return false }
		if got := dropUsers(users, never, Rules{}); got != users {
			t.Fatalf("users %q written as %q", users, got)
		}
		if got := dropRoles(roles, func(_, _ string) bool { return false }); got != roles {
			t.Fatalf("users_roles %q written as %q", roles, got)
		}
		if got := addRoles(roles, "x", nil); got != roles {
			t.Fatalf("users_roles %q written as %q", roles, got)
		}
		if (Rules{}).CheckNewUser(name) != nil {
			return
		}
		fuzzUsers(t, users, name, before)
		fuzzRoles(t, roles, name, before)
		fuzzFormat(t, users, roles, before)
	})
}

func fuzzUsers(t *testing.T, users, name string, before model) {
	t.Helper()
	is := func(n string) bool { return n == name }
	mine := func(line string) bool {
		for n := range modelOf(line, "").users {
			return n == name
		}
		return false
	}
	changed, deleted := setHash(users, name, "new", Rules{}), dropUsers(users, is, Rules{})
	after := modelOf(changed, "")
	if _, there := before.users[name]; there && after.users[name] != "new" || !there && changed != users {
		t.Fatalf("%q after a new password for %q: %q", users, name, changed)
	}
	if othersLines(changed, mine) != othersLines(users, mine) {
		t.Fatalf("%q: a password of %q changed other lines: %q", users, name, changed)
	}
	if _, there := modelOf(deleted, "").users[name]; there || deleted != othersLines(users, mine) {
		t.Fatalf("%q without %q: %q", users, name, deleted)
	}
	for _, text := range []string{changed, deleted} {
		if got := modelOf(text, ""); !maps.Equal(got.without(name).users, before.without(name).users) {
			t.Fatalf("%q: an edit of %q changed another user: %q", users, name, text)
		}
	}
}

func fuzzRoles(t *testing.T, roles, name string, before model) {
	t.Helper()
	dropped := dropRoles(roles, func(_, user string) bool { return user == name })
	added := addRoles(dropped, name, []string{"r", "fresh role"})
	if got := modelOf("", dropped).roles[name]; len(got) != 0 {
		t.Fatalf("%q: %q keeps %q in %q", roles, name, got, dropped)
	}
	got := modelOf("", added).roles[name]
	slices.Sort(got)
	if !slices.Equal(got, []string{"fresh role", "r"}) {
		t.Fatalf("%q: %q has %q in %q", roles, name, got, added)
	}
	for _, text := range []string{dropped, added} {
		if got, want := modelOf("", text).without(name), before.without(name); !maps.EqualFunc(got.roles, want.roles, slices.Equal[[]string]) {
			t.Fatalf("%q: an edit of %q changed another user: %q\n got %q\nwant %q", roles, name, text, got.roles, want.roles)
		}
	}
	mine := func(line string) bool { return modelOf("", line).roles[name] != nil }
	if got, want := othersLines(dropped, mine), othersLines(roles, mine); !subsequence(want, got) {
		t.Fatalf("%q: without %q other lines changed: %q", roles, name, dropped)
	}
}

// subsequence says whether the lines of part stand in whole in this order. Blank
// lines do not count: one vanishes when a CR before and an LF behind it meet.
func subsequence(part, whole string) bool {
	lines := modelEnds.Split(whole, -1)
	for _, line := range modelEnds.Split(part, -1) {
		if line == "" {
			continue
		}
		i := slices.Index(lines, line)
		if i < 0 {
			return false
		}
		lines = lines[i+1:]
	}
	return true
}

func fuzzFormat(t *testing.T, users, roles string, before model) {
	t.Helper()
	tidyUsers, tidyRoles := FormatUsers(users, Rules{}), FormatRoles(roles)
	got, want := modelOf(tidyUsers, tidyRoles).without(""), before.without("")
	for _, m := range []model{got, want} {
		for name, list := range m.roles {
			slices.Sort(list)
			m.roles[name] = slices.Compact(list)
		}
	}
	if !got.equal(want) {
		t.Fatalf("formatted %q %q to %q %q\n got %v\nwant %v", users, roles, tidyUsers, tidyRoles, got, want)
	}
	if again := FormatUsers(tidyUsers, Rules{}); again != tidyUsers {
		t.Fatalf("formatted twice: %q, %q", tidyUsers, again)
	}
	if again := FormatRoles(tidyRoles); again != tidyRoles {
		t.Fatalf("formatted twice: %q, %q", tidyRoles, again)
	}
	comments := func(text string) (n int) {
		for _, line := range modelEnds.Split(text, -1) {
			if strings.HasPrefix(line, "#") {
				n++
			}
		}
		return n
	}
	if comments(tidyUsers) != comments(users) || comments(tidyRoles) != comments(roles) {
		t.Fatalf("formatting %q %q lost a comment: %q %q", users, roles, tidyUsers, tidyRoles)
	}
}

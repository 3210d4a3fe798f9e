package usersfile_test

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/linefile"
	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/usersfile"
)

// records reads a file of JSON lines.
func records[T any](t *testing.T, name string) []T {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var all []T
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var one T
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	if err := lines.Err(); err != nil || len(all) == 0 {
		t.Fatalf("%d records, %v", len(all), err)
	}
	return all
}

// content of a recorded file; null: there was none.
type content struct {
	Content string `json:"content"`
	Base64  string `json:"content_b64"`
	Line    string `json:"line"`
	Same    bool   `json:"same"` // as it was before
}

func (c content) text(t *testing.T) string {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(c.Base64)
	if err != nil {
		t.Fatal(err)
	}
	return c.Content + string(raw) + c.Line
}

type fact struct {
	content

	About, File, User, Password string
	Outcome                     struct {
		Status any
		Roles  []string
	}
}

// saferThanTheNode are the facts in which we part from the real node on purpose.
func saferThanTheNode(about string) bool {
	switch about {
	case "PBKDF2 prefix in lower case, the line itself as password",
		"unknown prefix {ARGON2}, the line itself as password",
		"bcrypt $2x$, the line itself as password",
		"SHA-512 crypt",
		"name followed by a colon":
		return true // there the text of the line lets in as the password
	}
	return false
}

// Each line of a real node's users file lets in whom it did there.
func TestUsersLogInAsOnARealNode(t *testing.T) {
	t.Parallel()
	pool, err := pwhash.New("bcrypt4", pwhash.Options{Plain: true})
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range records[fact](t, "facts.jsonl") {
		if f.File != usersfile.UsersName {
			continue
		}
		t.Run(fmt.Sprintf("%d %s", i, f.About), func(t *testing.T) {
			t.Parallel()
			var problems []linefile.Problem
			users := usersfile.ParseUsers("/c/users", f.text(t), usersfile.Options{Report: func(p linefile.Problem) { problems = append(problems, p) }})
			hash, got := users.Hash(f.User)
			if got {
				got, _ = pool.Verify(t.Context(), hash, secret.String(f.Password))
			}
			want := f.Outcome.Status == float64(200)
			switch {
			case f.About == "one byte that is not UTF-8, in a comment":
				if !got || len(problems) != 0 { // the node lets nobody in
					t.Errorf("login of %q = %v, problems %v", f.User, got, problems)
				}
			case saferThanTheNode(f.About):
				if got {
					t.Errorf("the text of the line lets %q in", f.User)
				}
			case got != want:
				t.Errorf("login of %q = %v, want %v (%v)", f.User, got, want, f.Outcome.Status)
			}
		})
	}
}

func TestRolesAreThoseOnARealNode(t *testing.T) {
	t.Parallel()
	n := 0
	for _, f := range records[fact](t, "facts.jsonl") {
		if f.File != usersfile.RolesName || f.Outcome.Status != float64(200) || strings.Contains(f.About, "UTF-8") {
			continue
		}
		n++
		roles := usersfile.ParseRoles("/c/users_roles", f.text(t), usersfile.Options{}).Of(f.User)
		if diff := cmp.Diff(f.Outcome.Roles, append([]string{}, roles...)); diff != "" {
			t.Errorf("roles of %s (-want +got):\n%s", f.User, diff)
		}
	}
	if n < 10 {
		t.Errorf("only %d facts about roles", n)
	}
}

type run struct {
	Case   string
	Args   []string
	Stdout string
	Before map[string]*content `json:"files_before"`
	After  map[string]*content `json:"files_after"`
}

// command takes the arguments of elasticsearch-users apart as far as files go.
type command struct {
	verb, name         string
	roles, add, remove []string
}

func (r run) command() command {
	var c command
	csv := func(text string) []string {
		return slices.DeleteFunc(strings.Split(text, ","), func(s string) bool { return s == "" })
	}
	var operands []string
	for i := 0; i < len(r.Args); i++ {
		arg := r.Args[i]
		next := func() string { i++; return r.Args[i] }
		switch {
		case arg == "--":
		case strings.HasPrefix(arg, "--roles="):
			c.roles = csv(strings.TrimPrefix(arg, "--roles="))
		case arg == "-rsuperuser":
			c.roles = []string{"superuser"}
		case arg == "-r" || arg == "--ro":
			c.roles = csv(next())
			c.remove = c.roles
		case arg == "-a":
			c.add = csv(next())
		case arg == "-p" || arg == "--pass" || arg == "-password" || arg == "-E":
			next()
		case strings.HasPrefix(arg, "-") && arg != "-jack":
		default:
			operands = append(operands, arg)
		}
	}
	c.verb = operands[0]
	if len(operands) > 1 {
		c.name = operands[1]
	}
	return c
}

// refused are the names that the real tool writes and cannot read again.
func refused(name string) bool {
	return slices.Contains([]string{"useradd/role-colon", "useradd/name-colon", "useradd/name-hash", "useradd/name-comma"}, name)
}

const someHash = "{PBKDF2}1000$YCAQwwkUJ9scMPWXZc8jUnz42QfOxJP/vE/f/ig1krg=$cA0pH/SKw7ZR/fYGa0lXThEVgFYlczWvBmsoKCNF55I="

func apply(e *usersfile.Editor, c command) error {
	switch c.verb {
	case "useradd":
		_, err := e.Add(usersfile.NewUser{Name: c.name, Hash: someHash, Roles: c.roles})
		return err
	case "userdel":
		return e.Delete(c.name)
	case "passwd":
		return e.SetHash(c.name, someHash)
	case "roles":
		roles := append(e.RolesOf(c.name), c.add...)
		return e.SetRoles(c.name, slices.DeleteFunc(roles, func(r string) bool { return slices.Contains(c.remove, r) }))
	}
	return nil
}

// An edit leaves the users and roles that the real tool's edit left, in files of
// which it keeps more.
func TestEditsEndAsThoseOfTheRealTool(t *testing.T) {
	t.Parallel()
	for _, r := range records[run](t, "recorded.jsonl") {
		c := r.command()
		if c.verb == "list" {
			continue
		}
		t.Run(r.Case, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for name, f := range r.Before {
				write(t, filepath.Join(dir, name), f.text(t))
			}
			rules := usersfile.Rules{ReservedOff: r.Case == "useradd/reserved-realm-off"}
			e, err := usersfile.Edit(t.Context(), dir, usersfile.EditOptions{Rules: rules})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			err = apply(e, c)
			if refused(r.Case) {
				name, ok := errors.AsType[*usersfile.NameError](err)
				if !ok || !name.Hazard {
					t.Errorf("edit = %v, want a hazard", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := e.Save(); err != nil {
				t.Fatal(err)
			}
			compare(t, r, dir, rules)
		})
	}
}

// compare wants in dir the users and roles of the recorded files.
func compare(t *testing.T, r run, dir string, rules usersfile.Rules) {
	t.Helper()
	o := usersfile.Options{Rules: rules}
	got, err := usersfile.Load(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	after := func(name string) string {
		switch f := r.After[name]; {
		case f == nil:
			return ""
		case f.Same:
			return r.Before[name].text(t)
		default:
			return f.text(t)
		}
	}
	users := usersfile.ParseUsers("users", after(usersfile.UsersName), o)
	roles := usersfile.ParseRoles("users_roles", after(usersfile.RolesName), o)
	want, have := map[string][]string{}, map[string][]string{}
	for _, side := range []struct {
		into  map[string][]string
		users *usersfile.Users
		roles *usersfile.Roles
	}{{want, users, roles}, {have, got.Users, got.Roles}} {
		for name := range side.users.All() {
			list := side.roles.Of(name)
			slices.Sort(list)
			side.into[name] = slices.Compact(list) // -r a,a is written once
		}
	}
	if r.Case == "useradd/stale-roles" {
		want["jack"] = nil // the real tool makes jack a superuser
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("users (-recorded +ours):\n%s", diff)
	}
}

// list prints as elasticsearch-users list does, unknown roles unmarked.
func list(f usersfile.Folder, name string) []string {
	var lines []string
	line := func(name string, roles []string) {
		if len(roles) == 0 {
			roles = []string{"-"}
		}
		lines = append(lines, fmt.Sprintf("%-15s: %s", name, strings.Join(roles, ",")))
	}
	if name != "" {
		line(name, f.Roles.Of(name))
		return lines
	}
	names := map[string]bool{}
	for user := range f.Roles.Users() {
		names[user] = true
	}
	for user := range f.Users.All() {
		names[user] = true
	}
	for _, user := range slices.Sorted(maps.Keys(names)) {
		line(user, f.Roles.Of(user))
	}
	return lines
}

func TestListsAreThoseOfTheRealTool(t *testing.T) {
	t.Parallel()
	for _, r := range records[run](t, "recorded.jsonl") {
		c := r.command()
		if c.verb != "list" || r.Stdout == "" || slices.Contains(r.Args, "-s") && !strings.HasPrefix(r.Case, "users/") {
			continue
		}
		t.Run(r.Case, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for name, f := range r.Before {
				write(t, filepath.Join(dir, name), f.text(t))
			}
			f, err := usersfile.Load(dir, usersfile.Options{})
			if err != nil {
				t.Fatal(err)
			}
			out, _, _ := strings.Cut(strings.ReplaceAll(r.Stdout, "\r\n", "\n"), "\n\n [*]")
			out = strings.ReplaceAll(strings.TrimSuffix(out, "\n"), "*", "")
			want := strings.Split(out, "\n")
			slices.Sort(want)
			got := list(f, c.name)
			if len(got) == 0 {
				got = []string{"No users found"}
			}
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("list (-recorded +ours):\n%s", diff)
			}
		})
	}
}

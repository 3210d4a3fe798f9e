package usersfile_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/linefile"
	"github.com/realmctl/realmctl/internal/usersfile"
)

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// problems collects what a reader reports.
func problems(into *[]string) func(linefile.Problem) {
	return func(p linefile.Problem) { *into = append(*into, fmt.Sprintf("%d: %s", p.Line, p.Text)) }
}

const nameRule = " names must be at least 1 and no more than 1024 characters. They can contain alphanumeric characters (a-z, A-Z, 0-9), spaces, " +
	"punctuation, and printable symbols in the Basic Latin (ASCII) block. Leading or trailing whitespace is not allowed."

func TestUsersReportInElasticsearchsWords(t *testing.T) {
	t.Parallel()
	var got []string
	users := usersfile.ParseUsers("/c/users", "# c\n\na:h\n \nbroken\n:h\nb:\nb :h\nkibana:h\nanon:h\nc\xff:h\nd:h:i\n", usersfile.Options{
		Rules: usersfile.Rules{Anonymous: "anon"}, Report: problems(&got),
	})
	want := []string{
		"2: invalid entry in users file [/c/users], line [2]. skipping...",
		"4: invalid entry in users file [/c/users], line [4]. skipping...",
		"5: invalid entry in users file [/c/users], line [5]. skipping...",
		"6: invalid entry in users file [/c/users], line [6]. skipping...",
		"7: invalid entry in users file [/c/users], line [7]. skipping...",
		"8: invalid username [b ] in users file [/c/users], skipping... (User" + nameRule + ")",
		"9: invalid username [kibana] in users file [/c/users], skipping... (Username [kibana] is reserved and may not be used.)",
		"10: invalid username [anon] in users file [/c/users], skipping... (Username [anon] is reserved and may not be used.)",
		"11: invalid entry in users file [/c/users], line [11]: not UTF-8. skipping...",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reports (-want +got):\n%s", diff)
	}
	var names []string
	for name, hash := range users.All() {
		names = append(names, name+"="+hash)
	}
	if diff := cmp.Diff([]string{"a=h", "d=h:i"}, names); diff != "" || users.Len() != 2 {
		t.Errorf("users (-want +got):\n%s", diff)
	}
}

func TestRolesReportInElasticsearchsWords(t *testing.T) {
	t.Parallel()
	var got []string
	roles := usersfile.ParseRoles("/c/users_roles", "\nr:a\nbroken\n:a\nr:\n :a\nq: \nq:,,\nr\xff:a\n", usersfile.Options{Report: problems(&got)})
	want := []string{
		"1: invalid entry in users_roles file [/c/users_roles], line [1]. skipping...",
		"3: invalid entry in users_roles file [/c/users_roles], line [3]. skipping...",
		"4: invalid entry in users_roles file [/c/users_roles], line [4]. skipping...",
		"5: invalid entry in users_roles file [/c/users_roles], line [5]. skipping...",
		"6: invalid role entry in users_roles file [/c/users_roles], line [6] - Role" + nameRule + ". skipping...",
		"7: invalid entry for role [q] in users_roles file [/c/users_roles], line [7]. no users found. skipping...",
		"8: invalid entry for role [q] in users_roles file [/c/users_roles], line [8]. no users found. skipping...",
		"9: invalid entry in users_roles file [/c/users_roles], line [9]: not UTF-8. skipping...",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reports (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"r"}, roles.Of("a")); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
}

func TestNoFileIsNoUsers(t *testing.T) {
	t.Parallel()
	f, err := usersfile.Load(t.TempDir(), usersfile.Options{Strict: true})
	if err != nil || f.Users.Len() != 0 || f.Roles.Len() != 0 {
		t.Errorf("Load = %v, %v", f, err)
	}
	var users *usersfile.Users
	var roles *usersfile.Roles
	if _, ok := users.Hash("a"); ok || users.Len() != 0 || roles.Of("a") != nil || roles.Len() != 0 {
		t.Error("nil has users")
	}
}

func TestAFileThatCannotBeReadIsAnError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	usersPath, rolesPath := usersfile.Paths(dir)
	if err := os.Mkdir(usersPath, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, rolesPath, "r:a\n# \xff\n")
	if _, err := usersfile.LoadUsers(usersPath, usersfile.Options{}); err == nil {
		t.Error("a folder was read as users")
	}
	if _, err := usersfile.LoadRoles(rolesPath, usersfile.Options{Strict: true}); !errors.Is(err, usersfile.ErrNotUTF8) {
		t.Errorf("strict LoadRoles = %v, want ErrNotUTF8", err)
	}
	if roles, err := usersfile.LoadRoles(rolesPath, usersfile.Options{}); err != nil || roles.Len() != 1 {
		t.Errorf("LoadRoles = %v, %v", roles.Len(), err)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name         string
		rules        usersfile.Rules
		user, isNew  bool
		role, newRol bool
	}{
		{"jack", usersfile.Rules{}, true, true, true, true},
		{"j@ck.n!ch/ol(so)n~\"`", usersfile.Rules{}, true, true, true, true},
		{"a b", usersfile.Rules{}, true, true, true, true},
		{strings.Repeat("a", 1024), usersfile.Rules{}, true, true, true, true},
		{strings.Repeat("a", 1025), usersfile.Rules{}, false, false, false, false},
		{"", usersfile.Rules{}, false, false, false, false},
		{" a", usersfile.Rules{}, false, false, false, false},
		{"a ", usersfile.Rules{}, false, false, false, false},
		{"jürgen", usersfile.Rules{}, false, false, false, false},
		{"ja\tck", usersfile.Rules{}, false, false, false, false},
		{"a:b", usersfile.Rules{}, true, false, true, false},
		{"a,b", usersfile.Rules{}, true, false, true, false},
		{"#a", usersfile.Rules{}, true, false, true, false},
		{"a#", usersfile.Rules{}, true, true, true, true},
		{"elastic", usersfile.Rules{}, false, false, true, true},
		{"Elastic", usersfile.Rules{}, true, true, true, true},
		{"remote_monitoring_user", usersfile.Rules{}, false, false, true, true},
		{"elastic", usersfile.Rules{ReservedOff: true}, true, true, true, true},
		{"_anonymous", usersfile.Rules{Anonymous: "guest"}, false, false, true, true},
		{"_anonymous", usersfile.Rules{ReservedOff: true}, false, false, true, true},
		{"guest", usersfile.Rules{ReservedOff: true, Anonymous: "guest"}, false, false, true, true},
		{"guest", usersfile.Rules{Anonymous: "guest"}, false, false, true, true},
		{"_xpack", usersfile.Rules{}, true, true, true, true},
	} {
		got := []bool{
			tt.rules.CheckUser(tt.name) == nil, tt.rules.CheckNewUser(tt.name) == nil,
			usersfile.CheckRole(tt.name) == nil, usersfile.CheckNewRole(tt.name) == nil,
		}
		if diff := cmp.Diff([]bool{tt.user, tt.isNew, tt.role, tt.newRol}, got); diff != "" {
			t.Errorf("%.30q: user, new user, role, new role (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestEditOfAMissingFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := usersfile.Edit(t.Context(), dir, usersfile.EditOptions{}); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "users") {
		t.Errorf("Edit = %v, want ErrNotExist naming the file", err)
	}
	e, err := usersfile.Edit(t.Context(), dir, usersfile.EditOptions{Create: true}) // the lock was given back
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if _, err := e.Add(usersfile.NewUser{Name: "jack", Hash: someHash, Roles: []string{"superuser"}}); err != nil {
		t.Fatal(err)
	}
	r, err := e.Save()
	usersPath, rolesPath := usersfile.Paths(dir)
	if diff := cmp.Diff([]string{rolesPath, usersPath}, r.Written); err != nil || diff != "" {
		t.Errorf("Save = %v (-want +got):\n%s", err, diff)
	}
	if read(t, usersPath) != "jack:"+someHash+"\n" || read(t, rolesPath) != "superuser:jack\n" {
		t.Errorf("files %q %q", read(t, usersPath), read(t, rolesPath))
	}
}

package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// someHash is a hash of cost 4 of test-pass-1.
const someHash = "$2a$04$abcdefghijklmnopqrstuunkRosyhM4.bJpx2Lxc1zQCrnpFZZTfq"

// folder makes a configuration folder.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFileQuestions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		stdin string
		flags []string
		code  int
		gone  bool
	}{
		"yes":                   {stdin: "y\n", gone: true},
		"no":                    {stdin: "n\n", code: 130},
		"nothing":               {code: 130},
		"nobody is to be asked": {stdin: "y\n", flags: []string{"--no-input"}, code: 64},
		"--yes":                 {flags: []string{"--yes"}, gone: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := folder(t, map[string]string{"users": "ana:" + someHash + "\nben:" + someHash + "\n", "users_roles": "viewer:ana,ben\n"})
			got := command{args: append([]string{"file", "delete", "ana", "ben", "--conf", dir}, c.flags...), stdin: c.stdin, tty: true}.run(t)
			if asked := strings.Contains(got.stderr, "in "+dir+": delete 2 file users (ana, ben)? [y/N] "); got.code != c.code || asked == (len(c.flags) > 0) {
				t.Errorf("exit %d, want %d; stderr %q", got.code, c.code, got.stderr)
			}
			users, err := os.ReadFile(filepath.Join(dir, "users"))
			if err != nil || (len(users) == 0) != c.gone {
				t.Errorf("users is %q, %v", users, err)
			}
		})
	}
}

func TestMigrationOfEverything(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"users":            "ana:" + someHash + "\nben:" + someHash + "\n",
		"users_roles":      "ops:ana\n",
		"roles.yml":        "ops: {cluster: [monitor]}\nviewer: {cluster: [all]}\n",
		"role_mapping.yml": "ops:\n- 'cn=admins,dc=example'\n",
	})
	s := serve(t, map[string]answer{
		"GET /_security/role":             {200, `{}`},
		"GET /_security/user":             {200, `{"ben":{"username":"ben","roles":[],"full_name":null,"email":null,"metadata":{},"enabled":true}}`},
		"GET /_security/role_mapping":     {200, `{}`},
		"PUT /_security/role/ops":         {200, `{"role":{"created":true}}`},
		"PUT /_security/user/ana":         {200, `{"created":true}`},
		"PUT /_security/role_mapping/ops": {200, `{"role_mapping":{"created":true}}`},
	})
	got := command{args: []string{"file", "migrate", "--conf", dir, "--url", s.URL, "--mappings", "--mapping-realm", "ldap1", "--skip-existing", "-o", "json"}}.run(t)
	const want = `[{"kind":"role","name":"ops","outcome":"copied"},` +
		`{"kind":"role","name":"viewer","outcome":"failed","error":"Role [viewer] is reserved and may not be used.","exit":65},` +
		`{"kind":"user","name":"ana","outcome":"copied"},{"kind":"user","name":"ben","outcome":"skipped"},` +
		`{"kind":"mapping","name":"ops","outcome":"copied"}]` + "\n"
	if got.code != 3 || got.stdout != want {
		t.Errorf("exit %d, want 3\n%s\nwant\n%s%s", got.code, got.stdout, want, got.stderr)
	}
	sent := s.asked()
	for i, want := range []string{
		`PUT /_security/role/ops {"cluster":["monitor"]}`,
		`PUT /_security/user/ana {"password_hash":"` + someHash + `","roles":["ops"]}`,
		`PUT /_security/role_mapping/ops {"enabled":true,"roles":["ops"],"rules":{"all":[{"any":[{"field":{"dn":"cn=admins,dc=example"}},` +
			`{"field":{"groups":"cn=admins,dc=example"}}]},{"field":{"realm.name":"ldap1"}}]}}`,
	} {
		if i >= len(sent) || sent[i] != want {
			t.Errorf("sent\n%s\nwant as number %d\n%s", strings.Join(sent, "\n"), i, want)
		}
	}
}

// A user that the node goes on finding in the files is put back, with its roles.
func TestMigrationPutsBackWhoIsNotNative(t *testing.T) {
	t.Parallel()
	users, roles := "# team\nana:"+someHash+"\nroot:"+someHash+"\n", "viewer:ana\nsuperuser:root\n #odd:ana\n"
	dir := folder(t, map[string]string{"users": users, "users_roles": roles})
	s := serve(t, map[string]answer{
		"GET /_security/user":     {200, `{}`},
		"PUT /_security/user/ana": {200, `{"created":true}`},
		"GET /_security/_authenticate": {200, `{"username":"ana","roles":["viewer"],"metadata":{},"enabled":true,` +
			`"authentication_realm":{"name":"f","type":"file"},"lookup_realm":{"name":"f","type":"file"},"authentication_type":"realm"}`},
	})
	args := []string{"file", "migrate", "--conf", dir, "--url", s.URL, "--users", "ana", "--no-roles", "--remove", "--wait", "100ms", "--yes"}
	got := command{args: args}.run(t)
	if got.code != 3 || !strings.Contains(got.stderr, "put back, for they do not resolve as native: ana: the realm that answers is of type file") {
		t.Errorf("exit %d, want 3; stderr %q", got.code, got.stderr)
	}
	for name, want := range map[string]string{"users": "# team\nroot:" + someHash + "\nana:" + someHash + "\n", "users_roles": "superuser:root\nviewer:ana\n #odd:ana\n"} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(text) != want {
			t.Errorf("%s is %q, %v, want %q", name, text, err, want)
		}
	}
}

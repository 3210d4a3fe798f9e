package compat_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const team = "jack:{PBKDF2}1000$YCAQwwkUJ9scMPWXZc8jUnz42QfOxJP/vE/f/ig1krg=$cA0pH/SKw7ZR/fYGa0lXThEVgFYlczWvBmsoKCNF55I=\nbroken\n" + jill + "\nanna:" + someToken + "\n"

// migrate runs the tool against a node that has these answers, and returns what it
// was sent.
func migrate(t *testing.T, files map[string]string, script []answer, options string) (m *machine, code int, sent []string) {
	t.Helper()
	conf := folder(t, files)
	node := serve(t, record{Serve: script}, conf)
	m = newMachine(t, conf, map[string]string{"ELASTIC_PASSWORD": "admin-pass"})
	code = m.run(t, "elasticsearch-migrate native -u elastic -U "+node.URL+" "+options)
	requests, _ := node.seen()
	for _, r := range requests {
		line := r.Method + " " + r.Path
		if r.Auth != "elastic:admin-pass" {
			line += " as " + r.Auth
		}
		if r.Body != nil {
			line += " " + *r.Body
		}
		sent = append(sent, line)
	}
	fold := strings.ReplaceAll(m.out.String(), conf, "CONF")
	m.out.Reset()
	m.out.WriteString(fold)
	return m, code, sent
}

func filesOfTeam() map[string]string {
	return map[string]string{
		"users": team, "users_roles": "admins:jack,anna\nviewer:jack\n",
		"roles.yml": "admins:\n  cluster: [ all ]\n\nauditors:\n  indices:\n    - names: [ 'logs-*' ]\n      privileges: [ read ]\nbad: [\n",
	}
}

func script(answers ...answer) []answer {
	return append(answers,
		answer{Method: "GET", Path: "/_security/user", Status: 200, Body: `{"elastic":{},"anna":{}}`},
		answer{Method: "GET", Path: "/_security/role", Status: 200, Body: `{"superuser":{},"admins":{}}`},
		answer{Method: "POST", Path: "/_security/user/*", Status: 200, Body: "{\"created\":\ntrue}"},
		answer{Method: "POST", Path: "/_security/role/*", Status: 200, Body: `{"role":{"created":true}}`})
}

func TestMigrateCopiesHashesAndRoles(t *testing.T) {
	t.Parallel()
	m, code, sent := migrate(t, filesOfTeam(), script(), "")
	if code != 0 || m.err.String() != "" {
		t.Errorf("exit code %d, stderr %q, want 0 and nothing", code, m.err.String())
	}
	const want = `starting migration of users and roles...
importing users from [CONF/users]...
invalid entry in users file [CONF/users], line [2]. skipping...
found existing users: [anna, elastic]
migrating user [jack]
{"created":true}
migrating user [jill]
{"created":true}
user [anna] already exists, skipping
importing roles from [CONF/roles.yml]...
invalid role definition [bad] in roles file [CONF/roles.yml]. skipping role...
found existing roles: [admins, superuser]
role [admins] already exists, skipping
migrating role [auditors]
{"role":{"created":true}}
users and roles imported.
`
	if diff := cmp.Diff(want, m.out.String()); diff != "" {
		t.Errorf("output differs (-want +got):\n%s", diff)
	}
	wantSent := []string{
		"GET /_security/user",
		`POST /_security/user/jack {"password_hash":"{PBKDF2}1000$YCAQwwkUJ9scMPWXZc8jUnz42QfOxJP/vE/f/ig1krg=$cA0pH/SKw7ZR/fYGa0lXThEVgFYlczWvBmsoKCNF55I=","roles":["admins","viewer"]}`,
		`POST /_security/user/jill {"password_hash":"` + strings.TrimPrefix(jill, "jill:") + `","roles":[]}`,
		"GET /_security/role",
		`POST /_security/role/auditors {"indices":[{"names":["logs-*"],"privileges":["read"]}]}`,
	}
	if diff := cmp.Diff(wantSent, sent); diff != "" {
		t.Errorf("requests differ (-want +got):\n%s", diff)
	}
}

func TestMigrateTakesOnlyWhoIsNamed(t *testing.T) {
	t.Parallel()
	m, code, sent := migrate(t, filesOfTeam(), script(), "-n jill,nobody -r nothing,auditors")
	if code != 0 {
		t.Errorf("exit code %d: %s", code, m.err.String())
	}
	for _, line := range []string{"user [nobody] was not found in files, skipping\n", "no role [nothing] found, skipping\n", "migrating user [jill]\n", "migrating role [auditors]\n"} {
		if !strings.Contains(m.out.String(), line) {
			t.Errorf("the output lacks %q:\n%s", line, m.out.String())
		}
	}
	if len(sent) != 4 {
		t.Errorf("requests %q, want two look-ups and two creations", sent)
	}
}

func TestMigrateStopsAndShowsNoHash(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		about  string
		files  func(map[string]string)
		script []answer
		line   string
		exit   int
		stderr string
	}{
		{
			"a user whom the node refuses", nil,
			script(answer{Method: "POST", Path: "/_security/user/jack", Status: 400, Body: `{"error":{"reason":"no such hash"},"status":400}`}), "",
			70, "\nERROR: failed to migrate user [jack]: no such hash, with exit code 70\n",
		},
		{
			"a caller who may not look", nil,
			script(answer{Method: "GET", Path: "/_security/user", Status: 403, Body: `{"error":{"reason":"action is unauthorized"},"status":403}`}), "",
			77, "\nERROR: failed to get users that already exist, skipping user import: action is unauthorized, with exit code 77\n",
		},
		{
			"no users file", func(f map[string]string) { delete(f, "users") }, script(), "",
			66, "\nERROR: users file [CONF/users] does not exist, with exit code 66\n",
		},
		{
			"no roles file", func(f map[string]string) { delete(f, "roles.yml") }, script(), "",
			66, "\nERROR: roles.yml file [CONF/roles.yml] does not exist, with exit code 66\n",
		},
		{
			"a password in the arguments", nil, script(), "-s -p admin-pass",
			64, "ERROR: a password is not taken from the command line, where other accounts can read it and the shell keeps it: " +
				"leave out -p and put it into ELASTIC_PASSWORD, in the environment or in ./.env, with exit code 64\n",
		},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			files := filesOfTeam()
			if c.files != nil {
				c.files(files)
			}
			m, code, _ := migrate(t, files, c.script, c.line)
			got := strings.ReplaceAll(m.err.String(), m.Conf, "CONF")
			if code != c.exit || got != c.stderr {
				t.Errorf("exit code %d, stderr %q, want %d, %q", code, got, c.exit, c.stderr)
			}
			if all := m.out.String() + m.err.String(); strings.Contains(all, "$YCAQ") || strings.Contains(all, "admin-pass") {
				t.Errorf("a secret is shown: %s", all)
			}
		})
	}
}

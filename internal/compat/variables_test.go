package compat_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/atomicfile"
	"github.com/realmctl/realmctl/internal/compat"
	"github.com/realmctl/realmctl/internal/compat/tool"
	"github.com/realmctl/realmctl/internal/secret"
)

// machine is a World with variables, and what a tool wrote.
type machine struct {
	tool.World

	out, err bytes.Buffer
	asked    []string // names of variables
}

func newMachine(t *testing.T, conf string, variables map[string]string) *machine {
	t.Helper()
	m := &machine{}
	m.World = tool.World{
		In: strings.NewReader(""), Out: &m.out, Err: &m.err, Conf: conf,
		Lookup: func(name string) (string, bool) { v, ok := variables[name]; return v, ok },
		Secret: func(name string) (secret.String, error) {
			m.asked = append(m.asked, name)
			if v := variables[name]; v != "" {
				return secret.String(v), nil
			}
			return "", errors.New("the variable " + name + " is not set")
		},
		Roles: builtinRoles(t),
		Sleep: func(context.Context, time.Duration) {},
	}
	return m
}

func (m *machine) run(t *testing.T, line string) int {
	t.Helper()
	args := strings.Fields(line)
	found, ok := compat.Called(args[0])
	if !ok {
		t.Fatalf("no tool %s", args[0])
	}
	return found.Run(t.Context(), m.World, args[1:])
}

// folder is a configuration folder with these files.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	conf := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(conf, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return conf
}

func emptyRealm() map[string]string {
	return map[string]string{
		"users": "", "users_roles": "", "roles.yml": "",
		"elasticsearch.yml": "xpack.security.authc.password_hashing.algorithm: bcrypt4\n",
	}
}

func TestPasswordsComeFromTheVariableOfTheUser(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		about, line string
		variables   map[string]string
		exit        int
		stderr      string
	}{
		{"the variable has the user's name", "elasticsearch-users useradd ja-ck.n", map[string]string{"JA_CK_N_PASSWORD": "test-pass-2"}, 0, ""},
		{"another one may be named", "elasticsearch-users useradd jack --password-env OTHER", map[string]string{"OTHER": "test-pass-2"}, 0, ""},
		{
			"a variable with a meaning of its own is not taken", "elasticsearch-users useradd file",
			map[string]string{"FILE_PASSWORD": "test-pass-2"},
			78,
			"\nERROR: name the variable that holds the password of [file] with --password-env: unusable variable name: FILE_PASSWORD has a meaning of its own, with exit code 78\n",
		},
		{
			"the operator's own password is nobody else's", "elasticsearch-users useradd elasticsearch",
			map[string]string{"ELASTICSEARCH_PASSWORD": "test-pass-2"},
			78,
			"\nERROR: name the variable that holds the password of [elasticsearch] with --password-env: unusable variable name: ELASTICSEARCH_PASSWORD has a meaning of its own, with exit code 78\n",
		},
		{
			"a name without letters needs another one", "elasticsearch-users useradd 123", nil, 78,
			"\nERROR: name the variable that holds the password of [123] with --password-env: unusable variable name: \"123\" has no letter to make one of, with exit code 78\n",
		},
		{
			"the refusal names the variable", "elasticsearch-users useradd jack -s -p test-pass-2", nil, 64,
			"ERROR: a password is not taken from the command line, where other accounts can read it and the shell keeps it: " +
				"leave out -p and put it into JACK_PASSWORD, in the environment or in ./.env, with exit code 64\n",
		},
		{
			"the password in the arguments is never shown", "elasticsearch-users passwd jack -s --password=test-pass-2 --password-env OTHER",
			map[string]string{"OTHER": "x"},
			64,
			"ERROR: a password is not taken from the command line, where other accounts can read it and the shell keeps it: " +
				"leave out -p and put it into OTHER, in the environment or in ./.env, with exit code 64\n",
		},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			conf := folder(t, emptyRealm())
			m := newMachine(t, conf, c.variables)
			if got := m.run(t, c.line); got != c.exit || m.err.String() != c.stderr {
				t.Errorf("exit code %d, stderr %q, want %d, %q", got, m.err.String(), c.exit, c.stderr)
			}
			users, err := os.ReadFile(filepath.Join(conf, "users"))
			if err != nil {
				t.Fatal(err)
			}
			if (len(users) > 0) != (c.exit == 0) {
				t.Errorf("users is %q after exit code %d", users, c.exit)
			}
			if all := m.out.String() + m.err.String(); strings.Contains(all, "test-pass") {
				t.Errorf("the password is shown: %s", all)
			}
		})
	}
}

func TestSetupReadsEveryPasswordBeforeItChangesOne(t *testing.T) {
	t.Parallel()
	keystore, err := os.ReadFile(filepath.Join("..", "keystore", "testdata", "bootstrap.keystore"))
	if err != nil {
		t.Fatal(err)
	}
	conf := folder(t, map[string]string{"elasticsearch.keystore": string(keystore)})
	variables := map[string]string{"ELASTIC_PASSWORD": "test-pass-1", "APM_SYSTEM_PASSWORD": "test-pass-2", "KIBANA_SYSTEM_PASSWORD": "test-pass-3", "LOGSTASH_SYSTEM_PASSWORD": "test-pass-4"}
	m := newMachine(t, conf, variables)
	const want = "\nERROR: the password of [beats_system] is read from the variable BEATS_SYSTEM_PASSWORD, in the environment or in ./.env: " +
		"the variable BEATS_SYSTEM_PASSWORD is not set, with exit code 78\n"
	if got := m.run(t, "elasticsearch-setup-passwords interactive -b --url "+nobody); got != 78 || m.err.String() != want {
		t.Errorf("exit code %d, stderr %q, want 78, %q", got, m.err.String(), want)
	}
	wantAsked := []string{"ELASTIC_PASSWORD", "APM_SYSTEM_PASSWORD", "KIBANA_SYSTEM_PASSWORD", "LOGSTASH_SYSTEM_PASSWORD", "BEATS_SYSTEM_PASSWORD"}
	if diff := cmp.Diff(wantAsked, m.asked); diff != "" {
		t.Errorf("variables differ (-want +got):\n%s", diff)
	}
	variables["BEATS_SYSTEM_PASSWORD"] = "short"
	m = newMachine(t, conf, variables)
	const short = "\nERROR: Invalid password of [beats_system]: passwords must be at least [6] characters long, with exit code 65\n"
	if got := m.run(t, "elasticsearch-setup-passwords interactive -b --url "+nobody); got != 65 || m.err.String() != short {
		t.Errorf("exit code %d, stderr %q, want 65, %q", got, m.err.String(), short)
	}
}

func TestAProtectedKeystoreNeedsItsPassword(t *testing.T) {
	t.Parallel()
	keystore, err := os.ReadFile(filepath.Join("..", "keystore", "testdata", "protected.keystore"))
	if err != nil {
		t.Fatal(err)
	}
	conf := folder(t, map[string]string{"elasticsearch.keystore": string(keystore)})
	for _, c := range []struct {
		about, password string
		exit            int
		last            string
	}{
		{"no variable", "", 78, "ERROR: the password of the elasticsearch keystore is read from the variable KEYSTORE_PASSWORD, in the environment or in ./.env: the variable KEYSTORE_PASSWORD is not set, with exit code 78"},
		{"a wrong password", "wrong", 65, "ERROR: Provided keystore password was incorrect, with exit code 65"},
		{"the right one", "ks-pass", 78, "ERROR: Failed to connect to elasticsearch at http://127.0.0.1:1/_security/_authenticate?pretty. Is the URL correct and elasticsearch running?, with exit code 78"},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, conf, map[string]string{"KEYSTORE_PASSWORD": c.password})
			got := m.run(t, "elasticsearch-setup-passwords auto -b --url "+nobody)
			lines := strings.Split(strings.TrimSpace(m.err.String()), "\n")
			if last := lines[len(lines)-1]; got != c.exit || last != c.last {
				t.Errorf("exit code %d, %q, want %d, %q", got, last, c.exit, c.last)
			}
		})
	}
}

func TestPasswordsDoNotGoToOtherMachinesInTheClear(t *testing.T) {
	t.Parallel()
	const line = "elasticsearch-reset-password -u jack -b --url http://192.0.2.1:9200"
	conf := folder(t, emptyRealm())
	m := newMachine(t, conf, nil)
	const want = "\nERROR: http://192.0.2.1:9200 is another machine, and http:// would show it the password in the clear: " +
		"use https://, or set REALMCTL_ALLOW_PLAINTEXT=1, with exit code 78\n"
	if got := m.run(t, line); got != 78 || m.err.String() != want {
		t.Errorf("exit code %d, stderr %q, want 78, %q", got, m.err.String(), want)
	}
	// Allowed, it is tried; a context that has ended keeps the test from the network.
	m = newMachine(t, conf, map[string]string{"REALMCTL_ALLOW_PLAINTEXT": "1"})
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	found, _ := compat.Called("elasticsearch-reset-password")
	if got := found.Run(ended, m.World, strings.Fields(line)[1:]); got != 130 {
		t.Errorf("exit code %d, want 130: %s", got, m.err.String())
	}
}

func TestAFolderThatLiesAboutDrawsNoPasswords(t *testing.T) {
	t.Parallel()
	files := emptyRealm()
	files["elasticsearch.yml"] = "xpack.security.http.ssl.enabled: true\nhttp.publish_host: es.example\n"
	conf := folder(t, files)
	want := "\nERROR: [" + conf + "] says that its node is https://es.example:9200, another machine, and nobody named that folder: " +
		"name it in ES_PATH_CONF, or give the URL, with exit code 78\n"
	for _, line := range []string{"elasticsearch-reset-password -u jack -b", "elasticsearch-migrate native -u elastic"} {
		m := newMachine(t, conf, map[string]string{"ELASTIC_PASSWORD": "admin-pass"})
		m.Found = true
		if got := m.run(t, line); got != 78 || m.err.String() != want {
			t.Errorf("%s: exit code %d, stderr %q, want 78, %q", line, got, m.err.String(), want)
		}
	}
}

func TestAnInterruptedToolTakesItsSuperuserAway(t *testing.T) {
	t.Parallel()
	const users, roles = "# mine\njill:x\n", "admins:jill\n"
	files := emptyRealm()
	files["users"], files["users_roles"] = users, roles
	conf := folder(t, files)
	r := record{Serve: []answer{{Method: "GET", Path: "/_cluster/health*", Status: 200, Body: `{"status":"green"}`}}}
	node := serve(t, r, conf)
	m := newMachine(t, conf, nil)
	question, typing := io.Pipe() // nobody answers
	defer func() { _ = typing.Close() }()
	m.In = question
	ctx, cancel := context.WithCancel(t.Context())
	asked := notice{want: "[y/N]", seen: cancel}
	m.Err = io.MultiWriter(&m.err, &asked)
	found, _ := compat.Called("elasticsearch-reset-password")
	got := found.Run(ctx, m.World, []string{"-u", "jack", "--url", node.URL})
	if want := "\nERROR: interrupted\n"; got != 130 || !strings.HasSuffix(m.err.String(), want) {
		t.Errorf("exit code %d, stderr %q, want 130, ... %q", got, m.err.String(), want)
	}
	if _, during := node.seen(); !strings.Contains(during["users"].text, "autogenerated_") {
		t.Error("there was no temporary superuser to begin with")
	}
	after := snapshot(t, conf)
	if after["users"].text != users || after["users_roles"].text != roles {
		t.Errorf("files are %q and %q afterwards, want them as before", after["users"].text, after["users_roles"].text)
	}
}

// notice calls seen when a text is written.
type notice struct {
	want string
	seen func()
}

func (n *notice) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(n.want)) {
		n.seen()
	}
	return len(p), nil
}

func TestAToolWaitsForAnotherAndGivesUp(t *testing.T) {
	t.Parallel()
	conf := folder(t, emptyRealm())
	lock, err := atomicfile.Acquire(t.Context(), filepath.Join(conf, "users"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	for line, file := range map[string]string{
		"elasticsearch-users useradd jack":                        "users",
		"elasticsearch-service-tokens create elastic/kibana name": "service_tokens",
		"elasticsearch-reset-password -u jack -b --url " + nobody: "users",
	} {
		m := newMachine(t, conf, map[string]string{"JACK_PASSWORD": "test-pass-2"})
		m.Patience = time.Millisecond
		want := "\nERROR: could not write file [" + filepath.Join(conf, file) + "]: "
		if got := m.run(t, line); got != 75 || !strings.HasPrefix(m.err.String(), want) || !strings.Contains(m.err.String(), atomicfile.ErrBusy.Error()) {
			t.Errorf("%s: exit code %d, stderr %q, want 75, %q...", line, got, m.err.String(), want)
		}
		if m.out.Len() > 0 {
			t.Errorf("%s: says %q although it did nothing", line, m.out.String())
		}
	}
}

func TestAToolNeedsAFolder(t *testing.T) {
	t.Parallel()
	m := newMachine(t, "", nil)
	const want = "\nERROR: the system property [es.path.conf] must be set: name the configuration folder in ES_PATH_CONF, with exit code 78\n"
	if got := m.run(t, "elasticsearch-users list"); got != 78 || m.err.String() != want {
		t.Errorf("exit code %d, stderr %q, want 78, %q", got, m.err.String(), want)
	}
}

func TestCalled(t *testing.T) {
	t.Parallel()
	for program, want := range map[string]string{
		"elasticsearch-users": "users", "/usr/bin/elasticsearch-service-tokens": "service-tokens",
		`elasticsearch-reset-password.exe`: "reset-password", "./elasticsearch-setup-passwords.bat": "setup-passwords",
		"elasticsearch-migrate": "migrate", "realmctl": "", "elasticsearch-": "", "elasticsearch": "", "users": "", "": "",
	} {
		got, ok := compat.Called(program)
		if got.Name != want || ok != (want != "") {
			t.Errorf("Called(%q) = %q, %v, want %q", program, got.Name, ok, want)
		}
	}
}

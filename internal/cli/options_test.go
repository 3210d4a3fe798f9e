package cli_test

import (
	"strings"
	"testing"
)

const oneUser = `{"ana":{"username":"ana","roles":["a","b"],"full_name":"A <n>","email":null,"metadata":{"n":9007199254740993},"enabled":true}}`

func TestTheFormatComesFromFlagVariableOrConfiguration(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		flags  []string
		env    map[string]string
		config string
		code   int
		want   string
	}{
		{"a table by default", nil, nil, "", 0, "USERNAME  ROLES"},
		{"the configuration", nil, nil, "defaults: {output: name}\n", 0, "ana\n"},
		{"the variable comes before it", nil, map[string]string{"REALMCTL_OUTPUT": "csv"}, "defaults: {output: name}\n", 0, "username,roles,"},
		{"the flag before both", []string{"-o", "value", "--columns", "roles"}, map[string]string{"REALMCTL_OUTPUT": "csv"}, "defaults: {output: name}\n", 0, "a, b\n"},
		{"exact numbers and no HTML escapes", []string{"-o", "json"}, nil, "", 0, `"full_name":"A <n>","email":null,"metadata":{"n":9007199254740993}`},
		{"exact numbers through jq too", []string{"--jq", ".ana.metadata.n"}, nil, "", 0, "9007199254740993\n"},
		{"an unknown format in the variable", nil, map[string]string{"REALMCTL_OUTPUT": "xml"}, "", 78, ""},
		{"an unknown format in the configuration", nil, nil, "defaults: {output: xml}\n", 78, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, map[string]answer{"GET /_security/user": {200, oneUser}})
			got := command{args: append([]string{"user", "list", "--url", s.URL}, c.flags...), env: c.env, config: c.config}.run(t)
			if got.code != c.code || !strings.Contains(got.stdout, c.want) {
				t.Errorf("exit %d, %q, %q; want %d, %q", got.code, got.stdout, got.stderr, c.code, c.want)
			}
		})
	}
}

func TestColour(t *testing.T) {
	t.Parallel()
	const bold = "\x1b[1m"
	for _, c := range []struct {
		name  string
		flags []string
		conf  string
		want  bool
	}{
		{"none into a pipe", nil, "", false},
		{"always", []string{"--color", "always"}, "", true},
		{"by configuration", nil, "defaults: {color: always}\n", true},
		{"the flag comes first", []string{"--color", "never"}, "defaults: {color: always}\n", false},
	} {
		s := serve(t, map[string]answer{"GET /_security/user": {200, oneUser}})
		got := command{args: append([]string{"user", "list", "--url", s.URL}, c.flags...), config: c.conf}.run(t)
		if got.code != 0 || strings.Contains(got.stdout, bold) != c.want {
			t.Errorf("%s: exit %d, %q", c.name, got.code, got.stdout)
		}
	}
	got := command{args: []string{"version", "--color", "sometimes"}}.run(t)
	if got.code != 64 {
		t.Errorf("an unknown time for colour: exit %d", got.code)
	}
}

func TestAServersTextCannotMoveTheCursor(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]answer{"GET /_security/user": {200, `{"x":{"username":"x","roles":["\u001b[2Jr\nfake  row"],"metadata":{},"enabled":true}}`}})
	got := command{args: []string{"user", "list", "--url", s.URL}}.run(t)
	if strings.ContainsAny(got.stdout, "\x1b") || strings.Count(got.stdout, "\n") != 2 {
		t.Errorf("shown as %q", got.stdout)
	}
	s = serve(t, map[string]answer{"GET /_security/user": fault(400, "x", "\x1b[2Jbad\nnews")})
	got = command{args: []string{"user", "list", "--url", s.URL}}.run(t)
	if strings.ContainsAny(got.stderr, "\x1b") || strings.Count(got.stderr, "\n") != 1 {
		t.Errorf("an error is shown as %q", got.stderr)
	}
}

func TestThePolicysDefaultIsTheKeysLife(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]answer{"GET /_security/api_key": {200, `{"api_keys":[]}`}})
	const policy = "policy:\n  api_key: {default_expiration: 7d, name_pattern: '^ci-'}\n"
	got := command{args: []string{"api-key", "create", "ci-x", "--cluster", "monitor", "--dry-run", "--reveal", "-o", "json", "--url", s.URL}, config: policy}.run(t)
	if got.code != 0 || !strings.Contains(got.stdout, `"expiration":"7d"`) {
		t.Errorf("exit %d, %q, %q", got.code, got.stdout, got.stderr)
	}
	got = command{args: []string{"api-key", "create", "x", "--cluster", "monitor", "--reveal", "-o", "json", "--url", s.URL}, config: policy}.run(t)
	if got.code != 65 || len(s.asked()) != 0 {
		t.Errorf("a name against the policy: exit %d, sent %q", got.code, s.asked())
	}
}

func TestAReadOnlyContextIsNotChanged(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]answer{"GET /_security/user": {200, oneUser}})
	conf := "current_context: ro\ncontexts:\n  ro: {url: '" + s.URL + "', read_only: true, api_key_env: K}\n"
	got := command{args: []string{"user", "list", "-o", "name"}, config: conf}.run(t)
	if got.code != 0 || got.stdout != "ana\n" {
		t.Errorf("reading: exit %d, %q", got.code, got.stderr)
	}
	for _, args := range [][]string{
		{"user", "enable", "ana"}, {"role", "create", "r", "--cluster", "monitor"}, {"realm", "clear-cache", "x"}, {"api", "PUT", "/x"},
	} {
		got := command{args: args, config: conf}.run(t)
		if got.code != 78 || !strings.Contains(got.stderr, "context ro is read-only") {
			t.Errorf("%q: exit %d, %q", args, got.code, got.stderr)
		}
	}
	if len(s.asked()) != 0 {
		t.Errorf("sent %q", s.asked())
	}
}

func TestOddArguments(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]answer{})
	for _, c := range []struct {
		args []string
		code int
		want string // the path that was asked for; empty: nothing
	}{
		{[]string{"user", "get", "a/b"}, 67, "GET /_security/user/a%2Fb"},
		{[]string{"user", "get", "..", "-o", "json"}, 67, "GET /_security/user/.."},
		{[]string{"user", "get", "a?b#c%d"}, 67, "GET /_security/user/a%3Fb%23c%25d"},
		{[]string{"user", "get", "\xff\xfe"}, 67, "GET /_security/user/%FF%FE"},
		{[]string{"user", "get", "é\x00"}, 67, "GET /_security/user/%C3%A9%00"},
		{[]string{"user", "get", ""}, 64, ""},
		{[]string{"api", "GET", "/x y"}, 64, ""},
		{[]string{"role", "get", strings.Repeat("x", 2000)}, 67, "GET /_security/role/" + strings.Repeat("x", 2000)},
	} {
		s.mu.Lock()
		s.got = nil
		s.mu.Unlock()
		got := command{args: append(c.args, "--url", s.URL)}.run(t)
		asked := strings.Join(s.got, "|")
		if got.code != c.code || asked != c.want {
			t.Errorf("%.60q: exit %d, asked %.80q; want %d, %.80q", c.args, got.code, asked, c.code, c.want)
		}
	}
}

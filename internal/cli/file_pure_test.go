package cli

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/realmctl/realmctl/internal/config"
	"github.com/realmctl/realmctl/internal/rolesfile"
	"github.com/realmctl/realmctl/internal/settings"
	"github.com/realmctl/realmctl/internal/usersfile"
)

func settingsOf(t *testing.T, text string) *settings.Settings {
	t.Helper()
	s, err := settings.Loader{}.Parse("elasticsearch.yml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWhereANodeListens(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, yml, want string }{
		{"by default", "", "http://127.0.0.1:9200"},
		{"with TLS", "xpack.security.http.ssl.enabled: true", "https://127.0.0.1:9200"},
		{"another port", "http.port: 9201", "http://127.0.0.1:9201"},
		{"the first of a range", "http.port: 9210-9220", "http://127.0.0.1:9210"},
		{"the published port, if nothing else is said", "http.publish_port: 443", "http://127.0.0.1:443"},
		{"the bound port before the published one", "http.port: 9200\nhttp.publish_port: 443", "http://127.0.0.1:9200"},
		{"everywhere", "network.host: 0.0.0.0", "http://127.0.0.1:9200"},
		{"everywhere, in IPv6", "network.host: '::'", "http://127.0.0.1:9200"},
		{"on loopback of IPv6", "http.host: _local:ipv6_", "http://[::1]:9200"},
		{"one address", "network.host: 192.0.2.7", "http://192.0.2.7:9200"},
		{"loopback among others", "network.host: [ 192.0.2.7, _local_ ]", "http://127.0.0.1:9200"},
		{"the first of several", "network.host: [ 192.0.2.7, 192.0.2.8 ]", "http://192.0.2.7:9200"},
		{"http before network", "network.host: 192.0.2.7\nhttp.host: 127.0.0.1", "http://127.0.0.1:9200"},
		{"what is bound before what is meant", "http.host: 192.0.2.7\nhttp.bind_host: localhost", "http://localhost:9200"},
		{"an interface", "http.host: _en0_", ""},
		{"any port", "http.port: 0", ""},
		{"no boolean", "xpack.security.http.ssl.enabled: maybe", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := addressOf(settingsOf(t, c.yml))
			if got != c.want || (err != nil) != (c.want == "") || err != nil && exitCode(err) != exitConfig {
				t.Errorf("addressOf(%q) = %q, %v, want %q", c.yml, got, err, c.want)
			}
		})
	}
}

func TestNodesThatNeverSeeTheirFiles(t *testing.T) {
	t.Parallel()
	for yml, want := range map[string]string{
		"": "",
		"xpack.security.authc.realms.native.n.order: 0":                 "",
		"xpack.security.authc.realms.file.f.order: 0":                   "",
		"xpack.security.authc.realms.file.f.enabled: false":             "the file realm must be enabled",
		"xpack.security.enabled: false":                                 "nothing to recover",
		"resource.reload.enabled: false":                                "only when it starts",
		"resource.reload.enabled: perhaps":                              "neither [true] nor [false]",
		"xpack.security.authc.realms.file: x":                           "realms are configured as",
		"xpack.security.authc.realms.file.f.enabled: no-boolean-either": "the file realm must be enabled",
	} {
		err := (&conf{settings: settingsOf(t, yml)}).seesFiles()
		if (err == nil) != (want == "") || err != nil && (!strings.Contains(err.Error(), want) || exitCode(err) != exitConfig) {
			t.Errorf("%q: %v, want %q", yml, err, want)
		}
	}
}

// A recovery trusts what the folder itself says of its node, unless a flag says whom.
func TestWhomARecoveryTrusts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"ca.pem", "node.pem", "certs/http_ca.crt"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for yml, want := range map[string]string{
		"": "certs/http_ca.crt",
		"xpack.security.http.ssl.certificate_authorities: [ missing.pem, ca.pem ]": "ca.pem",
		"xpack.security.http.ssl.certificate: node.pem":                            "certs/http_ca.crt",
	} {
		if got := (&conf{dir: dir, settings: settingsOf(t, yml)}).authority(); got != filepath.Join(dir, want) {
			t.Errorf("%q: trusts %q, want %q", yml, got, want)
		}
	}
	bare := &conf{dir: t.TempDir(), settings: settingsOf(t, "xpack.security.http.ssl.certificate: "+filepath.Join(dir, "node.pem"))}
	if got := bare.authority(); got != filepath.Join(dir, "node.pem") {
		t.Errorf("trusts %q, want the certificate", got)
	}
	for insecure, code := range map[string]int{
		"": 0, "loopback": exitUsage, "other.example": exitUsage, "es.example": 0, "es.example:9200": 0,
	} {
		a := &App{flags: globalFlags{Flags: config.Flags{Insecure: insecure}}}
		n := &node{app: a, url: &url.URL{Scheme: "https", Host: "es.example:9200"}}
		err := n.trust(&conf{dir: t.TempDir(), settings: settingsOf(t, "")})
		if (err == nil) != (code == 0) || err != nil && exitCode(err) != code {
			t.Errorf("--insecure=%s: %v, want exit code %d", insecure, err, code)
		}
	}
}

func TestRolesAreTakenAwayLast(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		o             fileRolesOptions
		present, want []string
	}{
		{fileRolesOptions{add: []string{"b", "b"}}, []string{"a", "a"}, []string{"a", "b"}},
		{fileRolesOptions{add: []string{"b"}, remove: []string{"b", "x"}}, []string{"a"}, []string{"a"}},
		{fileRolesOptions{set: []string{"c"}, given: true, add: []string{"b"}}, []string{"a"}, []string{"c", "b"}},
		{fileRolesOptions{given: true}, []string{"a"}, []string{}},
	} {
		if diff := cmp.Diff(c.want, c.o.apply(c.present)); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", c.o, diff)
		}
	}
}

func TestNamesThatToolsMakeUp(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"realmctl_recover_ab12cd34": true, "autogenerated_AbCd1234": true,
		"autogenerated_reports": false, "autogenerated_": false, "realmctl_recover_": false, "realmctl_recover_ab12cd345": false,
		"realmctl_recover_ab12cd3!": false, "ab12cd34": false, "ana": false, "": false,
	} {
		if got := usersfile.Leftover(name); got != want {
			t.Errorf("usersfile.Leftover(%q) = %v, want %v", name, got, want)
		}
	}
	seen := map[string]bool{}
	for range 100 {
		s := suffix()
		if !usersfile.Leftover("realmctl_recover_"+s) || seen[s] {
			t.Fatalf("%q is no good suffix", s)
		}
		seen[s] = true
	}
}

func TestWrappedTextKeepsItsWords(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOf(rapid.StringMatching(`[a-zü]{1,12}`)).Draw(t, "words")
		width := rapid.IntRange(0, 40).Draw(t, "width")
		text := strings.Join(words, " ")
		got := wrapped(text, width)
		if !slices.Equal(strings.Fields(got), strings.Fields(text)) {
			t.Fatalf("wrapped(%q, %d) = %q", text, width, got)
		}
		for line := range strings.Lines(got) {
			if n := len([]rune(strings.TrimSuffix(line, "\n"))); width > 16 && n > width {
				t.Fatalf("a line of %d columns in %q, width %d", n, got, width)
			}
		}
	})
	if got, want := wrapped("users:1:1: error: one two three", 20), "users:1:1: error:\n    one two three"; got != want {
		t.Errorf("wrapped = %q, want %q", got, want)
	}
}

func TestWhatIsSaidOfRoles(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"r: {cluster: [monitor]}\n":           "",
		"r: {cluster: [montor]}\n":            "unknown cluster privilege [montor] (did you mean monitor?): on Elasticsearch every request fails that needs it",
		"r: {cluster: [montor, mange_ilm]}\n": "1: unknown cluster privilege [montor]; 2: unknown cluster privilege [mange_ilm] (did you mean monitor?): on Elasticsearch every request fails that needs it",
		"r: {clusters: [monitor]}\n":          "failed to parse role [r]. unexpected field [clusters]: Elasticsearch skips it",
		"r: {indices: [{names: [a], privileges: [read], query: '{\"nope\":{}}'}]}\n": "failed to parse field 'query' for indices [a] at index privilege [0] of role descriptor: Elasticsearch skips it",
	} {
		got := ""
		if err := checkRole(rolesfile.Parse("roles.yml", text, nil)[0]); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestAFileMappingMeansUsersAndGroups(t *testing.T) {
	t.Parallel()
	for realm, want := range map[string]string{
		"": `{"enabled":true,"roles":["ops"],"rules":{"any":[{"field":{"dn":"cn=a"}},{"field":{"groups":"cn=a"}}]}}`,
		"ldap1": `{"enabled":true,"roles":["ops"],"rules":{"all":[{"any":[{"field":{"dn":"cn=a"}},{"field":{"groups":"cn=a"}}]},` +
			`{"field":{"realm.name":"ldap1"}}]}}`,
	} {
		got, err := json.Marshal((&migration{o: &fileMigrateOptions{mappingRealm: realm}}).mapping("ops", []string{"cn=a"}))
		if err != nil || string(got) != want {
			t.Errorf("realm %q: %s, %v, want %s", realm, got, err, want)
		}
	}
}

func TestFoldersAreComparedByName(t *testing.T) {
	t.Parallel()
	folder := func(users, roles string) usersfile.Folder {
		var o usersfile.Options
		return usersfile.Folder{Users: usersfile.ParseUsers("users", users, o), Roles: usersfile.ParseRoles("users_roles", roles, o)}
	}
	a := folder("same:h\n# note\nleft:h\nchanged:h\nroles:h\n", "r:,same,roles\nq:roles\ng:ghost\n")
	b := folder("changed:i\r\nroles:h\r\nsame:x\r\nsame:h\r\nright:h\r\n", "r:roles\nr:same\nr:same\n")
	want := []fileDifference{
		{File: "users", Name: "changed", What: "password"},
		{File: "users_roles", Name: "ghost", What: "roles", A: []string{"g"}},
		{File: "users", Name: "left", What: "only-in-a"},
		{File: "users", Name: "right", What: "only-in-b"},
		{File: "users_roles", Name: "roles", What: "roles", A: []string{"q", "r"}, B: []string{"r"}},
	}
	if diff := cmp.Diff(want, userDifferences(a, b)); diff != "" {
		t.Errorf("differences (-want +got):\n%s", diff)
	}
	if got := userDifferences(a, a); len(got) != 0 {
		t.Errorf("a folder differs from itself: %v", got)
	}
}

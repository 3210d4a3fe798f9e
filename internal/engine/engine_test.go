package engine_test

import (
	"bytes"
	"database/sql"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/realmctl/realmctl/internal/engine"
	"github.com/realmctl/realmctl/internal/loopback"
	"github.com/realmctl/realmctl/internal/rolemapping"
	"github.com/realmctl/realmctl/internal/sqlite"
)

const password = "engine-test-1"

// folder makes a data directory with these settings beside the default ones.
func folder(t testing.TB, settings string) engine.Options {
	t.Helper()
	o := engine.Options{Dir: t.TempDir(), Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	if err := engine.Create(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(o.Dir, engine.ConfigFolder, engine.SettingsFile)
	if err := os.WriteFile(file, []byte("xpack.security.authc.password_hashing.algorithm: bcrypt4\nxpack.security.authc.token.enabled: true\n"+settings), 0o600); err != nil {
		t.Fatal(err)
	}
	return o
}

func open(t testing.TB, o engine.Options) *engine.Engine {
	t.Helper()
	e, err := engine.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	if err := e.SetElasticPassword(t.Context(), password); err != nil {
		t.Fatal(err)
	}
	return e
}

// ask sends a request as a user (name:password), with an Authorization header, or as
// nobody, and returns status and body.
func ask(t testing.TB, e *engine.Engine, method, path, as, body string) (int, string) {
	t.Helper()
	h := http.Header{}
	if name, pass, ok := strings.Cut(as, ":"); ok {
		h.Set("Authorization", basic(name, pass))
	} else if as != "" {
		h.Set("Authorization", as)
	}
	return askWith(t, e, h, method, path, body)
}

func basic(name, pass string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+pass))
}

func askWith(t testing.TB, e *engine.Engine, h http.Header, method, path, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://engine"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = h
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := (loopback.Transport{Handler: e}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func TestASliceThroughEverything(t *testing.T) {
	t.Parallel()
	e := open(t, folder(t, ""))
	elastic := "elastic:" + password
	for _, step := range []struct {
		method, path, as, body string
		status                 int
		want                   string
	}{
		{"GET", "/_security/_authenticate", "", "", 401, "missing authentication credentials"},
		{"GET", "/_security/_authenticate", "elastic:wrong-pass", "", 401, "unable to authenticate user [elastic]"},
		{"GET", "/_security/_authenticate", elastic, "", 200, `"roles":["superuser"]`},
		{"PUT", "/_security/role/r", elastic, `{"cluster":["manage_own_api_key"],"indices":[{"names":["logs-*"],"privileges":["read"]}]}`, 200, `"created":true`},
		{"PUT", "/_security/user/ana", elastic, `{"password":"ana-pass-1","roles":["r","ghost"]}`, 200, `"created":true`},
		{"GET", "/_security/user", "ana:ana-pass-1", "", 403, "with effective roles [r] (assigned roles [ghost] were not found)"},
		{"POST", "/_security/user/_has_privileges", "ana:ana-pass-1", `{"index":[{"names":["logs-a"],"privileges":["read","write"]}]}`, 200, `"logs-a":{"read":true,"write":false}`},
		{"POST", "/_security/api_key", "ana:ana-pass-1", `{"name":"k","expiration":"1d"}`, 200, `"encoded":`},
		{"DELETE", "/_security/role/r", elastic, "", 200, `"found":true`},
		{"POST", "/_security/api_key", "ana:ana-pass-1", `{"name":"k"}`, 403, "api_key/create] is unauthorized for user [ana] with effective roles []"},
	} {
		status, body := ask(t, e, step.method, step.path, step.as, step.body)
		if status != step.status || !strings.Contains(body, step.want) {
			t.Errorf("%s %s as %q = %d %s, want %d with %s", step.method, step.path, step.as, status, body, step.status, step.want)
		}
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	if _, err := engine.Open(t.Context(), engine.Options{Dir: t.TempDir(), Now: time.Now}); !errors.Is(err, engine.ErrNoEngine) {
		t.Errorf("Open of an empty folder = %v, want %v", err, engine.ErrNoEngine)
	}
	for settings, want := range map[string]string{
		"xpack.security.authc.realms.native.n1.order: 1\nxpack.security.authc.realms.file.f1.order: 1\n": "elasticsearch.yml:",
		"xpack.security.authc.realms.nope.n1.order: 1\n":                                                 "elasticsearch.yml:3:",
		"xpack.security.authc.run_as.enabled: perhaps\n":                                                 "elasticsearch.yml:3:",
		"xpack.security.authc.run_az.enabled: true\n":                                                    "did you mean",
		"xpack.security.http.filter:\n  allow: [10.0.0.0/8, localhost]\n  deny: _all\n":                  "elasticsearch.yml:4: xpack.security.http.filter.allow: is not supported by this version",
		"xpack.security.authc.native_users.enabled: false\n":                                             "elasticsearch.yml:3: xpack.security.authc.native_users.enabled: is not supported by this version",
		"xpack.security.fips_mode.enabled: true\n":                                                       "fips_mode.enabled: is not supported by this version",
		"a: [1,\nb\n": "elasticsearch.yml",
	} {
		_, err := engine.Open(t.Context(), folder(t, settings))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Open with %q = %v, want an error with %q", settings, err, want)
		}
	}
}

func TestSettingsThatKeepNobodyOutMayStay(t *testing.T) {
	t.Parallel()
	open(t, folder(t, "xpack.security.http.filter: {enabled: false, deny: _all}\nxpack.security.authc.native_users.enabled: true\nxpack.security.fips_mode.enabled: false\nxpack.security.audit.enabled: true\n"))
}

func TestAForeignDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	o := folder(t, "")
	if err := os.WriteFile(filepath.Join(o.Dir, engine.Database), bytes.Repeat([]byte("no database "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Open(t.Context(), o); !errors.Is(err, sqlite.ErrCorrupt) {
		t.Errorf("Open of a text file = %v, want %v", err, sqlite.ErrCorrupt)
	}
	if err := os.Truncate(filepath.Join(o.Dir, engine.Database), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Open(t.Context(), o); !errors.Is(err, sqlite.ErrCorrupt) {
		t.Errorf("Open of an empty file = %v, want %v", err, sqlite.ErrCorrupt)
	}
}

// damage overwrites the pages of tables.
func damage(t *testing.T, path string, tables ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		var page int64
		if err := db.QueryRowContext(t.Context(), "SELECT rootpage FROM sqlite_schema WHERE name = ?", table).Scan(&page); err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteAt(bytes.Repeat([]byte{0xff}, 4096), (page-1)*4096); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(db.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestWhatADamagedDatabaseAnswers wants no 401, which would blame the credential, and
// neither paths nor what the driver says.
func TestWhatADamagedDatabaseAnswers(t *testing.T) {
	t.Parallel()
	o := folder(t, "")
	e := open(t, o)
	elastic := "elastic:" + password
	ask(t, e, "PUT", "/_security/user/ana", elastic, `{"password":"ana-pass-1","roles":[]}`)
	status, key := ask(t, e, "POST", "/_security/api_key?filter_path=encoded", elastic, `{"name":"k"}`)
	if err := e.Close(); err != nil || status != http.StatusOK {
		t.Fatal(status, key, err)
	}
	damage(t, filepath.Join(o.Dir, engine.Database), "user", "api_key", "sqlite_autoindex_user_1", "sqlite_autoindex_api_key_1")
	e, err := engine.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	const want = `"type":"i_o_exception","reason":"the database file is damaged, or not one of realmctl"},"status":503}`
	for _, c := range []struct{ method, path, as, body string }{
		{"GET", "/_security/_authenticate", "ana:ana-pass-1", ""},
		{"GET", "/_security/_authenticate", "ApiKey " + strings.Split(key, `"`)[3], ""},
		{"GET", "/_security/user/ana", elastic, ""},
		{"PUT", "/_security/user/bob", elastic, `{"password":"bob-pass-1","roles":[]}`},
		{"POST", "/_security/oauth2/token", elastic, `{"grant_type":"password","username":"ana","password":"ana-pass-1"}`},
	} {
		if status, body := ask(t, e, c.method, c.path, c.as, c.body); status != http.StatusServiceUnavailable || !strings.HasSuffix(body, want) {
			t.Errorf("%s %s as %s = %d %s, want 503 with %s", c.method, c.path, c.as, status, body, want)
		}
	}
}

func TestAnonymous(t *testing.T) {
	t.Parallel()
	e := open(t, folder(t, "xpack.security.authc.anonymous:\n  roles: viewer\n  authz_exception: false\n"))
	if status, body := ask(t, e, "GET", "/_security/_authenticate", "", ""); status != 200 || !strings.Contains(body, `"authentication_type":"anonymous"`) {
		t.Errorf("without credentials = %d %s", status, body)
	}
	if status, body := ask(t, e, "GET", "/_security/user", "", ""); status != 401 || !strings.Contains(body, "requires authentication") {
		t.Errorf("anonymous reads users = %d %s, want 401", status, body)
	}
}

func TestAServerTellsOfBrokenRoleMappings(t *testing.T) {
	t.Parallel()
	o := folder(t, "")
	if err := os.WriteFile(rolemapping.Path(filepath.Join(o.Dir, engine.ConfigFolder)), []byte("logs: [\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, watch := range []bool{false, true} {
		var log bytes.Buffer
		o.Log, o.Watch = slog.New(slog.NewTextHandler(&log, nil)), watch
		e, err := engine.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		if told := strings.Contains(log.String(), "cannot read the role mappings file"); told != watch {
			t.Errorf("watching %v, the log says:\n%s", watch, &log)
		}
	}
}

func TestUsageTellsWhatIsOn(t *testing.T) {
	t.Parallel()
	const path = "/_xpack/usage?filter_path=security.anonymous,security.*_service"
	for settings, want := range map[string]string{
		"": `{"security":{"anonymous":{"enabled":false},"api_key_service":{"enabled":true},"token_service":{"enabled":true}}}`,
		"xpack.security.authc: {anonymous.roles: viewer, api_key.enabled: false}\n": `{"security":{"anonymous":{"enabled":true},"api_key_service":{"enabled":false},"token_service":{"enabled":true}}}`,
	} {
		e := open(t, folder(t, settings))
		if status, body := ask(t, e, http.MethodGet, path, "elastic:"+password, ""); status != http.StatusOK || body != want {
			t.Errorf("with %q = %d %s, want %s", settings, status, body, want)
		}
	}
}

func TestUsageTellsOfTheRealmsThatAreThere(t *testing.T) {
	t.Parallel()
	const path = "/_xpack/usage?filter_path=security.realms.native,security.realms.file,security.realms.ldap"
	for settings, want := range map[string]string{
		"": `{"security":{"realms":{"file":{"available":true,"enabled":true,"name":["default_file"],"order":[-2147483648],"cache":[{"size":0}]},` +
			`"ldap":{"available":true,"enabled":false},"native":{"available":true,"enabled":true,"name":["default_native"],"order":[-2147483648],"cache":[{"size":0}]}}}}`,
		"xpack.security.authc.realms.native.n1.order: 4\n": `{"security":{"realms":{"file":{"available":true,"enabled":false},` +
			`"ldap":{"available":true,"enabled":false},"native":{"available":true,"enabled":true,"name":["n1"],"order":[4],"cache":[{"size":0}]}}}}`,
	} {
		e := open(t, folder(t, settings))
		if status, body := ask(t, e, http.MethodGet, path, "elastic:"+password, ""); status != http.StatusOK || body != want {
			t.Errorf("with %q = %d %s, want %s", settings, status, body, want)
		}
	}
}

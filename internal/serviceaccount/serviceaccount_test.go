package serviceaccount_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/realm"
	"github.com/realmctl/realmctl/internal/rest"
	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/serviceaccount"
	"github.com/realmctl/realmctl/internal/sqlite"
)

// fixture is a service over a database of its own.
type fixture struct {
	*serviceaccount.Service

	dir    string
	db     *sqlite.DB
	files  map[string]string
	hashed int // slow hashes so far
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	f := &fixture{dir: t.TempDir()}
	var err error
	f.db, err = sqlite.Open(context.Background(), filepath.Join(f.dir, "engine.db"), sqlite.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.db.Close() })
	hash, err := pwhash.New("pbkdf2_stretch_1000", pwhash.Options{Workers: 1, Counter: func(string) { f.hashed++ }})
	if err != nil {
		t.Fatal(err)
	}
	f.Service, err = serviceaccount.New(serviceaccount.Options{
		DB: f.db, Now: time.Now, Log: slog.New(slog.DiscardHandler), Hash: hash, Node: "n1", Cleared: map[string]bool{"cleared": true},
		FileTokens: func() map[string]string { return f.files }, Config: serviceaccount.Defaults(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Authenticate implements rest.Guard: everybody is let in as elastic.
func (f *fixture) serve(t *testing.T, method, path string) string {
	t.Helper()
	h, err := rest.New(f.Routes(), rest.Options{Guard: open{}, Version: "9.5.3", BuildHash: "h"})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, nil))
	return strconv.Itoa(w.Code) + " " + w.Body.String()
}

// open lets everybody in.
type open struct{}

// Authenticate implements rest.Guard.
func (open) Authenticate(*http.Request) (identity.Identity, error) { return identity.Identity{}, nil }

// Authorize implements rest.Guard.
func (open) Authorize(context.Context, string, identity.Target) error { return nil }

func bearer(qualified string, plain secret.String) string {
	return base64.RawStdEncoding.EncodeToString([]byte("\x00\x01\x00\x01" + qualified + ":" + plain.Reveal()))
}

// login tries a bearer token. The outcome is where it is from, or why not.
func (f *fixture) login(t testing.TB, text string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+text)
	c, err := f.Extract(r)
	if err != nil || c == nil {
		return "not mine"
	}
	res, err := f.Authenticate(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	if res.Verdict == realm.Success {
		return res.User.Token.Type
	}
	if res.Verdict != realm.Terminate {
		t.Errorf("verdict %v, want the end: nobody else knows such tokens", res.Verdict)
	}
	return res.Reason
}

func (f *fixture) create(t testing.TB, account, name string) string {
	t.Helper()
	tok, err := f.Create(context.Background(), identity.Identity{}, account, name)
	if err != nil {
		t.Fatal(err)
	}
	return bearer(tok.Qualified(), tok.Secret)
}

const (
	fromIndex = "_service_account_index"
	fromFile  = "_service_account_file"
	refused   = "failed to authenticate service account [elastic/fleet-server] with token name [t]"
)

func TestATokenActsForItsAccount(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tok, err := f.Create(t.Context(), identity.Identity{}, "elastic/kibana", "t-1")
	if err != nil {
		t.Fatal(err)
	}
	res, err := f.Authenticate(t.Context(), tok)
	if err != nil {
		t.Fatal(err)
	}
	full := "Service account - elastic/kibana"
	want := identity.Identity{Type: identity.ByToken, Subject: identity.Subject{
		User: identity.User{
			Username: "elastic/kibana", Roles: []string{}, FullName: &full, Metadata: json.RawMessage(`{"_elastic_service_account":true}`), Enabled: true,
		},
		Realm: identity.Realm{Name: "_service_account", Type: "_service_account"},
		Token: &identity.Token{Name: "t-1", Type: fromIndex},
	}}
	if diff := cmp.Diff(want, res.User); diff != "" {
		t.Errorf("identity (-want +got):\n%s", diff)
	}
}

func TestTheFormOfTokens(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	raw := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	const head = "\x00\x01\x00\x01"
	for text, want := range map[string]string{
		// The example of Elasticsearch's documentation: well formed, but nobody made it.
		"AAEAAWVsYXN0aWMvZmxlZXQtc2VydmVyL3Rva2VuMTp1aTJscDJheFRObXN5YWt3OXR2Tm53": "failed to authenticate service account [elastic/fleet-server] with token name [token1]",
		raw(head + "elastic/nope/t:0123456789"):                                    "failed to authenticate service account [elastic/nope] with token name [t]",
		raw(head + "other/fleet-server/t:0123456789"):                              "failed to authenticate service account [other/fleet-server] with token name [t]",
		raw(head + "elastic/fleet-server/t:012345678"):                             refused, // too short a secret
		raw(head + "elastic/fleet-server/t:"):                                      refused,
		raw(head + "elastic/fleet-server/t"):                                       "not mine",
		raw(head + "elastic/fleet-server:0123456789"):                              "not mine",
		raw(head + "a/b/c/d:0123456789"):                                           "not mine",
		raw(head + "//t:0123456789"):                                               "not mine",
		raw(head + "elastic/fleet-server/_t:012345678901"):                         "not mine",
		raw("\x00\x01\x00elastic/fleet-server/t:0123456789"):                       "not mine",
		"nope!": "not mine",
	} {
		if got := f.login(t, text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	if f.hashed != 0 {
		t.Errorf("%d slow hashes for tokens that cannot be right, want none", f.hashed)
	}
}

func TestAWarmTokenIsNotHashedAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	token := f.create(t, "elastic/fleet-server", "t")
	before := f.hashed
	for range 3 {
		if got := f.login(t, token); got != fromIndex {
			t.Errorf("login: %s", got)
		}
	}
	if f.hashed != before+1 {
		t.Errorf("%d slow hashes for three logins, want one", f.hashed-before)
	}
	if got := f.login(t, bearer("elastic/fleet-server/t", "a wrong secret")); got != refused {
		t.Errorf("a wrong secret: %s, want %s", got, refused)
	}
	f.ClearCache("elastic/fleet-server", []string{"*"})
	before = f.hashed
	if got := f.login(t, token); got != fromIndex || f.hashed != before+1 {
		t.Errorf("after the cache was cleared: %s with %d slow hashes, want one", got, f.hashed-before)
	}
	f.ClearCache("elastic/fleet-server-remote", []string{"*"})
	if f.login(t, token); f.hashed != before+1 {
		t.Error("clearing another account's tokens forgot this one")
	}
	f.ClearCache("elastic/fleet-server", []string{"x", "t"})
	if f.login(t, token); f.hashed != before+2 {
		t.Error("clearing the token by name did not forget it")
	}
}

func TestADeletedTokenEndsAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	token := f.create(t, "elastic/fleet-server", "t")
	same := f.create(t, "elastic/fleet-server-remote", "t")
	if f.login(t, token) != fromIndex || f.login(t, same) != fromIndex {
		t.Fatal("the tokens do not work")
	}
	for _, want := range []bool{true, false} {
		if found, err := f.Delete(t.Context(), "elastic/fleet-server", "t"); err != nil || found != want {
			t.Errorf("Delete = %v, %v, want %v", found, err, want)
		}
	}
	if got := f.login(t, token); got != refused {
		t.Errorf("after it was deleted: %s, want %s", got, refused)
	}
	if got := f.login(t, same); got != fromIndex {
		t.Errorf("the other account's token of that name: %s", got)
	}
}

func TestFileTokensComeFirstAndFollowTheFile(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	hash, err := pwhash.New("pbkdf2_stretch_1000", pwhash.Options{})
	if err != nil {
		t.Fatal(err)
	}
	line := func(plain secret.String) map[string]string {
		h, err := hash.Hash(t.Context(), plain)
		if err != nil {
			t.Fatal(err)
		}
		return map[string]string{"elastic/fleet-server/t": h, "elastic/fleet-server/file": h, "elastic/kibana/k": h}
	}
	indexed := f.create(t, "elastic/fleet-server", "t")
	filed := bearer("elastic/fleet-server/t", "secret-of-the-file")
	f.files = line("secret-of-the-file")
	for range 2 {
		if got := f.login(t, filed); got != fromFile {
			t.Errorf("the file's secret: %s", got)
		}
		if got := f.login(t, indexed); got != fromIndex {
			t.Errorf("the database's secret of that name: %s", got)
		}
	}
	if got := f.login(t, filed); got != fromFile {
		t.Fatal(got)
	}
	if got, want := f.serve(t, http.MethodGet, "/_security/service/elastic/fleet-server/credential"),
		`200 {"service_account":"elastic/fleet-server","count":3,"tokens":{"t":{}},"nodes_credentials":{"_nodes":{"total":1,"successful":1,"failed":0},`+
			`"file_tokens":{"file":{"nodes":["n1"]},"t":{"nodes":["n1"]}}}}`; got != want {
		t.Errorf("credentials = %s, want %s", got, want)
	}
	f.files = line("another-secret")
	if got := f.login(t, filed); got != refused {
		t.Errorf("after the file changed: %s, want %s", got, refused)
	}
	f.files = map[string]string{"elastic/fleet-server/t": "no hash at all"}
	if got := f.login(t, bearer("elastic/fleet-server/t", "no hash at all")); got != refused {
		t.Errorf("a plain text in the file: %s, want %s", got, refused)
	}
	f.files = nil
	if got := f.login(t, indexed); got != fromIndex {
		t.Errorf("without a file: %s", got)
	}
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(t, "elastic/kibana", "t")
	_, err := f.Create(t.Context(), identity.Identity{}, "elastic/nope", "t")
	if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "service account [elastic/nope] does not exist") {
		t.Errorf("an unknown account: %v", err)
	}
	_, err = f.Create(t.Context(), identity.Identity{}, "elastic/kibana", "t")
	if !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "[service_account_token-elastic/kibana/t]: version conflict, document already exists (current version [1])") {
		t.Errorf("a taken name: %v", err)
	}
	tok, err := f.Create(t.Context(), identity.Identity{}, "elastic/kibana", "")
	if err != nil || !strings.HasPrefix(tok.Name, "token_") || len(tok.Name) != 26 {
		t.Errorf("a token without a name is called %q: %v", tok.Name, err)
	}
}

func TestSecretsAreNowhereInTheDatabase(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	tok, err := f.Create(t.Context(), identity.Identity{}, "elastic/kibana", "marker-of-the-row")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.db.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(f.dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found = found || bytes.Contains(data, []byte(tok.Name))
		if bytes.Contains(data, []byte(tok.Secret.Reveal())) {
			t.Errorf("%s holds the secret", file)
		}
	}
	if !found {
		t.Error("no file holds the name: this test looks in the wrong place")
	}
}

func FuzzExtract(f *testing.F) {
	for _, s := range []string{"AAEAAWVsYXN0aWMvZmxlZXQtc2VydmVyL3Rva2VuMTp1aTJscDJheFRObXN5YWt3OXR2Tm53", "", "====", "AAEAAQ", "é"} {
		f.Add(s)
	}
	fixture := newFixture(f)
	f.Fuzz(func(t *testing.T, text string) {
		if got := fixture.login(t, text); got == fromIndex || got == fromFile {
			t.Errorf("login with %q: %s", text, got)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	f := newFixture(b)
	token := f.create(b, "elastic/fleet-server", "t")
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "/", nil)
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	b.ReportAllocs()
	for b.Loop() {
		c, err := f.Extract(r)
		if err != nil {
			b.Fatal(err)
		}
		if res, err := f.Authenticate(context.Background(), c); err != nil || res.Verdict != realm.Success {
			b.Fatal(res, err)
		}
	}
}

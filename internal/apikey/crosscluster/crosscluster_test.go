package crosscluster_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/apikey/crosscluster"
	"github.com/realmctl/realmctl/internal/apikey/keyring"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/rest"
	"github.com/realmctl/realmctl/internal/role/descriptor"
	"github.com/realmctl/realmctl/internal/sqlite"
)

// fixture is a service over a database of its own; every request is caller's.
type fixture struct {
	*crosscluster.Service

	caller identity.Identity
}

// Authenticate implements rest.Guard.
func (f *fixture) Authenticate(*http.Request) (identity.Identity, error) { return f.caller, nil }

// Authorize implements rest.Guard.
func (*fixture) Authorize(context.Context, string, identity.Target) error { return nil }

func newFixture(t *testing.T) *fixture {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "engine.db"), sqlite.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	hash, err := pwhash.New("ssha256", pwhash.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return &fixture{
		Service: &crosscluster.Service{Keys: keyring.New(keyring.Options{
			DB: db, Now: time.Now, Log: slog.New(slog.DiscardHandler), Hash: hash, Config: keyring.Defaults(),
		})},
		caller: identity.Identity{Subject: identity.Subject{User: identity.User{Username: "bob"}, Realm: identity.Realm{Name: "n"}}},
	}
}

// serve sends a request; the answer begins with its status.
func (f *fixture) serve(t *testing.T, method, path, body string) string {
	t.Helper()
	h, err := rest.New(f.Routes(), rest.Options{Guard: f, Version: "9.5.3", BuildHash: "h"})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return strconv.Itoa(w.Code) + " " + w.Body.String()
}

// create makes a key and returns it as it is stored.
func (f *fixture) create(t *testing.T, body string) keyring.Key {
	t.Helper()
	got := f.serve(t, http.MethodPost, "/_security/cross_cluster/api_key", body)
	m := regexp.MustCompile(`^200 \{"id":"([^"]{20})"`).FindStringSubmatch(got)
	if m == nil {
		t.Fatalf("create %s = %s", body, got)
	}
	return f.stored(t, m[1])
}

func (f *fixture) stored(t *testing.T, id string) keyring.Key {
	t.Helper()
	k, ok, err := f.Keys.ByID(t.Context(), id)
	if err != nil || !ok {
		t.Fatalf("key %s is stored: %v, %v", id, ok, err)
	}
	return k
}

func TestAccessBecomesOneDescriptor(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const search = `["read","read_cross_cluster","view_index_metadata"]`
	const copies = `["cross_cluster_replication","cross_cluster_replication_internal"]`
	for access, want := range map[string]string{
		`{"search":[{"names":["a"],"query":{"term":{"x":1}},"field_security":{"grant":["f"]}}]}`: `{"cross_cluster":{"cluster":["cross_cluster_search","monitor_enrich"],` +
			`"indices":[{"names":["a"],"privileges":` + search + `,"field_security":{"grant":["f"]},"query":"{\"term\":{\"x\":1}}","allow_restricted_indices":false}]`,
		`{"replication":[{"names":"a","allow_restricted_indices":true}]}`: `{"cross_cluster":{"cluster":["cross_cluster_replication"],` +
			`"indices":[{"names":["a"],"privileges":` + copies + `,"allow_restricted_indices":true}]`,
		`{"replication":[{"names":"b"}],"search":{"names":"a"}}`: `{"cross_cluster":{"cluster":["cross_cluster_search","monitor_enrich","cross_cluster_replication"],` +
			`"indices":[{"names":["a"],"privileges":` + search + `,"allow_restricted_indices":false},{"names":["b"],"privileges":` + copies + `,"allow_restricted_indices":false}]`,
	} {
		k := f.create(t, `{"name":"x","access":`+access+`}`)
		if got := string(k.Assigned); got != want+`,"applications":[],"run_as":[],"metadata":{}}}` {
			t.Errorf("%s = %s\nwant %s", access, got, want)
		}
		if string(k.LimitedBy) != "{}" || k.Type != keyring.CrossCluster || k.Owner.Username != "bob" {
			t.Errorf("%s: a key %s of %s limited by %s", access, k.Type, k.Owner.Username, k.LimitedBy)
		}
	}
}

func TestViewLeavesPrivilegesOut(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	k := f.create(t, `{"name":"x","access":{"replication":[{"names":"b"}],"search":[{"names":"a"},{"names":"c","allow_restricted_indices":true}]}}`)
	ds, err := descriptor.Decode(k.Assigned)
	if err != nil {
		t.Fatal(err)
	}
	v := crosscluster.ViewOf(ds)
	var names []string
	for _, g := range v.Search {
		names = append(names, "search "+g.Names[0])
	}
	for _, g := range v.Replication {
		names = append(names, "replication "+g.Names[0])
	}
	if diff := cmp.Diff([]string{"search a", "search c", "replication b"}, names); diff != "" {
		t.Errorf("view (-want +got):\n%s", diff)
	}
}

func TestCertificateIdentities(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for pattern, want := range map[string]string{
		`CN=host[0-9]+`: "", ``: "", `(?=x)y`: "", `\Q[\E`: "", `\h`: "", `a*+`: "", `a{2000}`: "", `(?<n>a)\k<n>`: "", // most of them are Java's own
		`(`:      `Unclosed group near index 1\n(`,
		`[`:      `Unclosed character class near index 0\n[\n^`,
		`a[b`:    `Unclosed character class near index 2\na[b\n  ^`,
		`*a`:     `Dangling meta character '*' near index 0\n*a\n^`,
		`a)b`:    `Unmatched closing ')' near index 0\na)b\n^`,
		`a**`:    `Dangling meta character '*' near index 2\na**\n  ^`,
		`a{2,1}`: `Illegal repetition range near index 5\na{2,1}\n     ^`,
		`[z-a]`:  `Illegal character range near index 3\n[z-a]\n   ^`,
		`\`:      `Unescaped trailing backslash near index 1\n\\`,
	} {
		quoted := strings.ReplaceAll(pattern, `\`, `\\`)
		got := f.serve(t, http.MethodPost, "/_security/cross_cluster/api_key", `{"name":"x","access":{"search":[{"names":["a"]}]},"certificate_identity":"`+quoted+`"}`)
		if want == "" {
			if !strings.HasPrefix(got, "200 ") {
				t.Errorf("%q: %s", pattern, got)
			}
			continue
		}
		if !strings.HasPrefix(got, "400 ") || !strings.Contains(got, `"caused_by":{"type":"illegal_argument_exception","reason":"Invalid certificate_identity format: [`+
			quoted+`]. Must be a valid regex.","caused_by":{"type":"pattern_syntax_exception","reason":"`+want+`"}}`) {
			t.Errorf("%q: %s, want %s", pattern, got, want)
		}
	}
}

func TestAccessThatIsRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for body, want := range map[string]string{
		`{"name":"x","access":{"search":[7]}}`: `"reason":"failed to parse indices privileges for role [cross_cluster]. expected field [null] value to be an array of objects, ` +
			`but found an array element of type [VALUE_NUMBER]"`,
		`{"name":"x","access":{"replication":[{"names":["a"],"query":"{}"}]}}`:                                         `"reason":"replication does not support document or field level security"`,
		`{"name":"x","access":{"search":[{"names":["a"],"query":"{}"}],"replication":[{"names":["a"],"query":"{}"}]}}`: `"reason":"search does not support document or field level security if replication is assigned"`,
		`{"name":"x","access":{"replication":[{"names":["a"],"field_security":{"grant":["*","a"]}}]}}`:                 `"reason":"replication does not support document or field level security"`,
		`{"access":{},"name":"x","expiration":"zz"}`:                                                                   `"reason":"failed to parse setting [expiration] with value [zz] as a time value`, // before the access
		`{"name":"_x","access":{"search":[{"names":["a"]}]},"metadata":{"_a":1}}`: `"reason":"Validation Failed: 1: api key name may not begin with an underscore;` +
			`2: API key metadata keys may not start with [_];"`,
	} {
		if got := f.serve(t, http.MethodPost, "/_security/cross_cluster/api_key", body); !strings.HasPrefix(got, "400 ") || !strings.Contains(got, want) {
			t.Errorf("POST %s = %s, want %s", body, got, want)
		}
	}
	f.create(t, `{"name":"x","access":{"search":[{"names":["a,b","/c"]}]}}`) // which are no names, but nobody looks
	f.create(t, `{"name":"x","access":{"replication":[{"names":["a"],"field_security":{"grant":["*"],"except":[]}}]}}`)
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	k := f.create(t, `{"name":"x","access":{"search":[{"names":["a"]}]},"certificate_identity":"CN=a","metadata":{"a":1}}`)
	path := "/_security/cross_cluster/api_key/" + k.ID
	for _, c := range []struct{ body, want string }{
		{`{"access":{"search":[{"names":["a"]}]}}`, `200 {"updated":false}`},
		{`{"metadata":{"a":1}}`, `200 {"updated":false}`},
		{`{"certificate_identity":"CN=a"}`, `200 {"updated":false}`},
		{`{"certificate_identity":null}`, `200 {"updated":true}`},
		{`{"access":{"replication":[{"names":["b"]}]},"expiration":"1d"}`, `200 {"updated":true}`},
	} {
		if got := f.serve(t, http.MethodPut, path, c.body); got != c.want {
			t.Errorf("PUT %s = %s, want %s", c.body, got, c.want)
		}
	}
	now := f.stored(t, k.ID)
	if now.Certificate != nil || !strings.Contains(string(now.Assigned), `"b"`) || string(now.Metadata) != `{"a":1}` || now.ExpiresAt.IsZero() {
		t.Errorf("afterwards: %+v", now)
	}
	for body, want := range map[string]string{
		`{}`: "1: must update [access], [metadata], or [certificate_identity] for cross-cluster API keys;",
		`{"expiration":"0s","metadata":{"_a":1}}`: "1: API key metadata keys may not start with [_];2: API key expiration must be in the future;",
		`{"access":{"search":[{"names":["a,b"]},{"names":["/[/"]}]},"metadata":{"_a":1},"expiration":"0s"}`: "1: API key metadata keys may not start with [_];" +
			"2: commas [,] are not allowed in the index name expression [a,b];3: invalid regular expression pattern [/[/];4: API key expiration must be in the future;",
		`{"access":{}}`: "must specify non-empty access for either [search] or [replication]",
	} {
		if got := f.serve(t, http.MethodPut, path, body); !strings.HasPrefix(got, "400 ") || !strings.Contains(got, want+`"`) {
			t.Errorf("PUT %s = %s, want %s", body, got, want)
		}
	}
	if got, want := f.serve(t, http.MethodPut, path+"?a=1", `{"access":{}}`), "contains unrecognized parameter: [a]"; !strings.Contains(got, want) {
		t.Errorf("PUT of no access with an unknown parameter = %s, want %s", got, want)
	}
	f.caller.APIKey = &identity.APIKey{ID: k.ID}
	for _, c := range []struct{ method, path, body, want string }{
		{http.MethodPut, path, `{"metadata":{}}`, "authentication via API key not supported: only the owner user can update an API key"},
		{
			http.MethodPost, "/_security/cross_cluster/api_key", `{"name":"x","access":{"search":[{"names":["a"]}]}}`,
			"authentication via API key not supported: An API key cannot be used to create a cross-cluster API key",
		},
	} {
		if got := f.serve(t, c.method, c.path, c.body); !strings.HasPrefix(got, "400 ") || !strings.Contains(got, c.want) {
			t.Errorf("%s by a key = %s, want %s", c.method, got, c.want)
		}
	}
}

package authn_test

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/authn"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/realm"
	"github.com/realmctl/realmctl/internal/realm/native"
	"github.com/realmctl/realmctl/internal/sqlite"
	"github.com/realmctl/realmctl/internal/user"
)

func TestIdentitiesAreShownInElasticsearchsOrder(t *testing.T) {
	t.Parallel()
	ana := identity.User{Username: `a"na`, Roles: []string{"r1", "r2"}, Metadata: json.RawMessage(`{"k":1}`), Enabled: true}
	nativeRealm := realm.Ref{Name: "n", Type: "native"}
	keyRealm := realm.Ref{Name: "_es_api_key", Type: "_es_api_key"}
	key := &identity.APIKey{ID: "id1", Name: "k1"}
	const realms = `"authentication_realm":{"name":"n","type":"native"},"lookup_realm":{"name":"n","type":"native"}`
	for _, c := range []struct {
		name string
		id   identity.Identity
		want string
	}{
		{
			"a user",
			identity.Identity{Subject: identity.Subject{User: ana, Realm: nativeRealm}, Type: identity.ByRealm},
			`{"username":"a\"na","roles":["r1","r2"],"full_name":null,"email":null,"metadata":{"k":1},"enabled":true,` + realms + `,"authentication_type":"realm"}`,
		},
		{
			"with the anonymous roles",
			identity.Identity{Subject: identity.Subject{User: ana, Realm: nativeRealm}, Type: identity.ByRealm, AnonymousRoles: []string{"guest"}},
			`{"username":"a\"na","roles":["r1","r2","guest"],"full_name":null,"email":null,"metadata":{"k":1},"enabled":true,` + realms + `,"authentication_type":"realm"}`,
		},
		{
			"of a security domain",
			identity.Identity{Subject: identity.Subject{User: identity.User{Username: "u", Enabled: true}, Realm: realm.Ref{Name: "n", Type: "native", Domain: "d"}}, Type: identity.ByRealm},
			`{"username":"u","roles":[],"full_name":null,"email":null,"metadata":{},"enabled":true,"authentication_realm":{"name":"n","type":"native","domain":"d"},` +
				`"lookup_realm":{"name":"n","type":"native","domain":"d"},"authentication_type":"realm"}`,
		},
		{
			"an API key",
			identity.Identity{Subject: identity.Subject{User: identity.User{Username: "u", Enabled: true}, Realm: keyRealm, APIKey: key}, Type: identity.ByAPIKey},
			`{"username":"u","roles":[],"full_name":null,"email":null,"metadata":{},"enabled":true,"authentication_realm":{"name":"_es_api_key","type":"_es_api_key"},` +
				`"lookup_realm":{"name":"_es_api_key","type":"_es_api_key"},"authentication_type":"api_key","api_key":{"managed_by":"elasticsearch","name":"k1","id":"id1"}}`,
		},
		{
			"an API key that runs as a user",
			identity.Identity{
				Subject: identity.Subject{User: identity.User{Username: "u", Enabled: true}, Realm: nativeRealm}, Type: identity.ByAPIKey,
				RunBy: &identity.Subject{Realm: keyRealm, APIKey: key},
			},
			`{"username":"u","roles":[],"full_name":null,"email":null,"metadata":{},"enabled":true,"authentication_realm":{"name":"_es_api_key","type":"_es_api_key"},` +
				`"lookup_realm":{"name":"n","type":"native"},"authentication_type":"api_key"}`,
		},
		{
			"an access token that runs as a user",
			identity.Identity{
				Subject: identity.Subject{User: identity.User{Username: "u", Enabled: true}, Realm: nativeRealm}, Type: identity.ByToken,
				RunBy: &identity.Subject{Realm: nativeRealm, Token: &identity.Token{}},
			},
			`{"username":"u","roles":[],"full_name":null,"email":null,"token":{"managed_by":"elasticsearch"},"metadata":{},"enabled":true,` + realms + `,"authentication_type":"token"}`,
		},
		{
			"a service account",
			identity.Identity{
				Subject: identity.Subject{User: identity.User{Username: "elastic/kibana", Enabled: true}, Realm: nativeRealm, Token: &identity.Token{Name: "t", Type: "_service_account_index"}},
				Type:    identity.ByToken,
			},
			`{"username":"elastic/kibana","roles":[],"full_name":null,"email":null,"token":{"name":"t","managed_by":"elasticsearch","type":"_service_account_index"},` +
				`"metadata":{},"enabled":true,` + realms + `,"authentication_type":"token"}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := string(authn.AppendJSON(nil, c.id))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if !json.Valid([]byte(got)) {
				t.Error("it is no JSON")
			}
		})
	}
}

// newWarm is the handler over a database in which ana is known, and her request.
func newWarm(t testing.TB) (http.Handler, *http.Request) {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	hasher, err := pwhash.New("bcrypt4", pwhash.Options{})
	must(err)
	fast, err := pwhash.New("ssha256", pwhash.Options{})
	must(err)
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "security.db"), sqlite.Options{Now: time.Now})
	must(err)
	t.Cleanup(func() { _ = db.Close() })
	users := &user.Service{DB: db, Hasher: hasher}
	_, err = users.Put(t.Context(), identity.Identity{}, user.NewUser{
		User:     identity.User{Username: "ana", Roles: []string{"r1", "r2"}, Metadata: json.RawMessage(`{"team":7}`), Enabled: true},
		Password: user.NewPassword{Plain: "ana-pass"},
	})
	must(err)
	cache := realm.Cache{TTL: time.Hour, MaxUsers: 100, Hasher: fast}
	s := &authn.Service{
		Authenticators: []authn.Authenticator{&bearers{}},
		Realms: realm.NewChain([]realm.Member{
			{Realm: native.NewReserved(realm.Ref{Name: "reserved", Type: "reserved"}, users, hasher), Cache: cache},
			{Realm: native.New(realm.Ref{Name: "default_native", Type: "native"}, users, hasher), Cache: cache},
		}, realm.Options{Now: time.Now, Spend: hasher.Spend, Smart: realm.SmartOrder{Size: 100, TTL: time.Hour}}),
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/_security/_authenticate", nil)
	must(err)
	r.RequestURI = r.URL.RequestURI()
	r.SetBasicAuth("ana", "ana-pass")
	return handler(t, s), r
}

// sink is a ResponseWriter that keeps nothing but the status.
type sink struct {
	header http.Header
	status int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(status int)      { s.status = status }

// The budget of the hottest request is 40 allocations, those of net/http left out.
func TestAWarmAuthenticateAllocatesLittle(t *testing.T) {
	h, r := newWarm(t)
	w := &sink{header: http.Header{}}
	got := testing.AllocsPerRun(200, func() {
		clear(w.header)
		h.ServeHTTP(w, r)
	})
	if w.status != http.StatusOK {
		t.Fatalf("status %d", w.status)
	}
	if got > 40 {
		t.Errorf("%v allocations, want at most 40", got)
	}
	t.Logf("%v allocations", got)
}

func BenchmarkAuthenticatePassword(b *testing.B) {
	h, r := newWarm(b)
	w := &sink{header: http.Header{}}
	h.ServeHTTP(w, r)
	b.ReportAllocs()
	for b.Loop() {
		clear(w.header)
		h.ServeHTTP(w, r)
	}
	if w.status != http.StatusOK {
		b.Fatalf("status %d", w.status)
	}
}

package user_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/authn"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/realm"
	"github.com/realmctl/realmctl/internal/realm/native"
	"github.com/realmctl/realmctl/internal/rest"
	"github.com/realmctl/realmctl/internal/sqlite"
	"github.com/realmctl/realmctl/internal/user"
)

// api is the user API over a fresh database, for callers who may do everything that
// they are not explicitly denied.
type api struct {
	http.Handler

	users  *user.Service
	hasher *pwhash.Pool
	denied string // this action is
	self   map[string]identity.Target
}

func newAPI(t *testing.T, edit func(*user.Service)) *api {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "security.db"), sqlite.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	a := &api{self: map[string]identity.Target{}}
	if a.hasher, err = pwhash.New("bcrypt4", pwhash.Options{}); err != nil {
		t.Fatal(err)
	}
	a.users = &user.Service{DB: db, Hasher: a.hasher, Anonymous: authn.Anonymous{Username: "_anonymous"}.User()}
	if edit != nil {
		edit(a.users)
	}
	hash, err := a.hasher.Hash(t.Context(), "elastic-pass")
	if err != nil {
		t.Fatal(err)
	}
	if err := user.Bootstrap(t.Context(), db, hash); err != nil {
		t.Fatal(err)
	}
	chain := realm.NewChain([]realm.Member{
		{Realm: native.NewReserved(realm.Ref{Name: "reserved", Type: "reserved"}, a.users, a.hasher)},
		{Realm: native.New(realm.Ref{Name: "default_native", Type: "native"}, a.users, a.hasher)},
	}, realm.Options{Now: time.Now, Spend: a.hasher.Spend})
	s := &authn.Service{Realms: chain, Challenges: []string{`Bearer realm="security"`, "ApiKey"}}
	if a.Handler, err = rest.New(append(s.Routes(), a.users.Routes()...), rest.Options{Guard: guard{s, a}}); err != nil {
		t.Fatal(err)
	}
	return a
}

// guard authenticates as the engine does and allows everything but api.denied.
type guard struct {
	*authn.Service

	api *api
}

func (g guard) Authorize(_ context.Context, action string, target identity.Target) error {
	g.api.self[action] = target
	if action == g.api.denied {
		return io.ErrNoProgress
	}
	return nil
}

// do sends a request as elastic, or as "name:password" in as, and returns status and
// body.
func (a *api) do(t *testing.T, as, method, path, body string) (int, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if as == "" {
		as = "elastic:elastic-pass"
	}
	name, password, _ := strings.Cut(as, ":")
	r.SetBasicAuth(name, password)
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// must is do for requests that succeed.
func (a *api) must(t *testing.T, method, path, body string) string {
	t.Helper()
	status, answer := a.do(t, "", method, path, body)
	if status != http.StatusOK {
		t.Fatalf("%s %s = %d %s", method, path, status, answer)
	}
	return answer
}

// refused is the type and reason of an error answer.
func refused(t *testing.T, answer string) string {
	t.Helper()
	var e struct {
		Error struct{ Type, Reason string }
	}
	if err := json.Unmarshal([]byte(answer), &e); err != nil {
		t.Fatalf("%v in %s", err, answer)
	}
	return e.Error.Type + ": " + e.Error.Reason
}

func sameJSON(t *testing.T, want, got string) {
	t.Helper()
	var w, g any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(got), &g); err != nil {
		t.Fatalf("%v in %s", err, got)
	}
	if diff := cmp.Diff(w, g); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
}

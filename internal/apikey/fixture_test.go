package apikey_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/realmctl/realmctl/internal/apikey"
	"github.com/realmctl/realmctl/internal/apikey/crosscluster"
	"github.com/realmctl/realmctl/internal/apikey/keyring"
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/realm"
	"github.com/realmctl/realmctl/internal/rest"
	"github.com/realmctl/realmctl/internal/role/descriptor"
	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/sqlite"
)

// fixture is a service over a database of its own, and what it asks of others. It
// is the guard, too: every request is caller's and may do anything.
type fixture struct {
	*apikey.Service

	caller    identity.Identity
	asked     identity.Target // by the last request
	snapshots []descriptor.Role
	denied    bool // whoever asks may not manage security
	grantee   func(g apikey.Grant) (identity.Identity, error)
}

// Authenticate implements rest.Guard.
func (f *fixture) Authenticate(*http.Request) (identity.Identity, error) { return f.caller, nil }

// Authorize implements rest.Guard.
func (f *fixture) Authorize(_ context.Context, _ string, t identity.Target) error {
	f.asked = t
	return nil
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{caller: user("bob", "native1"), snapshots: []descriptor.Role{{Name: "r", Cluster: []string{"monitor"}, Description: "d"}}}
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "engine.db"), sqlite.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	hash, err := pwhash.New("ssha256", pwhash.Options{})
	if err != nil {
		t.Fatal(err)
	}
	f.Service = &apikey.Service{
		Keys: keyring.New(keyring.Options{DB: db, Now: time.Now, Log: slog.New(slog.DiscardHandler), Hash: hash, Config: keyring.Defaults()}),
		Now:  time.Now, Cleared: map[string]bool{"cleared": true}, Node: "n1",
		Snapshot: func(context.Context, identity.Identity) ([]descriptor.Role, error) { return f.snapshots, nil },
		Grantee:  func(_ context.Context, g apikey.Grant) (identity.Identity, error) { return f.grantee(g) },
		Authorize: func(context.Context, string, identity.Target) error {
			if f.denied {
				return &fault.Error{Kind: fault.Forbidden}
			}
			return nil
		},
		ProfileUID: func(_ context.Context, username string, _ identity.Realm) (string, error) {
			return map[string]string{"bob": "u_bob_0"}[username], nil
		},
	}
	return f
}

// user is someone who authenticated by a realm.
func user(name, realmName string) identity.Identity {
	return identity.Identity{Type: identity.ByRealm, Subject: identity.Subject{
		User:  identity.User{Username: name, Roles: []string{"r"}, Metadata: json.RawMessage(`{"m":1}`), Enabled: true},
		Realm: identity.Realm{Name: realmName, Type: "native"},
	}}
}

func (f *fixture) create(t *testing.T, owner identity.Identity, in apikey.NewKey) (keyring.Key, secret.String) {
	t.Helper()
	if in.Name == "" {
		in.Name = "k"
	}
	k, plain, err := f.Create(t.Context(), owner, in)
	if err != nil {
		t.Fatal(err)
	}
	return k, plain
}

// login tries a key.
func (f *fixture) login(t *testing.T, id string, plain secret.String) (identity.Identity, string) {
	t.Helper()
	res, err := f.Keys.Authenticate(t.Context(), keyring.Credential{ID: id, Secret: plain})
	if err != nil {
		t.Fatal(err)
	}
	if res.Verdict == realm.Success {
		return res.User, "ok"
	}
	return res.User, res.Reason
}

// serve sends a request; the answer begins with its status.
func (f *fixture) serve(t *testing.T, method, path, body string) string {
	t.Helper()
	routes := append(f.Routes(), (&crosscluster.Service{Keys: f.Keys}).Routes()...)
	h, err := rest.New(routes, rest.Options{Guard: f, Version: "9.5.3", BuildHash: "h"})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return strconv.Itoa(w.Code) + " " + w.Body.String()
}

// reason is what a fault tells.
func reason(err error) string {
	if err == nil {
		return ""
	}
	return strings.TrimPrefix(err.Error(), "illegal_argument_exception: ")
}

package token_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/realmctl/realmctl/internal/authn"
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/realm"
	"github.com/realmctl/realmctl/internal/rest"
	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/sqlite"
	"github.com/realmctl/realmctl/internal/token"
)

// tester is what the fixture needs of *testing.T, *testing.B and *rapid.T.
type tester interface {
	Helper()
	Fatal(args ...any)
	Errorf(format string, args ...any)
}

// fixture is a service over a database of its own. It is the guard, too: every
// request is caller's and may do anything.
type fixture struct {
	*token.Service

	dir    string
	db     *sqlite.DB
	skew   *atomic.Int64 // how far the service's clock is ahead
	caller identity.Identity
	action string // that the guard was asked about last
}

// Authenticate implements rest.Guard.
func (f *fixture) Authenticate(*http.Request) (identity.Identity, error) { return f.caller, nil }

// Authorize implements rest.Guard.
func (f *fixture) Authorize(_ context.Context, action string, _ identity.Target) error {
	f.action = action
	return nil
}

func newFixture(t testing.TB) *fixture { return newFixtureWith(t, token.Defaults()) }

func newFixtureWith(t testing.TB, c token.Config) *fixture {
	t.Helper()
	dir := t.TempDir()
	db, err := sqlite.Open(context.Background(), filepath.Join(dir, "engine.db"), sqlite.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return over(db, dir, c)
}

// over is another service over a database.
func over(db *sqlite.DB, dir string, c token.Config) *fixture {
	f := &fixture{dir: dir, db: db, caller: user("bob", "native1"), skew: new(atomic.Int64)}
	start := time.UnixMilli(time.Now().UnixMilli())
	f.Service = token.New(token.Options{
		DB: db, Log: slog.New(slog.DiscardHandler), Config: c, Verify: verify,
		Now: func() time.Time { return start.Add(time.Duration(f.skew.Load())) }, // it stands still
	})
	return f
}

func (f *fixture) sleep(d time.Duration) { f.skew.Add(int64(d)) }

// verify knows users whose password is their name and -pass.
func verify(_ context.Context, c authn.Claim) (identity.Identity, error) {
	p, ok := c.Credential.(realm.Password)
	if !ok || string(p.Secret) != p.Username+"-pass" {
		return identity.Identity{}, &fault.Error{Kind: fault.Unauthorized, Reason: "unable to authenticate user [" + c.Credential.Principal() + "] for action [" + c.Action + "]"}
	}
	return user(p.Username, "native1"), nil
}

// user is someone who authenticated by a native realm.
func user(name, realmName string) identity.Identity {
	return identity.Identity{Type: identity.ByRealm, Subject: identity.Subject{
		User:  identity.User{Username: name, Roles: []string{"r"}, Metadata: json.RawMessage(`{"m":1}`), Enabled: true},
		Realm: identity.Realm{Name: realmName, Type: "native"},
	}}
}

// key is an API key of a user.
func key(id string) identity.Identity {
	return identity.Identity{Type: identity.ByAPIKey, Subject: identity.Subject{
		User:   identity.User{Username: "bob", Roles: []string{}, Metadata: json.RawMessage(`{}`), Enabled: true},
		Realm:  identity.Realm{Name: "_es_api_key", Type: "_es_api_key"},
		APIKey: &identity.APIKey{ID: id, Name: "k", Assigned: json.RawMessage(`{}`), LimitedBy: json.RawMessage(`{"r":{"cluster":["monitor"]}}`)},
	}}
}

// pair gives tokens for id, with a refresh token for by.
func (f *fixture) pair(t tester, id, by identity.Identity) token.Pair {
	t.Helper()
	p, err := f.Issue(context.Background(), id, &by)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// login tries an access token. The outcome is ok, or why not.
func (f *fixture) login(t tester, access secret.String) (identity.Identity, string) {
	t.Helper()
	r := &http.Request{Header: http.Header{"Authorization": {"Bearer " + access.Reveal()}}}
	c, err := f.Extract(r)
	if err != nil {
		t.Fatal(err)
	}
	res, err := f.Service.Authenticate(context.Background(), c)
	if e, ok := errors.AsType[*fault.Error](err); ok && e.Kind == fault.Unauthorized {
		return res.User, "401 " + e.Reason
	}
	if err != nil {
		t.Fatal(err)
	}
	if res.Verdict == realm.Success {
		return res.User, "ok"
	}
	return res.User, res.Reason
}

// refresh exchanges a refresh token. The outcome is ok, or why not.
func (f *fixture) refresh(t tester, by identity.Identity, refresh secret.String) (token.Pair, string) {
	t.Helper()
	p, _, err := f.Refresh(context.Background(), by, refresh)
	if err != nil {
		return p, err.Error()
	}
	return p, "ok"
}

// invalidate ends tokens and tells how many, as "now/before".
func (f *fixture) invalidate(t tester, sel token.Selector) string {
	t.Helper()
	out, err := f.Invalidate(context.Background(), sel)
	if err != nil {
		t.Fatal(err)
	}
	return strconv.Itoa(out.Now) + "/" + strconv.Itoa(out.Before)
}

// serve sends a request; the answer begins with its status.
func (f *fixture) serve(t *testing.T, method, query, body string) string {
	t.Helper()
	h, err := rest.New(f.Routes(), rest.Options{Guard: f, Version: "9.5.3", BuildHash: "h"})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), method, "/_security/oauth2/token"+query, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return strconv.Itoa(w.Code) + " " + w.Body.String()
}

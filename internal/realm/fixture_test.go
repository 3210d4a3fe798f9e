package realm_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/realm"
	"github.com/realmctl/realmctl/internal/secret"
)

// source is a realm that holds one password for every user it knows.
type source struct {
	ref    realm.Ref
	users  map[string]identity.User
	right  secret.String
	answer func(realm.Password) (realm.Result, error) // instead of the above
	asked  atomic.Int64
	looked atomic.Int64
}

func (s *source) Ref() realm.Ref { return s.ref }

func (s *source) Authenticate(_ context.Context, c realm.Credential) (realm.Result, error) {
	p, ok := c.(realm.Password)
	if !ok {
		return realm.Result{}, nil
	}
	s.asked.Add(1)
	if s.answer != nil {
		return s.answer(p)
	}
	u, ok := s.users[p.Username]
	if !ok || p.Secret != s.right {
		return realm.Result{Reason: "no"}, nil
	}
	return succeed(u), nil
}

func (s *source) Extract(r *http.Request) (realm.Credential, bool) { return realm.Basic(r) }

func (s *source) Lookup(_ context.Context, name string) (identity.User, bool, error) {
	s.looked.Add(1)
	u, ok := s.users[name]
	return u, ok, nil
}

func succeed(u identity.User) realm.Result {
	return realm.Result{Verdict: realm.Success, User: identity.Identity{Subject: identity.Subject{User: u}}}
}

func newSource(name, right string, usernames ...string) *source {
	s := &source{ref: realm.Ref{Name: name, Type: "test"}, users: map[string]identity.User{}, right: secret.String(right)}
	for _, u := range usernames {
		s.users[u] = identity.User{Username: u, Roles: []string{name}, Enabled: true}
	}
	return s
}

// clock is a time that only moves when told to.
type clock struct{ nanos atomic.Int64 }

func (c *clock) now() time.Time          { return time.Unix(1_700_000_000, c.nanos.Load()) }
func (c *clock) advance(d time.Duration) { c.nanos.Add(int64(d)) }

func fastHasher(t *testing.T) *pwhash.Pool {
	t.Helper()
	p, err := pwhash.New("ssha256", pwhash.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func plainChain(realms ...realm.Realm) *realm.Chain {
	var members []realm.Member
	for _, r := range realms {
		members = append(members, realm.Member{Realm: r})
	}
	return realm.NewChain(members, realm.Options{Now: (&clock{}).now})
}

func password(username, plain string) realm.Password {
	return realm.Password{Username: username, Secret: secret.String(plain)}
}

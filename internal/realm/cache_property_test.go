package realm_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/realm"
)

// stampedByUser is a source whose stamp is the user's password.
type stampedByUser struct {
	*versioned

	passwords map[string]string
}

func (s *stampedByUser) Authenticate(ctx context.Context, c realm.Credential) (realm.Result, error) {
	res, err := s.source.Authenticate(ctx, c)
	res.Stamp = s.passwords[c.Principal()]
	return res, err
}

func (s *stampedByUser) Revise(_ context.Context, name string) (identity.User, string, bool, error) {
	u, ok := s.users[name]
	return u, s.passwords[name], ok, nil
}

// Over a source that tells its changes nobody can tell from the answers whether there
// is a cache: whatever happened before, they are those of the source itself.
func TestTheCacheCannotBeToldFromTheSource(t *testing.T) {
	t.Parallel()
	hasher := fastHasher(t)
	rapid.Check(t, func(t *rapid.T) {
		names := []string{"ana", "bob", "eve"}
		passwords := map[string]string{}
		v := &versioned{source: newSource("r", "", names...)}
		v.answer = func(p realm.Password) (realm.Result, error) {
			u, ok := v.users[p.Username]
			if !ok || p.Secret != password("", passwords[p.Username]).Secret {
				return realm.Result{}, nil
			}
			return succeed(u), nil
		}
		perUser := &stampedByUser{v, passwords}
		now := &clock{}
		chain := realm.NewChain(
			[]realm.Member{{Realm: perUser, Cache: realm.Cache{TTL: time.Hour, MaxUsers: 2, Hasher: hasher}}},
			realm.Options{Now: now.now, Smart: realm.SmartOrder{Size: 2, TTL: time.Hour}},
		)
		name := rapid.SampledFrom(names)
		plain := rapid.SampledFrom([]string{"p0", "p1"})
		t.Repeat(map[string]func(*rapid.T){
			"new password": func(t *rapid.T) {
				passwords[name.Draw(t, "user")] = plain.Draw(t, "password")
				v.generation.Add(1)
			},
			"new roles": func(t *rapid.T) {
				n := name.Draw(t, "user")
				v.users[n] = identity.User{Username: n, Roles: []string{strconv.Itoa(int(v.generation.Add(1)))}, Enabled: rapid.Bool().Draw(t, "enabled")}
			},
			"delete": func(t *rapid.T) {
				delete(v.users, name.Draw(t, "user"))
				v.generation.Add(1)
			},
			"clear": func(t *rapid.T) { chain.Clear(nil, []string{name.Draw(t, "user")}) },
			"wait":  func(*rapid.T) { now.advance(25 * time.Minute) },
			"log in": func(t *rapid.T) {
				p := password(name.Draw(t, "user"), plain.Draw(t, "password"))
				want, _ := v.answer(p)
				got, _ := chain.Authenticate(t.Context(), p)
				if diff := cmp.Diff(want.User.User, got.User.User); diff != "" || got.Verdict != want.Verdict {
					t.Fatalf("%s with %v: verdict %d, want %d; user (-want +got):\n%s", p.Username, passwords, got.Verdict, want.Verdict, diff)
				}
			},
			"look up": func(t *rapid.T) {
				n := name.Draw(t, "user")
				want, exists := v.users[n]
				got, found, err := chain.Lookup(t.Context(), n)
				if diff := cmp.Diff(want, got.User); diff != "" || found != exists || err != nil {
					t.Fatalf("%s: %v, %v, want %v; user (-want +got):\n%s", n, found, err, exists, diff)
				}
			},
		})
	})
}

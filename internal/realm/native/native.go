// Package native has the two realms over the engine's own database: native users,
// and the reserved users that every cluster has.
package native

import (
	"context"
	"net/http"

	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/realm"
	"github.com/realmctl/realmctl/internal/rest"
	"github.com/realmctl/realmctl/internal/user"
)

// Realm is a realm of type native. Use New.
type Realm struct{ store }

// New returns the native realm over these users.
func New(ref realm.Ref, users *user.Service, hasher *pwhash.Pool) *Realm {
	return &Realm{store{ref: ref, users: users, hasher: hasher, find: users.Native}}
}

// Authenticate implements realm.Realm.
func (r *Realm) Authenticate(ctx context.Context, c realm.Credential) (realm.Result, error) {
	p, ok := c.(realm.Password)
	if !ok {
		return realm.Result{}, nil
	}
	rec, ok, err := r.find(ctx, p.Username)
	if err != nil || !ok {
		return realm.Result{}, err
	}
	return realm.CheckPassword(ctx, r.hasher, rec.Hash, p, rec.User)
}

// Reserved is the realm of the reserved users. Whoever uses one of their names is
// let in or refused here; no other realm is asked. Use NewReserved.
type Reserved struct{ store }

// NewReserved returns the reserved realm over these users.
func NewReserved(ref realm.Ref, users *user.Service, hasher *pwhash.Pool) *Reserved {
	return &Reserved{store{ref: ref, users: users, hasher: hasher, find: users.Reserved}}
}

// Authenticate implements realm.Realm. What it cannot decide it refuses: another
// realm must not speak for a reserved name. Whoever logs in under a deprecated one is
// warned, but not each time that the chain remembers the password.
func (r *Reserved) Authenticate(ctx context.Context, c realm.Credential) (realm.Result, error) {
	p, ok := c.(realm.Password)
	if !ok || !r.users.IsReserved(p.Username) {
		return realm.Result{}, nil
	}
	res, err := r.check(ctx, p)
	if err == nil && res.Verdict == realm.Success {
		if text := user.Deprecation(res.User.User); text != "" {
			rest.Warn(ctx, text)
		}
		return res, nil
	}
	return realm.Result{
		Verdict: realm.Terminate,
		Reason:  "failed to authenticate user [" + p.Username + "]",
		Cause:   err,
		Spent:   res.Spent,
	}, nil
}

func (r *Reserved) check(ctx context.Context, p realm.Password) (realm.Result, error) {
	rec, ok, err := r.find(ctx, p.Username)
	if err != nil || !ok || rec.Hash == "" {
		return realm.Result{}, err
	}
	return realm.CheckPassword(ctx, r.hasher, rec.Hash, p, rec.User)
}

// store is what the two realms have in common.
type store struct {
	ref    realm.Ref
	users  *user.Service
	hasher *pwhash.Pool
	find   func(ctx context.Context, username string) (user.Record, bool, error)
}

// Ref implements realm.Realm.
func (s store) Ref() realm.Ref { return s.ref }

// Extract implements realm.Extractor.
func (store) Extract(r *http.Request) (realm.Credential, bool) { return realm.Basic(r) }

// Lookup implements realm.Looker.
func (s store) Lookup(ctx context.Context, username string) (identity.User, bool, error) {
	rec, ok, err := s.find(ctx, username)
	return rec.User, ok, err
}

// Generation implements realm.Versioned.
func (s store) Generation(ctx context.Context) (uint64, error) { return s.users.Generation(ctx) }

// Revise implements realm.Versioned.
func (s store) Revise(ctx context.Context, username string) (identity.User, string, bool, error) {
	rec, ok, err := s.find(ctx, username)
	return rec.User, rec.Hash, ok, err
}

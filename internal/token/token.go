package token

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/realmctl/realmctl/internal/authn"
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/sqlite"
)

// How long a refresh token is good, and how far from its first use a second one
// gives the same pair.
const (
	refreshLife = 24 * time.Hour
	refreshSlip = 30 * time.Second
)

// Options of a Service. All are required.
type Options struct {
	DB     *sqlite.DB
	Now    func() time.Time
	Log    *slog.Logger
	Config Config
	// Verify finds out whom a credential in a body is about (authn.Service.Verify).
	Verify func(ctx context.Context, c authn.Claim) (identity.Identity, error)
}

// Service is the noun. Use New.
type Service struct {
	Options

	live *sqlite.Cache[digest, access]
}

// cached is how many access tokens are remembered.
const cached = 25_000

// New returns a service whose cache holds nothing yet.
func New(o Options) *Service {
	return &Service{Options: o, live: sqlite.NewCache[digest, access](o.DB, sqlite.CacheOptions{
		Kinds: []string{changeKind}, Max: cached, TTL: o.Config.Timeout, Now: o.Now,
	})}
}

// Pair is what a grant gives. The tokens are not stored and cannot be read again.
type Pair struct {
	Access  secret.String
	Refresh secret.String // empty: none
}

// grantError is why a refresh token is refused.
type grantError string

// Error implements error.
func (e grantError) Error() string { return string(e) }

const (
	errUnknownRefresh = grantError("could not refresh the requested token")
	errOtherClient    = grantError("tokens must be refreshed by the creating client")
)

// Issue gives an access token that acts for id, and to refresher, unless that is
// nil, a refresh token.
func (s *Service) Issue(ctx context.Context, id identity.Identity, refresher *identity.Identity) (Pair, error) {
	if err := s.enabled(); err != nil {
		return Pair{}, err
	}
	who, err := encodeIdentity(id)
	if err != nil {
		return Pair{}, err
	}
	access, refresh := newRaw()
	r := s.record(access, s.Now())
	r.owner, r.ownerRealm, r.subject = id.User.Username, id.Realm.Name, who
	p := Pair{Access: access.encode()}
	if refresher != nil {
		if r.client, err = encode(clientOf(refresher.Subject)); err != nil {
			return Pair{}, err
		}
		sum := refresh.digest()
		r.refresh, p.Refresh = sum[:], refresh.encode()
	}
	if err := s.DB.Write(ctx, func(tx *sqlite.Tx) error { return s.insert(tx, r) }); err != nil {
		return Pair{}, fmt.Errorf("create token for %s: %w", r.owner, err)
	}
	return p, nil
}

// Refresh exchanges a refresh token for a new pair of the same subject. A second
// exchange within 30 seconds gives that pair again, as concurrent clients need it.
// The error of a token that is not good is a grantError.
func (s *Service) Refresh(ctx context.Context, by identity.Identity, text secret.String) (Pair, identity.Identity, error) {
	if err := s.enabled(); err != nil {
		return Pair{}, identity.Identity{}, err
	}
	used, ok := parse(text)
	if !ok {
		return Pair{}, identity.Identity{}, errUnknownRefresh
	}
	old, p, err := s.supersede(ctx, clientOf(by.Subject), used)
	if errors.Is(err, errOtherClient) {
		s.Log.WarnContext(ctx, "somebody else than its client tried to refresh a token", "user", by.User.Username, "realm", by.Realm.Name)
	}
	if err != nil {
		return Pair{}, identity.Identity{}, err
	}
	id, err := decodeIdentity(old.subject)
	return p, id, err
}

// supersede gives the token that was used a successor, or finds the one it has.
func (s *Service) supersede(ctx context.Context, by client, used raw) (old record, p Pair, err error) {
	now := s.Now()
	access, refresh := newRaw()
	sealed, err := seal(used, access, refresh)
	if err != nil {
		return record{}, Pair{}, err
	}
	next := s.record(access, now)
	sum := refresh.digest()
	next.refresh = sum[:]
	if next.client, err = encode(by); err != nil {
		return record{}, Pair{}, err
	}
	err = s.DB.Write(ctx, func(tx *sqlite.Tx) (err error) {
		if old, err = byRefresh(tx, used.digest()); err != nil {
			return err
		}
		if err := old.refreshable(by, now); err != nil || !old.refreshed.IsZero() {
			return err
		}
		next.owner, next.ownerRealm, next.subject = old.owner, old.ownerRealm, old.subject
		if err := s.insert(tx, next); err != nil {
			return err
		}
		return markRefreshed(tx, old, now, sealed)
	})
	if err == nil && !old.refreshed.IsZero() {
		access, refresh, err = open(used, old.successor)
	}
	if err != nil {
		return record{}, Pair{}, err
	}
	return old, Pair{Access: access.encode(), Refresh: refresh.encode()}, nil
}

// refreshable follows TokenService.checkTokenDocumentForRefresh, complaints in its
// order.
func (r record) refreshable(by client, now time.Time) error {
	var owner client
	if err := json.Unmarshal([]byte(r.client), &owner); err != nil {
		return fmt.Errorf("decode client of token: %w", err)
	}
	switch {
	case now.After(r.created.Add(refreshLife)):
		return grantError("token document has expired")
	case !r.refreshEnded.IsZero():
		return grantError("token has been invalidated")
	case !by.same(owner):
		return errOtherClient
	case r.refreshed.IsZero():
		return nil
	case now.After(r.refreshed.Add(refreshSlip)):
		return grantError("token has already been refreshed more than 30 seconds in the past")
	case now.Before(r.refreshed.Add(-refreshSlip)):
		return grantError("token has been refreshed more than 30 seconds in the future, clock skew too great")
	}
	return nil
}

// record is a new row for an access token.
func (s *Service) record(a raw, now time.Time) record {
	now = now.Truncate(time.Millisecond)
	return record{access: a.digest(), created: now, expires: now.Add(s.Config.Timeout)}
}

// enabled is the answer of every call while the service is switched off.
func (s *Service) enabled() error {
	if !s.Config.Disabled {
		return nil
	}
	return &fault.Error{
		Kind: fault.Invalid, Type: "feature_not_enabled_exception", Reason: "security tokens are not enabled",
		Meta: []fault.Field{{Name: "disabled.feature", Value: "security_tokens"}},
	}
}

package serviceaccount

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"

	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/realm"
)

// Where a token is from, as _authenticate shows it.
const (
	fromIndex = "_service_account_index"
	fromFile  = "_service_account_file"
)

// verified is a token whose secret was found to be right.
type verified struct {
	sum    [sha256.Size]byte // of the secret
	source string
	hash   string // of the file, whose changes no counter tells
	id     identity.Identity
}

// Name implements authn.Authenticator.
func (*Service) Name() string { return "service account" }

// Authenticate implements authn.Authenticator. Nobody else can say anything about a
// token of this form: what is not right ends the authentication.
func (s *Service) Authenticate(ctx context.Context, c realm.Credential) (realm.Result, error) {
	t, ok := c.(Token)
	if !ok {
		return realm.Result{}, nil
	}
	id, ok, err := s.check(ctx, t)
	if err != nil {
		return realm.Result{}, err
	}
	if !ok {
		return realm.Result{
			Verdict: realm.Terminate,
			Reason:  "failed to authenticate service account [" + t.Account + "] with token name [" + t.Name + "]",
		}, nil
	}
	return realm.Result{Verdict: realm.Success, User: id}, nil
}

func (s *Service) check(ctx context.Context, t Token) (identity.Identity, bool, error) {
	if _, known := s.accounts[t.Account]; !known || len(t.Secret) < minSecret {
		return identity.Identity{}, false, nil
	}
	sum := sha256.Sum256([]byte(t.Secret))
	inFile := s.files()[t.Qualified()]
	v, ok := s.verified.Get(ctx, t.Qualified())
	if ok && subtle.ConstantTimeCompare(sum[:], v.sum[:]) == 1 && (v.source == fromIndex || v.hash == inFile) {
		return v.id, true, nil
	}
	return s.verify(ctx, t, sum, inFile)
}

// verify asks the file, then the database, and remembers a token that is right.
func (s *Service) verify(ctx context.Context, t Token, sum [sha256.Size]byte, inFile string) (identity.Identity, bool, error) {
	g, err := s.verified.Generation(ctx)
	if err != nil {
		return identity.Identity{}, false, err
	}
	v := verified{sum: sum, source: fromFile, hash: inFile}
	ok, err := s.matches(ctx, t, inFile)
	if err == nil && !ok {
		var stored string
		if stored, _, err = hashOf(ctx, s.DB, t.Account, t.Name); err == nil {
			v.source, v.hash = fromIndex, ""
			ok, err = s.matches(ctx, t, stored)
		}
	}
	if err != nil || !ok {
		return identity.Identity{}, false, err
	}
	v.id = t.identity(v.source)
	s.verified.Put(t.Qualified(), v, g)
	return v.id, true, nil
}

// matches compares with a hash; empty: there is none. A hash that cannot be read is
// logged and lets nobody in.
func (s *Service) matches(ctx context.Context, t Token, hash string) (bool, error) {
	if hash == "" {
		return false, nil
	}
	ok, err := s.Hash.Verify(ctx, hash, t.Secret)
	if errors.Is(err, pwhash.ErrBusy) || ctx.Err() != nil {
		return false, err
	}
	if err != nil {
		s.Log.ErrorContext(ctx, "service token has a hash that cannot be checked", "token", t.Qualified(), "error", err)
		return false, nil
	}
	return ok, nil
}

// identity is whom a request with t acts for. The account's roles are fixed and
// not shown.
func (t Token) identity(source string) identity.Identity {
	full := "Service account - " + t.Account
	return identity.Identity{
		Type: identity.ByToken,
		Subject: identity.Subject{
			User: identity.User{
				Username: t.Account, Roles: []string{}, FullName: &full, Enabled: true,
				Metadata: json.RawMessage(`{"_elastic_service_account":true}`),
			},
			Realm: identity.Realm{Name: realmName, Type: realmName},
			Token: &identity.Token{Name: t.Name, Type: source},
		},
	}
}

package token

import (
	"context"
	"errors"
	"time"

	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/realm"
	"github.com/realmctl/realmctl/internal/secret"
)

// Credential is a bearer token that a request carries. It may be somebody else's,
// such as a JWT.
type Credential struct{ Token secret.String }

// Principal implements realm.Credential.
func (Credential) Principal() string { return "_bearer_token" }

// access is an access token that was found in the database and had not been
// invalidated.
type access struct {
	id      identity.Identity
	expires time.Time
}

// errUnknownAccess says that there is no such access token.
var errUnknownAccess = errors.New("no such access token")

// Name implements authn.Authenticator; it is the name of OAuth2TokenAuthenticator.
func (*Service) Name() string { return "oauth2 token" }

// Authenticate implements authn.Authenticator. A token that was found before costs
// one fast hash and no SQL; whether it has expired is looked at every time. A token
// that has ended ends the authentication, one that nobody knows may be a realm's.
func (s *Service) Authenticate(ctx context.Context, c realm.Credential) (realm.Result, error) {
	cred, ok := c.(Credential)
	if !ok {
		return realm.Result{}, nil
	}
	token, ok := parse(cred.Token)
	if !ok || s.Config.Disabled {
		return realm.Result{Reason: "invalid token"}, nil
	}
	sum := token.digest()
	a, err := s.live.Load(ctx, sum, func(ctx context.Context) (access, error) { return s.find(ctx, sum) })
	switch {
	case errors.Is(err, errUnknownAccess):
		return realm.Result{Reason: "invalid token"}, nil
	case err != nil:
		return realm.Result{}, err
	case s.Now().After(a.expires):
		return realm.Result{}, expired()
	}
	return realm.Result{Verdict: realm.Success, User: a.id}, nil
}

// find reads an access token. One that was invalidated is expired, in words.
func (s *Service) find(ctx context.Context, sum digest) (access, error) {
	subject, expires, ended, err := byAccess(ctx, s.DB, sum)
	if err != nil {
		return access{}, err
	}
	if ended {
		return access{}, expired()
	}
	id, err := decodeIdentity(subject)
	return access{id: id, expires: expires}, err
}

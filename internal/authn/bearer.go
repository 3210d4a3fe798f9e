package authn

import (
	"context"
	"net/http"

	"github.com/realmctl/realmctl/internal/realm"
)

// NoTokens stands in the list of authenticators where the token service would, while
// there is none: every bearer token that nobody else knows is an invalid one.
type NoTokens struct{}

// bearer is a credential of an unknown kind.
type bearer struct{}

// Principal implements realm.Credential.
func (bearer) Principal() string { return "_bearer_token" }

// Name implements Authenticator; it is the name of OAuth2TokenAuthenticator.
func (NoTokens) Name() string { return "oauth2 token" }

// Extract implements Authenticator.
func (NoTokens) Extract(r *http.Request) (realm.Credential, error) {
	_, ok := realm.Authorization(r, "Bearer")
	if !ok {
		return nil, nil
	}
	return bearer{}, nil
}

// Authenticate implements Authenticator.
func (NoTokens) Authenticate(context.Context, realm.Credential) (realm.Result, error) {
	return realm.Result{Reason: "invalid token"}, nil
}

// Package authn finds out who a request acts for. It asks its authenticators in
// order, then the realm chain; without any credential it may be the anonymous user;
// and the one who authenticated may run as somebody else.
//
//	headers -> Authenticator ... -> realms -> [anonymous] -> [run as] -> identity.Identity
//
// The order and every text are those of Elasticsearch's AuthenticationService and
// AuthenticatorChain. Nothing here touches the body of a request.
package authn

import (
	"context"
	"net/http"

	"github.com/realmctl/realmctl/internal/realm"
)

// Authenticator checks one kind of credential, such as API keys.
type Authenticator interface {
	// Name stands before its complaints in additional_unsuccessful_credentials.
	Name() string
	// Extract finds its credential in the headers; nil: there is none. An Invalid
	// fault (the credential cannot be read) is recorded and the next authenticator
	// is asked; any other error ends the request.
	Extract(r *http.Request) (realm.Credential, error)
	// Authenticate checks a credential that Extract found. Continue with a Reason is
	// recorded as "name: reason"; Terminate with a Reason is a 401 that says it; the
	// identity of a Success is taken as it is, with realm and type. A fault ends the
	// request as it is, any other error as an internal failure.
	Authenticate(ctx context.Context, c realm.Credential) (realm.Result, error)
}

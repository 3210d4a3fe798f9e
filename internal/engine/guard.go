package engine

import (
	"context"
	"net/http"

	"github.com/realmctl/realmctl/internal/authn"
	"github.com/realmctl/realmctl/internal/authz"
	"github.com/realmctl/realmctl/internal/identity"
)

// guard is the only rest.Guard: it joins who it is (authn) and what he may do (authz).
type guard struct {
	authn *authn.Service
	authz *authz.Service
}

// Authenticate implements rest.Guard.
func (g guard) Authenticate(r *http.Request) (identity.Identity, error) {
	return g.authn.Authenticate(r)
}

// Authorize implements rest.Guard.
func (g guard) Authorize(ctx context.Context, action string, t identity.Target) error {
	return g.authz.Authorize(ctx, identity.From(ctx), action, t)
}

package apikey

import (
	"context"
	"time"

	"github.com/realmctl/realmctl/internal/apikey/keyring"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/role/descriptor"
)

// Service is the noun. All fields but the last three are required.
type Service struct {
	Keys *keyring.Ring
	Now  func() time.Time

	// Snapshot gives the descriptors that a key of this identity is limited by.
	Snapshot func(ctx context.Context, id identity.Identity) ([]descriptor.Role, error)
	// Grantee authenticates the subject of a grant and lets it run as another one.
	// A credential that is wrong is an Unauthorized fault.
	Grantee func(ctx context.Context, g Grant) (identity.Identity, error)
	// Authorize is the guard's, for calls that do less without a privilege.
	Authorize func(ctx context.Context, action string, t identity.Target) error

	// ProfileUID is the uid of the profile of a user, if there is one. Nil: none has.
	ProfileUID func(ctx context.Context, username string, realm identity.Realm) (string, error)
	Cleared    any    // the answer of _clear_cache
	Node       string // the id of the node, which some errors name
}

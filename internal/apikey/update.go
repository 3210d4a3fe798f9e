package apikey

import (
	"context"
	"encoding/json"

	"github.com/realmctl/realmctl/internal/apikey/keyring"
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/role/descriptor"
	"github.com/realmctl/realmctl/internal/timevalue"
)

// Update says what to change in keys. What is nil stays; what is known of the
// owner, and his descriptors, are always taken anew.
type Update struct {
	Roles    []descriptor.Role
	SetRoles bool // Roles was given, though it may be empty
	Metadata json.RawMessage
	Expires  *timevalue.Value
}

// validate follows BaseUpdateApiKeyRequest, complaints in its order.
func (u Update) validate(p *fault.Problems) {
	keyring.ValidateMetadata(p, u.Metadata)
	for _, d := range u.Roles {
		d.Validate(p)
	}
	keyring.ValidateNewLifetime(p, u.Expires)
}

// Update changes keys of the caller, who must not be a key himself.
func (s *Service) Update(ctx context.Context, caller identity.Identity, ids []string, u Update) (keyring.Changed, error) {
	if err := keyring.OwnerOnly(caller); err != nil {
		return keyring.Changed{}, err
	}
	limits, err := s.limits(ctx, caller)
	if err != nil {
		return keyring.Changed{}, err
	}
	if err := checkWorkflows(u.Roles, limits); err != nil {
		return keyring.Changed{}, err
	}
	c := keyring.Change{Type: keyring.REST, Owner: keyring.OwnerOf(caller.Subject), Metadata: u.Metadata, Lifetime: u.Expires}
	if c.LimitedBy, err = descriptor.Encode(limits); err != nil {
		return keyring.Changed{}, err
	}
	if u.SetRoles {
		if c.Assigned, err = descriptor.Encode(u.Roles); err != nil {
			return keyring.Changed{}, err
		}
	}
	return s.Keys.Update(ctx, ids, c)
}

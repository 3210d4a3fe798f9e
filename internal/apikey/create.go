package apikey

import (
	"context"
	"encoding/json"

	"github.com/realmctl/realmctl/internal/apikey/keyring"
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/role/descriptor"
	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/timevalue"
)

// NewKey is what is asked of a new key.
type NewKey struct {
	Name     string
	Roles    []descriptor.Role // none: the owner's rights
	Expires  *timevalue.Value  // nil: never
	Metadata json.RawMessage
}

// Create issues a key owned by the effective subject of owner. The returned secret
// is not stored and cannot be read again. The request was validated when it was
// parsed.
//
// It returns an Invalid fault when an API key asks for a key that may do anything,
// and for restrictions that cannot be combined.
func (s *Service) Create(ctx context.Context, owner identity.Identity, in NewKey) (keyring.Key, secret.String, error) {
	if owner.APIKey != nil && !allEmpty(in.Roles) {
		return keyring.Key{}, "", fault.Invalidf("creating derived api keys requires an explicit role descriptor that is empty (has no privileges)")
	}
	return s.issue(ctx, owner, in)
}

// issue is Create without the rule for keys of keys, which grants do not have. Such a
// key can do nothing all the same, see limits.
func (s *Service) issue(ctx context.Context, owner identity.Identity, in NewKey) (keyring.Key, secret.String, error) {
	limits, err := s.limits(ctx, owner)
	if err != nil {
		return keyring.Key{}, "", err
	}
	if err := checkWorkflows(in.Roles, limits); err != nil {
		return keyring.Key{}, "", err
	}
	assigned, err := descriptor.Encode(in.Roles)
	if err != nil {
		return keyring.Key{}, "", err
	}
	limitedBy, err := descriptor.Encode(limits)
	if err != nil {
		return keyring.Key{}, "", err
	}
	return s.Keys.Issue(ctx, keyring.Key{
		Name: in.Name, Type: keyring.REST, Owner: keyring.OwnerOf(owner.Subject), Assigned: assigned, LimitedBy: limitedBy, Metadata: in.Metadata,
	}, in.Expires)
}

// limits are the descriptors that a key of this owner is limited by. A key of a
// key has none: it can only say who it is. Descriptions are dropped.
func (s *Service) limits(ctx context.Context, owner identity.Identity) ([]descriptor.Role, error) {
	if owner.APIKey != nil {
		return nil, nil
	}
	ds, err := s.Snapshot(ctx, owner)
	if err != nil {
		return nil, err
	}
	out := make([]descriptor.Role, len(ds))
	for i, d := range ds {
		d.Description = ""
		out[i] = d
	}
	return out, nil
}

// allEmpty wants at least one descriptor: none at all would copy the parent's rights.
func allEmpty(roles []descriptor.Role) bool {
	for _, d := range roles {
		if !d.Empty() {
			return false
		}
	}
	return len(roles) > 0
}

// checkWorkflows follows ApiKeyService.validateWorkflowsRestrictionConstraints.
func checkWorkflows(assigned, limits []descriptor.Role) error {
	restricted := 0
	for _, d := range assigned {
		if len(d.Workflows) > 0 {
			restricted++
		}
	}
	switch {
	case restricted > 1:
		return fault.Invalidf("more than one role descriptor with restriction is not supported")
	case restricted == 1 && len(assigned) > 1:
		return fault.Invalidf("combining role descriptors with and without restriction is not supported")
	}
	for _, d := range limits {
		if len(d.Workflows) > 0 {
			return fault.Invalidf("owner user role descriptors must not include restriction")
		}
	}
	return nil
}

func (in NewKey) validate(p *fault.Problems) {
	keyring.ValidateName(p, in.Name)
	keyring.ValidateMetadata(p, in.Metadata)
	for _, d := range in.Roles {
		d.Validate(p)
	}
}

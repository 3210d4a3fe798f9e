package apikey

import (
	"context"

	"github.com/realmctl/realmctl/internal/apikey/keyring"
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
)

// needsManageSecurity is an action that only manage_security grants.
const needsManageSecurity = "cluster:admin/xpack/security/cross_cluster/api_key/create"

// Invalidate revokes the live keys that sel selects. Keys that are not there, or
// were revoked before, are no error; cross-cluster keys are refused to callers who
// may not manage security.
func (s *Service) Invalidate(ctx context.Context, caller identity.Identity, sel Selector) (keyring.Revoked, error) {
	f, err := s.filter(ctx, caller, sel)
	if err != nil {
		return keyring.Revoked{}, err
	}
	only := ""
	err = s.Authorize(ctx, needsManageSecurity, identity.Target{})
	if fault.Is(err, fault.Forbidden) {
		only, err = keyring.REST, nil
	}
	if err != nil {
		return keyring.Revoked{}, err
	}
	return s.Keys.Revoke(ctx, f, only)
}

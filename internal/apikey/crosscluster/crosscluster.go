// Package crosscluster is the API of the keys that other clusters use to search
// this one and to copy from it. They are listed and revoked with the other keys.
package crosscluster

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

// Service is the noun.
type Service struct{ Keys *keyring.Ring }

// NewKey is what is asked of a new key.
type NewKey struct {
	Name        string
	Role        descriptor.Role // from Access
	Expires     *timevalue.Value
	Metadata    json.RawMessage
	Certificate *string // regular expression over a client's DN
}

// Create issues a key, which is limited by nothing but its descriptor. The request
// was validated when it was parsed.
func (s *Service) Create(ctx context.Context, owner identity.Identity, in NewKey) (keyring.Key, secret.String, error) {
	if owner.APIKey != nil {
		return keyring.Key{}, "", fault.Invalidf("authentication via API key not supported: An API key cannot be used to create a cross-cluster API key")
	}
	assigned, err := descriptor.Encode([]descriptor.Role{in.Role})
	if err != nil {
		return keyring.Key{}, "", err
	}
	return s.Keys.Issue(ctx, keyring.Key{
		Name: in.Name, Type: keyring.CrossCluster, Owner: keyring.OwnerOf(owner.Subject), Assigned: assigned, LimitedBy: json.RawMessage("{}"),
		Metadata: in.Metadata, Certificate: in.Certificate,
	}, in.Expires)
}

// Update says what to change in a key; what is nil stays.
type Update struct {
	Role        *descriptor.Role // from Access
	Metadata    json.RawMessage
	Expires     *timevalue.Value
	Certificate *string
	SetIdentity bool // Certificate was given, though it may be null
}

// validate follows UpdateCrossClusterApiKeyRequest.
func (u Update) validate(p *fault.Problems) {
	keyring.ValidateMetadata(p, u.Metadata)
	if u.Role != nil {
		u.Role.Validate(p)
	}
	keyring.ValidateNewLifetime(p, u.Expires)
	if u.Role == nil && u.Metadata == nil && !u.SetIdentity {
		p.Addf("must update [access], [metadata], or [certificate_identity] for cross-cluster API keys")
	}
}

// Update changes a key of the caller, who must not be a key himself.
func (s *Service) Update(ctx context.Context, caller identity.Identity, id string, u Update) (keyring.Changed, error) {
	if err := keyring.OwnerOnly(caller); err != nil {
		return keyring.Changed{}, err
	}
	c := keyring.Change{
		Type: keyring.CrossCluster, Owner: keyring.OwnerOf(caller.Subject), LimitedBy: json.RawMessage("{}"),
		Metadata: u.Metadata, Lifetime: u.Expires, Certificate: u.Certificate, SetIdentity: u.SetIdentity,
	}
	if u.Role != nil {
		var err error
		if c.Assigned, err = descriptor.Encode([]descriptor.Role{*u.Role}); err != nil {
			return keyring.Changed{}, err
		}
	}
	return s.Keys.Update(ctx, []string{id}, c)
}

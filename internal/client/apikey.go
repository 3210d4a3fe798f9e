package client

import (
	"context"

	"github.com/realmctl/realmctl/internal/esapi"
	"github.com/realmctl/realmctl/internal/secret"
)

const apiKeyPath = "/_security/api_key"

// createdKey is the whole answer of a creation, before it is split.
type createdKey struct {
	esapi.CreatedAPIKey
	esapi.APIKeySecret
}

func (k createdKey) split(err error) (esapi.CreatedAPIKey, secret.String, error) {
	return k.CreatedAPIKey, secret.String(k.Encoded), err
}

// CreateAPIKey makes a key of the caller. The secret is the encoded form, base64 of
// id:key.
func (c *Client) CreateAPIKey(ctx context.Context, k esapi.CreateAPIKey) (esapi.CreatedAPIKey, secret.String, error) {
	created, err := do[createdKey](ctx, c, post(apiKeyPath, k))
	return created.split(err)
}

// Grantee is the secret that shows that a grant is on behalf of its user: a
// password or an access token.
type Grantee struct{ Password, AccessToken secret.String }

// GrantAPIKey makes a key on behalf of another user.
func (c *Client) GrantAPIKey(ctx context.Context, g esapi.GrantAPIKey, by Grantee) (esapi.CreatedAPIKey, secret.String, error) {
	type body struct {
		esapi.GrantAPIKey
		esapi.GrantSecret
	}
	created, err := do[createdKey](ctx, c, post(apiKeyPath+"/grant", body{g, esapi.GrantSecret{Password: by.Password.Reveal(), AccessToken: by.AccessToken.Reveal()}}))
	return created.split(err)
}

// APIKeyFilter selects keys of the plain API. Empty members do not filter.
type APIKeyFilter struct {
	ID, Name, Username, Realm   string
	Own, ActiveOnly, WithLimits bool
}

// APIKeys returns the keys that match; none for an id is a 404.
func (c *Client) APIKeys(ctx context.Context, f APIKeyFilter) (esapi.APIKeys, error) {
	r := get(apiKeyPath).with("id", f.ID).with("name", f.Name).with("username", f.Username).with("realm_name", f.Realm).
		flag("owner", f.Own).flag("active_only", f.ActiveOnly).flag("with_limited_by", f.WithLimits)
	return do[esapi.APIKeys](ctx, c, r)
}

// QueryAPIKeys returns one page of the keys that a query matches.
func (c *Client) QueryAPIKeys(ctx context.Context, q esapi.QueryAPIKeys) (esapi.QueriedAPIKeys, error) {
	return do[esapi.QueriedAPIKeys](ctx, c, asking("/_security/_query/api_key", q))
}

// InvalidateAPIKeys ends keys for good. Unknown ids and keys that were invalidated
// before are in no list of the answer.
func (c *Client) InvalidateAPIKeys(ctx context.Context, sel esapi.InvalidateAPIKeys) (esapi.InvalidatedAPIKeys, error) {
	return do[esapi.InvalidatedAPIKeys](ctx, c, remove(apiKeyPath, sel))
}

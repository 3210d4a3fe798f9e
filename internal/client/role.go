package client

import (
	"context"
	"encoding/json"

	"github.com/realmctl/realmctl/internal/esapi"
)

const rolePath = "/_security/role"

// Roles returns the roles named that exist, or all of them without a name. None of
// those named is a 404.
func (c *Client) Roles(ctx context.Context, name ...string) (esapi.Roles, error) {
	return do[esapi.Roles](ctx, c, get(names(rolePath, name)))
}

// PutRole creates or replaces a role. The body is a role as JSON, so that a file is
// sent as it was written and the server's complaints quote it.
func (c *Client) PutRole(ctx context.Context, name string, role json.RawMessage) (esapi.PutRoleResponse, error) {
	return do[esapi.PutRoleResponse](ctx, c, put(join(rolePath, name), role))
}

// DeleteRole removes a native role; no such role is a 404.
func (c *Client) DeleteRole(ctx context.Context, name string) (esapi.Found, error) {
	return do[esapi.Found](ctx, c, remove(join(rolePath, name), nil))
}

// ClearRoleCache makes every node forget the roles named; * is all.
func (c *Client) ClearRoleCache(ctx context.Context, name ...string) (esapi.ClearedCache, error) {
	return do[esapi.ClearedCache](ctx, c, post(names(rolePath, name)+"/_clear_cache", nil))
}

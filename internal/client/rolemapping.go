package client

import (
	"context"
	"encoding/json"
)

const roleMappingPath = "/_security/role_mapping"

// RoleMappings returns the role mappings of the API, by name. Those of files are not
// among them.
func (c *Client) RoleMappings(ctx context.Context) (map[string]json.RawMessage, error) {
	return do[map[string]json.RawMessage](ctx, c, get(roleMappingPath))
}

// PutRoleMapping creates or replaces a role mapping. The body is the mapping as JSON.
func (c *Client) PutRoleMapping(ctx context.Context, name string, mapping json.RawMessage) error {
	_, err := do[json.RawMessage](ctx, c, put(join(roleMappingPath, name), mapping))
	return err
}

package client

import (
	"context"
	"encoding/json"

	"github.com/realmctl/realmctl/internal/esapi"
)

const privilegePath = "/_security/privilege"

// BuiltinPrivileges lists the names of cluster and index privileges.
func (c *Client) BuiltinPrivileges(ctx context.Context) (esapi.BuiltinPrivileges, error) {
	return do[esapi.BuiltinPrivileges](ctx, c, get(join(privilegePath, "_builtin")))
}

// Privileges returns application privileges: all, those of an application (which
// may end in *), or those named. None of those named is a 404.
func (c *Client) Privileges(ctx context.Context, application string, name ...string) (esapi.ApplicationPrivileges, error) {
	path := privilegePath
	if application != "" {
		path = names(join(path, application), name)
	}
	return do[esapi.ApplicationPrivileges](ctx, c, get(path))
}

// PutPrivileges creates or replaces application privileges.
func (c *Client) PutPrivileges(ctx context.Context, body json.RawMessage) (esapi.PutPrivilegesResponse, error) {
	return do[esapi.PutPrivilegesResponse](ctx, c, put(privilegePath, body))
}

// DeletePrivileges removes privileges of an application; none found is a 404.
func (c *Client) DeletePrivileges(ctx context.Context, application string, name ...string) (esapi.DeletePrivilegesResponse, error) {
	return do[esapi.DeletePrivilegesResponse](ctx, c, remove(names(join(privilegePath, application), name), nil))
}

package client

import (
	"context"

	"github.com/realmctl/realmctl/internal/esapi"
)

// RealmUsage asks a node which realms it uses.
func (c *Client) RealmUsage(ctx context.Context) (esapi.RealmUsage, error) {
	usage, err := do[struct {
		Security struct{ Realms esapi.RealmUsage }
	}](ctx, c, get("/_xpack/usage").with("filter_path", "security.realms"))
	return usage.Security.Realms, err
}

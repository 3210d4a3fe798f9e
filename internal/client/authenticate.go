package client

import (
	"context"

	"github.com/realmctl/realmctl/internal/esapi"
)

// Authenticate asks who the credential is.
func (c *Client) Authenticate(ctx context.Context) (esapi.Authentication, error) {
	return do[esapi.Authentication](ctx, c, get("/_security/_authenticate"))
}

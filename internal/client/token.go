package client

import (
	"context"

	"github.com/realmctl/realmctl/internal/esapi"
)

// InvalidateTokensOf ends the access and refresh tokens of a user of a realm.
func (c *Client) InvalidateTokensOf(ctx context.Context, username, realm string) (esapi.InvalidatedTokens, error) {
	return do[esapi.InvalidatedTokens](ctx, c, remove("/_security/oauth2/token", esapi.InvalidateTokens{Username: username, RealmName: realm}))
}

package client

import (
	"context"

	"github.com/realmctl/realmctl/internal/esapi"
	"github.com/realmctl/realmctl/internal/secret"
)

const tokenPath = "/_security/oauth2/token"

// TokenPair is an access token and, where one was given, its refresh token. One of
// the two is set where one token is meant.
type TokenPair struct{ Access, Refresh secret.String }

// CreateToken gives an access token to the caller himself.
func (c *Client) CreateToken(ctx context.Context) (esapi.CreatedToken, TokenPair, error) {
	return c.createToken(ctx, esapi.CreateToken{GrantType: "client_credentials"}, esapi.TokenGrantSecret{})
}

// CreateTokenOf gives an access token to a user and a refresh token to the caller.
func (c *Client) CreateTokenOf(ctx context.Context, username string, password secret.String) (esapi.CreatedToken, TokenPair, error) {
	return c.createToken(ctx, esapi.CreateToken{GrantType: "password", Username: username}, esapi.TokenGrantSecret{Password: password.Reveal()})
}

// RefreshToken exchanges a refresh token for a new pair. For some seconds, a second
// exchange gives the same pair.
func (c *Client) RefreshToken(ctx context.Context, refresh secret.String) (esapi.CreatedToken, TokenPair, error) {
	return c.createToken(ctx, esapi.CreateToken{GrantType: "refresh_token"}, esapi.TokenGrantSecret{RefreshToken: refresh.Reveal()})
}

func (c *Client) createToken(ctx context.Context, t esapi.CreateToken, by esapi.TokenGrantSecret) (esapi.CreatedToken, TokenPair, error) {
	type body struct {
		esapi.CreateToken
		esapi.TokenGrantSecret
	}
	type answer struct {
		esapi.CreatedToken
		esapi.TokenSecrets
	}
	a, err := do[answer](ctx, c, post(tokenPath, body{t, by}))
	return a.CreatedToken, TokenPair{Access: secret.String(a.AccessToken), Refresh: secret.String(a.RefreshToken)}, err
}

// InvalidateToken ends the one token that is set in p; an unknown one is a 404.
func (c *Client) InvalidateToken(ctx context.Context, p TokenPair) (esapi.InvalidatedTokens, error) {
	return do[esapi.InvalidatedTokens](ctx, c, remove(tokenPath, esapi.InvalidateToken{Token: p.Access.Reveal(), RefreshToken: p.Refresh.Reveal()}))
}

// InvalidateTokensOf ends the access and refresh tokens of a user of a realm.
func (c *Client) InvalidateTokensOf(ctx context.Context, username, realm string) (esapi.InvalidatedTokens, error) {
	return do[esapi.InvalidatedTokens](ctx, c, remove(tokenPath, esapi.InvalidateTokens{Username: username, RealmName: realm}))
}

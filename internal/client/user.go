package client

import (
	"context"

	"github.com/realmctl/realmctl/internal/esapi"
	"github.com/realmctl/realmctl/internal/secret"
)

const userPath = "/_security/user"

// Users returns the users named that exist, or all of them without a name. None of
// those named is a 404.
func (c *Client) Users(ctx context.Context, username ...string) (esapi.Users, error) {
	return do[esapi.Users](ctx, c, get(names(userPath, username)))
}

// Password is the new password of a user: as it is, or as a hash. The zero
// Password keeps the present one.
type Password struct{ Plain, Hash secret.String }

func (p Password) body() esapi.NewPassword {
	return esapi.NewPassword{Password: p.Plain.Reveal(), PasswordHash: p.Hash.Reveal()}
}

// PutUser creates or replaces a user.
func (c *Client) PutUser(ctx context.Context, username string, u esapi.PutUser, p Password) (esapi.Created, error) {
	type body struct {
		esapi.NewPassword
		esapi.PutUser
	}
	return do[esapi.Created](ctx, c, put(join(userPath, username), body{p.body(), u}))
}

// DeleteUser removes a native user; no such user is a 404.
func (c *Client) DeleteUser(ctx context.Context, username string) (esapi.Found, error) {
	return do[esapi.Found](ctx, c, remove(join(userPath, username), nil))
}

// ChangePassword sets the password of a native or reserved user.
func (c *Client) ChangePassword(ctx context.Context, username string, p Password) error {
	_, err := do[esapi.Empty](ctx, c, put(join(userPath, username, "_password"), p.body()))
	return err
}

// EnableUser lets a user log in.
func (c *Client) EnableUser(ctx context.Context, username string) error {
	_, err := do[esapi.Empty](ctx, c, put(join(userPath, username, "_enable"), nil))
	return err
}

// DisableUser keeps a user from logging in. Its keys and tokens go on working.
func (c *Client) DisableUser(ctx context.Context, username string) error {
	_, err := do[esapi.Empty](ctx, c, put(join(userPath, username, "_disable"), nil))
	return err
}

// UserPrivileges returns what the caller may do, all roles together.
func (c *Client) UserPrivileges(ctx context.Context) (esapi.UserPrivileges, error) {
	return do[esapi.UserPrivileges](ctx, c, get(join(userPath, "_privileges")))
}

// HasPrivileges says which of the privileges asked for the caller has.
func (c *Client) HasPrivileges(ctx context.Context, q esapi.HasPrivilegesRequest) (esapi.HasPrivilegesResponse, error) {
	return do[esapi.HasPrivilegesResponse](ctx, c, asking(join(userPath, "_has_privileges"), q))
}

package offline

import (
	"context"
	"errors"
	"slices"

	"github.com/realmctl/realmctl/internal/compat/tool"
	"github.com/realmctl/realmctl/internal/usersfile"
)

// target is the user that is to be changed; readers of the files come later.
func target(c *tool.Call) (string, error) {
	first := "username"
	if len(c.Set.Operands) > 0 {
		first = c.Set.Operands[0]
	}
	if err := c.RefusePassword(first); err != nil {
		return "", err
	}
	return username(c)
}

// newPassword reads a new password and checks it, and what it is to be hashed with.
// The slow part is left for when nothing else can go wrong.
func newPassword(c *tool.Call, user string) (hash func(context.Context) (string, error), err error) {
	pool, err := c.Hasher(tool.PasswordHashing, "bcrypt")
	if err != nil {
		return nil, err
	}
	p, err := c.Password(user)
	if err != nil {
		return nil, err
	}
	if reason := tool.CheckPassword(p); reason != "" {
		return nil, tool.Failf(tool.DataError, "Invalid password...%s", reason)
	}
	return func(ctx context.Context) (string, error) { return pool.Hash(ctx, p) }, nil
}

// userAdd is useradd. Unlike the old tool it looks whether there is such a user
// before it hashes, and takes away roles that somebody of that name left behind.
func userAdd(ctx context.Context, c *tool.Call) error {
	name, err := target(c)
	if err != nil {
		return err
	}
	rules, err := c.Rules()
	if err != nil {
		return err
	}
	if err := rules.CheckNewUser(name); err != nil {
		return tool.Failf(tool.DataError, "Invalid username [%s]... %w", name, err)
	}
	hashed, err := newPassword(c, name)
	if err != nil {
		return err
	}
	roles, err := newRoles(c, "roles")
	if err != nil {
		return err
	}
	if err := absent(c, name, roles); err != nil {
		return err
	}
	if rolesPath := c.Path(usersfile.RolesName); len(roles) > 0 && !tool.Exists(rolesPath) {
		c.Print(tool.Normal, "Roles file [%s] does not exist, will attempt to create it", rolesPath)
	}
	hash, err := hashed(ctx)
	if err != nil {
		return err
	}
	return c.EditUsers(ctx, func(e *usersfile.Editor) error {
		_, err := e.Add(usersfile.NewUser{Name: name, Hash: hash, Roles: roles})
		if errors.Is(err, usersfile.ErrExists) { // somebody was faster
			return alreadyExists(name)
		}
		return err
	})
}

// newRoles is roleList without names that would be read back as others.
func newRoles(c *tool.Call, option string) ([]string, error) {
	roles, err := roleList(c, option)
	if err != nil {
		return nil, err
	}
	for _, r := range roles {
		if err := usersfile.CheckNewRole(r); err != nil {
			return nil, badRole(r, err)
		}
	}
	return roles, nil
}

// absent makes sure that the user can be added. Without roles to write nothing has
// to be wrong with users_roles.
func absent(c *tool.Call, name string, roles []string) error {
	users, err := loadUsers(c)
	switch {
	case err != nil:
		return err
	case users == nil:
		return tool.Missing(c.Path(usersfile.UsersName))
	case users.Has(name):
		return alreadyExists(name)
	}
	if len(roles) > 0 {
		if _, err := loadRoles(c); err != nil {
			return err
		}
	}
	return c.ProbeUsers()
}

func alreadyExists(name string) error {
	return tool.Failf(tool.CodeError, "User [%s] already exists", name)
}

// present makes sure that there is such a user.
func present(c *tool.Call, name string) error {
	users, err := loadUsers(c)
	switch {
	case err != nil:
		return err
	case users == nil:
		return tool.Missing(c.Path(usersfile.UsersName))
	case !users.Has(name):
		return unknownUser(name)
	}
	return nil
}

func userDelete(ctx context.Context, c *tool.Call) error {
	name, err := username(c)
	if err != nil {
		return err
	}
	if err := present(c, name); err != nil {
		return err
	}
	if _, err := loadRoles(c); err != nil {
		return err
	}
	return c.EditUsers(ctx, func(e *usersfile.Editor) error { return gone(e.Delete(name), name) })
}

func userPassword(ctx context.Context, c *tool.Call) error {
	name, err := target(c)
	if err != nil {
		return err
	}
	hashed, err := newPassword(c, name)
	if err != nil {
		return err
	}
	if err := present(c, name); err != nil {
		return err
	}
	if err := c.ProbeUsers(); err != nil {
		return err
	}
	hash, err := hashed(ctx)
	if err != nil {
		return err
	}
	return c.EditUsers(ctx, func(e *usersfile.Editor) error { return gone(e.SetHash(name, hash), name) })
}

// gone tells of a user who was deleted between a look and an edit.
func gone(err error, name string) error {
	if errors.Is(err, usersfile.ErrUnknown) {
		return unknownUser(name)
	}
	return err
}

func userRoles(ctx context.Context, c *tool.Call) error {
	name, err := username(c)
	if err != nil {
		return err
	}
	add, err := newRoles(c, "add")
	if err != nil {
		return err
	}
	remove, err := roleList(c, "remove")
	if err != nil {
		return err
	}
	if len(add)+len(remove) == 0 {
		return showUser(c, name)
	}
	if err := present(c, name); err != nil {
		return err
	}
	switch roles, err := loadRoles(c); {
	case err != nil:
		return err
	case roles == nil:
		return tool.Missing(c.Path(usersfile.RolesName))
	}
	return c.EditUsers(ctx, func(e *usersfile.Editor) error {
		want := append(e.RolesOf(name), add...)
		want = slices.DeleteFunc(want, func(r string) bool { return slices.Contains(remove, r) })
		return gone(e.SetRoles(name, want), name)
	})
}

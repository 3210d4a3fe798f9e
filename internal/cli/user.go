package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/esapi"
	"github.com/realmctl/realmctl/internal/output"
)

func newUserCmd(app *App) *cobra.Command {
	return group("user", "Native and reserved users", []string{"users"},
		newUserListCmd(app), newUserGetCmd(app), newUserCreateCmd(app), newUserUpdateCmd(app), newUserDeleteCmd(app),
		newUserEnableCmd(app), newUserDisableCmd(app), newUserPasswordCmd(app), newUserRolesCmd(app),
		newUserPrivilegesCmd(app), newUserHasPrivilegesCmd(app), newUserLookupCmd(app),
	)
}

type userListOptions struct {
	role              string
	enabled, disabled bool
	native            bool
}

func newUserListCmd(app *App) *cobra.Command {
	var o userListOptions
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List users",
		Example: "  realmctl user list --role superuser\n  realmctl user list --disabled -o name",
		Args:    exactly(0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), app) },
	}
	f := cmd.Flags()
	f.StringVar(&o.role, "role", "", "only those with the role `name`")
	f.BoolVar(&o.enabled, "enabled", false, "only those that may log in")
	f.BoolVar(&o.disabled, "disabled", false, "only those that may not log in")
	f.BoolVar(&o.native, "native", false, "leave the reserved users out")
	exclusive(cmd, "enabled", "disabled")
	return withCodes(cmd, apiCodes()...)
}

func (o *userListOptions) run(ctx context.Context, app *App) error {
	c, err := app.Client(ctx)
	if err != nil {
		return err
	}
	users, err := c.Users(ctx)
	if err != nil {
		return err
	}
	for name, u := range users {
		if o.role != "" && !slices.Contains(u.Roles, o.role) || o.enabled && !u.Enabled || o.disabled && u.Enabled || o.native && reserved(u) {
			delete(users, name)
		}
	}
	return app.Show(usersView(users))
}

// reserved reports whether a user is built in. Native metadata cannot say so: its
// keys must not begin with an underscore.
func reserved(u esapi.User) bool { return strings.Contains(string(u.Metadata), `"_reserved":true`) }

func usersView(users esapi.Users) output.View {
	v := output.View{Data: users, Header: []string{"username", "roles", "full_name", "email", "enabled", "reserved", "metadata"}, Wide: 2}
	for _, name := range sortedKeys(users) {
		u := users[name]
		v.Rows = append(v.Rows, []string{u.Username, list(u.Roles), deref(u.FullName), deref(u.Email), yes(u.Enabled), yes(reserved(u)), string(u.Metadata)})
	}
	return v
}

func newUserGetCmd(app *App) *cobra.Command {
	return withCodes(&cobra.Command{
		Use:     "get <name>...",
		Aliases: []string{"show"},
		Short:   "Show users",
		Example: "  realmctl user get ana\n  realmctl user get ana bob -o json",
		Args:    atLeast(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return app.showUsers(cmd.Context(), args) },
	}, apiCodes(exitNotFound)...)
}

// showUsers shows those that exist, and says which do not.
func (a *App) showUsers(ctx context.Context, usernames []string) error {
	c, err := a.Client(ctx)
	if err != nil {
		return err
	}
	users, err := c.Users(ctx, usernames...)
	if err != nil {
		return missing(err, "user", usernames)
	}
	v := usersView(users)
	v.Wide, v.Vertical = 0, len(users) == 1
	return both(notFound("user", without(usernames, users)), a.Show(v))
}

package cli

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/esapi"
	"github.com/realmctl/realmctl/internal/output"
)

type userUpdateOptions struct {
	name        string
	set         []string // all roles; nil unless given
	add, remove []string
	fields      userFields
	clear       []string
	strictRoles bool

	given func(flag string) bool
}

func newUserUpdateCmd(app *App) *cobra.Command {
	var o userUpdateOptions
	cmd := &cobra.Command{
		Use:     "update <name>",
		Aliases: []string{"set"},
		Short:   "Change a native user and keep the rest of it",
		Long: `Change a native user. What no flag names stays as it is; the password and whether
the user may log in have their own commands.`,
		Example: `  realmctl user update ana --add-role editor --email ana@example.org
  realmctl user update ana --clear full_name --metadata team=7`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.name, o.given = args[0], cmd.Flags().Changed
			return o.run(cmd.Context(), app)
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&o.set, "roles", nil, "the `roles`, instead of those there are")
	f.StringSliceVar(&o.add, "add-role", nil, "`roles` to add")
	f.StringSliceVar(&o.remove, "remove-role", nil, "`roles` to take away")
	o.fields.add(f)
	f.StringSliceVar(&o.clear, "clear", nil, "`members` to empty: full_name, email or metadata")
	f.BoolVar(&o.strictRoles, "strict-roles", false, "refuse roles that do not exist")
	return withCodes(cmd, apiCodes(exitNotFound)...)
}

func (o *userUpdateOptions) run(ctx context.Context, app *App) error {
	c, err := app.Mutator(ctx)
	if err != nil {
		return err
	}
	users, err := c.Users(ctx, o.name)
	if err != nil {
		return missing(err, "user", []string{o.name})
	}
	if reserved(users[o.name]) {
		return failf(exitData, "user %s is reserved and only the password can be changed", o.name).withHint("realmctl user password %s", o.name)
	}
	body, err := o.apply(users[o.name])
	if err != nil {
		return err
	}
	if err := app.checkRoles(ctx, c, slices.Concat(o.set, o.add), o.strictRoles); err != nil {
		return err
	}
	if _, err := c.PutUser(ctx, o.name, body, client.Password{}); err != nil {
		return err
	}
	return app.Show(details(body, [][]string{{"username", o.name}, {"roles", list(body.Roles)}, {"updated", "yes"}}))
}

// apply makes the whole body, since a put replaces the user.
func (o *userUpdateOptions) apply(u esapi.User) (esapi.PutUser, error) {
	enabled := u.Enabled
	body := esapi.PutUser{Roles: o.roles(u.Roles), FullName: u.FullName, Email: u.Email, Metadata: u.Metadata, Enabled: &enabled}
	if o.given("full-name") {
		body.FullName = &o.fields.fullName
	}
	if o.given("email") {
		body.Email = &o.fields.email
	}
	if o.given("metadata") {
		var err error
		if body.Metadata, err = mergeMetadata(u.Metadata, o.fields.metadata); err != nil {
			return body, err
		}
	}
	for _, member := range o.clear {
		switch member {
		case "full_name":
			body.FullName = nil
		case "email":
			body.Email = nil
		case "metadata":
			body.Metadata = nil
		default:
			return body, usagef("--clear %s: one of full_name, email, metadata", member)
		}
	}
	return body, nil
}

func (o *userUpdateOptions) roles(present []string) []string {
	roles := slices.Clone(present)
	if o.given("roles") {
		roles = slices.Clone(o.set)
	}
	for _, r := range o.add {
		if !slices.Contains(roles, r) {
			roles = append(roles, r)
		}
	}
	roles = slices.DeleteFunc(roles, func(r string) bool { return slices.Contains(o.remove, r) })
	if roles == nil {
		return []string{} // the API wants the member
	}
	return roles
}

// mergeMetadata sets keys of an object and keeps the others.
func mergeMetadata(present json.RawMessage, pairs []string) (json.RawMessage, error) {
	changes, err := metadata(pairs)
	if err != nil {
		return nil, err
	}
	all := map[string]json.RawMessage{}
	if len(present) > 0 {
		if err := json.Unmarshal(present, &all); err != nil {
			return nil, failf(exitProtocol, "the metadata of the user is no object")
		}
	}
	maps.Copy(all, changes)
	return object(all), nil
}

func newUserRolesCmd(app *App) *cobra.Command {
	var o userUpdateOptions
	cmd := &cobra.Command{
		Use:     "roles <name>",
		Short:   "Show or change the roles of a native user",
		Example: "  realmctl user roles ana\n  realmctl user roles ana --add editor --remove viewer",
		Args:    exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f := cmd.Flags()
			o.name = args[0]
			if !f.Changed("set") && !f.Changed("add") && !f.Changed("remove") {
				return app.showRolesOf(cmd.Context(), o.name)
			}
			o.given = func(flag string) bool { return flag == "roles" && f.Changed("set") }
			return o.run(cmd.Context(), app)
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&o.set, "set", nil, "the `roles`, instead of those there are")
	f.StringSliceVar(&o.add, "add", nil, "`roles` to add")
	f.StringSliceVar(&o.remove, "remove", nil, "`roles` to take away")
	f.BoolVar(&o.strictRoles, "strict-roles", false, "refuse roles that do not exist")
	return withCodes(cmd, apiCodes(exitNotFound)...)
}

func (a *App) showRolesOf(ctx context.Context, username string) error {
	c, err := a.Client(ctx)
	if err != nil {
		return err
	}
	users, err := c.Users(ctx, username)
	if err != nil {
		return missing(err, "user", []string{username})
	}
	v := output.View{Data: users[username].Roles, Header: []string{"role"}}
	for _, r := range users[username].Roles {
		v.Rows = append(v.Rows, []string{r})
	}
	return a.Show(v)
}

package cli

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/output"
	"github.com/realmctl/realmctl/internal/usersfile"
)

type fileRolesOptions struct {
	conf             confFlags
	name             string
	set, add, remove []string
	given            bool // --set
	strictRoles      bool
}

func newFileRolesCmd(app *App) *cobra.Command {
	var o fileRolesOptions
	cmd := &cobra.Command{
		Use:     "roles <name>",
		Short:   "Show or change the roles of a file user",
		Example: "  realmctl file roles ana\n  realmctl file roles ana --add superuser --remove viewer",
		Args:    exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.name, o.given = args[0], cmd.Flags().Changed("set")
			if !o.given && !cmd.Flags().Changed("add") && !cmd.Flags().Changed("remove") {
				return o.show(app)
			}
			return o.run(cmd.Context(), app)
		},
	}
	f := cmd.Flags()
	o.conf.add(f)
	f.StringSliceVar(&o.set, "set", nil, "the `roles`, instead of those there are")
	f.StringSliceVar(&o.add, "add", nil, "`roles` to add")
	f.StringSliceVar(&o.remove, "remove", nil, "`roles` to take away")
	f.BoolVar(&o.strictRoles, "strict-roles", false, "refuse roles that are neither built in nor in roles.yml")
	return withCodes(cmd, fileCodes(exitNotFound)...)
}

// find opens the folder, which must have the user.
func (o *fileRolesOptions) find(app *App) (*conf, usersfile.Folder, error) {
	c, err := o.conf.open(app)
	if err != nil {
		return nil, usersfile.Folder{}, err
	}
	f, err := c.read()
	if err != nil {
		return nil, usersfile.Folder{}, err
	}
	if !f.Users.Has(o.name) {
		return nil, usersfile.Folder{}, notFound("file user", []string{o.name})
	}
	return c, f, nil
}

func (o *fileRolesOptions) show(app *App) error {
	_, f, err := o.find(app)
	if err != nil {
		return err
	}
	roles := f.Roles.Of(o.name)
	v := output.View{Data: append([]string{}, roles...), Header: []string{"role"}}
	for _, r := range roles {
		v.Rows = append(v.Rows, []string{r})
	}
	return app.Show(v)
}

func (o *fileRolesOptions) run(ctx context.Context, app *App) error {
	c, f, err := o.find(app)
	if err != nil {
		return err
	}
	fresh := slices.DeleteFunc(slices.Concat(o.set, o.add), func(r string) bool { return slices.Contains(f.Roles.Of(o.name), r) })
	for _, r := range fresh {
		if err := usersfile.CheckNewRole(r); err != nil {
			return c.explain(err)
		}
	}
	if err := c.warnUnknownRoles(app, fresh, o.strictRoles); err != nil {
		return err
	}
	var roles []string
	out, err := c.edit(ctx, app, c.options(false, nil), func(e *usersfile.Editor) error {
		roles = o.apply(e.RolesOf(o.name))
		return e.SetRoles(o.name, roles)
	})
	if err != nil {
		return err
	}
	if app.planning() {
		return app.Show(out.plan())
	}
	data := fileChange{Username: o.name, Roles: roles, Conf: c.dir, Written: bases(out.written), Changed: len(out.written) > 0}
	return app.Show(details(data, [][]string{
		{"username", o.name}, {"roles", list(roles)}, {"changed", yes(data.Changed)}, {"conf", c.dir}, {"written", list(data.Written)},
	}))
}

// apply takes roles away last, so that one in both lists goes (ESUsersTool).
func (o *fileRolesOptions) apply(present []string) []string {
	roles := slices.Clone(present)
	if o.given {
		roles = slices.Clone(o.set)
	}
	out := []string{}
	for _, r := range append(roles, o.add...) {
		if !slices.Contains(o.remove, r) && !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	return out
}

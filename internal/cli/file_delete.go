package cli

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/output"
	"github.com/realmctl/realmctl/internal/usersfile"
)

type fileDeleteOptions struct {
	conf           confFlags
	names          []string
	stale          bool
	ignoreNotFound bool
}

func newFileDeleteCmd(app *App) *cobra.Command {
	var o fileDeleteOptions
	cmd := &cobra.Command{
		Use:     "delete <name>... | --stale",
		Aliases: []string{"rm", "userdel"},
		Short:   "Delete file users",
		Long: `Delete users from users and from every role in users_roles. With --stale the entries
of users_roles go whose users do not exist: whoever gets such a name next would get
those roles too.`,
		Example: "  realmctl file delete ana\n  realmctl file delete ana bob --yes\n  realmctl file delete --stale",
		Args:    between(0, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (len(args) == 0) != o.stale {
				return usagef("name users, or --stale")
			}
			o.names = args
			return o.run(cmd.Context(), app)
		},
	}
	f := cmd.Flags()
	o.conf.add(f)
	f.BoolVar(&o.stale, "stale", false, "delete the roles of names that are no users")
	f.BoolVar(&o.ignoreNotFound, "ignore-not-found", false, "a user that does not exist is no failure")
	return withCodes(cmd, fileCodes(exitNotFound)...)
}

func (o *fileDeleteOptions) run(ctx context.Context, app *App) error {
	c, err := o.conf.open(app)
	if err != nil {
		return err
	}
	f, err := c.read()
	if err != nil {
		return err
	}
	if o.stale {
		o.names = staleNames(f)
	} else if err := o.present(f); err != nil {
		return err
	}
	if len(o.names) == 0 {
		app.notef("there is nothing to delete in %s", c.dir)
		return app.Show(deletedView(c, nil, edited{}))
	}
	text := "delete " + counted(o.names, "file user") + "?"
	if o.stale {
		text = "delete the roles of " + counted(o.names, "name") + "?"
	}
	if err := c.confirm(ctx, app, text); err != nil {
		return err
	}
	out, err := c.edit(ctx, app, c.options(false, nil), func(e *usersfile.Editor) error {
		if o.stale {
			o.names = e.PurgeStale(nil)
			return nil
		}
		return e.Delete(o.names...)
	})
	if err != nil {
		return err
	}
	if app.planning() {
		return app.Show(out.plan())
	}
	return app.Show(deletedView(c, o.names, out))
}

// present drops or refuses names that are no users.
func (o *fileDeleteOptions) present(f usersfile.Folder) error {
	var there, unknown []string
	for _, name := range unique(o.names) {
		if f.Users.Has(name) {
			there = append(there, name)
		} else {
			unknown = append(unknown, name)
		}
	}
	o.names = there
	if o.ignoreNotFound {
		return nil
	}
	err := notFound("file user", unknown)
	if own, ok := errors.AsType[*exitError](err); ok && len(unknown) == 1 && len(f.Roles.Of(unknown[0])) > 0 {
		return own.withHint("users_roles has roles for it: realmctl file delete --stale")
	}
	return err
}

// staleNames have roles and are no users.
func staleNames(f usersfile.Folder) []string {
	var names []string
	for name := range f.Roles.Users() {
		if name != "" && !f.Users.Has(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func deletedView(c *conf, names []string, out edited) output.View {
	v := output.View{Header: []string{"name", "deleted"}}
	data := struct {
		Deleted []string `json:"deleted"`
		Conf    string   `json:"conf"`
		Written []string `json:"written"`
	}{append([]string{}, names...), c.dir, bases(out.written)}
	for _, name := range names {
		v.Rows = append(v.Rows, []string{name, "yes"})
	}
	v.Data = data
	return v
}

package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/output"
)

func newPrivilegeCmd(app *App) *cobra.Command {
	return group("privilege", "Built-in and application privileges", []string{"privileges", "priv"},
		newPrivilegeListCmd(app), newPrivilegeBuiltinCmd(app), hasPrivilegesCmd(app, "has", "realmctl privilege has"),
		newPrivilegePutCmd(app), newPrivilegeDeleteCmd(app),
	)
}

func newPrivilegeBuiltinCmd(app *App) *cobra.Command {
	return withCodes(&cobra.Command{
		Use:     "builtin",
		Short:   "List the cluster and index privileges that the server knows",
		Example: "  realmctl privilege builtin --jq '.cluster[]'",
		Args:    exactly(0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return app.showBuiltinPrivileges(cmd.Context()) },
	}, apiCodes()...)
}

func (a *App) showBuiltinPrivileges(ctx context.Context) error {
	c, err := a.Client(ctx)
	if err != nil {
		return err
	}
	p, err := c.BuiltinPrivileges(ctx)
	if err != nil {
		return err
	}
	v := output.View{Data: p, Header: []string{"kind", "privilege"}, Key: 1}
	for _, k := range []struct {
		kind  string
		names []string
	}{{"cluster", p.Cluster}, {"index", p.Index}, {"remote_cluster", p.RemoteCluster}} {
		for _, name := range k.names {
			v.Rows = append(v.Rows, []string{k.kind, name})
		}
	}
	return a.Show(v)
}

func newPrivilegeListCmd(app *App) *cobra.Command {
	return withCodes(&cobra.Command{
		Use:     "list [application] [name]...",
		Aliases: []string{"ls", "get", "show"},
		Short:   "List application privileges",
		Example: "  realmctl privilege list\n  realmctl privilege list myapp read write\n  realmctl privilege list 'kibana-*'",
		Args:    between(0, -1),
		RunE:    func(cmd *cobra.Command, args []string) error { return app.listPrivileges(cmd.Context(), args) },
	}, apiCodes(exitNotFound)...)
}

func (a *App) listPrivileges(ctx context.Context, args []string) error {
	c, err := a.Client(ctx)
	if err != nil {
		return err
	}
	application, wanted := "", []string(nil)
	if len(args) > 0 {
		application, wanted = args[0], args[1:]
	}
	found, err := c.Privileges(ctx, application, wanted...)
	if err != nil {
		return missing(err, "privilege", wanted)
	}
	v := output.View{Data: found, Header: []string{"application", "name", "actions", "metadata"}, Wide: 1, Key: 1}
	for _, app := range sortedKeys(found) {
		for _, name := range sortedKeys(found[app]) {
			v.Rows = append(v.Rows, []string{app, name, list(found[app][name].Actions), string(found[app][name].Metadata)})
		}
	}
	return both(notFound("privilege", without(wanted, found[application])), a.Show(v))
}

func newPrivilegePutCmd(app *App) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "put -f <file>",
		Short: "Create or replace application privileges",
		Long: `Create or replace application privileges from a file of this form:

  {"myapp": {"read": {"actions": ["data:read/*"], "metadata": {"about": "reading"}}}}`,
		Example: "  realmctl privilege put -f privileges.yaml",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" {
				return usagef("--filename is missing")
			}
			return putPrivileges(cmd.Context(), app, file)
		},
	}
	cmd.Flags().StringVarP(&file, "filename", "f", "", "the privileges as JSON or YAML in the `file`; - is standard input")
	return withCodes(cmd, apiCodes(exitNoInput)...)
}

func putPrivileges(ctx context.Context, app *App, file string) error {
	body, err := app.readDocument(file)
	if err != nil {
		return err
	}
	c, err := app.Mutator(ctx)
	if err != nil {
		return err
	}
	made, err := c.PutPrivileges(ctx, body)
	if err != nil {
		return err
	}
	v := output.View{Data: made, Header: []string{"application", "name", "created"}, Key: 1}
	for _, application := range sortedKeys(made) {
		for _, name := range sortedKeys(made[application]) {
			v.Rows = append(v.Rows, []string{application, name, yes(made[application][name].Created)})
		}
	}
	return app.Show(v)
}

type privilegeDeleteOptions struct {
	application    string
	names          []string
	ignoreNotFound bool
}

func newPrivilegeDeleteCmd(app *App) *cobra.Command {
	var o privilegeDeleteOptions
	cmd := &cobra.Command{
		Use:     "delete <application> <name>...",
		Aliases: []string{"rm"},
		Short:   "Delete application privileges",
		Example: "  realmctl privilege delete myapp read --yes",
		Args:    atLeast(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.application, o.names = args[0], args[1:]
			return o.run(cmd.Context(), app)
		},
	}
	cmd.Flags().BoolVar(&o.ignoreNotFound, "ignore-not-found", false, "a privilege that does not exist is no failure")
	return withCodes(cmd, apiCodes(exitNotFound, exitPartly)...)
}

func (o *privilegeDeleteOptions) run(ctx context.Context, app *App) error {
	c, err := app.Mutator(ctx)
	if err != nil {
		return err
	}
	text := "delete " + counted(o.names, "privilege") + " of application " + o.application + "?"
	if err := app.confirm(ctx, question{text: text}); err != nil {
		return err
	}
	return app.each(ctx, o.names, "deleted", func(name string) error {
		found, err := c.DeletePrivileges(ctx, o.application, name)
		if err == nil && !found[o.application][name].Found || isMissing(err) {
			if o.ignoreNotFound {
				return errNothingDone
			}
			return notFound("privilege", []string{name})
		}
		return err
	})
}

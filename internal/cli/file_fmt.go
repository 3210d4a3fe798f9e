package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/atomicfile"
	"github.com/realmctl/realmctl/internal/output"
	"github.com/realmctl/realmctl/internal/tokensfile"
	"github.com/realmctl/realmctl/internal/usersfile"
)

type fileFmtOptions struct {
	conf  confFlags
	check bool
}

func newFileFmtCmd(app *App) *cobra.Command {
	var o fileFmtOptions
	cmd := &cobra.Command{
		Use:   "fmt",
		Short: "Tidy the files without changing what they mean",
		Long: `Tidy users, users_roles and service_tokens: line ends become LF, blanks around entries
go, a user is named once in a role. Blank lines go from users and users_roles, where
a node takes them for broken entries. Comments and broken lines stay, and so does
what a node sees.`,
		Example: "  realmctl file fmt --check\n  realmctl file fmt --conf /etc/elasticsearch",
		Args:    exactly(0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), app) },
	}
	o.conf.add(cmd.Flags())
	cmd.Flags().BoolVar(&o.check, "check", false, "change nothing; exit 1 when there is something to tidy")
	return withCodes(cmd, fileCodes(exitNo)...)
}

func (o *fileFmtOptions) run(ctx context.Context, app *App) error {
	c, err := o.conf.open(app)
	if err != nil {
		return err
	}
	if err := c.mustHaveUsers(); err != nil {
		return err
	}
	untidy, err := c.untidy()
	if err != nil {
		return c.explain(err)
	}
	if !o.check && !app.planning() {
		if err := c.tidy(ctx, app, untidy); err != nil {
			return err
		}
	}
	v := output.View{Data: append([]string{}, untidy...), Header: []string{"tidied"}}
	if o.check || app.planning() {
		v.Header[0] = "untidy"
	}
	for _, name := range untidy {
		v.Rows = append(v.Rows, []string{name})
	}
	if err := app.Show(v); err != nil {
		return err
	}
	if o.check && len(untidy) > 0 {
		return no()
	}
	return nil
}

// untidy names the files that tidy would change.
func (c *conf) untidy() ([]string, error) {
	var names []string
	users, roles := usersfile.Paths(c.dir)
	for _, f := range []struct {
		name, path string
		tidy       func(string) string
	}{
		{usersfile.UsersName, users, func(text string) string { return usersfile.FormatUsers(text, c.rules) }},
		{usersfile.RolesName, roles, usersfile.FormatRoles},
		{tokensfile.Name, tokensfile.Path(c.dir), tokensfile.Format},
	} {
		text, err := readIfThere(f.path)
		if err != nil {
			return nil, err
		}
		if f.tidy(text) != text {
			names = append(names, f.name)
		}
	}
	return names, nil
}

// tidy changes the files that need it, each pair under one lock.
func (c *conf) tidy(ctx context.Context, a *App, untidy []string) error {
	if len(untidy) == 0 {
		return nil
	}
	_, err := c.edit(ctx, a, c.options(false, nil), func(e *usersfile.Editor) error {
		e.Format()
		return nil
	})
	if err != nil {
		return err
	}
	return c.editTokens(ctx, a, atomicfile.Options{}, func(e *tokensfile.Editor) error {
		e.Format()
		return nil
	})
}

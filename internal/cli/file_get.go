package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/usersfile"
)

type fileGetOptions struct {
	conf  confFlags
	names []string
	hash  bool
	save  saveFlags
}

func newFileGetCmd(app *App) *cobra.Command {
	var o fileGetOptions
	cmd := &cobra.Command{
		Use:     "get <name>...",
		Aliases: []string{"show"},
		Short:   "Show file users",
		Long: `Show file users. With --hash the stored hash of one is saved, as a variable
<NAME>_HASH of a .env file unless told otherwise, so that the same user can be added
on other nodes with the same password:

  realmctl file get ana --hash --save ana.env
  realmctl file add ana --env-file ana.env --hash-env ANA_HASH --roles superuser`,
		Example: "  realmctl file get ana\n  realmctl file get ana --hash --save-value ana.hash",
		Args:    atLeast(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.names = args
			return o.run(cmd.Context(), app)
		},
	}
	f := cmd.Flags()
	o.conf.add(f)
	f.BoolVar(&o.hash, "hash", false, "save the hash of the password")
	o.save.add(f)
	return withCodes(cmd, exitNoInput, exitNotFound, exitExists, exitIO, exitConfig)
}

func (o *fileGetOptions) run(ctx context.Context, app *App) error {
	if o.hash && len(o.names) > 1 {
		return usagef("--hash takes one user")
	}
	if !o.hash && o.save != (saveFlags{}) {
		return usagef("--save, --save-* and --reveal go with --hash")
	}
	c, err := o.conf.open(app)
	if err != nil {
		return err
	}
	f, err := c.read()
	if err != nil {
		return err
	}
	if o.hash {
		return o.saveHash(ctx, app, c, f)
	}
	known, err := c.knownRoles()
	if err != nil {
		return err
	}
	var users []fileUser
	var unknown []string
	for _, name := range o.names {
		if !f.Users.Has(name) && len(f.Roles.Of(name)) == 0 {
			unknown = append(unknown, name)
			continue
		}
		users = append(users, describe(f, name, known))
	}
	if len(users) == 0 {
		return notFound("file user", unknown)
	}
	if len(o.names) > 1 {
		return both(notFound("file user", unknown), app.showFileUsers(users))
	}
	u := users[0]
	return app.Show(details(u, [][]string{
		{"username", u.Username}, {"roles", u.starred()}, {"algorithm", u.Algorithm}, {"problem", u.Problem}, {"conf", c.dir},
	}))
}

// saveHash puts the stored hash of a user where it can be read for other nodes. It is
// refused when it would not let its password in there either.
func (o *fileGetOptions) saveHash(ctx context.Context, app *App, c *conf, f usersfile.Folder) error {
	name := o.names[0]
	hash, ok := f.Users.Hash(name)
	if !ok {
		return notFound("file user", o.names)
	}
	if err := usersfile.CheckHash(hash); err != nil {
		return failf(exitData, "what users holds for %s: %w", name, err).withHint("realmctl file password %s", name)
	}
	to, err := app.place(o.save, name, "HASH")
	if err != nil {
		return err
	}
	if err := to.prove(ctx, app); err != nil {
		return err
	}
	algorithm, _ := describeHash(hash)
	data := struct {
		Username  string   `json:"username"`
		Roles     []string `json:"roles"`
		Algorithm string   `json:"algorithm"`
	}{name, f.Roles.Of(name), algorithm}
	members := [][]string{{"username", name}, {"roles", list(data.Roles)}, {"algorithm", algorithm}, {"conf", c.dir}}
	if app.planning() {
		return app.Show(details(data, members))
	}
	stored := secret.String(hash)
	if err := to.put(ctx, app, stored); err != nil {
		return err
	}
	return app.Show(to.view(data, members, "hash", stored))
}

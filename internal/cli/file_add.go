package cli

import (
	"context"
	"errors"
	"os/user"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/realmctl/realmctl/internal/atomicfile"
	"github.com/realmctl/realmctl/internal/output"
	"github.com/realmctl/realmctl/internal/usersfile"
)

type fileAddOptions struct {
	conf        confFlags
	name        string
	roles       []string
	strictRoles bool
	keepStale   bool
	create      bool
	account     accountFlag
	algorithm   string
	password    passwordFlags
}

func newFileAddCmd(app *App) *cobra.Command {
	var o fileAddOptions
	cmd := &cobra.Command{
		Use:     "add <name>",
		Aliases: []string{"create", "useradd"},
		Short:   "Add a file user",
		Long: `Add a user to users and its roles to users_roles. The password is generated and saved
to ./.env as <NAME>_PASSWORD, unless a variable holds it or its hash.

Roles that users_roles still has for the name are removed: they were somebody else's.`,
		Example: `  realmctl file add ana --roles superuser --conf /etc/elasticsearch
  realmctl file add ana --roles viewer --password-env ANA_INITIAL_PASSWORD
  realmctl file add ana --roles viewer --hash-env ANA_HASH --env-file ana.env`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.name = args[0]
			return o.run(cmd.Context(), app)
		},
	}
	f := cmd.Flags()
	o.conf.add(f)
	f.StringSliceVar(&o.roles, "roles", nil, "the `roles`, with commas between")
	f.BoolVar(&o.strictRoles, "strict-roles", false, "refuse roles that are neither built in nor in roles.yml")
	f.BoolVar(&o.keepStale, "keep-stale-roles", false, "let the user have the roles that users_roles still has for the name")
	f.BoolVar(&o.create, "create", false, "make the file users where there is none")
	o.account.add(f)
	addAlgorithm(f, &o.algorithm)
	o.password.add(f)
	return withCodes(cmd, fileCodes(exitExists)...)
}

// fileCodes are the exit codes of commands that change files.
func fileCodes(more ...int) []int {
	return append([]int{exitData, exitNoInput, exitExists, exitIO, exitTryAgain, exitConfig}, more...)
}

// accountFlag names the account that a node runs as.
type accountFlag struct{ name string }

func (a *accountFlag) add(f *pflag.FlagSet) {
	f.StringVar(&a.name, "service-account", "", "the node runs as the account `name`, which must be able to read the files (default elasticsearch, where it reads the settings)")
}

// find gives the account; nil: it is not known.
func (a *accountFlag) find(c *conf) (*atomicfile.Account, error) {
	name := a.name
	if name == "" {
		name = "elasticsearch"
	}
	account, err := atomicfile.LookupAccount(name)
	_, unknown := errors.AsType[user.UnknownUserError](err)
	switch {
	case unknown && a.name != "":
		return nil, usagef("--service-account %s: there is no such account", a.name)
	case unknown, a.name == "" && err == nil && !reads(account, filepath.Join(c.dir, settingsName)):
		return nil, nil // nobody, or not the account of this folder
	}
	return account, err
}

func reads(a *atomicfile.Account, path string) bool {
	ok, err := a.CanRead(path)
	return ok && err == nil
}

func (o *fileAddOptions) run(ctx context.Context, app *App) error {
	c, edits, err := o.check(app)
	if err != nil {
		return err
	}
	pw, err := o.password.offline(app, o.name, "PASSWORD")
	if err != nil {
		return err
	}
	hash, err := c.prepare(ctx, app, o.algorithm, pw)
	if err != nil {
		return err
	}
	var stale []string
	out, err := c.edit(ctx, app, edits, func(e *usersfile.Editor) error {
		stale, err = e.Add(usersfile.NewUser{Name: o.name, Hash: hash, Roles: o.roles, KeepStale: o.keepStale})
		return err
	})
	if err != nil {
		return both(err, pw.takeBack(ctx))
	}
	app.warnRefused(out.refused...)
	if app.planning() {
		return app.Show(out.plan())
	}
	switch {
	case len(stale) > 0 && o.keepStale:
		app.warnf("%s also has the roles that users_roles had for the name: %s", o.name, list(stale))
	case len(stale) > 0:
		app.notef("removed the roles that users_roles still had for %s: %s", o.name, list(stale))
	}
	return app.Show(o.view(c, pw, out))
}

// check finds every reason not to add the user before a password is made or hashed.
func (o *fileAddOptions) check(app *App) (*conf, usersfile.EditOptions, error) {
	c, err := o.conf.open(app)
	if err != nil {
		return nil, usersfile.EditOptions{}, err
	}
	reader, err := o.account.find(c)
	if err != nil {
		return nil, usersfile.EditOptions{}, err
	}
	edits := c.options(o.create, reader)
	if err := c.rules.CheckNewUser(o.name); err != nil {
		return nil, edits, c.explain(err)
	}
	for _, r := range o.roles {
		if err := usersfile.CheckNewRole(r); err != nil {
			return nil, edits, c.explain(err)
		}
	}
	if !o.create {
		if err := c.mustHaveUsers(); err != nil {
			return nil, edits, err
		}
	}
	f, err := usersfile.Load(c.dir, usersfile.Options{Rules: c.rules})
	if err != nil {
		return nil, edits, c.explain(err)
	}
	if f.Users.Has(o.name) {
		return nil, edits, failf(exitExists, "file user %s exists in %s", o.name, c.dir).withHint("realmctl file password %s, or realmctl file roles %s", o.name, o.name)
	}
	if err := usersfile.Probe(c.dir, edits); err != nil {
		return nil, edits, c.explain(err)
	}
	return c, edits, c.warnUnknownRoles(app, o.roles, o.strictRoles)
}

func (o *fileAddOptions) view(c *conf, pw newPassword, out edited) output.View {
	data := fileChange{Username: o.name, Roles: append([]string{}, o.roles...), Conf: c.dir, Written: bases(out.written), Created: true}
	return pw.view(data, [][]string{
		{"username", o.name}, {"created", "yes"}, {"roles", list(o.roles)}, {"conf", c.dir}, {"written", list(data.Written)},
	})
}

// fileChange is the result of a changed user.
type fileChange struct {
	Username string   `json:"username"`
	Roles    []string `json:"roles,omitzero"` // nil: they are not what changed
	Conf     string   `json:"conf"`
	Written  []string `json:"written"` // files, in the order in which they were replaced
	Created  bool     `json:"created,omitempty"`
	Changed  bool     `json:"changed,omitempty"`
}

func bases(paths []string) []string {
	names := make([]string, len(paths))
	for i, p := range paths {
		names[i] = filepath.Base(p)
	}
	return names
}

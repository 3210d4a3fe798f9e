package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/config"
	"github.com/realmctl/realmctl/internal/engine"
	"github.com/realmctl/realmctl/internal/envfile"
	"github.com/realmctl/realmctl/internal/esapi"
	"github.com/realmctl/realmctl/internal/loopback"
	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/sqlite"
)

// operatorRole is what init gives an operator: everything about security and
// nothing about data.
const operatorRole = "realmctl_operator"

// operatorPrivileges of the cluster. There are no index rights.
func operatorPrivileges() []string {
	return []string{"manage_security", "manage_api_key", "grant_api_key", "manage_token", "manage_service_account", "manage_user_profile", "monitor"}
}

// unfinished is a file in the engine's folder while init is at work, so that a
// crash can be told from an engine that is ready.
const unfinished = ".unfinished"

type initOptions struct {
	operator string
	force    bool

	dir string // the engine's folder
}

func newInitCmd(app *App) *cobra.Command {
	var o initOptions
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Make an embedded engine in this folder",
		Long: `Make an embedded engine in ./.realmctl (or --data) and save the generated password of
the superuser elastic to ./.env as ELASTIC_PASSWORD. With --operator it also makes a
user for daily work and saves its name and password.`,
		Example: `  realmctl init
  realmctl init --operator ops
  realmctl init --force        # keeps the old engine as .realmctl.bak-<time>`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), app) },
	}
	f := cmd.Flags()
	f.StringVar(&o.operator, "operator", "", "also create the user `name` with the role "+operatorRole)
	f.BoolVar(&o.force, "force", false, "rename an existing engine and make a new one")
	return withCodes(cmd, exitData, exitExists, exitIO, exitTryAgain, exitConfig)
}

// engineFolder is --data, REALMCTL_DATA or ./.realmctl: for commands that ignore
// URL and context.
func (a *App) engineFolder() string {
	for _, dir := range []string{a.flags.Data, a.variable("REALMCTL_DATA")} {
		if dir != "" {
			return dir
		}
	}
	return config.EngineFolder
}

func (o *initOptions) run(ctx context.Context, app *App) error {
	if app.planning() {
		return usagef("init sends no requests; --dry-run and --curl have nothing to show")
	}
	o.dir = app.engineFolder()
	env, err := app.Environment()
	if err != nil {
		return err
	}
	exists, err := o.exists()
	if err != nil {
		return err
	}
	admin, err := o.credential(env, "ELASTIC_PASSWORD")
	if err != nil {
		return err
	}
	var operator *initCredential
	if o.operator != "" {
		if operator, err = o.operatorCredential(env); err != nil {
			return err
		}
	}
	anew := func() error { return o.make(ctx, app, admin, operator) }
	if exists {
		err = o.replace(app, anew)
	} else {
		err = anew()
	}
	if err != nil {
		return err
	}
	result := struct {
		Data     string `json:"data"`
		EnvFile  string `json:"env_file"`
		Operator string `json:"operator,omitempty"`
	}{o.dir, env.EnvFile(), o.operator}
	rows := [][]string{{"data", o.dir}, {"saved", "ELASTIC_PASSWORD in " + env.EnvFile()}}
	if o.operator != "" {
		rows = append(rows, []string{"operator", o.operator}, []string{"saved_operator", "ELASTICSEARCH_USERNAME, ELASTICSEARCH_PASSWORD in " + env.EnvFile()})
	}
	return app.Show(details(result, rows))
}

// exists reports whether there is an engine to move aside, and refuses one without
// --force. An init that did not end is taken up.
func (o *initOptions) exists() (bool, error) {
	switch {
	case !isFile(filepath.Join(o.dir, engine.Database)) || isFile(filepath.Join(o.dir, unfinished)):
		return false, nil
	case !o.force:
		return false, failf(exitExists, "there is an engine in %s", o.dir).withHint("--force renames it and makes a new one")
	}
	return true, nil
}

// replace renames an engine that nobody uses and makes a new one. If that fails, the
// old one is back.
func (o *initOptions) replace(app *App, anew func() error) error {
	lock, err := sqlite.Lock(o.dir)
	if err != nil {
		return err
	}
	backup := o.dir + ".bak-" + app.Now().UTC().Format("20060102T150405.000Z")
	if err := errors.Join(os.Rename(o.dir, backup), lock.Release()); err != nil {
		return err
	}
	if err := anew(); err != nil {
		return both(err, errors.Join(app.close(), os.RemoveAll(o.dir), os.Rename(backup, o.dir)))
	}
	app.notef("the old engine is now %s", backup)
	return nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// initCredential is a password to give to a new engine, and where it is saved. One
// that the .env file holds already is used and not touched.
type initCredential struct {
	username string
	password secret.String
	lines    *envfile.Lines // nil: it is saved already
	values   []secret.String
}

// credential takes the password that the folder's file holds, or makes a new one.
func (o *initOptions) credential(env *config.Environment, name string) (*initCredential, error) {
	if present, ok := env.Saved(name); ok {
		return &initCredential{username: "elastic", password: present}, nil
	}
	plain, err := generatePassword()
	if err != nil {
		return nil, err
	}
	return &initCredential{username: "elastic", password: plain, lines: envfile.NewLines(env.EnvFile(), false, name), values: []secret.String{plain}}, nil
}

// operatorCredential is credential for the operator, whose two variables may also
// belong to somebody else.
func (o *initOptions) operatorCredential(env *config.Environment) (*initCredential, error) {
	user, hasUser := env.Saved("ELASTICSEARCH_USERNAME")
	password, hasPassword := env.Saved("ELASTICSEARCH_PASSWORD")
	switch {
	case hasUser && hasPassword && user.Reveal() == o.operator:
		return &initCredential{username: o.operator, password: password}, nil
	case hasUser || hasPassword:
		return nil, failf(exitExists, "%s has an ELASTICSEARCH_USERNAME or ELASTICSEARCH_PASSWORD that is not of %s", env.EnvFile(), o.operator)
	}
	plain, err := generatePassword()
	if err != nil {
		return nil, err
	}
	return &initCredential{
		username: o.operator, password: plain,
		lines:  envfile.NewLines(env.EnvFile(), false, "ELASTICSEARCH_USERNAME", "ELASTICSEARCH_PASSWORD"),
		values: []secret.String{secret.String(o.operator), plain},
	}, nil
}

// save writes the lines before the engine knows the password: a crash in between
// is mended by the next init, which finds them.
func (c *initCredential) save(ctx context.Context, app *App) error {
	if c == nil || c.lines == nil {
		return nil
	}
	if err := c.lines.Prove(ctx); err != nil {
		return err
	}
	if err := c.lines.Put(ctx, c.values...); err != nil {
		return err
	}
	for _, n := range c.lines.Notices() {
		app.warnf("%s", n)
	}
	return nil
}

func (c *initCredential) undo(ctx context.Context) error {
	if c == nil || c.lines == nil {
		return nil
	}
	return c.lines.Undo(context.WithoutCancel(ctx))
}

// make lays the engine out and gives it its users. On a failure the lines of the
// .env file are taken back; what lies in the engine's folder is taken up by the
// next init.
func (o *initOptions) make(ctx context.Context, app *App, admin, operator *initCredential) (err error) {
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return err
	}
	mark := filepath.Join(o.dir, unfinished)
	if err := os.WriteFile(mark, nil, 0o600); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = both(err, errors.Join(operator.undo(ctx), admin.undo(ctx)))
		}
	}()
	if err := engine.Create(ctx, engine.Options{Dir: o.dir, Now: app.Now, Log: app.engineLog()}); err != nil {
		return err
	}
	if err := admin.save(ctx, app); err != nil {
		return err
	}
	if err := operator.save(ctx, app); err != nil {
		return err
	}
	e, err := app.openEngine(ctx, engine.Options{Dir: o.dir, Log: app.engineLog()})
	if err != nil {
		return err
	}
	if err := e.SetElasticPassword(ctx, admin.password); err != nil {
		return err
	}
	if operator != nil {
		if err := makeOperator(ctx, e, admin, operator); err != nil {
			return fmt.Errorf("make the operator: %w", err)
		}
	}
	if err := os.Remove(mark); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// makeOperator makes role and user by the API, as everybody would.
func makeOperator(ctx context.Context, e *engine.Engine, admin, operator *initCredential) error {
	c := client.New(client.Options{URL: localURL, Transport: loopback.Transport{Handler: e}, Auth: client.BasicAuth(admin.username, admin.password)})
	role, err := json.Marshal(esapi.Role{Cluster: operatorPrivileges()})
	if err != nil {
		return err
	}
	if _, err := c.PutRole(ctx, operatorRole, role); err != nil {
		return err
	}
	return second(c.PutUser(ctx, operator.username, esapi.PutUser{Roles: []string{operatorRole}}, client.Password{Plain: operator.password}))
}

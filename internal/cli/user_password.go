package cli

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/config"
	"github.com/realmctl/realmctl/internal/secret"
)

type userPasswordOptions struct {
	name     string
	self     bool
	password passwordFlags
	keys     survivors
}

func newUserPasswordCmd(app *App) *cobra.Command {
	var o userPasswordOptions
	cmd := &cobra.Command{
		Use:     "password <name> | --self",
		Aliases: []string{"passwd"},
		Short:   "Set the password of a native or reserved user",
		Long: `Set the password of a native or reserved user. It is generated and saved to ./.env
as <NAME>_PASSWORD, unless a variable holds it.

When the user is the one that the command itself acts as, the variable that holds
the password in use is replaced, after a login with the new one.`,
		Example: `  realmctl user password ana
  realmctl user password --self
  realmctl user password elastic --save-value /run/secrets/elastic`,
		Args: between(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (len(args) == 1) == o.self {
				return usagef("name a user, or --self")
			}
			if !o.self {
				o.name = args[0]
			}
			return o.run(cmd.Context(), app)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.self, "self", false, "the user that the credential is")
	o.password.add(f)
	o.keys.add(f)
	return withCodes(cmd, apiCodes(exitNotFound, exitExists, exitIO)...)
}

func (o *userPasswordOptions) run(ctx context.Context, app *App) error {
	own, err := o.isOwn(ctx, app)
	if err != nil {
		return err
	}
	if own {
		if err := o.saveInPlace(app); err != nil {
			return err
		}
	}
	pw, err := o.password.choose(app, o.name, "PASSWORD")
	if err != nil {
		return err
	}
	if err := pw.prove(ctx, app); err != nil {
		return err
	}
	c, err := app.Mutator(ctx)
	if err != nil {
		return err
	}
	if err := o.change(ctx, app, c, own, pw); err != nil {
		return err
	}
	if err := o.keys.end(ctx, app, c, o.name); err != nil {
		return err
	}
	return app.Show(pw.view(changed{o.name, true}, [][]string{{"username", o.name}, {"changed", "yes"}}))
}

// change sets the password, proves one's own by a login, and saves it.
func (o *userPasswordOptions) change(ctx context.Context, app *App, c *client.Client, own bool, pw newPassword) error {
	if err := o.mustExist(ctx, app, c); err != nil {
		return err
	}
	if err := c.ChangePassword(ctx, o.name, pw.Password); err != nil {
		if err = o.settle(ctx, app, pw, err); err != nil {
			return err
		}
	}
	if own && !pw.Plain.Empty() {
		if err := app.verifyPassword(ctx, o.name, pw.Plain); err != nil {
			return failf(exitInternal, "the new password does not log in: %w", err)
		}
	}
	old := app.settings.Credential.Secret
	return pw.save(ctx, app, func(ctx context.Context) error { return o.changeBack(ctx, app, own, old, pw.Plain) })
}

// changed is the result of a new password.
type changed struct {
	Username string `json:"username"`
	Changed  bool   `json:"changed"`
}

// isOwn reports whether the password to change is the one that the command itself
// uses. It fills in the name for --self.
func (o *userPasswordOptions) isOwn(ctx context.Context, app *App) (bool, error) {
	s, err := app.Settings()
	if err != nil {
		return false, err
	}
	if app.flags.Curl {
		if o.self {
			o.name = s.Credential.Username
		}
		return false, nil
	}
	who, err := app.Whoami(ctx)
	if err != nil {
		return false, err
	}
	if o.self {
		o.name = who.Username
	}
	basic := s.Credential.Kind == config.Basic || s.Credential.Kind == config.Elastic
	return basic && s.Credential.Username == o.name && slices.Contains([]string{"native", "reserved"}, who.AuthenticationRealm.Type), nil
}

// mustExist says that there is no such user, where the server only calls the
// request invalid. Who may not look is told by the server.
func (o *userPasswordOptions) mustExist(ctx context.Context, app *App, c *client.Client) error {
	if app.flags.Curl || o.self {
		return nil
	}
	if _, err := c.Users(ctx, o.name); isMissing(err) {
		return notFound("user", []string{o.name})
	}
	return nil
}

// saveInPlace makes the sink the variable that holds the present password, unless
// another place was chosen.
func (o *userPasswordOptions) saveInPlace(app *App) error {
	p := &o.password
	if p.env != "" || p.hashEnv != "" || p.save.chosen() > 0 {
		return nil
	}
	cred := app.settings.Credential
	file, ok := fileOf(app.settings, cred.Source)
	if !ok {
		return failf(exitExists, "the password in use is %s in %s, which cannot be replaced from here", cred.Variable, cred.Source).
			withHint("--save FILE, then export it anew")
	}
	p.save.file, p.save.variable, p.save.overwrite = file, cred.Variable, true
	return nil
}

// fileOf is the .env file that a source of variables is; false: it is none.
func fileOf(s *config.Settings, from config.Source) (string, bool) {
	if file, ok := strings.CutPrefix(from.Name, "--env-file "); ok {
		return file, true
	}
	return s.EnvFile(), from.Name == s.EnvFile()
}

// settle finds out what became of a change that got no answer.
func (o *userPasswordOptions) settle(ctx context.Context, app *App, pw newPassword, cause error) error {
	t, ok := errors.AsType[*client.TransportError](cause)
	if !ok || !t.Sent || pw.Plain.Empty() {
		return cause
	}
	ctx, cancel := settling(ctx)
	defer cancel()
	if err := app.verifyPassword(ctx, o.name, pw.Plain); err == nil {
		return nil
	}
	return unsettled(cause, "the new password of "+o.name)
}

// changeBack keeps the present password when the new one could not be saved. The
// password of somebody else is not known.
func (o *userPasswordOptions) changeBack(ctx context.Context, app *App, own bool, old, present secret.String) error {
	if !own {
		return failf(exitExists, "the password of %s was changed to one that is lost", o.name).withHint("set it once more, with --save or --password-env")
	}
	c, err := app.as(ctx, client.BasicAuth(o.name, present))
	if err != nil {
		return err
	}
	return c.ChangePassword(ctx, o.name, client.Password{Plain: old})
}

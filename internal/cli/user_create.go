package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/esapi"
	"github.com/realmctl/realmctl/internal/output"
)

// userFields are the members of a user that flags set.
type userFields struct {
	fullName, email string
	metadata        []string
}

func (u *userFields) add(f *pflag.FlagSet) {
	f.StringVar(&u.fullName, "full-name", "", "the full `name`")
	f.StringVar(&u.email, "email", "", "the e-mail `address`")
	f.StringArrayVar(&u.metadata, "metadata", nil, "a `key=value` of the metadata; may be repeated")
}

type userCreateOptions struct {
	name        string
	roles       []string
	fields      userFields
	disabled    bool
	strictRoles bool
	password    passwordFlags
}

func newUserCreateCmd(app *App) *cobra.Command {
	var o userCreateOptions
	cmd := &cobra.Command{
		Use:     "create <name>",
		Aliases: []string{"add"},
		Short:   "Create a native user",
		Long: `Create a native user. Its password is generated and saved to ./.env as
<NAME>_PASSWORD, unless a variable holds it.`,
		Example: `  realmctl user create ana --roles viewer,monitoring_user
  realmctl user create ana --roles viewer --password-env ANA_INITIAL_PASSWORD`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.name = args[0]
			return o.run(cmd.Context(), app)
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&o.roles, "roles", nil, "the `roles`, with commas between")
	o.fields.add(f)
	f.BoolVar(&o.disabled, "disabled", false, "the user may not log in")
	f.BoolVar(&o.strictRoles, "strict-roles", false, "refuse roles that do not exist")
	o.password.add(f)
	return withCodes(cmd, apiCodes(exitExists, exitIO)...)
}

func (o *userCreateOptions) run(ctx context.Context, app *App) error {
	body, err := o.body()
	if err != nil {
		return err
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
	if err := o.check(ctx, app, c); err != nil {
		return err
	}
	if _, err := c.PutUser(ctx, o.name, body, pw.Password); err != nil {
		if err = settlePut(ctx, app, o.name, pw, err); err != nil {
			return err
		}
	}
	undo := func(ctx context.Context) error { return second(c.DeleteUser(ctx, o.name)) }
	if err := pw.save(ctx, app, undo); err != nil {
		return err
	}
	return app.Show(o.view(pw))
}

func (o *userCreateOptions) body() (esapi.PutUser, error) {
	u := esapi.PutUser{Roles: o.roles}
	if u.Roles == nil {
		u.Roles = []string{} // the API wants the member
	}
	if o.fields.fullName != "" {
		u.FullName = &o.fields.fullName
	}
	if o.fields.email != "" {
		u.Email = &o.fields.email
	}
	if o.disabled {
		enabled := false
		u.Enabled = &enabled
	}
	m, err := metadata(o.fields.metadata)
	u.Metadata = object(m)
	return u, err
}

// check keeps a creation from replacing a user, and looks at the roles.
func (o *userCreateOptions) check(ctx context.Context, app *App, c *client.Client) error {
	if app.flags.Curl {
		return nil
	}
	_, err := c.Users(ctx, o.name)
	switch {
	case err == nil:
		return failf(exitExists, "user %s exists", o.name).withHint("realmctl user update %s", o.name)
	case !isMissing(err):
		return err
	}
	return app.checkRoles(ctx, c, o.roles, o.strictRoles)
}

// checkRoles warns of roles that do not exist, or refuses them. Roles of files are
// not listed by the API, so a warning is all that can be right in general.
func (a *App) checkRoles(ctx context.Context, c *client.Client, roles []string, strict bool) error {
	if len(roles) == 0 || a.flags.Curl {
		return nil
	}
	known, err := c.Roles(ctx, roles...)
	if err != nil && !isMissing(err) {
		a.warnf("cannot look up the roles: %v", err)
		return nil
	}
	unknown := without(roles, known)
	if len(unknown) == 0 {
		return nil
	}
	if strict {
		return failf(exitData, "unknown roles: %s", list(unknown)).withHint("realmctl role list")
	}
	a.warnf("unknown roles grant nothing: %s", list(unknown))
	return nil
}

func (o *userCreateOptions) view(pw newPassword) output.View {
	return pw.view(created{Username: o.name, Created: true}, [][]string{{"username", o.name}, {"created", "yes"}})
}

// created is the result of making a user.
type created struct {
	Username string `json:"username"`
	Created  bool   `json:"created"`
}

// settlePut finds out what became of a put that got no answer: nil means that the
// user is there with the new password.
func settlePut(ctx context.Context, app *App, name string, pw newPassword, cause error) error {
	t, ok := errors.AsType[*client.TransportError](cause)
	if !ok || !t.Sent || pw.Plain.Empty() {
		return cause
	}
	ctx, cancel := settling(ctx)
	defer cancel()
	c, err := app.Client(ctx)
	if err != nil {
		return unsettled(cause, "user "+name)
	}
	if _, err := c.Users(ctx, name); isMissing(err) {
		return cause // nothing was left behind
	}
	if err := app.verifyPassword(ctx, name, pw.Plain); err == nil {
		return nil
	}
	return unsettled(cause, "user "+name)
}

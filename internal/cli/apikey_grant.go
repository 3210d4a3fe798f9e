package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/esapi"
)

// The variables that hold the grantee's secret.
const (
	grantPassword = "REALMCTL_GRANT_PASSWORD"
	grantToken    = "REALMCTL_GRANT_TOKEN"
)

type grantOptions struct {
	newKeyOptions

	user                  string
	runAs                 string
	passwordEnv, tokenEnv string
	password              bool // which of the two secrets there is
}

func newGrantCmd(app *App) *cobra.Command {
	var o grantOptions
	cmd := &cobra.Command{
		Use:   "grant <name>",
		Short: "Create an API key on behalf of another user",
		Long: `Create an API key on behalf of another user, who needs no right to create keys. The
user's password is in REALMCTL_GRANT_PASSWORD (with --user), or an access token in
REALMCTL_GRANT_TOKEN. The credential of the command needs grant_api_key.`,
		Example: `  realmctl grant ana-laptop --user ana --read 'logs-*' --expires 30d
  realmctl api-key grant ana-laptop --inherit --expires 8h`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.name = args[0]
			return o.run(cmd.Context(), app)
		},
	}
	o.add(cmd.Flags())
	f := cmd.Flags()
	f.StringVar(&o.user, "user", "", "`name` of the user whose password it is")
	f.StringVar(&o.passwordEnv, "password-env", grantPassword, "the user's password is in the variable `NAME`")
	f.StringVar(&o.tokenEnv, "token-env", grantToken, "the user's access token is in the variable `NAME`")
	f.StringVar(&o.runAs, "grant-run-as", "", "own the key as the user `name`, whom the grantee may run as")
	return withCodes(cmd, apiCodes(exitNoInput, exitNotFound, exitExists, exitIO)...)
}

func (o *grantOptions) run(ctx context.Context, app *App) error {
	key, to, err := o.prepare(ctx, app)
	if err != nil {
		return err
	}
	req := esapi.GrantAPIKey{RunAs: o.runAs, APIKey: key}
	by, err := o.grantee(app, &req)
	if err != nil {
		return err
	}
	if err := to.prove(ctx, app); err != nil {
		return err
	}
	c, err := app.Mutator(ctx)
	if err != nil {
		return err
	}
	created, plain, err := c.GrantAPIKey(ctx, req, by)
	if err != nil {
		return o.explain(settleCreate(ctx, c, client.APIKeyFilter{Name: key.Name}, key, err))
	}
	return o.finish(ctx, app, c, to, created, plain)
}

// grantee reads the secret that is there and infers the type of grant.
func (o *grantOptions) grantee(app *App, req *esapi.GrantAPIKey) (client.Grantee, error) {
	s, err := app.Settings()
	if err != nil {
		return client.Grantee{}, err
	}
	_, _, noPassword := s.Secret(o.passwordEnv)
	_, _, noToken := s.Secret(o.tokenEnv)
	switch {
	case noPassword == nil && noToken == nil:
		return client.Grantee{}, usagef("%s and %s are both set; the grantee has one secret", o.passwordEnv, o.tokenEnv)
	case noPassword != nil && noToken != nil:
		return client.Grantee{}, failf(exitConfig, "neither %s nor %s is set", o.passwordEnv, o.tokenEnv).withHint("add %s=... to %s", o.passwordEnv, s.EnvFile())
	case noPassword == nil && o.user == "":
		return client.Grantee{}, usagef("--user says whose password is in %s", o.passwordEnv)
	case noToken == nil && o.user != "":
		return client.Grantee{}, usagef("--user goes with %s; a token names its user itself", o.passwordEnv)
	}
	if noPassword == nil {
		o.password = true
		req.GrantType, req.Username = "password", o.user
		password, err := s.Sendable(o.passwordEnv)
		return client.Grantee{Password: app.planned(password, o.passwordEnv)}, err
	}
	req.GrantType = "access_token"
	token, err := s.Sendable(o.tokenEnv)
	return client.Grantee{AccessToken: app.planned(token, o.tokenEnv)}, err
}

// explain says whose fault a refusal is: of the grantee's secret, which the server
// gives as the cause, or of the command's own credential.
func (o *grantOptions) explain(err error) error {
	api, ok := errors.AsType[*client.APIError](err)
	if !ok || !isRefused(err) {
		return err
	}
	if api.CausedBy == "" {
		return failf(exitRefused, "%w", err).withHint("the credential of the command needs the cluster privilege grant_api_key")
	}
	if o.password {
		return failf(exitRefused, "%w", err).withHint("%s is not the password of %s", o.passwordEnv, o.user)
	}
	return failf(exitRefused, "%w", err).withHint("%s is not a valid access token", o.tokenEnv)
}

package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/esapi"
	"github.com/realmctl/realmctl/internal/output"
	"github.com/realmctl/realmctl/internal/secret"
)

func newTokenCmd(app *App) *cobra.Command {
	return group("token", "Access tokens and refresh tokens", []string{"tokens"},
		newTokenGetCmd(app), newTokenRefreshCmd(app), newTokenInvalidateCmd(app),
	)
}

type tokenGetOptions struct {
	user        string
	passwordEnv string
	save        saveFlags
}

func newTokenGetCmd(app *App) *cobra.Command {
	var o tokenGetOptions
	cmd := &cobra.Command{
		Use:     "get",
		Aliases: []string{"create"},
		Short:   "Get an access token and save it",
		Long: `Get an access token and save it to ./.env as <USER>_ACCESS_TOKEN. It acts for the
credential of the command, or for another user whose password is in
REALMCTL_GRANT_PASSWORD; then a refresh token comes with it, which is saved as
<USER>_REFRESH_TOKEN and is good for the same credential only. Access tokens live
for minutes; the server says how long.`,
		Example: `  realmctl token get
  realmctl token get --user ana --password-env ANA_PASSWORD
  realmctl authenticate --credential-env ANA_ACCESS_TOKEN`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), app) },
	}
	f := cmd.Flags()
	f.StringVar(&o.user, "user", "", "`name` of the user whose password it is")
	f.StringVar(&o.passwordEnv, "password-env", grantPassword, "the user's password is in the variable `NAME`")
	o.save.add(f)
	return withCodes(cmd, apiCodes(exitExists, exitIO)...)
}

func (o *tokenGetOptions) run(ctx context.Context, app *App) error {
	password, err := o.password(app)
	if err != nil {
		return err
	}
	who, err := o.username(ctx, app)
	if err != nil {
		return err
	}
	to, err := app.placeAll(o.save, o.variables, who, "ACCESS_TOKEN")
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
	token, pair, err := o.get(ctx, c, password)
	if err != nil {
		return o.explain(ctx, err)
	}
	if err := to.put(ctx, app, pairValues(pair)...); err != nil {
		return both(err, endPair(context.WithoutCancel(ctx), c, pair))
	}
	return app.Show(tokenView(app, to, token, pair))
}

// password is the other user's; oneself needs none.
func (o *tokenGetOptions) password(app *App) (secret.String, error) {
	if o.user == "" {
		return "", nil
	}
	s, err := app.Settings()
	if err != nil {
		return "", err
	}
	password, err := s.Sendable(o.passwordEnv)
	return app.planned(password, o.passwordEnv), err
}

// username is for whom the token will be. A plan for curl asks nobody.
func (o *tokenGetOptions) username(ctx context.Context, app *App) (string, error) {
	switch {
	case o.user != "":
		return o.user, nil
	case app.flags.Curl:
		return "self", nil
	}
	who, err := app.Whoami(ctx)
	if err != nil {
		return "", err
	}
	if who.AuthenticationRealm.Type == serviceRealm {
		return "", failf(exitData, "a service account gets no access token").withHint("realmctl service-token create %s", who.Username)
	}
	return who.Username, nil
}

// serviceRealm is the type of the realm of service accounts.
const serviceRealm = "_service_account"

// variables are one, or two with a refresh token.
func (o *tokenGetOptions) variables(access string) []string {
	if o.user == "" {
		return []string{access}
	}
	return []string{access, refreshVariable(access)}
}

// refreshVariable is where the refresh token beside an access token is saved.
func refreshVariable(access string) string {
	return strings.TrimSuffix(access, "_ACCESS_TOKEN") + "_REFRESH_TOKEN"
}

func (o *tokenGetOptions) get(ctx context.Context, c *client.Client, password secret.String) (esapi.CreatedToken, client.TokenPair, error) {
	if o.user == "" {
		return c.CreateToken(ctx)
	}
	return c.CreateTokenOf(ctx, o.user, password)
}

// explain tells a wrong password from other refusals. A token that was made and did
// not arrive is of no use to anybody, but it cannot be found and ended.
func (o *tokenGetOptions) explain(ctx context.Context, err error) error {
	if api, ok := errors.AsType[*client.APIError](err); ok && api.Status == 401 && o.user != "" {
		return failf(exitRefused, "%w", err).withHint("%s is not the password of %s", o.passwordEnv, o.user)
	}
	if t, ok := errors.AsType[*client.TransportError](err); ok && t.Sent || ctx.Err() != nil {
		return failf(exitInternal, "the outcome is unknown: %w", err).withHint("if there is a new token, nobody has it, and it expires by itself")
	}
	return err
}

func pairValues(p client.TokenPair) []secret.String {
	if p.Refresh.Empty() {
		return []secret.String{p.Access}
	}
	return []secret.String{p.Access, p.Refresh}
}

// endPair ends tokens that could not be saved.
func endPair(ctx context.Context, c *client.Client, p client.TokenPair) error {
	_, err := c.InvalidateToken(ctx, client.TokenPair{Access: p.Access})
	if p.Refresh.Empty() {
		return err
	}
	return both(err, second(c.InvalidateToken(ctx, client.TokenPair{Refresh: p.Refresh})))
}

// tokenView shows for whom a token is, until when, and where it went.
func tokenView(app *App, to place, token esapi.CreatedToken, pair client.TokenPair) output.View {
	ends := app.Now().UnixMilli() + token.ExpiresIn*1000
	var members [][]string
	if who := token.Authentication; who != nil {
		members = append(members, []string{"username", who.Username})
	}
	members = append(members, []string{"expires", app.when(ends)})
	if to.revealed == nil || pair.Refresh.Empty() {
		return to.view(token, members, "access_token", pair.Access)
	}
	return to.view(merged(token, "refresh_token", pair.Refresh.Reveal()), members, "access_token", pair.Access)
}

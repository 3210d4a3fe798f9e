package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/config"
	"github.com/realmctl/realmctl/internal/secret"
)

type tokenRefreshOptions struct {
	env  string
	save saveFlags
}

func newTokenRefreshCmd(app *App) *cobra.Command {
	var o tokenRefreshOptions
	cmd := &cobra.Command{
		Use:   "refresh --refresh-token-env <NAME>",
		Short: "Exchange a refresh token for a new pair of tokens",
		Long: `Exchange a refresh token for a new access token and a new refresh token. The new
pair replaces the old one in the .env file that holds it. A refresh token is good
once, within a day, and for the credential that it was given to.`,
		Example: `  realmctl token refresh --refresh-token-env ANA_REFRESH_TOKEN`,
		Args:    exactly(0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), app) },
	}
	f := cmd.Flags()
	f.StringVar(&o.env, "refresh-token-env", "", "the refresh token is in the variable `NAME`")
	o.save.add(f)
	return withCodes(cmd, apiCodes(exitExists, exitIO)...)
}

func (o *tokenRefreshOptions) run(ctx context.Context, app *App) error {
	if o.env == "" {
		return &usageError{text: "which refresh token?", hint: "--refresh-token-env NAME names the variable that holds it"}
	}
	refresh, to, err := o.prepare(app)
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
	token, pair, err := c.RefreshToken(ctx, refresh)
	if err != nil {
		return o.explain(ctx, err)
	}
	if err := to.put(ctx, app, pair.Access, pair.Refresh); err != nil {
		app.warnf("the refresh token is spent; within 30 seconds the same command gives the same new pair")
		return err
	}
	return app.Show(tokenView(app, to, token, pair))
}

// prepare reads the refresh token and chooses the place of the new pair.
func (o *tokenRefreshOptions) prepare(app *App) (secret.String, place, error) {
	s, err := app.Settings()
	if err != nil {
		return "", place{}, err
	}
	refresh, err := s.Sendable(o.env)
	if err != nil {
		return "", place{}, err
	}
	access := strings.TrimSuffix(o.env, "_REFRESH_TOKEN") + "_ACCESS_TOKEN"
	names := func(first string) []string { return []string{first, refreshVariable(first)} }
	if o.save.chosen() == 0 && o.save.variable == "" {
		if err := o.saveInPlace(s); err != nil {
			return "", place{}, err
		}
		o.save.variable = access
		names = func(first string) []string { return []string{first, o.env} }
	}
	to, err := app.placeAll(o.save, names, access)
	return app.planned(refresh, o.env), to, err
}

// saveInPlace makes the sink the file that the refresh token is from.
func (o *tokenRefreshOptions) saveInPlace(s *config.Settings) error {
	_, from, err := s.Secret(o.env)
	if err != nil {
		return err
	}
	file, ok := fileOf(s, from)
	if !ok {
		return failf(exitExists, "the refresh token is %s in %s, which cannot be replaced from here", o.env, from).
			withHint("--save FILE, then export both anew")
	}
	o.save.file, o.save.overwrite = file, true
	return nil
}

// explain says what to do about a refresh token that is not good, or whose answer
// did not arrive.
func (o *tokenRefreshOptions) explain(ctx context.Context, err error) error {
	if api, ok := errors.AsType[*client.APIError](err); ok && api.Type == "invalid_grant" {
		return failf(exitData, "%w", err).withHint("realmctl token get makes a new pair")
	}
	if t, ok := errors.AsType[*client.TransportError](err); ok && t.Sent && ctx.Err() == nil {
		return failf(exitTryAgain, "%w", err).withHint("the same command again, within 30 seconds: it gives the same pair")
	}
	return err
}

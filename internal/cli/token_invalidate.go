package cli

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/esapi"
	"github.com/realmctl/realmctl/internal/output"
)

type tokenInvalidateOptions struct {
	accessEnv, refreshEnv []string
	user, realm           string
	ignoreNotFound        bool
}

func newTokenInvalidateCmd(app *App) *cobra.Command {
	var o tokenInvalidateOptions
	cmd := &cobra.Command{
		Use:     "invalidate --token-env <NAME> | --refresh-token-env <NAME> | --user <name> [--realm <name>]",
		Aliases: []string{"delete", "rm", "revoke"},
		Short:   "End access tokens and refresh tokens",
		Long: `End tokens: those in the variables that are named, or all of a user, of a realm, or
of a realm's user. The access token and the refresh token of a pair end each for
itself.`,
		Example: `  realmctl token invalidate --token-env ANA_ACCESS_TOKEN --refresh-token-env ANA_REFRESH_TOKEN
  realmctl token invalidate --user ana --realm default_native --yes`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), app) },
	}
	f := cmd.Flags()
	f.StringSliceVar(&o.accessEnv, "token-env", nil, "an access token is in the variable `NAME`; may be repeated")
	f.StringSliceVar(&o.refreshEnv, "refresh-token-env", nil, "a refresh token is in the variable `NAME`; may be repeated")
	f.StringVar(&o.user, "user", "", "every token of the user `name`")
	f.StringVar(&o.realm, "realm", "", "every token of users of the realm `name`")
	f.BoolVar(&o.ignoreNotFound, "ignore-not-found", false, "a token that the server does not know is no failure")
	return withCodes(cmd, apiCodes(exitNotFound, exitPartly)...)
}

func (o *tokenInvalidateOptions) run(ctx context.Context, app *App) error {
	owner, named := o.user != "" || o.realm != "", len(o.accessEnv)+len(o.refreshEnv) > 0
	if owner == named {
		return usagef("choose tokens by --token-env and --refresh-token-env, or by --user and --realm")
	}
	if owner {
		return o.ofOwner(ctx, app)
	}
	tokens, names, err := o.read(app)
	if err != nil {
		return err
	}
	c, err := app.Mutator(ctx)
	if err != nil {
		return err
	}
	if err := app.confirm(ctx, question{text: "invalidate " + counted(names, "token") + "?"}); err != nil {
		return err
	}
	return app.each(ctx, names, "invalidated", func(name string) error {
		_, err := c.InvalidateToken(ctx, tokens[name])
		switch {
		case isMissing(err) && o.ignoreNotFound:
			return errNothingDone
		case isMissing(err):
			return failf(exitNotFound, "the server does not know the token in %s", name)
		}
		return err
	})
}

// read finds the tokens by their variables.
func (o *tokenInvalidateOptions) read(app *App) (map[string]client.TokenPair, []string, error) {
	s, err := app.Settings()
	if err != nil {
		return nil, nil, err
	}
	tokens := map[string]client.TokenPair{}
	var names []string
	for i, name := range append(append([]string{}, o.accessEnv...), o.refreshEnv...) {
		value, err := s.Sendable(name)
		if err != nil {
			return nil, nil, err
		}
		if _, twice := tokens[name]; twice {
			return nil, nil, usagef("%s is named twice", name)
		}
		p := client.TokenPair{Access: app.planned(value, name)}
		if i >= len(o.accessEnv) {
			p = client.TokenPair{Refresh: p.Access}
		}
		tokens[name], names = p, append(names, name)
	}
	return tokens, names, nil
}

// ofOwner ends all tokens of a user or a realm.
func (o *tokenInvalidateOptions) ofOwner(ctx context.Context, app *App) error {
	c, err := app.Mutator(ctx)
	if err != nil {
		return err
	}
	whose := "users"
	if o.user != "" {
		whose = o.user
	}
	if o.realm != "" {
		whose += " of the realm " + o.realm
	}
	if err := app.confirm(ctx, question{text: "invalidate every token of " + whose + "?"}); err != nil {
		return err
	}
	done, err := c.InvalidateTokensOf(ctx, o.user, o.realm)
	if err != nil {
		return err
	}
	return both(tokensLeft(done), app.Show(invalidatedTokensView(done)))
}

// tokensLeft is an error when the server could not end some.
func tokensLeft(done esapi.InvalidatedTokens) error {
	if done.ErrorCount == 0 {
		return nil
	}
	reason := "the server does not say why"
	if len(done.ErrorDetails) > 0 {
		reason = done.ErrorDetails[0].Reason
	}
	return failf(exitPartly, "%d tokens could not be invalidated: %s", done.ErrorCount, reason)
}

func invalidatedTokensView(done esapi.InvalidatedTokens) output.View {
	return details(done, [][]string{
		{"invalidated", strconv.Itoa(done.Invalidated)}, {"previously_invalidated", strconv.Itoa(done.Previously)}, {"errors", strconv.Itoa(done.ErrorCount)},
	})
}

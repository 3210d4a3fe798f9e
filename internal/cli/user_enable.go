package cli

import (
	"context"
	"errors"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/client"
)

func newUserEnableCmd(app *App) *cobra.Command {
	return withCodes(&cobra.Command{
		Use:     "enable <name>...",
		Short:   "Let users log in",
		Example: "  realmctl user enable ana",
		Args:    atLeast(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return enableUsers(cmd.Context(), app, args) },
	}, apiCodes(exitNotFound, exitPartly)...)
}

func enableUsers(ctx context.Context, app *App, names []string) error {
	c, err := app.Mutator(ctx)
	if err != nil {
		return err
	}
	return app.each(ctx, names, "enabled", func(name string) error {
		return unknownUser(ctx, c, name, c.EnableUser(ctx, name))
	})
}

type userDisableOptions struct {
	names     []string
	guard     lockoutFlags
	survivors survivors
}

func newUserDisableCmd(app *App) *cobra.Command {
	var o userDisableOptions
	cmd := &cobra.Command{
		Use:   "disable <name>...",
		Short: "Keep users from logging in",
		Long: `Keep users from logging in. Their API keys and access tokens go on working unless
they are ended too.`,
		Example: "  realmctl user disable ana --invalidate-keys",
		Args:    atLeast(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.names = args
			return o.run(cmd.Context(), app)
		},
	}
	o.guard.add(cmd.Flags())
	o.survivors.add(cmd.Flags())
	return withCodes(cmd, apiCodes(exitNotFound, exitPartly)...)
}

func (o *userDisableOptions) run(ctx context.Context, app *App) error {
	c, err := app.Mutator(ctx)
	if err != nil {
		return err
	}
	if err := o.guard.check(ctx, app, c, o.names, "enable"); err != nil {
		return err
	}
	if err := app.confirm(ctx, question{text: "disable " + counted(o.names, "user") + "?"}); err != nil {
		return err
	}
	return app.each(ctx, o.names, "disabled", func(name string) error {
		if err := unknownUser(ctx, c, name, c.DisableUser(ctx, name)); err != nil {
			return err
		}
		return o.survivors.end(ctx, app, c, name)
	})
}

// unknownUser tells an unknown user from a request that is invalid otherwise: for
// both the server answers 400.
func unknownUser(ctx context.Context, c *client.Client, name string, err error) error {
	api, ok := errors.AsType[*client.APIError](err)
	if !ok || api.Status != http.StatusBadRequest {
		return err
	}
	if _, lookup := c.Users(ctx, name); isMissing(lookup) {
		return notFound("user", []string{name})
	}
	return err
}

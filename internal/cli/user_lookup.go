package cli

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/client"
)

func newUserLookupCmd(app *App) *cobra.Command {
	return withCodes(&cobra.Command{
		Use:   "lookup <name>",
		Short: "Find a user in any realm that can look users up",
		Long: `Find a user in any realm that can look users up, with the roles it would have. It
takes the right to run as that user.`,
		Example: "  realmctl user lookup ana",
		Args:    exactly(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return app.lookup(cmd.Context(), args[0]) },
	}, apiCodes(exitNotFound)...)
}

// lookup authenticates as that user by run-as: the realms are asked in order.
func (a *App) lookup(ctx context.Context, username string) error {
	s, err := a.Settings()
	if err != nil {
		return err
	}
	if s.RunAs != "" {
		return usagef("user lookup runs as the user to find; leave --run-as out")
	}
	s.RunAs = username
	c, err := a.Client(ctx)
	if err != nil {
		return err
	}
	who, err := c.Authenticate(ctx)
	if err != nil {
		return a.lookupError(ctx, err, username)
	}
	return a.Show(details(who, [][]string{
		{"username", who.Username},
		{"roles", list(who.Roles)},
		{"full_name", deref(who.FullName)},
		{"email", deref(who.Email)},
		{"enabled", yes(who.Enabled)},
		{"realm", who.LookupRealm.Name + " (" + who.LookupRealm.Type + ")"},
	}))
}

// lookupError tells an unknown user from a missing right: the server's denial is
// the same for both, but a superuser may run as everybody.
func (a *App) lookupError(ctx context.Context, err error, username string) error {
	api, ok := errors.AsType[*client.APIError](err)
	if !ok || api.Status != http.StatusForbidden {
		return err
	}
	scheme, value := a.settings.Credential.Header()
	own, connectErr := a.as(ctx, client.Auth{Scheme: scheme, Value: value})
	if connectErr != nil {
		return err
	}
	who, whoErr := own.Authenticate(ctx)
	if whoErr == nil && slices.Contains(who.Roles, superuser) {
		return notFound("user", []string{username})
	}
	return failf(exitRefused, "%w", err).withHint("the user does not exist, or the credential lacks run_as for it")
}

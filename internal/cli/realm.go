package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/esapi"
	"github.com/realmctl/realmctl/internal/output"
)

func newRealmCmd(app *App) *cobra.Command {
	return group("realm", "Realms", []string{"realms"}, newRealmListCmd(app), newRealmOrderCmd(app), newRealmLintCmd(app),
		newRealmAdviseCmd(app), newRealmClearCacheCmd(app))
}

func newRealmClearCacheCmd(app *App) *cobra.Command {
	var users []string
	cmd := &cobra.Command{
		Use:     "clear-cache <realm>...",
		Short:   "Make every node forget what realms remember of users; '*' is all realms",
		Example: "  realmctl realm clear-cache default_native --users ana,bob\n  realmctl realm clear-cache '*'",
		Args:    atLeast(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return clearRealmCache(cmd.Context(), app, args, users) },
	}
	cmd.Flags().StringSliceVar(&users, "users", nil, "only these `users`")
	return withCodes(cmd, apiCodes(exitPartly)...)
}

func clearRealmCache(ctx context.Context, app *App, realms, users []string) error {
	c, err := app.Mutator(ctx)
	if err != nil {
		return err
	}
	cleared, err := c.ClearRealmCache(ctx, realms, users)
	if err != nil {
		return err
	}
	return app.showCleared(cleared)
}

// showCleared lists the nodes that forgot; a node that failed says why.
func (a *App) showCleared(cleared esapi.ClearedCache) error {
	v := output.View{Data: cleared, Header: []string{"node", "cleared", "error"}}
	for _, id := range sortedKeys(cleared.ByID) {
		v.Rows = append(v.Rows, []string{cleared.ByID[id].Name, "yes", ""})
	}
	var reasons []string
	for _, f := range cleared.Nodes.Failures {
		reason := f.Reason
		if f.CausedBy != nil {
			reason = f.CausedBy.Reason
		}
		reasons = append(reasons, reason)
		v.Rows = append(v.Rows, []string{"", "no", reason})
	}
	if err := a.Show(v); err != nil {
		return err
	}
	switch {
	case cleared.Nodes.Failed == 0:
		return nil
	case cleared.Nodes.Successful == 0:
		return failf(exitData, "%s", strings.Join(reasons, "; "))
	}
	return failf(exitPartly, "%d of %d nodes failed: %s", cleared.Nodes.Failed, cleared.Nodes.Total, strings.Join(reasons, "; "))
}

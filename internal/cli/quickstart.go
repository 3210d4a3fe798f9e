package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/config"
	"github.com/realmctl/realmctl/internal/engine"
)

func newQuickstartCmd(app *App) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "quickstart",
		Short: "Show the whole tour in an empty folder: engine, role, user, API key",
		Long: `Show the whole tour in an empty folder: an engine with an operator, a role that may
read logs-*, a user with it, and an API key granted on behalf of that user. Each step
is shown as the command that you would type, with its output.`,
		Example: "  realmctl quickstart --dir /tmp/tour",
		Args:    exactly(0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return quickstart(cmd.Context(), app, dir) },
	}
	cmd.Flags().StringVar(&dir, "dir", ".", "the `folder`, which is made if it is not there")
	return withCodes(cmd, exitExists, exitIO, exitConfig)
}

// tour are the steps as they are typed; codes other than 0 that are fine follow.
func tour() []struct {
	args  []string
	codes []int
} {
	return []struct {
		args  []string
		codes []int
	}{
		{args: []string{"init", "--operator", "operator"}},
		{args: []string{"role", "create", "logs-reader", "--read", "logs-*"}},
		{args: []string{"user", "create", "ana", "--roles", "logs-reader"}},
		{args: []string{"grant", "quickstart", "--user", "ana", "--password-env", "ANA_PASSWORD", "--read", "logs-*", "--expires", "30d"}},
		{args: []string{"authenticate", "--credential-env", "QUICKSTART_API_KEY"}},
		{args: []string{"user", "has-privileges", "--credential-env", "QUICKSTART_API_KEY", "--index", "logs-*:read,write"}, codes: []int{exitNo}},
	}
}

func quickstart(ctx context.Context, app *App, dir string) error {
	if app.planning() {
		return usagef("quickstart shows every step anyway; --dry-run and --curl do not go with it")
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return failf(exitIO, "%s: %w", dir, err)
	}
	if err := os.MkdirAll(abs, 0o700); err != nil {
		return err
	}
	if isFile(filepath.Join(abs, config.EngineFolder, engine.Database)) {
		return failf(exitExists, "there is an engine in %s", abs).withHint("realmctl quickstart --dir another")
	}
	if err := os.Chdir(abs); err != nil { // ./.env of the steps is there
		return err
	}
	for _, step := range tour() {
		fmt.Fprintf(app.Out, "$ realmctl %s\n", typed(step.args))
		if code := app.step(ctx, abs, step.args); code != exitDone && !slices.Contains(step.codes, code) {
			return &exitError{code: code, text: "the tour ended at: realmctl " + typed(step.args)}
		}
		fmt.Fprintln(app.Out)
	}
	next := "realmctl authenticate --credential-env QUICKSTART_API_KEY"
	if dir != "." {
		next = "cd " + typed([]string{dir}) + " && " + next
	}
	fmt.Fprintf(app.Out, "Next: %s\n", next)
	return nil
}

// step runs one command as a fresh process would, in the tour's folder and without
// what is exported for other servers.
func (a *App) step(ctx context.Context, dir string, args []string) int {
	world := func() (config.World, error) {
		return config.World{Dir: dir, Lookup: func(name string) (string, bool) {
			if strings.HasPrefix(name, "ELASTIC") || strings.HasPrefix(name, "REALMCTL_") || strings.HasPrefix(name, "CLIENT_") || name == "CI" {
				return "", false
			}
			return a.world.Lookup(name)
		}}, nil
	}
	sub := &App{In: a.In, Out: a.Out, Err: a.Err, Now: a.Now, World: world, InTTY: a.InTTY, OutTTY: a.OutTTY, ErrTTY: a.ErrTTY, TermWidth: a.TermWidth}
	return Run(ctx, sub, args)
}

// typed is a command line for a shell.
func typed(args []string) string {
	out := make([]string, len(args))
	for i, arg := range args {
		out[i] = arg
		if strings.ContainsAny(arg, "*?[]{}$&;<>|()\"'\\ \t`#~!") {
			out[i] = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
	}
	return strings.Join(out, " ")
}

package cli

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/compat"
	"github.com/realmctl/realmctl/internal/compat/tool"
	"github.com/realmctl/realmctl/internal/engine"
	"github.com/realmctl/realmctl/internal/role"
	"github.com/realmctl/realmctl/internal/secret"
)

func newCompatCmd(app *App) *cobra.Command {
	var tools []*cobra.Command
	for _, t := range compat.Tools() {
		tools = append(tools, newCompatToolCmd(app, t))
	}
	cmd := group("compat", "Elasticsearch's own tools, under their names", nil, tools...)
	cmd.Long = `What Elasticsearch's own command-line tools do: the same sub-commands, options, texts,
streams, exit codes and files. The program answers to a tool's name too, through a
symbolic link such as elasticsearch-users. Passwords are read from variables, not from
-p and not from a prompt; docs/compat.md has every difference.

The configuration folder is ES_PATH_CONF, else that of the embedded engine.`
	return cmd
}

func newCompatToolCmd(app *App, t compat.Tool) *cobra.Command {
	cmd := &cobra.Command{
		Use:                t.Name + " ...",
		Short:              t.About,
		Example:            "  realmctl compat " + t.Example,
		DisableFlagParsing: true, // the tool has its own way with options
		RunE:               func(cmd *cobra.Command, args []string) error { return app.runTool(cmd.Context(), t, args) },
	}
	return withCodes(cmd, exitData, exitNoInput, exitNotFound, exitUnavailable, exitExists, exitIO, exitTryAgain, exitRefused, exitConfig)
}

// arguments are those of the program: called by the name of a tool, it is that tool.
func arguments(argv []string) []string {
	if len(argv) == 0 {
		return nil
	}
	if t, ok := compat.Called(argv[0]); ok {
		return append([]string{"compat", t.Name}, argv[1:]...)
	}
	return argv[1:]
}

// runTool runs a tool. What there is to say it says itself.
func (a *App) runTool(ctx context.Context, t compat.Tool, args []string) error {
	roles, err := role.Builtin()
	if err != nil {
		return err
	}
	folder, found := a.toolFolder()
	w := tool.World{
		In: a.In, Out: a.Out, Err: a.Err,
		Terminal: a.InTTY && a.OutTTY,
		Conf:     folder,
		Found:    found,
		Lookup:   a.world.Lookup,
		Secret:   a.toolSecret,
		Sleep:    func(ctx context.Context, d time.Duration) { _ = pause(ctx, d) },
	}
	for _, r := range roles {
		w.Roles = append(w.Roles, r.Name)
	}
	code := t.Run(ctx, w, args)
	if stopped := context.Cause(ctx); stopped != nil && code != exitDone {
		code = exitCode(stopped)
	}
	if code != exitDone {
		return &exitError{code: code}
	}
	return nil
}

// toolFolder is the configuration folder that was named, or else that of the engine
// where there is one; found says that nobody named it.
func (a *App) toolFolder() (dir string, found bool) {
	if dir := a.variable("ES_PATH_CONF"); dir != "" {
		return dir, false
	}
	dir = filepath.Join(a.engineFolder(), engine.ConfigFolder)
	if _, err := os.Stat(dir); err != nil {
		return "", false
	}
	return dir, a.flags.Data == "" && a.variable("REALMCTL_DATA") == ""
}

// toolSecret reads a variable of the environment or of ./.env, which is opened when
// the first one is wanted.
func (a *App) toolSecret(name string) (secret.String, error) {
	env, err := a.Environment()
	if err != nil {
		return "", err
	}
	value, _, err := env.Secret(name)
	return value, err
}

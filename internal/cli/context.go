package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/config"
	"github.com/realmctl/realmctl/internal/output"
)

func newContextCmd(app *App) *cobra.Command {
	return group("context", "Servers and engines by name", []string{"contexts", "ctx"},
		newContextListCmd(app), newContextShowCmd(app), newContextUseCmd(app), newContextAddCmd(app),
		newContextEditCmd(app), newContextRemoveCmd(app), newContextTestCmd(app),
	)
}

// file is the configuration, with nothing decided.
func (a *App) file() (*config.File, error) {
	env, err := a.load()
	if err != nil {
		return nil, err
	}
	return env.File(), nil
}

// current is the context that commands use now: the flag, the variable or the file.
func (a *App) current(f *config.File) string {
	for _, name := range []string{a.flags.Context, a.variable("REALMCTL_CONTEXT"), f.CurrentContext} {
		if name != "" {
			return name
		}
	}
	return ""
}

func newContextListCmd(app *App) *cobra.Command {
	return withCodes(&cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List contexts",
		Example: "  realmctl context list",
		Args:    exactly(0),
		RunE:    func(*cobra.Command, []string) error { return app.listContexts() },
	}, exitConfig)
}

func (a *App) listContexts() error {
	f, err := a.file()
	if err != nil {
		return err
	}
	v := output.View{Data: f.Contexts, Header: []string{"name", "current", "target", "protected", "read_only"}}
	for _, name := range f.Names {
		c := f.Contexts[name]
		v.Rows = append(v.Rows, []string{name, yes(name == a.current(f)), c.URL + c.Data, yes(c.Protected), yes(c.ReadOnly)})
	}
	return a.Show(v)
}

func newContextShowCmd(app *App) *cobra.Command {
	return withCodes(&cobra.Command{
		Use:     "show [name]",
		Aliases: []string{"get"},
		Short:   "Show a context, or the current one",
		Example: "  realmctl context show\n  realmctl context show prod -o yaml",
		Args:    between(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				return app.showContext(args[0])
			}
			return app.showContext("")
		},
	}, exitNotFound, exitConfig)
}

func (a *App) showContext(name string) error {
	f, err := a.file()
	if err != nil {
		return err
	}
	if name == "" {
		if name = a.current(f); name == "" {
			return failf(exitNotFound, "no context is in force").withHint("realmctl context use NAME")
		}
	}
	c, ok := f.Contexts[name]
	if !ok {
		return notFound("context", []string{name})
	}
	return a.Show(details(c, [][]string{
		{"name", name},
		{"target", c.URL + c.Data},
		{"auth", c.Auth},
		{"username", c.Username},
		{"password_env", c.PasswordEnv},
		{"api_key_env", c.APIKeyEnv},
		{"token_env", c.TokenEnv},
		{"run_as", c.RunAs},
		{"protected", yes(c.Protected)},
		{"read_only", yes(c.ReadOnly)},
		{"env_file", c.EnvFile},
	}))
}

func newContextUseCmd(app *App) *cobra.Command {
	return withCodes(&cobra.Command{
		Use:     "use <name>",
		Short:   "Make a context the current one; '-' leaves none",
		Example: "  realmctl context use prod",
		Args:    exactly(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return app.useContext(cmd.Context(), args[0]) },
	}, exitNotFound, exitIO, exitConfig)
}

func (a *App) useContext(ctx context.Context, name string) error {
	f, err := a.file()
	if err != nil {
		return err
	}
	if _, ok := f.Contexts[name]; !ok && name != "-" {
		return notFound("context", []string{name})
	}
	if name == "-" {
		name = ""
	}
	err = config.Edit(ctx, f.Path, func(e *config.Editor) error { e.Use(name); return nil })
	if err != nil {
		return err
	}
	return a.Show(details(map[string]string{"current_context": name}, [][]string{{"current_context", name}}))
}

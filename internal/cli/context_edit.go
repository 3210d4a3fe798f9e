package cli

import (
	"context"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/realmctl/realmctl/internal/config"
)

// contextFlags are the members of a context that are no global flags.
type contextFlags struct {
	username                         string
	passwordEnv, apiKeyEnv, tokenEnv string
	envFile                          string
	protected, readOnly              bool
}

func (o *contextFlags) add(f *pflag.FlagSet) {
	f.StringVar(&o.username, "username", "", "the `user`, with --password-env")
	f.StringVar(&o.passwordEnv, "password-env", "", "the `variable` that holds the password")
	f.StringVar(&o.apiKeyEnv, "api-key-env", "", "the `variable` that holds the API key")
	f.StringVar(&o.tokenEnv, "token-env", "", "the `variable` that holds the token")
	f.StringVar(&o.envFile, "secrets-file", "", "the .env `file` of the context (default ./.env.<name>)")
	f.BoolVar(&o.protected, "protected", false, "destructive commands want the context's name")
	f.BoolVar(&o.readOnly, "read-only", false, "refuse every change")
}

// members are those whose flags were given. The global flags say where the context
// leads: --url, --data and the TLS ones.
func (o *contextFlags) members(app *App, given func(string) bool) ([]config.Member, error) {
	var all []config.Member
	set := func(flag, key, value string) {
		if given(flag) {
			all = append(all, config.Member{Key: key, Value: value})
		}
	}
	data := app.flags.Data
	if data != "" {
		abs, err := filepath.Abs(data)
		if err != nil {
			return nil, failf(exitIO, "%s: %w", data, err)
		}
		data = abs
	}
	for _, m := range []struct{ flag, key, value string }{
		{"url", "url", app.flags.URL},
		{"data", "data", data},
		{"auth", "auth", app.flags.Auth},
		{"run-as", "run_as", app.flags.RunAs},
		{"timeout", "timeout", app.flags.Timeout},
		{"ca-cert", "ca_cert", app.flags.CACert},
		{"ca-fingerprint", "ca_fingerprint", app.flags.CAFingerprint},
		{"client-cert", "client_cert", app.flags.ClientCert},
		{"client-key", "client_key", app.flags.ClientKey},
		{"allow-plaintext", "allow_plaintext", strconv.FormatBool(app.flags.AllowPlaintext)},
		{"username", "username", o.username},
		{"password-env", "password_env", o.passwordEnv},
		{"api-key-env", "api_key_env", o.apiKeyEnv},
		{"token-env", "token_env", o.tokenEnv},
		{"secrets-file", "env_file", o.envFile},
		{"protected", "protected", strconv.FormatBool(o.protected)},
		{"read-only", "read_only", strconv.FormatBool(o.readOnly)},
	} {
		set(m.flag, m.key, m.value)
	}
	return all, nil
}

type contextAddOptions struct {
	name    string
	members contextFlags
	use     bool
	given   func(flag string) bool
}

func newContextAddCmd(app *App) *cobra.Command {
	var o contextAddOptions
	cmd := &cobra.Command{
		Use:     "add <name> --url <url> | --data <folder>",
		Aliases: []string{"create"},
		Short:   "Add a context",
		Long: `Add a context: a server or an engine, and the names of the variables that hold the
credential for it. Besides the flags below it keeps --url, --data, --auth,
--run-as, --timeout, --ca-cert, --ca-fingerprint, --client-cert, --client-key and
--allow-plaintext.`,
		Example: `  realmctl context add prod --url https://es.example:9200 --api-key-env PROD_API_KEY --protected
  realmctl context add lab --data ./.realmctl --use`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.name, o.given = args[0], cmd.Flags().Changed
			return o.run(cmd.Context(), app)
		},
	}
	o.members.add(cmd.Flags())
	cmd.Flags().BoolVar(&o.use, "use", false, "make it the current context")
	return withCodes(cmd, exitExists, exitIO, exitConfig)
}

func (o *contextAddOptions) run(ctx context.Context, app *App) error {
	if !config.IsContextName(o.name) {
		return usagef("a context's name may hold letters, digits, dots, underscores and hyphens")
	}
	f, err := app.file()
	if err != nil {
		return err
	}
	members, err := o.members.members(app, o.given)
	if err != nil {
		return err
	}
	return app.edited(o.name, config.Edit(ctx, f.Path, func(e *config.Editor) error {
		if e.Has(o.name) {
			return failf(exitExists, "context %s exists", o.name).withHint("realmctl context edit %s", o.name)
		}
		e.Put(o.name, members)
		if o.use {
			e.Use(o.name)
		}
		return nil
	}))
}

// edited shows what was written.
func (a *App) edited(name string, err error) error {
	if err != nil {
		return err
	}
	a.env = nil // read it anew
	return a.showContext(name)
}

func newContextEditCmd(app *App) *cobra.Command {
	var o contextAddOptions
	cmd := &cobra.Command{
		Use:     "edit <name>",
		Aliases: []string{"update", "set"},
		Short:   "Change a context; an empty value takes a setting away",
		Example: `  realmctl context edit prod --api-key-env PROD_KEY_2 --protected=false`,
		Args:    exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.name, o.given = args[0], cmd.Flags().Changed
			return o.edit(cmd.Context(), app)
		},
	}
	o.members.add(cmd.Flags())
	return withCodes(cmd, exitNotFound, exitIO, exitConfig)
}

func (o *contextAddOptions) edit(ctx context.Context, app *App) error {
	f, err := app.file()
	if err != nil {
		return err
	}
	if _, ok := f.Contexts[o.name]; !ok {
		return notFound("context", []string{o.name})
	}
	members, err := o.members.members(app, o.given)
	if err != nil {
		return err
	}
	if len(members) == 0 {
		return usagef("say what changes")
	}
	return app.edited(o.name, config.Edit(ctx, f.Path, func(e *config.Editor) error {
		e.Put(o.name, members)
		return nil
	}))
}

func newContextRemoveCmd(app *App) *cobra.Command {
	return withCodes(&cobra.Command{
		Use:     "remove <name>",
		Aliases: []string{"rm", "delete"},
		Short:   "Remove a context; the server and its data stay",
		Example: "  realmctl context remove lab",
		Args:    exactly(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return app.removeContext(cmd.Context(), args[0]) },
	}, exitNotFound, exitIO, exitConfig)
}

func (a *App) removeContext(ctx context.Context, name string) error {
	f, err := a.file()
	if err != nil {
		return err
	}
	if _, ok := f.Contexts[name]; !ok {
		return notFound("context", []string{name})
	}
	if err := config.Edit(ctx, f.Path, func(e *config.Editor) error { e.Remove(name); return nil }); err != nil {
		return err
	}
	return a.Show(details(map[string]any{"name": name, "removed": true}, [][]string{{"name", name}, {"removed", "yes"}}))
}

func newContextTestCmd(app *App) *cobra.Command {
	return withCodes(&cobra.Command{
		Use:     "test <name>",
		Short:   "Try whether a context works: reach it and log in",
		Example: "  realmctl context test prod",
		Args:    exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			app.flags.Context = args[0]
			return app.status(cmd.Context())
		},
	}, apiCodes()...)
}

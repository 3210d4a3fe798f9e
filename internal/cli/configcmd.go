package cli

import (
	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/config"
	"github.com/realmctl/realmctl/internal/output"
)

func newConfigCmd(app *App) *cobra.Command {
	return group("config", "The configuration file", nil, newConfigPathCmd(app), newConfigViewCmd(app))
}

func newConfigPathCmd(app *App) *cobra.Command {
	return withCodes(&cobra.Command{
		Use:     "path",
		Short:   "Show where the configuration file is, or would be",
		Example: "  realmctl config path",
		Args:    exactly(0),
		RunE: func(*cobra.Command, []string) error {
			path := app.world.ConfigFile
			if path == "" {
				return failf(exitConfig, "there is no place for a configuration file").withHint("REALMCTL_CONFIG=/path/to/config.yaml")
			}
			if app.flags.Output == "" || app.flags.Output == string(output.Table) {
				app.flags.Output = string(output.Value) // a table of one cell helps nobody
			}
			return app.Show(output.View{Data: map[string]string{"path": path}, Header: []string{"path"}, Rows: [][]string{{path}}})
		},
	}, exitConfig)
}

func newConfigViewCmd(app *App) *cobra.Command {
	return withCodes(&cobra.Command{
		Use:     "view",
		Short:   "Show the configuration as it is understood",
		Example: "  realmctl config view -o yaml",
		Args:    exactly(0),
		RunE:    func(*cobra.Command, []string) error { return app.viewConfig() },
	}, exitConfig)
}

// viewedConfig is the configuration without what is derived from it.
type viewedConfig struct {
	Path           string                    `json:"path"`
	CurrentContext string                    `json:"current_context,omitempty"`
	Contexts       map[string]config.Context `json:"contexts"`
	Defaults       config.Defaults           `json:"defaults"`
	Policy         config.Policy             `json:"policy"`
}

// viewConfig is YAML unless another format is asked for: a file is no table.
func (a *App) viewConfig() error {
	f, err := a.file()
	if err != nil {
		return err
	}
	if a.flags.Output == "" || a.flags.Output == string(output.Table) {
		a.flags.Output = string(output.YAML)
	}
	return a.Show(output.View{Data: viewedConfig{f.Path, f.CurrentContext, f.Contexts, f.Defaults, f.Policy}})
}

package cli

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/output"
)

// release is set by the linker (-X) for released builds.
var release = "" //nolint:gochecknoglobals // the linker can set nothing else

// speaks is the Elasticsearch version whose API this program speaks.
const speaks = "9.5.3"

// version is the released version, or what the Go tool knows of this build.
func version() string {
	if release != "" {
		return release
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

func newVersionCmd(app *App) *cobra.Command {
	return withCodes(&cobra.Command{
		Use:     "version",
		Short:   "Show the version",
		Example: "  realmctl version -o json",
		Args:    exactly(0),
		RunE: func(*cobra.Command, []string) error {
			v := struct {
				Version       string `json:"version"`
				Elasticsearch string `json:"elasticsearch"`
				Go            string `json:"go"`
				Platform      string `json:"platform"`
			}{version(), speaks, runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
			return app.Show(output.View{
				Data:   v,
				Header: []string{"version", "elasticsearch", "go", "platform"},
				Rows:   [][]string{{v.Version, v.Elasticsearch, v.Go, v.Platform}},
			})
		},
	}, exitConfig)
}

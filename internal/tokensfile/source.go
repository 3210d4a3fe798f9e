package tokensfile

import (
	"log/slog"
	"time"

	"github.com/realmctl/realmctl/internal/linefile"
)

// SourceOptions say how a node follows its file.
type SourceOptions struct {
	Log *slog.Logger
	Now func() time.Time
	// Strict drops all tokens when the file cannot be read or is not UTF-8, as
	// Elasticsearch does; else those from before stay.
	Strict bool
}

// NewSource gives the hashes by key as the file at path has them, and follows its
// changes. The map must not be changed.
func NewSource(path string, o SourceOptions) func() map[string]string {
	s := &linefile.Source[map[string]string]{
		Path: path, Now: o.Now, Strict: o.Strict,
		Parse: func(text string) map[string]string {
			return Parse(path, text, func(p linefile.Problem) {
				o.Log.Warn(p.Text) //nolint:sloglint // the text is Elasticsearch's
			})
		},
		Changed: func() {
			o.Log.Info("service tokens file [" + path + "] changed. updating ...") //nolint:sloglint // the text is Elasticsearch's
		},
		Failed: linefile.Tell(o.Log, path, "service tokens", o.Strict, "failed to parse service tokens file ["+path+"]. skipping/removing all tokens..."),
	}
	return s.Get
}

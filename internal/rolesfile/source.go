package rolesfile

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/realmctl/realmctl/internal/linefile"
)

// SourceOptions say how a node follows its file.
type SourceOptions struct {
	Log *slog.Logger
	Now func() time.Time
	// Reserved says which names belong to built-in roles.
	Reserved func(string) bool
	// Strict drops all roles when the file cannot be read or is not UTF-8, as
	// Elasticsearch does; else those from before stay.
	Strict bool
}

// NewSource gives what build makes of the usable segments of the file at path, and
// follows its changes. build logs what it has against a body and returns the
// roles by name; the last one of a name counts. The map must not be changed.
func NewSource[T any](path string, o SourceOptions, build func([]Segment) map[string]T) func() map[string]T {
	s := &linefile.Source[map[string]T]{
		Path: path, Now: o.Now, Strict: o.Strict,
		Parse: func(text string) map[string]T {
			var usable []Segment
			for _, s := range Parse(path, text, o.Reserved) {
				if s.Fault != "" {
					o.Log.Error(s.Fault) //nolint:sloglint // the text is Elasticsearch's
					continue
				}
				usable = append(usable, s)
			}
			roles := build(usable)
			o.Log.Info(fmt.Sprintf("parsed [%d] roles from file [%s]", len(roles), path)) //nolint:sloglint // the text is Elasticsearch's
			return roles
		},
		Changed: func() {
			what := "changed"
			if _, err := os.Stat(path); notExist(err) {
				what = "removed"
			}
			o.Log.Info("updated roles (roles file [" + path + "] " + what + ")") //nolint:sloglint // the text is Elasticsearch's
		},
		Failed: linefile.Tell(o.Log, path, "roles", o.Strict, "failed to read roles file ["+path+"]. skipping all roles..."),
	}
	return s.Get
}

func notExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }

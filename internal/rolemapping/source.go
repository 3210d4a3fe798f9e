package rolemapping

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/realmctl/realmctl/internal/linefile"
)

// SourceOptions say how a node follows its file.
type SourceOptions struct {
	Log *slog.Logger
	Now func() time.Time
	// Strict drops all mappings when the file cannot be read or is no YAML, as
	// Elasticsearch does; else those from before stay.
	Strict bool
}

// NewSource gives what the file at path maps now, and follows its changes. What is
// wrong with a role or a name is logged and takes away only that.
func NewSource(path string, o SourceOptions) func() []Entry {
	failed := linefile.Tell(o.Log, path, "role mappings", o.Strict, "failed to parse role mappings file ["+path+"]. skipping/removing all mappings...")
	r := reader{SourceOptions: o, path: path, failed: failed}
	s := &linefile.Source[[]Entry]{Path: path, Now: o.Now, Strict: o.Strict, Parse: r.read, Failed: failed}
	return s.Get
}

// reader makes mappings of texts, one at a time.
type reader struct {
	SourceOptions

	path   string
	failed func(error)
	begun  bool    // there was a text before
	last   []Entry // from the last text that could be read
}

func (r *reader) read(text string) []Entry {
	roles, err := parse(text)
	if err != nil {
		r.failed(err)
		if r.Strict {
			r.last = nil
		}
	} else {
		if r.begun {
			r.Log.Info("role mappings file [" + r.path + "] changed. updating mappings...") //nolint:sloglint // the text is Elasticsearch's
		}
		r.last = r.usable(roles)
	}
	r.begun = true
	return r.last
}

// usable leaves out roles and names that nothing can be made of.
func (r *reader) usable(roles []mapped) []Entry {
	var entries []Entry
	for _, m := range roles {
		if m.fault != nil {
			r.Log.Error("a role is skipped", "file", r.path, "error", m.fault)
			continue
		}
		e := Entry{Role: m.key.Value}
		for _, n := range m.names {
			if !distinguished(n.Value) {
				r.Log.Error(fmt.Sprintf("invalid DN [%s] found in [%s] role mappings [%s]. skipping...", n.Value, e.Role, r.path)) //nolint:sloglint // the text is Elasticsearch's
				continue
			}
			e.Names = append(e.Names, n.Value)
		}
		entries = append(entries, e)
	}
	return entries
}

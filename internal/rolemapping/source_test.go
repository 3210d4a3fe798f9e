package rolemapping_test

import (
	"bytes"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/rolemapping"
)

// TestSourceFollowsTheFile takes one file through its life, with a clock that lets
// every look see it.
func TestSourceFollowsTheFile(t *testing.T) {
	t.Parallel()
	good := []rolemapping.Entry{{Role: "logs", Names: []string{"cn=a,dc=x"}}}
	for _, strict := range []bool{false, true} {
		kept := good // what a bad file leaves
		if strict {
			kept = nil
		}
		path := rolemapping.Path(t.TempDir())
		now := time.Now()
		var log bytes.Buffer
		mappings := rolemapping.NewSource(path, rolemapping.SourceOptions{
			Log: slog.New(slog.NewTextHandler(&log, nil)), Now: func() time.Time { return now }, Strict: strict,
		})
		for _, step := range []struct {
			name string
			text string // empty: the file is removed
			want []rolemapping.Entry
			says string // in the log; empty: nothing
		}{
			{"no file", "", nil, ""},
			{"a file", "logs: ['cn=a,dc=x']\n", good, "changed. updating mappings..."},
			{"no change", "logs: ['cn=a,dc=x']\n", good, ""},
			{"a bad name goes alone", "logs: ['cn=a,dc=x', ana]\n", good, "invalid DN [ana] found in [logs] role mappings"},
			{"a bad role goes alone", "logs: ['cn=a,dc=x']\nother: cn=b,dc=x\n", good, "a role is skipped"},
			{"broken", "logs: [\n", kept, "broken YAML"},
			{"mended", "logs: ['cn=a,dc=x']\n", good, "changed. updating mappings..."},
			{"gone", "", nil, "changed. updating mappings..."},
		} {
			now = now.Add(time.Minute)
			if step.text == "" {
				_ = os.Remove(path)
			} else if err := os.WriteFile(path, []byte(step.text), 0o600); err != nil {
				t.Fatal(err)
			}
			log.Reset()
			if diff := cmp.Diff(step.want, mappings()); diff != "" {
				t.Errorf("strict %v, %s (-want +got):\n%s", strict, step.name, diff)
			}
			if got := log.String(); !strings.Contains(got, step.says) || step.says == "" && got != "" {
				t.Errorf("strict %v, %s: the log says %q, want %q", strict, step.name, got, step.says)
			}
			if step.name == "broken" && strings.Contains(log.String(), "updating") {
				t.Errorf("strict %v: the log claims an update: %s", strict, log.String())
			}
		}
	}
}

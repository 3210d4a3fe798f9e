package realmlint

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSchemaIsThatOfElasticsearch compares the tables with what a real node registers.
func TestSchemaIsThatOfElasticsearch(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/settings.txt")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{}
	for line := range strings.Lines(string(data)) {
		kind, name, ok := strings.Cut(strings.TrimSpace(line), ".*.")
		if ok {
			want[kind] = append(want[kind], name)
		}
	}
	for _, kind := range Types() {
		var got []string
		for _, s := range schema(kind) {
			got = append(got, strings.TrimSuffix(s.name, "."))
		}
		slices.Sort(got)
		slices.Sort(want[kind])
		if diff := cmp.Diff(want[kind], got); diff != "" {
			t.Errorf("settings of [%s] differ (-want +got):\n%s", kind, diff)
		}
	}
}

package settings_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/settings"
)

func TestOverPutsOneFileOverTheOther(t *testing.T) {
	t.Parallel()
	under, err := settings.Loader{}.Parse("below.yml", []byte("a: 1\nb.c: 2\n"))
	if err != nil {
		t.Fatal(err)
	}
	top, err := settings.Loader{}.Parse("-E", []byte("b.c: 3\nd: 4\n"))
	if err != nil {
		t.Fatal(err)
	}
	both := under.Over(top)
	if _, err := both.Bool("b.c", false); err == nil || err.Error() != "-E:1: b.c: [3] is neither [true] nor [false]" {
		t.Errorf("a setting of the upper file is complained about as %v", err)
	}
	if _, err := both.Bool("a", false); err == nil || err.Error() != "below.yml:1: a: [1] is neither [true] nor [false]" {
		t.Errorf("a setting of the lower file is complained about as %v", err)
	}
	got := map[string]string{}
	for _, key := range both.Keys() {
		got[key] = both.Text(key, "")
	}
	if diff := cmp.Diff(map[string]string{"a": "1", "b.c": "3", "d": "4"}, got); diff != "" {
		t.Errorf("settings differ (-want +got):\n%s", diff)
	}
	if under.Text("b.c", "") != "2" {
		t.Error("Over changed the settings below")
	}
	if got := new(settings.Settings).Over(top).Text("d", ""); got != "4" {
		t.Errorf("over nothing: d = %q, want 4", got)
	}
}

package compat_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func compareFiles(t *testing.T, r record, ex exception, got result) {
	t.Helper()
	for name, want := range r.FilesAfter {
		after, there := got.after[name]
		if !there {
			t.Errorf("there is no %s afterwards", name)
			continue
		}
		if m := mode(t, want.Mode); after.mode != m && !slices.Contains(ex.anyMode, name) {
			t.Errorf("%s has mode %o afterwards, want %o", name, after.mode, m)
		}
		if before, there := got.before[name]; there && after.owner != before.owner {
			t.Errorf("%s belongs to %d afterwards, want %d", name, after.owner, before.owner)
		}
		text := got.before[name].text
		if !want.Same && !want.Rewritten {
			text = want.text()
		}
		compareContent(t, r, ex, name, text, after.text)
	}
	for name := range got.after {
		if _, known := r.FilesAfter[name]; !known {
			t.Errorf("%s was left behind", name)
		}
	}
	for name, want := range r.FilesDuring {
		text := got.before[name].text
		if !want.Same && !want.Rewritten {
			text = want.text()
		}
		compareContent(t, r, ex, "during/"+name, text, got.during[name].text)
	}
}

func compareContent(t *testing.T, r record, ex exception, name, want, got string) {
	t.Helper()
	if lossless, ok := ex.lossless[name]; ok {
		// Every line that was there still is, and Elasticsearch sees what it would see
		// in the file that its own tool writes.
		if !matches(lossless, got) {
			t.Errorf("%s differs (-want +got):\n%s", name, cmp.Diff(lossless, got))
		}
		want, got = seen(want), seen(got)
	}
	if slices.Contains(r.AnyLineOrder, strings.TrimPrefix(name, "during/")) || len(ex.lossless) > 0 {
		want, got = sorted(want, true), sorted(got, true)
	}
	if !matches(want, got) {
		t.Errorf("%s differs (-want +got):\n%s", name, cmp.Diff(want, got))
	}
}

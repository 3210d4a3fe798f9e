package linefile_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/linefile"
)

// watched is a source with a clock that tests turn, and a diary.
type watched struct {
	*linefile.Source[string]

	clock atomic.Int64
	diary []string
}

func watch(t *testing.T, strict bool) *watched {
	t.Helper()
	w := &watched{}
	w.clock.Store(time.Now().UnixNano())
	w.Source = &linefile.Source[string]{
		Path: filepath.Join(t.TempDir(), "file"), Strict: strict,
		Now:     func() time.Time { return time.Unix(0, w.clock.Load()) },
		Parse:   strings.ToUpper,
		Changed: func() { w.diary = append(w.diary, "changed") },
		Failed:  func(error) { w.diary = append(w.diary, "failed") },
	}
	return w
}

// later is what the file holds after a while.
func (w *watched) later() string {
	w.clock.Add(int64(time.Minute))
	return w.Get()
}

func (w *watched) write(t *testing.T, text string) {
	t.Helper()
	if err := os.WriteFile(w.Path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestSourceFollowsTheFile(t *testing.T) {
	t.Parallel()
	w := watch(t, false)
	if got := w.Get(); got != "" {
		t.Errorf("no file reads as %q", got)
	}
	w.write(t, "one")
	if got := w.Get(); got != "" {
		t.Errorf("looked again at once: %q", got)
	}
	if got := w.later(); got != "ONE" {
		t.Errorf("a new file reads as %q", got)
	}
	w.write(t, "two") // as long, perhaps within the same tick of the clock
	if got := w.later(); got != "TWO" {
		t.Errorf("a changed file reads as %q", got)
	}
	if err := os.Chtimes(w.Path, time.Now(), time.Now()); err != nil {
		t.Fatal(err)
	}
	if got := w.later(); got != "TWO" {
		t.Errorf("a touched file reads as %q", got)
	}
	swapped := w.Path + ".new"
	if err := errors.Join(os.WriteFile(swapped, []byte("six"), 0o600), os.Rename(swapped, w.Path)); err != nil {
		t.Fatal(err)
	}
	if got := w.later(); got != "SIX" {
		t.Errorf("a replaced file reads as %q", got)
	}
	if err := os.Remove(w.Path); err != nil {
		t.Fatal(err)
	}
	if got := w.later(); got != "" {
		t.Errorf("a removed file reads as %q", got)
	}
	if diff := cmp.Diff([]string{"changed", "changed", "changed", "changed"}, w.diary); diff != "" {
		t.Errorf("diary (-want +got):\n%s", diff)
	}
}

func TestAnUnreadableFileKeepsWhatItHeld(t *testing.T) {
	t.Parallel()
	for _, strict := range []bool{false, true} {
		w := watch(t, strict)
		w.write(t, "one")
		if got := w.Get(); got != "ONE" {
			t.Errorf("first %q", got)
		}
		if err := errors.Join(os.Remove(w.Path), os.Mkdir(w.Path, 0o700)); err != nil {
			t.Fatal(err)
		}
		want := map[bool]string{false: "ONE", true: ""}[strict]
		for range 3 {
			if got := w.later(); got != want {
				t.Errorf("strict %v: an unreadable file reads as %q, want %q", strict, got, want)
			}
		}
		if err := os.Remove(w.Path); err != nil {
			t.Fatal(err)
		}
		w.write(t, "two")
		if got := w.later(); got != "TWO" {
			t.Errorf("strict %v: mended it reads as %q", strict, got)
		}
		wantDiary := map[bool][]string{false: {"failed", "changed"}, true: {"failed", "changed", "changed"}}[strict]
		if diff := cmp.Diff(wantDiary, w.diary); diff != "" {
			t.Errorf("strict %v: diary (-want +got):\n%s", strict, diff)
		}
	}
}

func TestOnlyAStrictSourceGivesUpOverBytesThatAreNotUTF8(t *testing.T) {
	t.Parallel()
	for strict, want := range map[bool]string{false: "A\xff", true: ""} {
		w := watch(t, strict)
		w.Parse = func(text string) string { return strings.Replace(text, "a", "A", 1) }
		w.write(t, "a\xff")
		if got := w.Get(); got != want {
			t.Errorf("strict %v: %q, want %q", strict, got, want)
		}
	}
}

func TestSourceServesManyAtOnce(t *testing.T) {
	t.Parallel()
	w := watch(t, false)
	w.write(t, "a")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 200 {
				if got := w.later(); got != "A" && got != "B" {
					t.Errorf("read %q", got)
				}
				if i == 0 {
					_ = os.WriteFile(w.Path+".new", []byte("b"), 0o600)
					_ = os.Rename(w.Path+".new", w.Path)
				}
			}
		})
	}
	wg.Wait()
}

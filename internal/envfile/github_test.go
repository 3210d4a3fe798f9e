package envfile_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/realmctl/realmctl/internal/envfile"
)

func TestRunnerMasksThenAppends(t *testing.T) {
	t.Parallel()
	path := env(t, "BEFORE=1")
	var out strings.Builder
	s := envfile.NewRunner(&out, lookup(map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_ENV": path}), "K")
	if err := s.Prove(t.Context()); err != nil {
		t.Fatal(err)
	}
	if out.Len() > 0 || content(t, path) != "BEFORE=1" {
		t.Fatalf("Prove wrote %q, %q", out.String(), content(t, path))
	}
	if err := s.Put(t.Context(), "50%x"); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "::add-mask::50%25x\n"; got != want {
		t.Errorf("standard output %q, want %q", got, want)
	}
	if got, want := content(t, path), "BEFORE=1\nK=50%x\n"; got != want {
		t.Errorf("file %q, want %q", got, want)
	}
	if err := s.Undo(t.Context()); err != nil || content(t, path) != "BEFORE=1" {
		t.Errorf("Undo = %v, file %q", err, content(t, path))
	}
}

func TestRunnerRefusals(t *testing.T) {
	t.Parallel()
	path := env(t, "")
	ready := map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_ENV": path}
	for _, tt := range []struct {
		name     string
		environ  map[string]string
		variable string
		want     error
	}{
		{"no runner", nil, "K", envfile.ErrNoRunner},
		{"not true", map[string]string{"GITHUB_ACTIONS": "1", "GITHUB_ENV": path}, "K", envfile.ErrNoRunner},
		{"no file named", map[string]string{"GITHUB_ACTIONS": "true"}, "K", envfile.ErrNoRunner},
		{"no such file", map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_ENV": path + "x"}, "K", fs.ErrNotExist},
		{"a variable of GitHub's", ready, "GITHUB_TOKEN", envfile.ErrName},
		{"a variable of the runner's", ready, "runner_os", envfile.ErrName},
		{"code injection", ready, "NODE_OPTIONS", envfile.ErrName},
		{"no name", ready, "A B", envfile.ErrName},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := envfile.NewRunner(&strings.Builder{}, lookup(tt.environ), tt.variable)
			if err := s.Prove(t.Context()); !errors.Is(err, tt.want) {
				t.Errorf("Prove = %v, want %v", err, tt.want)
			}
		})
	}
	var out strings.Builder
	s := envfile.NewRunner(&out, lookup(ready), "K")
	if err := s.Put(t.Context(), "a\nEVIL=1"); !errors.Is(err, envfile.ErrUnstorable) || content(t, path) != "" {
		t.Errorf("Put of two lines = %v, file %q", err, content(t, path))
	}
	if out.Len() > 0 {
		t.Errorf("a refused secret was printed: %q", out.String())
	}
}

func TestRunnerUndoSparesLaterLines(t *testing.T) {
	t.Parallel()
	path := env(t, "")
	s := envfile.NewRunner(&strings.Builder{}, lookup(map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_ENV": path}), "K")
	if err := s.Put(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	write(t, path, content(t, path)+"LATER=1\n", 0o600)
	if err := s.Undo(t.Context()); err == nil {
		t.Error("Undo cut off a later line")
	}
	if got := content(t, path); got != "K=x\nLATER=1\n" {
		t.Errorf("file %q", got)
	}
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheRepositoryIsCurrent(t *testing.T) {
	t.Parallel()
	if err := run("../../..", true); err != nil {
		t.Error(err)
	}
}

func TestDriftIsFoundAndMended(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	if err := run(top, false); err != nil {
		t.Fatal(err)
	}
	if err := run(top, true); err != nil {
		t.Fatalf("just written: %v", err)
	}
	user := filepath.Join(top, "docs/commands/user.md")
	gone := filepath.Join(top, "completions/gone")
	for _, path := range []string{user, gone} {
		if err := os.WriteFile(path, []byte("stale"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	err := run(top, true)
	if err == nil || !strings.Contains(err.Error(), "docs/commands/user.md is not current") || !strings.Contains(err.Error(), "completions/gone belongs to no command") {
		t.Errorf("check: %v", err)
	}
	if err := run(top, false); err != nil {
		t.Fatal(err)
	}
	if err := run(top, true); err != nil {
		t.Errorf("mended: %v", err)
	}
}

package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
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

// TestLinksLeadSomewhere follows the links of the hand-written pages, and of the others.
func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	const top = "../../.."
	link := regexp.MustCompile(`\]\(([^)#\s]+)[^)]*\)`)
	checked := 0
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || d.Name() == ".git") {
			return fs.SkipDir
		}
		if filepath.Ext(path) != ".md" {
			return nil
		}
		page, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range link.FindAllSubmatch(page, -1) {
			to := string(m[1])
			if strings.Contains(to, "://") {
				continue
			}
			checked++
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), to)); err != nil {
				t.Errorf("%s leads to %s: %v", path, to, err)
			}
		}
		return nil
	})
	if err != nil || checked < 20 {
		t.Errorf("%d links, %v", checked, err)
	}
}

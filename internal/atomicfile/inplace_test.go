package atomicfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/realmctl/realmctl/internal/atomicfile"
)

func TestRewriteInPlaceKeepsTheFileAndABackup(t *testing.T) {
	t.Parallel()
	for _, elsewhere := range []bool{false, true} {
		dir, backups := t.TempDir(), ""
		path := filepath.Join(dir, "users")
		write(t, path, "the old content", 0o640)
		before, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if elsewhere {
			backups = t.TempDir()
		}
		out, err := replace(t, path, "new", atomicfile.Options{InPlace: true, BackupDir: backups})
		if err != nil {
			t.Fatal(err)
		}
		undo, done := atomicfile.Backups(path, backups)
		if out.Backup != done || len(out.Notices) != 1 || !strings.Contains(out.Notices[0], done) {
			t.Errorf("Replace = %+v, want the backup %s told", out, done)
		}
		if got := content(t, done); got != "the old content" {
			t.Errorf("backup holds %q", got)
		}
		if got := modeOf(t, done); got != 0o600 {
			t.Errorf("backup has mode %v, want 0600", got)
		}
		if _, err := os.Lstat(undo); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("undo copy: %v, want it gone", err)
		}
		after, err := os.Stat(path)
		if err != nil || !os.SameFile(before, after) || content(t, path) != "new" || after.Mode() != 0o640 {
			t.Errorf("after: %v %v %q", err, after.Mode(), content(t, path))
		}
	}
}

func TestAnInterruptedRewriteIsNotPaintedOver(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "users")
	undo, _ := atomicfile.Backups(path, "")
	write(t, path, "neold content", 0o640) // torn
	write(t, undo, "the old content", 0o600)
	for _, inPlace := range []bool{false, true} {
		_, err := replace(t, path, "newer", atomicfile.Options{InPlace: inPlace})
		if !errors.Is(err, atomicfile.ErrInterrupted) || !strings.Contains(err.Error(), undo) {
			t.Errorf("Replace = %v, want ErrInterrupted naming %s", err, undo)
		}
	}
	if err := atomicfile.Probe(path, atomicfile.Options{}); !errors.Is(err, atomicfile.ErrInterrupted) {
		t.Errorf("Probe = %v, want ErrInterrupted", err)
	}
	l, err := atomicfile.Acquire(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	if err := l.Restore(path, atomicfile.Options{}); err != nil {
		t.Fatal(err)
	}
	if got := content(t, path); got != "the old content" {
		t.Errorf("restored %q", got)
	}
	onlyFiles(t, dir, "users")
	if _, err := l.Replace(path, "newer", atomicfile.Options{}); err != nil {
		t.Errorf("Replace after Restore: %v", err)
	}
}

//go:build unix

package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/realmctl/realmctl/internal/sqlite"
)

func TestFilesThatMayNotBeWritten(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]struct{ dir, file os.FileMode }{
		"a read-only folder":               {0o555, 0},
		"a read-only folder with its file": {0o555, 0o644},
		"a read-only file":                 {0o777, 0o444},
		"a file for others":                {0o777, 0o000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "data")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "security.db")
			if mode.file != 0 || mode.dir == 0o777 {
				db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
				if err != nil {
					t.Fatal(err)
				}
				if err := errors.Join(db.Close(), os.Chmod(path, mode.file)); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Chmod(dir, mode.dir); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.Chmod(dir, 0o700) })
			out := asNobody(t, "open", path)
			if want := "open database " + path + ": " + sqlite.ErrReadOnly.Error(); !strings.HasPrefix(out, want) {
				t.Errorf("Open() says %q, want %q", out, want)
			}
		})
	}
}

// asNobody runs this program again without root's rights.
func asNobody(t *testing.T, what string, args ...string) string {
	t.Helper()
	cmd := child(t, what, args...)
	if os.Geteuid() == 0 {
		exe, err := os.ReadFile(cmd.Path) // the original is where nobody may not go
		if err != nil {
			t.Fatal(err)
		}
		dir, err := os.MkdirTemp("", "sqlite-test") //nolint:usetesting // t.TempDir is root's alone
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		cmd.Path = filepath.Join(dir, "test")
		if err := errors.Join(os.Chmod(dir, 0o755), os.WriteFile(cmd.Path, exe, 0o755)); err != nil {
			t.Fatal(err)
		}
		for at := filepath.Dir(filepath.Dir(args[0])); at != filepath.Clean(os.TempDir()) && at != "/"; at = filepath.Dir(at) {
			_ = os.Chmod(at, 0o755) // the test's own folders, so that nobody reaches the last one
		}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		cmd.Dir = dir
	}
	out, _ := cmd.CombinedOutput()
	return string(out)
}

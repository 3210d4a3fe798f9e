//go:build unix

package linefile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/realmctl/realmctl/internal/linefile"
)

func TestReadDoesNotWaitForAPipe(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	_, err := linefile.Read(path)
	if _, ok := errors.AsType[*fs.PathError](err); !ok {
		t.Errorf("Read(pipe) = %v, want an error of the file", err)
	}
}

func TestReadTellsAFileThatMayNotBeRead(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Skip("root may read everything")
	}
	path := filepath.Join(t.TempDir(), "users")
	if err := os.WriteFile(path, nil, 0); err != nil {
		t.Fatal(err)
	}
	_, err := linefile.Read(path)
	if _, ok := errors.AsType[*linefile.DeniedError](err); !ok || !errors.Is(err, fs.ErrPermission) {
		t.Errorf("Read = %v, want a DeniedError", err)
	}
}

func TestReadNamesAFolderOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := linefile.Read(dir)
	if want := "read " + dir + ": is a directory"; err == nil || err.Error() != want {
		t.Errorf("Read(folder) = %v, want %s", err, want)
	}
}

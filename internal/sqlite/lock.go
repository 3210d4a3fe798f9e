package sqlite

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gofrs/flock"
)

// DirLock is a hold on a data directory.
type DirLock struct{ f *flock.Flock }

// Lock takes the data directory for the caller alone, as a restore needs it and a
// renaming of the directory. It does not wait: while any process has a database of
// the directory open, this one too, it returns ErrInUse. The lock follows the
// directory when that is renamed.
func Lock(dir string) (*DirLock, error) {
	f := lockFile(dir)
	ok, err := f.TryLock()
	if err == nil && !ok {
		err = ErrInUse
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	return &DirLock{f: f}, nil
}

// Release lets other processes in again. A second call does nothing.
func (l *DirLock) Release() error { return l.f.Unlock() }

// share marks the directory as in use by one more process.
func share(dir string) (*DirLock, error) {
	f := lockFile(dir)
	ok, err := f.TryRLock()
	if err == nil && !ok {
		err = ErrInUse
	}
	if err != nil {
		return nil, err
	}
	return &DirLock{f: f}, nil
}

// lockFile is the directory itself, so that no lock file is left behind. Windows
// cannot lock a directory.
func lockFile(dir string) *flock.Flock {
	if runtime.GOOS == "windows" {
		return flock.New(filepath.Join(dir, "security.lock"))
	}
	return flock.New(dir, flock.SetFlag(os.O_RDONLY))
}

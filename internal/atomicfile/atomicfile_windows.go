package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Windows keeps owner and ACL of a replaced file by itself (ReplaceFile), has no
// fsync of folders, and cannot lock a folder: a file that vanishes with its
// handle stands in for it.

const lockName = ".realmctl-lock"

// tryLock creates the lock file for this process alone; the system removes it
// with the handle, also when the process is killed. The handle of the folder is
// given up for it: both end in close.
func tryLock(d *folder) error {
	name, err := windows.UTF16PtrFromString(filepath.Join(d.path, lockName))
	if err != nil {
		return err
	}
	h, err := windows.CreateFile(name, windows.GENERIC_READ|windows.GENERIC_WRITE, 0, nil,
		windows.OPEN_ALWAYS, windows.FILE_ATTRIBUTE_HIDDEN|windows.FILE_FLAG_DELETE_ON_CLOSE, 0)
	if errors.Is(err, windows.ERROR_SHARING_VIOLATION) {
		return errHeld
	}
	if errors.Is(err, windows.ERROR_ACCESS_DENIED) {
		// Either the file is just being deleted, or we may not write the folder.
		if _, missing := os.Lstat(filepath.Join(d.path, lockName)); !errors.Is(missing, fs.ErrNotExist) {
			return errHeld
		}
	}
	if err != nil {
		return err
	}
	_ = d.handle.Close()
	d.handle = os.NewFile(uintptr(h), lockName)
	return nil
}

// swap puts the file tmp in the place of base. ReplaceFile keeps the owner, the
// ACL and the attributes of the file that goes.
func swap(d *folder, tmp, base string) error {
	if _, err := d.root.Lstat(base); errors.Is(err, fs.ErrNotExist) {
		return d.root.Rename(tmp, base)
	}
	from, err := windows.UTF16PtrFromString(filepath.Join(d.path, tmp))
	if err != nil {
		return err
	}
	to, err := windows.UTF16PtrFromString(filepath.Join(d.path, base))
	if err != nil {
		return err
	}
	replace := windows.NewLazySystemDLL("kernel32.dll").NewProc("ReplaceFileW")
	ok, _, err := replace.Call(uintptr(unsafe.Pointer(to)), uintptr(unsafe.Pointer(from)), 0, 0, 0, 0)
	if ok == 0 {
		return &os.LinkError{Op: "replace", Old: tmp, New: base, Err: err}
	}
	return nil
}

// resolve follows the links of path; the last element need not exist.
func resolve(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	full, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		dir, err := filepath.EvalSymlinks(filepath.Dir(path))
		return filepath.Join(dir, filepath.Base(path)), err
	}
	return full, err
}

// attributes are kept by ReplaceFile.
type attributes struct{}

func (*attributes) setMode(fs.FileMode) {}

func read(*os.File) (attributes, error) { return attributes{}, nil }

func inherit(*folder, Options) (attributes, []string, error) { return attributes{}, nil, nil }

func (attributes) apply(*os.File) error { return nil }

func giveTo(_, _ *os.File) {}

func links(fs.FileInfo) uint64 { return 1 }

func (*Account) mayOpen(path string) (bool, error) {
	_, err := os.Stat(path)
	return err == nil, err
}

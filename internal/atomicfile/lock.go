package atomicfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// Lock is held on every folder that files to be changed lie in.
type Lock struct {
	folders []*folder
	notices []string
}

// folder is an open folder. Everything is done relative to it, so that it cannot
// be exchanged for another one half-way.
type folder struct {
	path   string // without symbolic links
	root   *os.Root
	handle *os.File
	locked bool
}

// errHeld says that somebody else has the lock at the moment.
var errHeld = errors.New("held")

// Acquire locks the folders that hold the files at paths, also those that their
// symbolic links lead to, and waits for them until ctx ends; then the error is
// ErrBusy. A process that dies gives its locks back.
func Acquire(ctx context.Context, paths ...string) (*Lock, error) {
	const longest = 32 * time.Millisecond
	for wait := time.Millisecond; ; wait = min(2*wait, longest) {
		l, err := try(paths)
		if !errors.Is(err, errHeld) {
			return l, err
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, fmt.Errorf("lock %s: %w: %w", filepath.Dir(paths[0]), ErrBusy, context.Cause(ctx))
		}
	}
}

// Release gives the locks back.
func (l *Lock) Release() {
	for _, d := range l.folders {
		d.close()
	}
	l.folders = nil
}

// try takes all locks or none, so that two processes cannot wait for each other.
func try(paths []string) (*Lock, error) {
	dirs, err := folders(paths)
	if err != nil {
		return nil, err
	}
	l := &Lock{}
	for _, dir := range dirs {
		d, err := open(dir)
		if err != nil {
			l.Release()
			return nil, fmt.Errorf("lock %s: %w", dir, err)
		}
		l.folders = append(l.folders, d)
		if err := l.take(d); err != nil {
			l.Release()
			return nil, fmt.Errorf("lock %s: %w", dir, err)
		}
	}
	if again, err := folders(paths); err != nil || !slices.Equal(dirs, again) {
		l.Release()
		return nil, errors.Join(errHeld, err) // links were changed meanwhile
	}
	return l, nil
}

// folders lists the folders of paths and of what their links lead to.
func folders(paths []string) ([]string, error) {
	var dirs []string
	for _, path := range paths {
		named, err := resolve(filepath.Dir(path))
		if err != nil {
			return nil, fmt.Errorf("lock %s: %w", filepath.Dir(path), err)
		}
		file, err := resolve(path)
		if err != nil {
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		dirs = append(dirs, named, filepath.Dir(file))
	}
	slices.Sort(dirs)
	return slices.Compact(dirs), nil
}

func open(dir string) (*folder, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	handle, err := root.Open(".")
	if err != nil {
		_ = root.Close()
		return nil, err
	}
	return &folder{path: dir, root: root, handle: handle}, nil
}

func (d *folder) close() {
	_ = d.handle.Close() // ends the lock too
	_ = d.root.Close()
}

// take locks one folder without waiting. Two mounts of one folder are the same
// folder to the lock, so that the second one of them is free already.
func (l *Lock) take(d *folder) error {
	info, err := d.handle.Stat()
	if err != nil {
		return err
	}
	for _, other := range l.folders {
		if held, err := other.handle.Stat(); err == nil && other.locked && os.SameFile(info, held) {
			d.locked = true
			return nil
		}
	}
	err = tryLock(d)
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EBADF) || errors.Is(err, syscall.ENOLCK) {
		l.notices = append(l.notices, d.path+" cannot be locked on this kind of file system; make sure that nobody else changes its files now")
		return nil
	}
	if err != nil {
		return err
	}
	d.locked = true
	// Somebody may have put another folder in this place while we waited.
	now, err := os.Stat(d.path)
	if err != nil {
		return err
	}
	if !os.SameFile(info, now) {
		return errHeld
	}
	return nil
}

// locate finds the locked folder of a file.
func (l *Lock) locate(path string) (target, error) {
	file, err := resolve(path)
	if err != nil {
		return target{}, err
	}
	for _, d := range l.folders {
		if d.path == filepath.Dir(file) {
			return target{folder: d, base: filepath.Base(file), named: path}, volume(d)
		}
	}
	return target{}, errors.New("its folder is not locked")
}

// volume refuses folders that Kubernetes fills: it swaps the ..data link there.
func volume(d *folder) error {
	info, err := d.root.Lstat("..data")
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return ErrVolume
	}
	return nil
}

// sync makes a rename durable. Some file systems cannot, which is not our fault.
func (d *folder) sync() error {
	err := d.handle.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}

package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Suffixes of the old content of a file that is, or was, rewritten in place.
const (
	undoSuffix   = ".realmctl-undo"   // the rewrite is under way, or was interrupted
	backupSuffix = ".realmctl-backup" // it was completed
)

// Backups names the files that a rewrite of path in place makes: undo exists only
// while it is under way or after it was interrupted, done afterwards.
func Backups(path, dir string) (undo, done string) {
	if dir == "" {
		dir = filepath.Dir(path)
	}
	base := filepath.Join(dir, filepath.Base(path))
	return base + undoSuffix, base + backupSuffix
}

// checkUndo refuses to go on over an interrupted rewrite: the file may be a
// mixture of old and new, and the undo copy is the only whole one.
func (t target) checkUndo(o Options) error {
	undo, _ := Backups(t.path(), o.BackupDir)
	_, err := os.Lstat(undo)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return fmt.Errorf("%w: the content from before is in %s; restore it, or remove it to keep the file as it is", ErrInterrupted, undo)
}

// rewrite changes the file in place. The old content is complete and durable in a
// file with a known name before the first byte is overwritten.
func (t target) rewrite(content string, o Options, out *Outcome) error {
	undo, done := Backups(t.path(), o.BackupDir)
	f, err := t.folder.root.OpenFile(t.base, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	old, err := readAll(f)
	if err != nil {
		return err
	}
	if err := writeBackup(undo, old, f); err != nil {
		return fmt.Errorf("backup before a rewrite in place: %w", classify(err))
	}
	if err := overwrite(f, content); err != nil {
		if again := overwrite(f, old); again != nil {
			return fmt.Errorf("%w: the content from before is in %s: %w", ErrInterrupted, undo, err)
		}
		_ = os.Remove(undo)
		return fmt.Errorf("the old content was put back: %w", err)
	}
	if o.Mode != 0 {
		if err := f.Chmod(o.Mode.Perm()); err != nil {
			return fmt.Errorf("%w: mode: %w", ErrAttributes, err)
		}
	}
	if err := os.Rename(undo, done); err != nil {
		return err
	}
	out.Backup = done
	out.Notices = append(out.Notices, fmt.Sprintf("%s was rewritten in place; the content from before is in %s", t.named, done))
	return syncDir(filepath.Dir(done))
}

// Restore puts the content from before an interrupted rewrite back.
func (l *Lock) Restore(path string, o Options) error {
	t, err := l.locate(path)
	if err != nil {
		return fmt.Errorf("restore %s: %w", path, err)
	}
	if err := t.restore(o); err != nil {
		return fmt.Errorf("restore %s: %w", path, classify(err))
	}
	return nil
}

func (t target) restore(o Options) error {
	undo, _ := Backups(t.path(), o.BackupDir)
	old, err := os.ReadFile(undo)
	if err != nil {
		return err
	}
	f, err := t.folder.root.OpenFile(t.base, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if err := overwrite(f, string(old)); err != nil {
		return err
	}
	if err := os.Remove(undo); err != nil {
		return err
	}
	return syncDir(filepath.Dir(undo))
}

// writeBackup gives the copy its name only when it is complete.
func writeBackup(name, content string, like *os.File) error {
	tmp := filepath.Join(filepath.Dir(name), tempName(filepath.Base(name)))
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = func() error {
		if _, err := f.WriteString(content); err != nil {
			return err
		}
		giveTo(f, like)
		return f.Sync()
	}()
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(tmp, name)
	}
	if err != nil {
		_ = os.Remove(tmp)
		return err
	}
	return syncDir(filepath.Dir(name))
}

// overwrite writes content over the file from its start and cuts off the rest.
func overwrite(f *os.File, content string) error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if _, err := f.WriteString(content); err != nil {
		return err
	}
	if err := f.Truncate(int64(len(content))); err != nil {
		return err
	}
	return f.Sync()
}

func readAll(f *os.File) (string, error) {
	var b strings.Builder
	if _, err := f.WriteTo(&b); err != nil {
		return "", err
	}
	return b.String(), nil
}

func syncDir(dir string) error {
	handle, err := os.Open(dir)
	if err != nil {
		return err
	}
	d := folder{path: dir, handle: handle}
	err = d.sync()
	_ = handle.Close()
	return err
}

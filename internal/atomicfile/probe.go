package atomicfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Probe finds out whether Replace would be allowed to write the file at path: it
// does everything but the last step and leaves nothing behind. It takes no lock,
// unless it must know whether a rewrite in place is under way or was interrupted.
// Nobody should be asked for a password, and no key be created, before it.
func Probe(path string, o Options) error {
	err := probe(path, o)
	if errors.Is(err, ErrInterrupted) {
		err = probeSettled(path, o, err)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, classify(err))
	}
	return nil
}

// patience is how long a rewrite in place by somebody else may take.
const patience = 10 * time.Second

// probeSettled probes when nobody writes: then an undo copy that is still there was
// left behind.
func probeSettled(path string, o Options, found error) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	l, err := Acquire(ctx, path)
	if err != nil {
		return found
	}
	defer l.Release()
	return probe(path, o)
}

func probe(path string, o Options) error {
	file, err := resolve(path)
	if err != nil {
		return err
	}
	d, err := open(filepath.Dir(file))
	if err != nil {
		return err
	}
	defer d.close()
	if err := volume(d); err != nil {
		return err
	}
	t := target{folder: d, base: filepath.Base(file), named: path}
	if err := t.checkUndo(o); err != nil {
		return err
	}
	want, old, err := t.attributes(o, &Outcome{})
	if err != nil {
		return err
	}
	if old != nil && (o.InPlace || mountPoint(file)) {
		return t.probeInPlace(o)
	}
	tmp, err := t.stage("", want)
	if err != nil {
		return err
	}
	return unlessGone(t.folder.root.Remove(tmp))
}

// unlessGone forgives that somebody who holds the lock has swept a file of ours.
func unlessGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (t target) probeInPlace(o Options) error {
	f, err := t.folder.root.OpenFile(t.base, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	_ = f.Close()
	undo, _ := Backups(t.path(), o.BackupDir)
	tmp := filepath.Join(filepath.Dir(undo), tempName(t.base))
	f, err = os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("no room for a backup: %w", err)
	}
	_ = f.Close()
	return unlessGone(os.Remove(tmp))
}

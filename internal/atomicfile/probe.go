package atomicfile

import (
	"fmt"
	"os"
	"path/filepath"
)

// Probe finds out whether Replace would be allowed to write the file at path: it
// does everything but the last step and leaves nothing behind. It takes no lock.
// Nobody should be asked for a password, and no key be created, before it.
func Probe(path string, o Options) error {
	if err := probe(path, o); err != nil {
		return fmt.Errorf("write %s: %w", path, classify(err))
	}
	return nil
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
	return t.folder.root.Remove(tmp)
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
	return os.Remove(tmp)
}

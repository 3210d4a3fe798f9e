// Package atomicfile replaces configuration files so that a crash at any instant
// leaves the old file or the new one, with owner, group, mode, ACL and extended
// attributes as they were, and so that two processes never lose each other's
// changes: both hold a lock on the folder itself, which leaves no file behind.
package atomicfile

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// What can be in the way; the text of the wrapping error names the file.
var (
	ErrBusy        = errors.New("another process holds the lock on the folder")
	ErrReadOnly    = errors.New("the file system is read-only")
	ErrVolume      = errors.New("the folder is a Kubernetes volume (..data), whose files are replaced from outside")
	ErrAttributes  = errors.New("owner, mode or attributes cannot be kept")
	ErrUnreadable  = errors.New("the service account could not read the file")
	ErrForeignLink = errors.New("a symbolic link that another account made")
	ErrInterrupted = errors.New("an earlier rewrite in place was interrupted")
	ErrNotRegular  = errors.New("not a regular file")
)

// Options say how a file is written. The zero value is right for a private file.
type Options struct {
	// Like names files of the same folder that a new file takes owner, group,
	// mode and ACL from: the first one there, else the folder. Nil: a new file
	// belongs to the caller and has mode 0600.
	Like []string
	// Mode, unless 0, is given to the file, new or not.
	Mode fs.FileMode
	// Reader must be able to read a new file; nil: nobody is asked about.
	Reader *Account
	// InPlace rewrites the file instead of replacing it, which keeps the inode.
	// Single-file bind mounts are rewritten in place anyway.
	InPlace bool
	// BackupDir is where the old content goes before a rewrite in place; empty:
	// the folder of the file.
	BackupDir string
}

// Outcome is what Replace did.
type Outcome struct {
	Created bool
	Backup  string   // the old content, after a rewrite in place; else empty
	Notices []string // what a person should know, a line each
}

// target is a file after its links were followed.
type target struct {
	folder *folder
	base   string
	named  string // as the caller named it
}

func (t target) path() string { return filepath.Join(t.folder.path, t.base) }

// Replace gives the file at path a new content. An error leaves the old content,
// or says where it is.
func (l *Lock) Replace(path, content string, o Options) (Outcome, error) {
	out := Outcome{Notices: l.notices}
	t, err := l.locate(path)
	if err != nil {
		return out, fmt.Errorf("replace %s: %w", path, err)
	}
	if err := t.replace(content, o, &out); err != nil {
		return out, fmt.Errorf("replace %s: %w", path, classify(err))
	}
	return out, nil
}

func (t target) replace(content string, o Options, out *Outcome) error {
	if err := t.checkUndo(o); err != nil {
		return err
	}
	want, old, err := t.attributes(o, out)
	if err != nil {
		return err
	}
	t.folder.sweep(t.base)
	if old != nil && o.InPlace {
		return t.rewrite(content, o, out)
	}
	tmp, err := t.stage(content, want)
	if err != nil {
		return err
	}
	if err := swap(t.folder, tmp, t.base); err != nil {
		_ = t.folder.root.Remove(tmp)
		if old != nil && (errors.Is(err, syscall.EBUSY) || errors.Is(err, syscall.EXDEV)) {
			return t.rewrite(content, o, out) // a single-file bind mount
		}
		return err
	}
	out.Created = old == nil
	if old != nil {
		if n := links(old); n > 1 {
			out.Notices = append(out.Notices, fmt.Sprintf("%s had %d names (hard links); the others keep the old content", t.named, n))
		}
	}
	return t.folder.sync()
}

// Remove takes the file at path away, durably. A symbolic link stays, without a
// file behind it.
func (l *Lock) Remove(path string) error {
	t, err := l.locate(path)
	if err != nil {
		return fmt.Errorf("remove %s: %w", path, err)
	}
	if err := t.folder.root.Remove(t.base); err != nil {
		return fmt.Errorf("remove %s: %w", path, classify(err))
	}
	return t.folder.sync()
}

// attributes are those the new content must have; old is nil when there is no
// such file yet.
func (t target) attributes(o Options, out *Outcome) (want attributes, old fs.FileInfo, err error) {
	old, err = t.folder.root.Lstat(t.base)
	if errors.Is(err, fs.ErrNotExist) {
		want, notices, err := inherit(t.folder, o)
		out.Notices = append(out.Notices, notices...)
		return want, nil, err
	}
	if err != nil {
		return attributes{}, nil, err
	}
	if !old.Mode().IsRegular() {
		return attributes{}, nil, ErrNotRegular
	}
	f, err := t.folder.root.Open(t.base)
	if err != nil {
		return attributes{}, nil, err
	}
	defer func() { _ = f.Close() }()
	want, err = read(f)
	if o.Mode != 0 {
		want.setMode(o.Mode)
	}
	return want, old, err
}

// stage writes content to a new file beside the old one and makes it durable.
func (t target) stage(content string, want attributes) (name string, err error) {
	name = tempName(t.base)
	f, err := t.folder.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	err = fill(f, content, want)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		_ = t.folder.root.Remove(name)
		return "", err
	}
	return name, nil
}

func fill(f *os.File, content string, want attributes) error {
	if _, err := f.WriteString(content); err != nil {
		return err
	}
	if err := want.apply(f); err != nil {
		return err
	}
	return f.Sync()
}

const (
	tempMark   = ".realmctl-"
	tempSuffix = ".tmp"
)

func tempName(base string) string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return "." + base + tempMark + hex.EncodeToString(b[:]) + tempSuffix
}

// sweep removes what a killed process left beside base. Temporary files are made
// under the lock only, so whoever holds it owns them all.
func (d *folder) sweep(base string) {
	if !d.locked {
		return
	}
	for _, name := range d.leftovers(base) {
		_ = d.root.Remove(name)
	}
}

func (d *folder) leftovers(base string) []string {
	entries, err := fs.ReadDir(d.root.FS(), ".")
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		if rest, ok := strings.CutPrefix(e.Name(), "."+base+tempMark); ok && strings.HasSuffix(rest, tempSuffix) && e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	return names
}

// classify marks errors of the operating system that callers tell apart.
func classify(err error) error {
	if errors.Is(err, syscall.EROFS) && !errors.Is(err, ErrReadOnly) {
		return fmt.Errorf("%w (%w)", ErrReadOnly, err)
	}
	return err
}

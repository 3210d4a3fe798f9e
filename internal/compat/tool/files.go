package tool

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/realmctl/realmctl/internal/atomicfile"
	"github.com/realmctl/realmctl/internal/usersfile"
)

// Exists reports whether there is a file or folder.
func Exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Missing is the failure that a file of the folder is not there.
func Missing(path string) error {
	return Failf(Config, "Configuration file [%s] is missing", path)
}

// patience is the usual one.
const patience = 10 * time.Second

// Waiting ends when an edit has waited long enough for another program's.
func (c *Call) Waiting(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, cmp.Or(c.World.Patience, patience))
}

// EditUsers changes the files of the file realm. ProbeUsers finds out first whether
// that can work.
func (c *Call) EditUsers(ctx context.Context, change func(*usersfile.Editor) error) error {
	rules, err := c.Rules()
	if err != nil {
		return err
	}
	waiting, cancel := c.Waiting(ctx)
	defer cancel()
	e, err := usersfile.Edit(waiting, c.Dir, usersfile.EditOptions{Rules: rules})
	if ctx.Err() != nil {
		return context.Canceled
	}
	if err != nil {
		return WriteFailure(c.Path(usersfile.UsersName), err)
	}
	defer e.Close()
	if err := change(e); err != nil {
		return err
	}
	report, err := e.Save()
	for _, n := range report.Notices {
		c.Tell(Normal, "%s", n)
	}
	if err != nil {
		return WriteFailure(c.Path(usersfile.UsersName), err)
	}
	return nil
}

// ProbeUsers asks whether the files could be written, before a password is hashed.
func (c *Call) ProbeUsers() error {
	if err := usersfile.Probe(c.Dir, usersfile.EditOptions{}); err != nil {
		return WriteFailure(c.Path(usersfile.UsersName), err)
	}
	return nil
}

// WriteFailure has the old code, and what the old tool does not know: a lock, and
// owners that cannot be kept.
func WriteFailure(path string, err error) error {
	code := CodeError
	switch {
	case errors.Is(err, atomicfile.ErrBusy):
		code = TempFailure
	case errors.Is(err, atomicfile.ErrAttributes), errors.Is(err, atomicfile.ErrInterrupted):
		code = IOError
	case errors.Is(err, fs.ErrNotExist):
		return Missing(path)
	}
	return Failf(code, "could not write file [%s]: %w", path, err)
}

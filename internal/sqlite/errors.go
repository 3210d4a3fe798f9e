package sqlite

import (
	"errors"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/realmctl/realmctl/internal/fault"
)

// What can be wrong with a database, each in one sentence for its operator. Errors
// of this package wrap one of them whenever it applies.
var (
	// ErrNewer is a database that a later version of realmctl has migrated.
	ErrNewer = errors.New("the database was written by a newer realmctl")
	// ErrCorrupt is a file that is damaged or not a database of realmctl.
	ErrCorrupt = errors.New("the database file is damaged, or not one of realmctl")
	// ErrFull is a full disk or a reached size limit; the write did not happen.
	ErrFull = errors.New("the disk is full; nothing was written")
	// ErrReadOnly is a file or folder that this process may not write.
	ErrReadOnly = errors.New("the database or its folder cannot be written")
	// ErrBusy is a lock that another process has held for too long.
	ErrBusy = errors.New("another process keeps the database locked; try again")
	// ErrInUse is a data directory that other processes have open, or that one
	// process has taken for itself.
	ErrInUse = errors.New("the data directory is in use by another realmctl process; try again")
	// ErrIO is a failing disk.
	ErrIO = errors.New("the disk failed to read or write the database")
	// ErrClosed is a use after Close.
	ErrClosed = errors.New("the database is closed")
)

// IsUnique reports whether err is a broken UNIQUE or PRIMARY KEY constraint.
func IsUnique(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return true
	}
	return false
}

// driverError is one of the sentences above and what the driver said.
type driverError struct{ kind, err error }

func (e *driverError) Error() string   { return e.kind.Error() + " (" + e.err.Error() + ")" }
func (e *driverError) Unwrap() []error { return []error{e.kind, e.err} }

// Fault is what the caller of a server is told when its database fails: the sentence,
// and nothing of where the file lies. It is nil for other errors.
func Fault(err error) *fault.Error {
	for _, kind := range []error{ErrCorrupt, ErrFull, ErrReadOnly, ErrIO} {
		if errors.Is(err, kind) {
			return &fault.Error{Kind: fault.Unavailable, Type: "i_o_exception", Reason: kind.Error(), Err: err}
		}
	}
	if errors.Is(err, ErrBusy) {
		return &fault.Error{Kind: fault.Busy, Reason: ErrBusy.Error(), Err: err}
	}
	return nil
}

// classify gives a driver's error its sentence. Other errors stay as they are.
func classify(err error) error {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return err
	}
	if _, done := errors.AsType[*driverError](err); done {
		return err
	}
	if kind := kindOf(e.Code()); kind != nil {
		return &driverError{kind: kind, err: err}
	}
	return err
}

// kindOf maps a result code, extended or not; see https://sqlite.org/rescode.html.
func kindOf(code int) error {
	if code == sqlite3.SQLITE_IOERR_SHMSIZE {
		return ErrFull // the shared memory of the log could not grow
	}
	switch code & 0xff {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return ErrCorrupt
	case sqlite3.SQLITE_FULL:
		return ErrFull
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN:
		return ErrReadOnly
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL:
		return ErrBusy
	case sqlite3.SQLITE_IOERR:
		return ErrIO
	}
	return nil
}

// endsTransaction reports whether SQLite may have rolled back the whole
// transaction, so that a further statement would run outside of one. See
// https://sqlite.org/lang_transaction.html, "Response To Errors Within A Transaction".
func endsTransaction(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_INTERRUPT,
		sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN:
		return true
	}
	return false
}

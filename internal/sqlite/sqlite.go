// Package sqlite keeps the engine's data in one SQLite file that several
// processes may open at once: grouped durable writes, concurrent reads,
// migrations, and change counters that keep caches true.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"
)

// Options of Open. The zero value is safe and slow.
type Options struct {
	// Now is a running clock. It measures how old the last look at the change
	// counters is; without it every Generation asks the database.
	Now func() time.Time
	Log *slog.Logger // nil: no log
}

// DB is an open database. Its methods may be called by many goroutines at once.
type DB struct {
	lock      *DirLock
	writer    *writer
	readers   *sql.DB
	watch     *watch
	closeOnce func() error
}

// Open opens the database file and migrates it; a missing one is created with
// mode 0600. The folder must exist. Open marks the folder as in use and returns
// ErrInUse while a process has it alone.
//
// It returns ErrNewer, ErrCorrupt, ErrReadOnly, ErrFull, ErrBusy or ErrIO with the
// file's name, or fs.ErrNotExist when there is no such folder.
func Open(ctx context.Context, path string, o Options) (*DB, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	db, err := open(ctx, path, o)
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	return db, nil
}

func open(ctx context.Context, path string, o Options) (*DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	lock, err := share(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	w, err := connect(ctx, path)
	if err != nil {
		return nil, errors.Join(err, lock.Release())
	}
	readers, err := openReaders(path, maxReaders)
	if err != nil {
		return nil, errors.Join(err, w.close(), lock.Release())
	}
	watcher, err := openReaders(path, 1)
	if err != nil {
		return nil, errors.Join(err, readers.Close(), w.close(), lock.Release())
	}
	db := &DB{lock: lock, readers: readers, watch: &watch{pool: watcher, now: o.Now}}
	db.writer = newWriter(w, o, db.watch.advance)
	db.closeOnce = sync.OnceValue(db.close)
	return db, nil
}

// Close waits for the writes that were accepted, then closes the file. A second
// call returns what the first one did.
func (db *DB) Close() error { return db.closeOnce() }

func (db *DB) close() error {
	return errors.Join(db.writer.stop(), db.watch.close(), db.readers.Close(), db.lock.Release())
}

// Write runs job in a transaction and returns after COMMIT has reached the disk.
// Jobs of several callers share a commit; one that fails or panics is undone
// alone. When the commit itself fails, no job of the group happened.
//
// ctx is looked at only until the job starts; from then on the answer reaches the
// caller even if ctx has ended. A job is SQL only: it does not hash, wait, lock,
// or call Write, and assigns to variables of its caller; effects on memory come
// after Write has returned nil.
//
// Errors are those of the job, ctx.Err before its start, ErrBusy, ErrFull,
// ErrReadOnly, ErrCorrupt, ErrIO, and ErrClosed.
func (db *DB) Write(ctx context.Context, job func(*Tx) error) error {
	return db.writer.write(ctx, job)
}

// QueryContext reads what is committed. The rows must be closed: while they are
// open they hold one of few connections.
func (db *DB) QueryContext(ctx context.Context, q string, args ...any) (*Rows, error) {
	rows, err := db.readers.QueryContext(ctx, q, args...) //nolint:rowserrcheck // the caller's, through Rows.Err
	if err != nil {
		return nil, classify(err)
	}
	return &Rows{Rows: rows, note: classify}, nil
}

// QueryRowContext reads at most one row when the answer is scanned.
func (db *DB) QueryRowContext(ctx context.Context, q string, args ...any) *Row {
	return &Row{scan: func(dest []any) error {
		return classify(db.readers.QueryRowContext(ctx, q, args...).Scan(dest...))
	}}
}

// Generation is the change counter of a kind; what was read under one generation
// is good as long as it has not moved. Changes of this process are in it at once,
// those of other processes within 10 ms. Read it before the data it guards.
func (db *DB) Generation(ctx context.Context, kind string) (uint64, error) {
	s, err := db.watch.fresh(ctx)
	if err != nil {
		return 0, err
	}
	return s.n[kind], nil
}

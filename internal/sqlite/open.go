package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	_ "modernc.org/sqlite" // the driver
)

const (
	// busyFor is how long a lock of another process is waited for.
	busyFor = 5 * time.Second
	// busyStep is how often a held lock is tried again. SQLite's own waiting grows
	// to 100 ms a step and is not fair; see pauseAfter.
	busyStep = 500 * time.Microsecond
	// maxReaders bounds the connections that read, keptReaders those that stay open.
	maxReaders  = 16
	keptReaders = 4
	// maxStmts bounds the statements kept prepared on the write connection.
	maxStmts = 256
)

// conn is the one connection that writes, with its prepared statements.
type conn struct {
	pool  *sql.DB
	sql   *sql.Conn
	stmts map[string]kept
}

// kept is a prepared statement that conn closes.
type kept struct{ *sql.Stmt }

// connect opens the write connection, and creates and migrates the file. What two
// processes do to a new file at once can end in a lock that no waiting resolves,
// so that all of it is tried again.
func connect(ctx context.Context, path string) (*conn, error) {
	for range int(busyFor / (5 * time.Millisecond)) {
		c, err := tryConnect(ctx, path)
		if !errors.Is(err, ErrBusy) {
			return c, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
	return nil, ErrBusy
}

func tryConnect(ctx context.Context, path string) (*conn, error) {
	if err := create(path); err != nil {
		return nil, err
	}
	pool, err := sql.Open("sqlite", dsn(path, "synchronous(FULL)", "foreign_keys(1)"))
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(1)
	sc, err := pool.Conn(ctx)
	if err != nil {
		return nil, errors.Join(explain(path, classify(err)), pool.Close())
	}
	c := &conn{pool: pool, sql: sc, stmts: map[string]kept{}}
	if err := c.prepareFile(ctx); err != nil {
		return nil, errors.Join(explain(path, classify(err)), c.close())
	}
	return c, nil
}

// prepareFile brings the file up to date once it is known to be ours, and finds out
// whether it can be written. From then on the writer waits for locks itself.
func (c *conn) prepareFile(ctx context.Context) error {
	version, err := schemaVersion(ctx, c.sql)
	if err != nil {
		return err
	}
	if _, err := c.sql.ExecContext(ctx, "PRAGMA journal_mode = WAL"); err != nil {
		return err
	}
	if err := migrate(ctx, c.sql, version); err != nil {
		return err
	}
	if _, err := c.sql.ExecContext(ctx, "PRAGMA busy_timeout = 0"); err != nil {
		return err
	}
	return c.tryWrite(ctx)
}

// tryWrite alters something and takes it back: BEGIN alone would do nothing on a
// file that cannot be written.
func (c *conn) tryWrite(ctx context.Context) error {
	_, err := c.sql.ExecContext(ctx, "BEGIN IMMEDIATE; PRAGMA user_version = 0")
	_, undo := c.sql.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	switch {
	case errors.Is(classify(err), ErrBusy):
		return nil // somebody is writing, so it can be
	case err != nil:
		return err
	}
	return undo
}

// prepare returns a statement that is kept. Its rows must be read at once.
func (c *conn) prepare(q string) (kept, error) {
	if stmt, ok := c.stmts[q]; ok {
		return stmt, nil
	}
	if len(c.stmts) >= maxStmts { // texts with lists of varying length: start anew
		for text, stmt := range c.stmts {
			_ = stmt.Close()
			delete(c.stmts, text)
		}
	}
	stmt, err := c.sql.PrepareContext(context.Background(), q)
	if err != nil {
		return kept{}, err
	}
	c.stmts[q] = kept{stmt}
	return kept{stmt}, nil
}

func (c *conn) close() error {
	for _, stmt := range c.stmts {
		_ = stmt.Close()
	}
	return errors.Join(c.sql.Close(), c.pool.Close())
}

// openReaders does not touch the file: connections are made when they are needed.
func openReaders(path string, most int) (*sql.DB, error) {
	pool, err := sql.Open("sqlite", dsn(path, "query_only(1)"))
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(most)
	pool.SetMaxIdleConns(min(most, keptReaders))
	return pool, nil
}

// dsn names the file and what each connection to it sets. A database may come
// with a folder that somebody else prepared, hence the last two pragmas; see
// https://sqlite.org/security.html.
func dsn(path string, pragmas ...string) string {
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed // a drive letter
	}
	var b strings.Builder
	b.WriteString("file://")
	b.WriteString(strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(slashed))
	b.WriteString("?_pragma=busy_timeout(5000)")
	for _, p := range append(pragmas, "cache_size(-2048)", "cell_size_check(1)", "trusted_schema(0)") {
		b.WriteString("&_pragma=" + p)
	}
	return b.String()
}

// create makes an empty file that only its owner can read; SQLite gives the files
// beside it the same mode. An existing file is not opened: closing it again would
// drop the POSIX locks which this process may have on it.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return &driverError{kind: ErrReadOnly, err: err}
	case errors.Is(err, syscall.ENOSPC):
		return &driverError{kind: ErrFull, err: err}
	case err != nil:
		return err
	}
	return f.Close()
}

// explain tells what hides behind "unable to open database file".
func explain(path string, err error) error {
	if !errors.Is(err, ErrReadOnly) {
		return err
	}
	if info, statErr := os.Stat(path); statErr == nil && info.IsDir() {
		return &driverError{kind: ErrCorrupt, err: errors.New("it is a directory")}
	}
	return err
}

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// errJobOver is the answer to a Tx that outlived its job.
var errJobOver = errors.New("transaction used after its job ended")

// Tx is what a job of DB.Write works with. It is good until the job returns and
// for its goroutine only.
type Tx struct {
	conn  *conn
	bumps map[string]uint64
	rows  []*sql.Rows
	// dead is set once SQLite may have ended the transaction: a further statement
	// would then be committed by itself.
	dead error
}

// Exec runs a statement and returns how many rows it inserted, changed or deleted.
func (tx *Tx) Exec(q string, args ...any) (int64, error) {
	if tx.dead != nil {
		return 0, tx.dead
	}
	stmt, err := tx.conn.prepare(q)
	if err != nil {
		return 0, tx.note(err)
	}
	res, err := stmt.ExecContext(context.Background(), args...)
	if err != nil {
		return 0, tx.note(err)
	}
	return res.RowsAffected()
}

// Strings runs a statement whose rows are one text each, such as ... RETURNING id,
// and returns them all. Without rows the list is empty, not nil.
func (tx *Tx) Strings(q string, args ...any) ([]string, error) {
	texts := []string{}
	rows, err := tx.Query(q, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, tx.note(err)
		}
		texts = append(texts, text)
	}
	return texts, rows.Err()
}

// QueryRow runs a query of at most one row when the answer is scanned.
func (tx *Tx) QueryRow(q string, args ...any) *Row {
	return &Row{scan: func(dest []any) error {
		if tx.dead != nil {
			return tx.dead
		}
		stmt, err := tx.conn.prepare(q)
		if err != nil {
			return tx.note(err)
		}
		return tx.note(stmt.QueryRowContext(context.Background(), args...).Scan(dest...))
	}}
}

// Query runs a query. The rows should be closed; the end of the job closes what
// is left.
func (tx *Tx) Query(q string, args ...any) (*Rows, error) {
	if tx.dead != nil {
		return nil, tx.dead
	}
	// Not one of the kept statements: the driver cannot run one again while its
	// rows are being read.
	rows, err := tx.conn.sql.QueryContext(context.Background(), q, args...) //nolint:rowserrcheck // the caller's, through Rows.Err
	if err != nil {
		return nil, tx.note(err)
	}
	tx.rows = append(tx.rows, rows)
	return &Rows{Rows: rows, note: tx.note}, nil
}

// Bump counts a change of that kind, so that caches of every process forget what
// they hold of it. Writes that revoke or alter call it, creations do not.
func (tx *Tx) Bump(kind string) error {
	var n int64
	err := tx.QueryRow(`
		INSERT INTO change (kind, n)
		VALUES (?, 1)
		ON CONFLICT (kind) DO UPDATE SET n = n + 1
		RETURNING n`, kind,
	).Scan(&n)
	if err != nil {
		return fmt.Errorf("count the change of %s: %w", kind, err)
	}
	if tx.bumps == nil {
		tx.bumps = map[string]uint64{}
	}
	tx.bumps[kind] = uint64(n)
	return nil
}

// note remembers an error after which nothing more may run, and classifies it.
func (tx *Tx) note(err error) error {
	if err == nil || errors.Is(err, sql.ErrNoRows) {
		return err
	}
	err = classify(err)
	if tx.dead == nil && endsTransaction(err) {
		tx.dead = err
	}
	return err
}

// close ends the use of tx and returns the error that ended its transaction.
func (tx *Tx) close() error {
	for _, rows := range tx.rows {
		_ = rows.Close()
	}
	dead := tx.dead
	tx.rows, tx.dead = nil, errJobOver
	return dead
}

// Row is the answer to a query of at most one row.
type Row struct{ scan func(dest []any) error }

// Scan copies the row's columns into dest. It returns sql.ErrNoRows if there is
// no row.
func (r *Row) Scan(dest ...any) error { return r.scan(dest) }

// Rows is the answer to a query.
type Rows struct {
	*sql.Rows

	note func(error) error
}

// Next prepares the next row for Scan, and is false when there is none or Err
// has something to say.
func (r *Rows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	_ = r.note(r.Rows.Err())
	return false
}

// Err is the error that ended the rows early.
func (r *Rows) Err() error { return classify(r.Rows.Err()) }

package role

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/realmctl/realmctl/internal/sqlite"
)

// changeKind is bumped by every write: a role that was missing is remembered, too.
const changeKind = "role"

// native finds a native role; false: there is none.
func native(ctx context.Context, db *sqlite.DB, name string) (Descriptor, bool, error) {
	return found(name, db.QueryRowContext(ctx, `
		SELECT descriptor
		FROM role
		WHERE name = ?`, name))
}

func found(name string, row *sqlite.Row) (Descriptor, bool, error) {
	var stored string
	err := row.Scan(&stored)
	if errors.Is(err, sql.ErrNoRows) {
		return Descriptor{}, false, nil
	}
	if err != nil {
		return Descriptor{}, false, fmt.Errorf("select role %q: %w", name, err)
	}
	d := Descriptor{Name: name}
	if err := json.Unmarshal([]byte(stored), &d); err != nil {
		return Descriptor{}, false, fmt.Errorf("decode role %q: %w", name, err)
	}
	return d, true, nil
}

// page gives at most limit native roles after a row, and the row of the last one.
func page(ctx context.Context, db *sqlite.DB, after int64, limit int) (ds []Descriptor, last int64, err error) {
	rows, err := db.QueryContext(ctx, `
		SELECT rowid, name, descriptor
		FROM role
		WHERE rowid > ?
		ORDER BY rowid
		LIMIT ?`, after, limit)
	if err != nil {
		return nil, 0, fmt.Errorf("select roles: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var d Descriptor
		var stored string
		if err := rows.Scan(&last, &d.Name, &stored); err != nil {
			return nil, 0, fmt.Errorf("select roles: %w", err)
		}
		if err := json.Unmarshal([]byte(stored), &d); err != nil {
			return nil, 0, fmt.Errorf("decode role %q: %w", d.Name, err)
		}
		ds = append(ds, d)
	}
	return ds, last, rows.Err()
}

// outcome of writing one role.
type outcome uint8

const (
	created outcome = iota
	updated
	noop // only of bulk puts
)

// put is a job of DB.Write.
func put(tx *sqlite.Tx, d Descriptor, now time.Time) (outcome, error) {
	stored, err := d.JSON(nil)
	if err != nil {
		return 0, fmt.Errorf("encode role %q: %w", d.Name, err)
	}
	n, err := tx.Exec(`
		UPDATE role
		SET descriptor = ?, updated_at = ?
		WHERE name = ?`, string(stored), now.UnixMilli(), d.Name)
	if err != nil {
		return 0, fmt.Errorf("update role %q: %w", d.Name, err)
	}
	if n > 0 {
		return updated, tx.Bump(changeKind)
	}
	_, err = tx.Exec(`
		INSERT INTO role (name, descriptor, updated_at)
		VALUES (?, ?, ?)`, d.Name, string(stored), now.UnixMilli())
	if err != nil {
		return 0, fmt.Errorf("insert role %q: %w", d.Name, err)
	}
	return created, tx.Bump(changeKind)
}

// update is put for one of several roles, which changes a role in part, unless it is
// the same already.
func update(tx *sqlite.Tx, d Descriptor, now time.Time) (outcome, error) {
	old, ok, err := found(d.Name, tx.QueryRow(`
		SELECT descriptor
		FROM role
		WHERE name = ?`, d.Name))
	if err != nil {
		return 0, err
	}
	if d, err = d.Update(old); err != nil {
		return 0, err
	}
	if ok && old.Equal(d) {
		return noop, nil
	}
	return put(tx, d, now)
}

// remove is a job of DB.Write; false: there was no such role.
func remove(tx *sqlite.Tx, name string) (bool, error) {
	n, err := tx.Exec(`
		DELETE FROM role
		WHERE name = ?`, name)
	if err != nil {
		return false, fmt.Errorf("delete role %q: %w", name, err)
	}
	if n == 0 {
		return false, nil
	}
	return true, tx.Bump(changeKind)
}

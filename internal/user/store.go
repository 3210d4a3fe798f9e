package user

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/sqlite"
)

// kind is the change counter of users, native and reserved.
const kind = "user"

// Record is a user and the hash of his password.
type Record struct {
	identity.User

	Hash string // empty: there is no password, nobody can log in
}

// nativeByName returns false when there is no such user.
func nativeByName(ctx context.Context, db *sqlite.DB, name string) (Record, bool, error) {
	r, err := scanNative(db.QueryRowContext(ctx, `
		SELECT username, hash, roles, full_name, email, metadata, enabled
		FROM user
		WHERE username = ?`, name))
	if errors.Is(err, sql.ErrNoRows) {
		return Record{}, false, nil
	}
	if err != nil {
		return Record{}, false, fmt.Errorf("select user %q: %w", name, err)
	}
	return r, true, nil
}

// nativePage returns at most limit users whose names follow after, in order.
func nativePage(ctx context.Context, db *sqlite.DB, after string, limit int) ([]Record, error) {
	rows, err := db.QueryContext(ctx, `
		SELECT username, hash, roles, full_name, email, metadata, enabled
		FROM user
		WHERE username > ?
		ORDER BY username
		LIMIT ?`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("select users: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var page []Record
	for rows.Next() {
		r, err := scanNative(rows)
		if err != nil {
			return nil, fmt.Errorf("select users: %w", err)
		}
		page = append(page, r)
	}
	return page, rows.Err()
}

func scanNative(row interface{ Scan(dest ...any) error }) (Record, error) {
	var r Record
	var hash, roles, metadata string
	if err := row.Scan(&r.Username, &hash, &roles, &r.FullName, &r.Email, &metadata, &r.Enabled); err != nil {
		return Record{}, err
	}
	r.Hash, r.Metadata = hash, json.RawMessage(metadata)
	return r, json.Unmarshal([]byte(roles), &r.Roles)
}

// reservedByName lays what was changed over the reserved user of that name.
func reservedByName(ctx context.Context, db *sqlite.DB, name string) (Record, bool, error) {
	u, ok := reserved(name)
	if !ok {
		return Record{}, false, nil
	}
	var hash string
	err := db.QueryRowContext(ctx, `
		SELECT hash, enabled
		FROM reserved_user
		WHERE username = ?`, name,
	).Scan(&hash, &u.Enabled)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return Record{}, false, fmt.Errorf("select reserved user %s: %w", name, err)
	}
	return Record{User: u, Hash: hash}, true, nil
}

// disabledReserved lists the reserved users that are not enabled.
func disabledReserved(ctx context.Context, db *sqlite.DB) ([]string, error) {
	rows, err := db.QueryContext(ctx, `
		SELECT username
		FROM reserved_user
		WHERE enabled = 0`)
	if err != nil {
		return nil, fmt.Errorf("select reserved users: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("select reserved users: %w", err)
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// put is a job of DB.Write: it replaces the user or, with a hash, creates him. Without
// a hash the password stays, and a missing user is no error: found is false.
func put(tx *sqlite.Tx, r Record) (found bool, err error) {
	roles, err := json.Marshal(append([]string{}, r.Roles...))
	if err != nil {
		return false, fmt.Errorf("encode roles of user %q: %w", r.Username, err)
	}
	n, err := tx.Exec(`
		UPDATE user
		SET hash = CASE ? WHEN '' THEN hash ELSE ? END,
			roles = ?, full_name = ?, email = ?, metadata = ?, enabled = ?
		WHERE username = ?`,
		r.Hash, r.Hash, string(roles), r.FullName, r.Email, metadata(r.User), r.Enabled, r.Username)
	if err != nil {
		return false, fmt.Errorf("update user %q: %w", r.Username, err)
	}
	if n > 0 {
		return true, tx.Bump(kind)
	}
	if r.Hash == "" {
		return false, nil
	}
	_, err = tx.Exec(`
		INSERT INTO user (username, hash, roles, full_name, email, metadata, enabled)
		VALUES (?, ?, ?, ?, ?, ?, ?)`,
		r.Username, r.Hash, string(roles), r.FullName, r.Email, metadata(r.User), r.Enabled)
	if err != nil {
		return false, fmt.Errorf("insert user %q: %w", r.Username, err)
	}
	return false, nil
}

func metadata(u identity.User) string {
	if u.Metadata == nil {
		return "{}"
	}
	return string(u.Metadata)
}

// remove is a job of DB.Write.
func remove(tx *sqlite.Tx, name string) (found bool, err error) {
	return changed(tx, name, `
		DELETE FROM user
		WHERE username = ?`, name)
}

// setHash is a job of DB.Write.
func setHash(tx *sqlite.Tx, name string, hash string) (found bool, err error) {
	return changed(tx, name, `
		UPDATE user
		SET hash = ?
		WHERE username = ?`, hash, name)
}

// setEnabled is a job of DB.Write.
func setEnabled(tx *sqlite.Tx, name string, enabled bool) (found bool, err error) {
	return changed(tx, name, `
		UPDATE user
		SET enabled = ?
		WHERE username = ?`, enabled, name)
}

// setReservedHash is a job of DB.Write. A reserved user stays disabled if he was.
func setReservedHash(tx *sqlite.Tx, name string, hash string) error {
	_, err := changed(tx, name, `
		INSERT INTO reserved_user (username, hash)
		VALUES (?, ?)
		ON CONFLICT (username) DO UPDATE SET hash = excluded.hash`, name, hash)
	return err
}

// setReservedEnabled is a job of DB.Write.
func setReservedEnabled(tx *sqlite.Tx, name string, enabled bool) error {
	_, err := changed(tx, name, `
		INSERT INTO reserved_user (username, enabled)
		VALUES (?, ?)
		ON CONFLICT (username) DO UPDATE SET enabled = excluded.enabled`, name, enabled)
	return err
}

// changed runs a statement that alters the user of that name, if there is one, and
// counts the change.
func changed(tx *sqlite.Tx, name, q string, args ...any) (bool, error) {
	n, err := tx.Exec(q, args...)
	if err != nil {
		return false, fmt.Errorf("change user %q: %w", name, err)
	}
	if n == 0 {
		return false, nil
	}
	return true, tx.Bump(kind)
}

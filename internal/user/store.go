package user

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/realmctl/realmctl/internal/document"
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
// a hash the password stays, metadata are merged with those there are, and a missing
// user is no error: found is false. Metadata that cannot be indexed are an Invalid fault.
func put(tx *sqlite.Tx, r Record) (found bool, err error) {
	old, found, err := beforePut(tx, r.Username)
	if err != nil || !found && r.Hash == "" {
		return false, err
	}
	base := json.RawMessage(nil)
	if r.Hash == "" && r.Metadata != nil {
		base = old.Metadata
	}
	if r.Hash == "" {
		r.Hash = old.Hash
	}
	merged, err := document.Merge(base, r.Metadata)
	if err == nil {
		err = document.Check(beginning(r), merged)
	}
	if err != nil {
		return false, fmt.Errorf("metadata of user %q: %w", r.Username, err)
	}
	if base != nil {
		r.Metadata = merged
	}
	if err := replace(tx, r); err != nil || !found {
		return false, err
	}
	return true, tx.Bump(kind)
}

// beforePut is what a put may keep of a user: hash and metadata.
func beforePut(tx *sqlite.Tx, name string) (old Record, found bool, err error) {
	var stored string
	err = tx.QueryRow(`
		SELECT hash, metadata
		FROM user
		WHERE username = ?`, name,
	).Scan(&old.Hash, &stored)
	if errors.Is(err, sql.ErrNoRows) {
		return Record{}, false, nil
	}
	if err != nil {
		return Record{}, false, fmt.Errorf("select user %q: %w", name, err)
	}
	old.Metadata = json.RawMessage(stored)
	return old, true, nil
}

// beginning is what stands before metadata in Elasticsearch's document of a user.
func beginning(r Record) any {
	return struct {
		Username string   `json:"username"`
		Password string   `json:"password"`
		Roles    []string `json:"roles"`
		FullName *string  `json:"full_name"`
		Email    *string  `json:"email"`
	}{r.Username, r.Hash, append([]string{}, r.Roles...), r.FullName, r.Email}
}

// replace creates the user, or overwrites him.
func replace(tx *sqlite.Tx, r Record) error {
	roles, err := json.Marshal(append([]string{}, r.Roles...))
	if err != nil {
		return fmt.Errorf("encode roles of user %q: %w", r.Username, err)
	}
	_, err = tx.Exec(`
		INSERT INTO user (username, hash, roles, full_name, email, metadata, enabled)
		VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (username) DO UPDATE
		SET hash = excluded.hash, roles = excluded.roles, full_name = excluded.full_name, email = excluded.email,
			metadata = excluded.metadata, enabled = excluded.enabled`,
		r.Username, r.Hash, string(roles), r.FullName, r.Email, metadata(r.User), r.Enabled)
	if err != nil {
		return fmt.Errorf("put user %q: %w", r.Username, err)
	}
	return nil
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

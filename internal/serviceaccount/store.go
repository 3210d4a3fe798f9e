package serviceaccount

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/sqlite"
)

// changeKind is bumped when a token is deleted.
const changeKind = "service_token"

// record is a token as it is stored.
type record struct {
	account, name, hash string
	creator             string // JSON
	created             time.Time
}

// insert is a job of DB.Write. A name that is taken is a Conflict fault.
func insert(tx *sqlite.Tx, r record) error {
	_, err := tx.Exec(`
		INSERT INTO service_token (account, name, hash, creator, created_at)
		VALUES (?, ?, ?, ?, ?)`, r.account, r.name, r.hash, r.creator, r.created.UnixMilli())
	if sqlite.IsUnique(err) {
		return taken(r.account + "/" + r.name)
	}
	if err != nil {
		return fmt.Errorf("insert service token %s/%s: %w", r.account, r.name, err)
	}
	return nil
}

// taken is what an index answers to a document that is there.
func taken(qualified string) error {
	return &fault.Error{
		Kind:   fault.Conflict,
		Reason: "[service_account_token-" + qualified + "]: version conflict, document already exists (current version [1])",
		Meta:   []fault.Field{{Name: "index_uuid", Value: "_na_"}, {Name: "shard", Value: "0"}, {Name: "index", Value: ".security-7"}},
	}
}

// remove is a job of DB.Write; false: there was no such token.
func remove(tx *sqlite.Tx, account, name string) (bool, error) {
	n, err := tx.Exec(`
		DELETE FROM service_token
		WHERE account = ? AND name = ?`, account, name)
	if err != nil {
		return false, fmt.Errorf("delete service token %s/%s: %w", account, name, err)
	}
	if n == 0 {
		return false, nil
	}
	return true, tx.Bump(changeKind)
}

// hashOf is the stored hash of a token; false: there is no such token.
func hashOf(ctx context.Context, db *sqlite.DB, account, name string) (hash string, found bool, err error) {
	err = db.QueryRowContext(ctx, `
		SELECT hash
		FROM service_token
		WHERE account = ? AND name = ?`, account, name,
	).Scan(&hash)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("select service token %s/%s: %w", account, name, err)
	}
	return hash, true, nil
}

// namesOf are the names of an account's tokens, sorted.
func namesOf(ctx context.Context, db *sqlite.DB, account string) ([]string, error) {
	rows, err := db.QueryContext(ctx, `
		SELECT name
		FROM service_token
		WHERE account = ?
		ORDER BY name`, account)
	if err != nil {
		return nil, fmt.Errorf("select service tokens of %s: %w", account, err)
	}
	defer func() { _ = rows.Close() }()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("select service tokens of %s: %w", account, err)
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

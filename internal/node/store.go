package node

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/realmctl/realmctl/internal/sqlite"
)

// values are all that is stored of the node.
func values(ctx context.Context, db *sqlite.DB) (map[string]string, error) {
	rows, err := db.QueryContext(ctx, `
		SELECT name, value
		FROM node`)
	if err != nil {
		return nil, fmt.Errorf("select node: %w", err)
	}
	defer func() { _ = rows.Close() }()
	all := map[string]string{}
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return nil, fmt.Errorf("select node: %w", err)
		}
		all[name] = value
	}
	return all, rows.Err()
}

// keep is a job of DB.Write: it stores what is not there yet.
func keep(tx *sqlite.Tx, values map[string]string) error {
	for name, value := range values {
		_, err := tx.Exec(`
		INSERT INTO node (name, value)
		VALUES (?, ?)
		ON CONFLICT (name) DO NOTHING`, name, value)
		if err != nil {
			return fmt.Errorf("insert node %s: %w", name, err)
		}
	}
	return nil
}

// get is a part of a job: a value, or empty.
func get(tx *sqlite.Tx, name string) (string, error) {
	var value string
	err := tx.QueryRow(`
		SELECT value
		FROM node
		WHERE name = ?`, name,
	).Scan(&value)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("select node %s: %w", name, err)
	}
	return value, nil
}

// set is a job of DB.Write.
func set(tx *sqlite.Tx, name, value string) error {
	_, err := tx.Exec(`
		INSERT INTO node (name, value)
		VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	if err != nil {
		return fmt.Errorf("update node %s: %w", name, err)
	}
	return nil
}

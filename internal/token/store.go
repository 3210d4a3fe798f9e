package token

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/realmctl/realmctl/internal/sqlite"
)

// changeKind is bumped by writes that end access tokens.
const changeKind = "token"

// record is a row: an access token and, if there is one, its refresh token.
type record struct {
	access            digest
	refresh           []byte // digest of the refresh token; nil: none
	owner, ownerRealm string
	subject           string // of encodeIdentity
	client            string // JSON of client; empty without a refresh token
	created, expires  time.Time

	// Of rows that were read: what became of the refresh token.
	rowid                   int64
	refreshEnded, refreshed time.Time // zero: not so far
	successor               []byte    // of seal
}

// swept is how many rows at most a new one takes with it, so that the table shrinks
// faster than it grows.
const swept = 20

// insert is a job of DB.Write. Creating bumps no counter: nobody remembers a token
// that is not there. Rows whose tokens have all expired go in passing.
func (s *Service) insert(tx *sqlite.Tx, r record) error {
	_, err := tx.Exec(`
		DELETE FROM token
		WHERE rowid IN (
			SELECT rowid
			FROM token
			WHERE created_at < ?
			LIMIT ?)`, r.created.Add(-refreshLife-s.Config.Keep).UnixMilli(), swept)
	if err != nil {
		return fmt.Errorf("delete expired tokens: %w", err)
	}
	_, err = tx.Exec(`
		INSERT INTO token (access_hash, refresh_hash, owner, owner_realm, subject, client, created_at, expires_at)
		VALUES (?, ?, ?, ?, ?, nullif(?, ''), ?, ?)`,
		r.access[:], orNull(r.refresh), r.owner, r.ownerRealm, r.subject, r.client, r.created.UnixMilli(), r.expires.UnixMilli())
	if err != nil {
		return fmt.Errorf("insert token of %s: %w", r.owner, err)
	}
	return nil
}

// byRefresh finds the row of a refresh token. No such token is a grantError.
func byRefresh(tx *sqlite.Tx, refresh digest) (record, error) {
	var r record
	var created int64
	var ended, refreshed sql.NullInt64
	err := tx.QueryRow(`
		SELECT rowid, owner, owner_realm, subject, client, created_at, refresh_invalidated_at, refreshed_at, successor
		FROM token
		WHERE refresh_hash = ?`, refresh[:],
	).Scan(&r.rowid, &r.owner, &r.ownerRealm, &r.subject, &r.client, &created, &ended, &refreshed, &r.successor)
	if errors.Is(err, sql.ErrNoRows) {
		return record{}, errUnknownRefresh
	}
	if err != nil {
		return record{}, fmt.Errorf("select refresh token: %w", err)
	}
	r.created, r.refreshEnded, r.refreshed = time.UnixMilli(created), fromMillis(ended), fromMillis(refreshed)
	return r, nil
}

// markRefreshed is a job of DB.Write. Access tokens go on, so no counter is bumped.
func markRefreshed(tx *sqlite.Tx, old record, now time.Time, successor []byte) error {
	_, err := tx.Exec(`
		UPDATE token
		SET refreshed_at = ?, successor = ?
		WHERE rowid = ?`, now.UnixMilli(), successor, old.rowid)
	if err != nil {
		return fmt.Errorf("mark token of %s as refreshed: %w", old.owner, err)
	}
	return nil
}

// byAccess finds an access token; ended says that it was invalidated. No such token
// is errUnknownAccess.
func byAccess(ctx context.Context, db *sqlite.DB, sum digest) (subject string, expires time.Time, ended bool, err error) {
	var at int64
	err = db.QueryRowContext(ctx, `
		SELECT subject, expires_at, access_invalidated_at IS NOT NULL
		FROM token
		WHERE access_hash = ?`, sum[:],
	).Scan(&subject, &at, &ended)
	if errors.Is(err, sql.ErrNoRows) {
		return "", time.Time{}, false, errUnknownAccess
	}
	if err != nil {
		return "", time.Time{}, false, fmt.Errorf("select access token: %w", err)
	}
	return subject, time.UnixMilli(at), ended, nil
}

// orNull keeps no bytes as NULL.
func orNull(b []byte) any {
	if b == nil {
		return nil
	}
	return b
}

// fromMillis keeps NULL as the zero time: never.
func fromMillis(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return time.UnixMilli(n.Int64)
}

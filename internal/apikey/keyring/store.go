package keyring

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/realmctl/realmctl/internal/sqlite"
)

// changeKind is bumped by writes that revoke or alter keys.
const changeKind = "api_key"

const columns = `id, name, type, owner, owner_realm, owner_realm_type, owner_realm_domain, owner_full_name, owner_email, owner_metadata,
		hash, roles, limited_by, metadata, certificate_identity, created_at, expires_at, invalidated_at`

// insert is a job of DB.Write. Creating bumps no counter: nobody remembers a key
// that is not there.
func insert(tx *sqlite.Tx, k Key) error {
	_, err := tx.Exec(`
		INSERT INTO api_key (`+columns+`)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)`,
		k.ID, k.Name, k.Type, k.Owner.Username, k.Owner.Realm.Name, k.Owner.Realm.Type, k.Owner.Realm.Domain,
		k.Owner.FullName, k.Owner.Email, string(k.Owner.Metadata),
		k.hash, string(k.Assigned), string(k.LimitedBy), orNull(k.Metadata), k.Certificate, k.CreatedAt.UnixMilli(), millis(k.ExpiresAt))
	if err != nil {
		return fmt.Errorf("insert api key %s: %w", k.ID, err)
	}
	return nil
}

// scan reads the columns of a key.
func scan(row interface{ Scan(dest ...any) error }) (Key, error) {
	var k Key
	var metadata, roles, limitedBy, own string
	var created int64
	var expires, invalidated sql.NullInt64
	err := row.Scan(&k.ID, &k.Name, &k.Type, &k.Owner.Username, &k.Owner.Realm.Name, &k.Owner.Realm.Type, &k.Owner.Realm.Domain,
		&k.Owner.FullName, &k.Owner.Email, &metadata, &k.hash, &roles, &limitedBy, &own, &k.Certificate, &created, &expires, &invalidated)
	if err != nil {
		return Key{}, err
	}
	k.Owner.Metadata = json.RawMessage(metadata)
	if own != null {
		k.Metadata = json.RawMessage(own)
	}
	k.Assigned, k.LimitedBy = json.RawMessage(roles), json.RawMessage(limitedBy)
	k.CreatedAt, k.ExpiresAt, k.Invalidated = time.UnixMilli(created), fromMillis(expires), fromMillis(invalidated)
	return k, nil
}

// ByID finds a key, also one that has ended; false: there is none.
func (r *Ring) ByID(ctx context.Context, id string) (Key, bool, error) {
	k, err := scan(r.DB.QueryRowContext(ctx, `
		SELECT `+columns+`
		FROM api_key
		WHERE id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return Key{}, false, nil
	}
	if err != nil {
		return Key{}, false, fmt.Errorf("select api key %s: %w", id, err)
	}
	return k, true, nil
}

// pageSize is how many keys are read before the connection is given back.
const pageSize = 1000

// List yields the keys that a filter lets through in order of their creation. It
// holds no connection while a key is looked at.
func (r *Ring) List(ctx context.Context, f Filter) iter.Seq2[Key, error] {
	return func(yield func(Key, error) bool) {
		err := r.enabled()
		for after, more := int64(0), true; err == nil && more; {
			var keys []Key
			keys, after, err = r.page(ctx, f, after)
			more = len(keys) == pageSize
			for _, k := range keys {
				if !yield(k, nil) {
					return
				}
			}
		}
		if err != nil {
			yield(Key{}, err)
		}
	}
}

// page gives the keys from the one after a row, and the row of the last one.
func (r *Ring) page(ctx context.Context, f Filter, after int64) (keys []Key, last int64, err error) {
	rows, err := r.DB.QueryContext(ctx, `
		SELECT rowid, `+columns+`
		FROM api_key
		WHERE rowid > ?`+f.where+`
		ORDER BY rowid
		LIMIT ?`, append(append([]any{after}, f.args...), pageSize)...)
	if err != nil {
		return nil, 0, fmt.Errorf("select api keys: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		k, err := scan(withRowID{rows, &last})
		if err != nil {
			return nil, 0, fmt.Errorf("select api keys: %w", err)
		}
		keys = append(keys, k)
	}
	return keys, last, rows.Err()
}

// withRowID scans one more column before the others.
type withRowID struct {
	rows  *sqlite.Rows
	rowid *int64
}

// Scan implements the row that scan reads.
func (w withRowID) Scan(dest ...any) error { return w.rows.Scan(append([]any{w.rowid}, dest...)...) }

// null is kept as the metadata of a key that has none.
const null = "null"

func orNull(metadata json.RawMessage) string { return cmp.Or(string(metadata), null) }

// millis keeps the zero time as NULL: never.
func millis(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// fromMillis keeps NULL as the zero time: never.
func fromMillis(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return time.UnixMilli(n.Int64)
}

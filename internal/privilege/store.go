package privilege

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/realmctl/realmctl/internal/sqlite"
)

// changeKind is bumped by every write: that a privilege is unknown is remembered too.
const changeKind = "privilege"

// stored lists the privileges of one application, or of all that begin with what
// stands before a trailing `*`; an empty pattern is all of them.
func stored(ctx context.Context, db *sqlite.DB, pattern string) ([]Application, error) {
	prefix, open := strings.CutSuffix(pattern, "*")
	rows, err := db.QueryContext(ctx, `
		SELECT application, name, actions, metadata
		FROM privilege
		WHERE ?1 = ''
		   OR application = ?1
		   OR ?2 AND substr(application, 1, length(?3)) = ?3
		ORDER BY application, name`, pattern, open, prefix)
	if err != nil {
		return nil, fmt.Errorf("select privileges: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var list []Application
	for rows.Next() {
		var a Application
		var actions, metadata string
		if err := rows.Scan(&a.Application, &a.Name, &actions, &metadata); err != nil {
			return nil, fmt.Errorf("select privileges: %w", err)
		}
		if err := json.Unmarshal([]byte(actions), &a.Actions); err != nil {
			return nil, fmt.Errorf("decode privilege %s of %s: %w", a.Name, a.Application, err)
		}
		a.Metadata = json.RawMessage(metadata)
		list = append(list, a)
	}
	return list, rows.Err()
}

// put is a job of DB.Write.
func put(tx *sqlite.Tx, a Application) (created bool, err error) {
	actions, err := json.Marshal(a.Actions)
	if err != nil {
		return false, fmt.Errorf("encode privilege %s: %w", a.Name, err)
	}
	n, err := tx.Exec(`
		UPDATE privilege
		SET actions = ?, metadata = ?
		WHERE application = ?
		  AND name = ?`, string(actions), string(a.Metadata), a.Application, a.Name)
	if err != nil || n > 0 {
		return false, err
	}
	_, err = tx.Exec(`
		INSERT INTO privilege (application, name, actions, metadata)
		VALUES (?, ?, ?, ?)`, a.Application, a.Name, string(actions), string(a.Metadata))
	return true, err
}

// remove is a job of DB.Write.
func remove(tx *sqlite.Tx, application, name string) (found bool, err error) {
	n, err := tx.Exec(`
		DELETE FROM privilege
		WHERE application = ?
		  AND name = ?`, application, name)
	return n > 0, err
}

package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// applicationID marks our files in SQLite's header: "rlmc".
const applicationID = 0x726c6d63

//go:embed migrations/*.sql
var migrations embed.FS

// migration is one file of the folder, NNNN_noun.sql. Files are never changed
// once released, only followed by others.
type migration struct {
	version int
	name    string
	script  string
}

// load reads the folder in order of the numbers, which begin at 1 without a gap: a
// later file with a lower number would never run.
func load(folder fs.FS) ([]migration, error) {
	names, err := fs.Glob(folder, "*.sql")
	if err != nil {
		return nil, err
	}
	all := make([]migration, 0, len(names))
	for _, name := range names {
		number, _, _ := strings.Cut(name, "_")
		version, err := strconv.Atoi(number)
		if err != nil || version < 1 {
			return nil, fmt.Errorf("migration %s: the name begins with no number", name)
		}
		script, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, err
		}
		all = append(all, migration{version: version, name: name, script: string(script)})
	}
	slices.SortFunc(all, func(a, b migration) int { return cmp.Compare(a.version, b.version) })
	for i, m := range all {
		if i > 0 && all[i-1].version == m.version {
			return nil, fmt.Errorf("migrations %s and %s have the same number", all[i-1].name, m.name)
		}
	}
	return all, nil
}

// migrate brings the schema from a version to the newest in one transaction. PRAGMA
// user_version is the number of the last migration that was applied.
func migrate(ctx context.Context, c *sql.Conn, version int) error {
	folder, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	all, err := load(folder)
	if err != nil {
		return err
	}
	newest := all[len(all)-1].version
	if version == newest {
		return nil
	}
	if version > newest {
		return fmt.Errorf("%w: its schema is number %d, this program knows %d; update realmctl", ErrNewer, version, newest)
	}
	return migrateTo(ctx, c, all)
}

func migrateTo(ctx context.Context, c *sql.Conn, all []migration) error {
	if _, err := c.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	if err := apply(ctx, c, all); err != nil {
		_, undo := c.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		return errors.Join(err, undo)
	}
	_, err := c.ExecContext(context.WithoutCancel(ctx), "COMMIT")
	return err
}

// apply runs inside the transaction, so it looks at the version again: another
// process may have been faster.
func apply(ctx context.Context, c *sql.Conn, all []migration) error {
	version, err := schemaVersion(ctx, c)
	if err != nil {
		return err
	}
	for _, m := range all {
		if m.version <= version {
			continue
		}
		if _, err := c.ExecContext(ctx, m.script); err != nil {
			return fmt.Errorf("migration %s: %w", m.name, err)
		}
		version = m.version
	}
	_, err = c.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d; PRAGMA application_id = %d", version, applicationID))
	return err
}

// schemaVersion is 0 for a new file. A file that has content but is not ours is
// refused, so that it stays as it is.
func schemaVersion(ctx context.Context, c *sql.Conn) (int, error) {
	var version, id, tables int
	err := c.QueryRowContext(ctx, `
		SELECT user_version, application_id, (SELECT count(*) FROM sqlite_schema)
		FROM pragma_user_version, pragma_application_id`,
	).Scan(&version, &id, &tables)
	if err != nil {
		return 0, err
	}
	if id != applicationID && (id != 0 || version != 0 || tables != 0) {
		return 0, &driverError{kind: ErrCorrupt, err: errors.New("a database of another program")}
	}
	return version, nil
}

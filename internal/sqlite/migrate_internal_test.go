package sqlite

import (
	"database/sql"
	"io/fs"
	"path/filepath"
	"regexp"
	"testing"
	"testing/fstest"
)

func TestMigrationsAreOneOrderedList(t *testing.T) {
	t.Parallel()
	folder, err := fs.Sub(migrations, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	all, err := load(folder)
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile(`^\d{4}_[a-z]+(_[a-z]+)*\.sql$`)
	for i, m := range all {
		if m.version != i+1 || !name.MatchString(m.name) {
			t.Errorf("migration %d is called %s: numbers follow each other and names are NNNN_noun.sql", i+1, m.name)
		}
	}
}

func TestBadMigrationFolders(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files []string
		want  string
	}{
		"two of a number": {[]string{"0001_a.sql", "0001_b.sql"}, "migrations 0001_a.sql and 0001_b.sql have the same number"},
		"no number":       {[]string{"a.sql"}, "migration a.sql: the name begins with no number"},
		"number zero":     {[]string{"0000_a.sql"}, "migration 0000_a.sql: the name begins with no number"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := fstest.MapFS{}
			for _, f := range c.files {
				folder[f] = &fstest.MapFile{}
			}
			if _, err := load(folder); err == nil || err.Error() != c.want {
				t.Errorf("load(%v) = %v, want %s", c.files, err, c.want)
			}
		})
	}
}

func TestAFailedMigrationLeavesTheFileAsItWas(t *testing.T) {
	t.Parallel()
	pool, err := sql.Open("sqlite", dsn(filepath.Join(t.TempDir(), "security.db")))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = pool.Close() }()
	c, err := pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	list := []migration{
		{1, "0001_a.sql", "CREATE TABLE a (id INTEGER) STRICT"},
		{2, "0002_b.sql", "CREATE TABLE b (id INTEGER) STRICT; CREATE TABLE b (id INTEGER) STRICT"},
	}
	if err := migrateTo(t.Context(), c, list); err == nil {
		t.Fatal("a script that creates a table twice has passed")
	}
	if v, err := schemaVersion(t.Context(), c); v != 0 || err != nil {
		t.Errorf("version = %d, %v, want 0", v, err)
	}
	list[1].script = "CREATE TABLE b (id INTEGER) STRICT"
	for range 2 { // the second time as another process that waited for the lock
		if err := migrateTo(t.Context(), c, list); err != nil {
			t.Fatal(err)
		}
	}
	if v, err := schemaVersion(t.Context(), c); v != 2 || err != nil {
		t.Errorf("version = %d, %v, want 2", v, err)
	}
}

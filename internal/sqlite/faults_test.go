package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/realmctl/realmctl/internal/sqlite"
)

// plain opens the file as any other program would.
func plain(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range statements {
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestFilesThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	good := func(t *testing.T, path string) []byte {
		t.Helper()
		db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		write(t, db, "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT")
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for name, c := range map[string]struct {
		prepare func(t *testing.T, path string)
		want    error
		text    string
	}{
		"of a newer version": {func(t *testing.T, path string) {
			t.Helper()
			good(t, path)
			plain(t, path, "PRAGMA user_version = 9999")
		}, sqlite.ErrNewer, "the database was written by a newer realmctl: its schema is number 9999, this program knows "},
		"of another program": {func(t *testing.T, path string) {
			t.Helper()
			plain(t, path, "CREATE TABLE photo (id)")
		}, sqlite.ErrCorrupt, "the database file is damaged, or not one of realmctl (a database of another program)"},
		"of another program that has a version": {func(t *testing.T, path string) {
			t.Helper()
			plain(t, path, "PRAGMA user_version = 1")
		}, sqlite.ErrCorrupt, "a database of another program"},
		"no database at all": {func(t *testing.T, path string) {
			t.Helper()
			put(t, path, []byte(strings.Repeat("not a database\n", 1000)))
		}, sqlite.ErrCorrupt, "the database file is damaged, or not one of realmctl ("},
		"overwritten pages": {func(t *testing.T, path string) {
			t.Helper()
			b := good(t, path)
			copy(b[100:], bytes.Repeat([]byte{0xff}, len(b)-100))
			put(t, path, b)
		}, sqlite.ErrCorrupt, "the database file is damaged"},
		"cut off": {func(t *testing.T, path string) {
			t.Helper()
			put(t, path, good(t, path)[:5000])
		}, sqlite.ErrCorrupt, "the database file is damaged"},
		"a directory": {func(t *testing.T, path string) {
			t.Helper()
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, sqlite.ErrCorrupt, "it is a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "security.db")
			c.prepare(t, path)
			before, _ := os.ReadFile(path)
			db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
			if err == nil {
				err = errors.Join(insert(t.Context(), db, "INSERT INTO note (text) VALUES ('x')"), db.Close())
			}
			if !errors.Is(err, c.want) || !strings.Contains(fmt.Sprint(err), c.text) {
				t.Errorf("Open() = %v, want %v with %q", err, c.want, c.text)
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Error("the file has changed")
			}
		})
	}
}

func put(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// full sets a limit that works as a full disk does.
func full(t *testing.T, db *sqlite.DB, pages int) {
	t.Helper()
	err := db.Write(t.Context(), func(tx *sqlite.Tx) error {
		var limit, used int
		return errors.Join(
			tx.QueryRow("PRAGMA page_count").Scan(&used),
			tx.QueryRow(fmt.Sprintf("PRAGMA max_page_count = %d", used+pages)).Scan(&limit),
		)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAFullDiskHalvesNoWrite(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("x", 100_000)
	for name, job := range map[string]func(tx *sqlite.Tx) error{
		"an honest job": func(tx *sqlite.Tx) error {
			_, err := tx.Exec("INSERT INTO note (text) VALUES (?)", big)
			return err
		},
		"a job that overlooks the error": func(tx *sqlite.Tx) error {
			_, _ = tx.Exec("INSERT INTO note (text) VALUES (?)", big)
			_, _ = tx.Exec("INSERT INTO note (text) VALUES ('half')")
			return nil
		},
		"a job that overlooks the error of a row": func(tx *sqlite.Tx) error {
			var id int
			_ = tx.QueryRow("INSERT INTO note (text) VALUES (?) RETURNING id", big).Scan(&id)
			_, _ = tx.Strings("INSERT INTO note (text) VALUES ('half') RETURNING text")
			return nil
		},
		"a job that overlooks the error of rows": func(tx *sqlite.Tx) error {
			_, _ = tx.Strings("INSERT INTO note (text) VALUES ('half'), (?) RETURNING text", big)
			_ = tx.QueryRow("INSERT INTO note (text) VALUES ('half') RETURNING id").Scan(new(int))
			return tx.Bump("user")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := openNew(t)
			full(t, db, 3)
			var all sync.WaitGroup
			for range 20 {
				all.Go(func() {
					err := db.Write(t.Context(), func(tx *sqlite.Tx) error {
						if _, err := tx.Exec("INSERT INTO note (text) VALUES ('before')"); err != nil {
							return err
						}
						return job(tx)
					})
					if !errors.Is(err, sqlite.ErrFull) {
						t.Errorf("Write() = %v, want %v", err, sqlite.ErrFull)
					}
				})
			}
			all.Wait()
			if got := count(t, db); got != 0 {
				t.Errorf("%d rows, want none", got)
			}
			full(t, db, 1000)
			write(t, db, "INSERT INTO note (text) VALUES (?)", big)
			if gen, err := db.Generation(t.Context(), "user"); gen != 0 || err != nil {
				t.Errorf("Generation() = %d, %v, want 0", gen, err)
			}
		})
	}
}

func TestTheDirectoryIsLocked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "security.db")
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Lock(dir); !errors.Is(err, sqlite.ErrInUse) {
		t.Errorf("Lock() of an open database = %v, want %v", err, sqlite.ErrInUse)
	}
	second := openAt(t, path) // others share it
	if err := errors.Join(db.Close(), second.Close()); err != nil {
		t.Fatal(err)
	}
	lock, err := sqlite.Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(t.Context(), path, sqlite.Options{}); !errors.Is(err, sqlite.ErrInUse) {
		t.Errorf("Open() of a locked directory = %v, want %v", err, sqlite.ErrInUse)
	}
	moved := dir + ".bak"
	if err := os.Rename(dir, moved); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(moved) })
	if _, err := sqlite.Lock(moved); !errors.Is(err, sqlite.ErrInUse) {
		t.Errorf("Lock() of the renamed directory = %v, want %v", err, sqlite.ErrInUse)
	}
	if err := errors.Join(lock.Release(), lock.Release()); err != nil {
		t.Errorf("Release() twice = %v", err)
	}
	if files, err := os.ReadDir(moved); len(files) != 1 || err != nil {
		t.Errorf("files left = %v, %v, want the database alone", files, err)
	}
	if _, err := sqlite.Lock(filepath.Join(moved, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Lock() of nothing = %v, want %v", err, os.ErrNotExist)
	}
}

func openAndSay(ctx context.Context, path string) string {
	db, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(db.Close())
}

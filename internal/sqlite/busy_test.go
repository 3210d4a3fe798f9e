package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/realmctl/realmctl/internal/sqlite"
)

// hold keeps the write lock until the returned function is called.
func hold(t *testing.T, path string) (release func()) {
	t.Helper()
	pool, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pool.Close() })
	c, err := pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	return func() {
		if _, err := c.ExecContext(context.Background(), "ROLLBACK"); err != nil {
			t.Error(err)
		}
	}
}

func TestALockOfSomebodyElse(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "security.db")
	db := openAt(t, path)
	write(t, db, "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT")
	release := hold(t, path)
	if got := openAt(t, path); count(t, got) != 0 { // opening and reading go on
		t.Error("rows out of nothing")
	}
	impatient, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := insert(impatient, db, "INSERT INTO note (text) VALUES ('given up')"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Write() that gives up = %v, want %v", err, context.DeadlineExceeded)
	}
	patient := make(chan error)
	go func() { patient <- insert(t.Context(), db, "INSERT INTO note (text) VALUES ('waited')") }()
	time.Sleep(20 * time.Millisecond)
	release()
	if err := <-patient; err != nil {
		t.Errorf("Write() that waits = %v", err)
	}
	if got := count(t, db); got != 1 {
		t.Errorf("%d rows, want 1", got)
	}
	if testing.Short() {
		return
	}
	release = hold(t, path)
	if err := insert(t.Context(), db, "INSERT INTO note (text) VALUES ('never')"); !errors.Is(err, sqlite.ErrBusy) {
		t.Errorf("Write() after all its waiting = %v, want %v", err, sqlite.ErrBusy)
	}
	release()
	write(t, db, "INSERT INTO note (text) VALUES ('later')")
}

func TestMoreStatementsThanAreKept(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	err := db.Write(t.Context(), func(tx *sqlite.Tx) error {
		for i := range 600 {
			if _, err := tx.Exec(fmt.Sprintf("INSERT INTO note (text) VALUES ('%d')", i)); err != nil {
				return err
			}
		}
		return nil
	})
	if got := count(t, db); err != nil || got != 600 {
		t.Errorf("%d rows, %v, want 600", got, err)
	}
}

func TestACacheWithoutItsDatabase(t *testing.T) {
	t.Parallel()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "security.db"), sqlite.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	c := sqlite.NewCache[string, int](db, sqlite.CacheOptions{Kinds: []string{"user"}, Max: 10})
	fill := func(context.Context) (int, error) { return 1, nil }
	if v, err := c.Load(t.Context(), "k", fill); v != 1 || err != nil {
		t.Fatal(v, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if v, ok := c.Get(t.Context(), "k"); ok || c.Len(t.Context()) != 0 {
		t.Errorf("Get() = %d though nobody knows whether that is still so", v)
	}
	if _, err := c.Load(t.Context(), "k", fill); !errors.Is(err, sqlite.ErrClosed) {
		t.Errorf("Load() = %v, want %v", err, sqlite.ErrClosed)
	}
}

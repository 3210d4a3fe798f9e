package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/sqlite"
)

// openAt opens a database that is closed with the test.
func openAt(t testing.TB, path string) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// openNew opens a new database with a table: note(id, text), id unique.
func openNew(t testing.TB) *sqlite.DB {
	t.Helper()
	db := openAt(t, filepath.Join(t.TempDir(), "security.db"))
	write(t, db, "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT")
	return db
}

func write(t testing.TB, db *sqlite.DB, q string, args ...any) {
	t.Helper()
	if err := insert(t.Context(), db, q, args...); err != nil {
		t.Fatal(err)
	}
}

func insert(ctx context.Context, db *sqlite.DB, q string, args ...any) error {
	return db.Write(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.Exec(q, args...)
		return err
	})
}

func count(t testing.TB, db *sqlite.DB) int {
	t.Helper()
	var n int
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM note").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWhatIsWrittenIsThereAfterwards(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a #b?c%d e.db")
	for round := range 2 {
		db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		err = db.Write(t.Context(), func(tx *sqlite.Tx) error {
			if _, err := tx.Exec("CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT"); err != nil {
				return err
			}
			if n, err := tx.Exec("INSERT INTO note (text) VALUES (?), (?)", "a", "b"); n != 2 || err != nil {
				return fmt.Errorf("Exec = %d, %w, want 2 rows", n, err)
			}
			names, err = tx.Strings("SELECT text FROM note ORDER BY id")
			return err
		})
		if want := strings.Split("a,b,a,b", ",")[:2+2*round]; err != nil || !cmp.Equal(names, want) {
			t.Errorf("round %d: Strings = %v, %v, want %v", round, names, err, want)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Errorf("second Close() = %v", err)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the file = %v, %v, want 0600", info.Mode(), err)
	}
}

func TestOnlyTheOwnerReadsTheFilesBeside(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db := openAt(t, filepath.Join(dir, "security.db"))
	write(t, db, "CREATE TABLE note (id INTEGER PRIMARY KEY) STRICT")
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 3 {
		t.Fatalf("files = %v, %v, want the database, -wal and -shm", files, err)
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode of %s = %v, %v, want 0600", f.Name(), info.Mode(), err)
		}
	}
}

func TestAFailedJobIsUndoneAlone(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	for name, fail := range map[string]func(tx *sqlite.Tx) error{
		"an error":       func(*sqlite.Tx) error { return refused },
		"a panic":        func(*sqlite.Tx) error { panic("out of luck") },
		"a panic of nil": func(*sqlite.Tx) error { panic(nil) },
		"Goexit":         func(*sqlite.Tx) error { runtime.Goexit(); return nil },
		"a broken statement": func(tx *sqlite.Tx) error {
			_, err := tx.Exec("INSERT INTO nothing VALUES (1)")
			return err
		},
		"a used id": func(tx *sqlite.Tx) error {
			_, err := tx.Exec("INSERT INTO note (id, text) VALUES (1, 'again')")
			if !sqlite.IsUnique(err) {
				return nil
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := openNew(t)
			write(t, db, "INSERT INTO note (id, text) VALUES (1, 'first')")
			var good sync.WaitGroup
			for i := range 50 { // most share a commit with a failing one
				good.Go(func() {
					if err := insert(t.Context(), db, "INSERT INTO note (text) VALUES (?)", fmt.Sprint(i)); err != nil {
						t.Errorf("a good job beside it: %v", err)
					}
				})
				good.Go(func() {
					err := db.Write(t.Context(), func(tx *sqlite.Tx) error {
						if _, err := tx.Exec("INSERT INTO note (text) VALUES ('bad')"); err != nil {
							return nil //nolint:nilerr // it must fail later
						}
						return fail(tx)
					})
					if err == nil {
						t.Error("Write() = nil, want an error")
					}
				})
			}
			good.Wait()
			if got := count(t, db); got != 51 {
				t.Errorf("%d rows, want 51", got)
			}
		})
	}
}

func TestEveryJobOfACommitThatFailsHasFailed(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	write(t, db, "CREATE TABLE child (note INTEGER REFERENCES note (id) DEFERRABLE INITIALLY DEFERRED) STRICT")
	first, queued := make(chan struct{}), make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		_ = db.Write(t.Context(), func(*sqlite.Tx) error {
			close(first)
			<-queued // until a whole group waits
			return nil
		})
	})
	<-first
	errs := make(chan error, 10)
	for i := range cap(errs) {
		running.Go(func() {
			errs <- db.Write(t.Context(), func(tx *sqlite.Tx) error {
				q := "INSERT INTO note (text) VALUES (?)"
				if i == 0 {
					q = "INSERT INTO child (note) VALUES (length(?) + 1000)" // found out by COMMIT
				}
				_, err := tx.Exec(q, "x")
				return errors.Join(err, tx.Bump("user"))
			})
		})
	}
	time.Sleep(50 * time.Millisecond) // not a condition: fewer in the group test less
	close(queued)
	running.Wait()
	failed := 0
	for range cap(errs) {
		if err := <-errs; err != nil {
			failed++
		}
	}
	gen, err := db.Generation(t.Context(), "user")
	if got := count(t, db); failed == 0 || got != cap(errs)-failed || err != nil || gen != uint64(got) {
		t.Errorf("%d jobs failed, %d rows and generation %d (%v), want %d of both", failed, got, gen, err, cap(errs)-failed)
	}
	write(t, db, "INSERT INTO note (text) VALUES ('later')")
}

func TestAContextCountsUntilTheJobBegins(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := insert(ended, db, "INSERT INTO note (text) VALUES ('never')"); !errors.Is(err, context.Canceled) {
		t.Errorf("Write() with an ended context = %v", err)
	}

	running, cancel := context.WithCancel(t.Context())
	waiting, give := context.WithCancel(t.Context())
	gaveUp := make(chan error)
	err := db.Write(running, func(tx *sqlite.Tx) error {
		cancel()
		go func() { gaveUp <- insert(waiting, db, "INSERT INTO note (text) VALUES ('never')") }()
		time.Sleep(20 * time.Millisecond)
		give()
		if err := <-gaveUp; !errors.Is(err, context.Canceled) {
			return fmt.Errorf("the job that waited: %w", err)
		}
		_, err := tx.Exec("INSERT INTO note (text) VALUES ('in spite of it')")
		return err
	})
	if err != nil {
		t.Errorf("Write() whose context ended while it ran = %v, want nil", err)
	}
	if got := count(t, db); got != 1 {
		t.Errorf("%d rows, want 1", got)
	}
}

func TestCloseFinishesWhatWasAccepted(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "security.db")
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	write(t, db, "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT")
	done := make(chan error, 200)
	for range cap(done) {
		go func() { done <- insert(t.Context(), db, "INSERT INTO note (text) VALUES ('x')") }()
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	written := 0
	for range cap(done) {
		switch err := <-done; {
		case err == nil:
			written++
		case !errors.Is(err, sqlite.ErrClosed):
			t.Errorf("Write() around Close() = %v, want nil or %v", err, sqlite.ErrClosed)
		}
	}
	if err := insert(t.Context(), db, "SELECT 1"); !errors.Is(err, sqlite.ErrClosed) {
		t.Errorf("Write() after Close() = %v, want %v", err, sqlite.ErrClosed)
	}
	if _, err := db.Generation(t.Context(), "user"); !errors.Is(err, sqlite.ErrClosed) {
		t.Errorf("Generation() after Close() = %v, want %v", err, sqlite.ErrClosed)
	}
	if got := count(t, openAt(t, path)); got != written {
		t.Errorf("%d rows, want the %d that were answered", got, written)
	}
}

func TestRowsThatAJobLeavesOpen(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	write(t, db, "INSERT INTO note (text) VALUES ('a'), ('b'), ('c')")
	var kept *sqlite.Tx
	err := db.Write(t.Context(), func(tx *sqlite.Tx) error {
		kept = tx
		rows, err := tx.Query("SELECT id FROM note")
		if err != nil {
			return err
		}
		for rows.Next() { // the same query again while its rows are open
			var id, again int
			if err := rows.Scan(&id); err != nil {
				return err
			}
			inner, err := tx.Query("SELECT id FROM note")
			if err != nil || !inner.Next() {
				return fmt.Errorf("inner rows: %w", err)
			}
			if err := inner.Scan(&again); err != nil || again != 1 {
				return fmt.Errorf("inner row = %d, %w, want 1", again, err)
			}
			if id == 2 {
				return nil
			}
		}
		return errors.Join(errors.New("the rows ended early"), rows.Err())
	})
	if err != nil {
		t.Error(err)
	}
	if _, err := kept.Exec("DELETE FROM note"); err == nil {
		t.Error("Exec() after the job's end = nil, want an error")
	}
	var missing int
	err = db.Write(t.Context(), func(tx *sqlite.Tx) error {
		return tx.QueryRow("SELECT id FROM note WHERE id = 99").Scan(&missing)
	})
	if !errors.Is(err, sql.ErrNoRows) {
		t.Errorf("QueryRow() of nothing = %v, want %v", err, sql.ErrNoRows)
	}
	if got := count(t, db); got != 3 {
		t.Errorf("%d rows, want 3", got)
	}
}

// Whoever reads rows may ask for a generation meanwhile, and so may many at once.
func TestReadersThatHoldTheirRows(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	write(t, db, "INSERT INTO note (text) VALUES ('a')")
	var all sync.WaitGroup
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for range 50 {
		all.Go(func() {
			rows, err := db.QueryContext(ctx, "SELECT id FROM note")
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = rows.Close() }()
			if gen, err := db.Generation(ctx, "user"); gen != 0 || err != nil {
				t.Errorf("Generation() = %d, %v, want 0", gen, err)
			}
			if !rows.Next() || rows.Next() || rows.Err() != nil {
				t.Errorf("rows = %v, want one", rows.Err())
			}
		})
	}
	all.Wait()
}

func TestOpenWithoutItsFolder(t *testing.T) {
	t.Parallel()
	_, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "none", "security.db"), sqlite.Options{})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open() = %v, want %v", err, fs.ErrNotExist)
	}
}

func TestReadersCannotWrite(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	var id int
	err := db.QueryRowContext(t.Context(), "INSERT INTO note (text) VALUES ('x') RETURNING id").Scan(&id)
	if !errors.Is(err, sqlite.ErrReadOnly) {
		t.Errorf("an insert by a reader = %v, want %v", err, sqlite.ErrReadOnly)
	}
	rows, err := db.QueryContext(t.Context(), "SELECT id FROM note")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	if rows.Next() || rows.Err() != nil {
		t.Errorf("rows = %v, want none", rows.Err())
	}
}

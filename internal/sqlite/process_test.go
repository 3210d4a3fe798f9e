package sqlite_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/realmctl/realmctl/internal/sqlite"
)

// childVar names what this program does instead of testing.
const childVar = "SQLITE_TEST_CHILD"

func TestMain(m *testing.M) {
	if what := os.Getenv(childVar); what != "" {
		if err := runChild(what, os.Args[1:]); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// child is this program as another process.
func child(t *testing.T, what string, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, args...)
	cmd.Env = append(os.Environ(), childVar+"="+what)
	return cmd
}

func runChild(what string, args []string) error {
	ctx := context.Background()
	if what == "open" {
		fmt.Println(openAndSay(ctx, args[0]))
		return nil
	}
	db, err := sqlite.Open(ctx, args[0], sqlite.Options{Now: time.Now})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	switch what {
	case "insert": // n rows, one commit each
		n, _ := strconv.Atoi(args[1])
		for range n {
			if err := insert(ctx, db, "INSERT INTO note (text) VALUES (?)", args[2]); err != nil {
				return err
			}
		}
	case "bump": // for each line of input
		for in := bufio.NewScanner(os.Stdin); in.Scan(); {
			if err := db.Write(ctx, func(tx *sqlite.Tx) error { return tx.Bump(in.Text()) }); err != nil {
				return err
			}
			fmt.Println("done")
		}
	case "crash": // print what was acknowledged until killed
		return crash(ctx, db)
	}
	return nil
}

func crash(ctx context.Context, db *sqlite.DB) error {
	failed := make(chan error)
	for range 16 {
		go func() {
			for {
				var id int64
				err := db.Write(ctx, func(tx *sqlite.Tx) error {
					return tx.QueryRow("INSERT INTO note (text) VALUES ('kept') RETURNING id").Scan(&id)
				})
				if err != nil {
					failed <- err
					return
				}
				_, _ = fmt.Fprintf(os.Stdout, "%d\n", id) // one write, so that a kill leaves whole lines
			}
		}()
	}
	return <-failed
}

func TestTwoProcessesWriteAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "security.db")
	db := openAt(t, path)
	write(t, db, "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT")
	const rows = 100
	errs := make(chan error, 4)
	for i := range 2 {
		cmd := child(t, "insert", path, strconv.Itoa(rows), "child")
		go func() {
			out, err := cmd.CombinedOutput()
			if err != nil {
				err = fmt.Errorf("%w: %s", err, out)
			}
			errs <- err
		}()
		go func() {
			for range rows {
				if err := insert(t.Context(), db, "INSERT INTO note (text) VALUES (?)", fmt.Sprint(i)); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if got := count(t, db); got != 4*rows {
		t.Errorf("%d rows, want %d", got, 4*rows)
	}
}

// A process that writes without end must not keep others out.
func TestABusyWriterLetsOthersIn(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "security.db")
	db := openAt(t, path)
	write(t, db, "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT")
	ctx, stop := context.WithCancel(t.Context())
	busy := make(chan error, 32)
	for range cap(busy) {
		go func() {
			for ctx.Err() == nil {
				if err := insert(ctx, db, "INSERT INTO note (text) VALUES ('busy')"); err != nil && !errors.Is(err, context.Canceled) {
					busy <- err
					return
				}
			}
			busy <- nil
		}()
	}
	out, err := child(t, "insert", path, "20", "child").CombinedOutput()
	stop()
	if err != nil {
		t.Errorf("the other process: %v: %s", err, out)
	}
	for range cap(busy) {
		if err := <-busy; err != nil {
			t.Error(err)
		}
	}
	var n int
	err = db.QueryRowContext(t.Context(), "SELECT count(*) FROM note WHERE text = 'child'").Scan(&n)
	if n != 20 || err != nil {
		t.Errorf("the other process has %d rows, %v, want 20", n, err)
	}
}

func TestProcessesCreateTheSameDatabase(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "security.db")
	outs := make(chan string, 8)
	for range cap(outs) {
		cmd := child(t, "open", path)
		go func() {
			out, _ := cmd.CombinedOutput()
			outs <- strings.TrimSpace(string(out))
		}()
	}
	for range cap(outs) {
		if got := <-outs; got != "<nil>" {
			t.Errorf("Open() and Close() = %s, want <nil>", got)
		}
	}
}

func TestACacheNoticesOtherProcesses(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "security.db")
	db := openAt(t, path)
	cmd := child(t, "bump", path)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	out := bufio.NewScanner(pipe)
	cache := sqlite.NewCache[string, int](db, sqlite.CacheOptions{Kinds: []string{"user"}, Max: 10})
	other := sqlite.NewCache[string, int](db, sqlite.CacheOptions{Kinds: []string{"role"}, Max: 10})
	for round := range 20 {
		for _, c := range []*sqlite.Cache[string, int]{cache, other} {
			g, err := c.Generation(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			c.Put("k", round, g)
		}
		if _, ok := cache.Get(t.Context(), "k"); !ok {
			t.Error("Get() of a fresh entry finds nothing")
		}
		if _, err := fmt.Fprintln(in, "user"); err != nil {
			t.Fatal(err)
		}
		if !out.Scan() {
			t.Fatalf("the other process ended: %v", out.Err())
		}
		answered := time.Now()
		for stale := true; stale; {
			if _, stale = cache.Get(t.Context(), "k"); stale && time.Since(answered) > 5*time.Second {
				t.Fatal("the entry is still good long after another process has altered users")
			}
		}
		if _, ok := other.Get(t.Context(), "k"); !ok {
			t.Error("a change of users has ended what depends on roles")
		}
	}
	if err := errors.Join(in.Close(), cmd.Wait()); err != nil {
		t.Error(err)
	}
}

func TestAKilledWriterLosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "security.db")
	db := openAt(t, path)
	write(t, db, "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT")
	acknowledged := 0
	for range 5 {
		cmd := child(t, "crash", path)
		pipe, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		out := bufio.NewScanner(pipe)
		var ids []string
		for last := 1 + rand.IntN(200); out.Scan(); {
			ids = append(ids, out.Text())
			if len(ids) == last {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := cmd.Wait(); err == nil {
			t.Fatal("the writer was not killed")
		}
		for _, id := range ids {
			var text string
			if err := db.QueryRowContext(t.Context(), "SELECT text FROM note WHERE id = ?", id).Scan(&text); err != nil || text != "kept" {
				t.Errorf("row %s, acknowledged before the kill: %q, %v", id, text, err)
			}
		}
		acknowledged += len(ids)
	}
	var check string
	if err := db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&check); err != nil || check != "ok" {
		t.Errorf("integrity_check = %s, %v", check, err)
	}
	if acknowledged == 0 {
		t.Error("no write was acknowledged: nothing was proved")
	}
}

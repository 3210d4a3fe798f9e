//go:build unix

package atomicfile_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/realmctl/realmctl/internal/atomicfile"
)

// The test binary starts itself again as another process; these say what as.
const (
	childRole = "ATOMICFILE_TEST_ROLE"
	childPath = "ATOMICFILE_TEST_PATH"
)

func TestMain(m *testing.M) {
	switch os.Getenv(childRole) {
	case "append":
		exitWith(appendLine(os.Getenv(childPath), strconv.Itoa(os.Getpid())))
	case "flip":
		exitWith(flip(os.Getenv(childPath), atomicfile.Options{}))
	case "flip-in-place":
		exitWith(flip(os.Getenv(childPath), atomicfile.Options{InPlace: true}))
	case "replace":
		exitWith(replaceOnce(os.Getenv(childPath), atomicfile.Options{}))
	case "create":
		exitWith(replaceOnce(os.Getenv(childPath), atomicfile.Options{Like: []string{"users"}}))
	}
	os.Exit(m.Run())
}

func exitWith(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func appendLine(path, line string) error {
	l, err := atomicfile.Acquire(context.Background(), path)
	if err != nil {
		return err
	}
	defer l.Release()
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	_, err = l.Replace(path, string(old)+line+"\n", atomicfile.Options{})
	return err
}

func replaceOnce(path string, o atomicfile.Options) error {
	l, err := atomicfile.Acquire(context.Background(), path)
	if err != nil {
		return err
	}
	defer l.Release()
	out, err := l.Replace(path, "new", o)
	for _, notice := range out.Notices {
		fmt.Println(notice)
	}
	return err
}

// Contents of different lengths, so that a mixture of the two shows.
var flips = [2]string{strings.Repeat("A", 70_000), strings.Repeat("B", 50_000)}

func flip(path string, o atomicfile.Options) error {
	for i := 0; ; i++ {
		l, err := atomicfile.Acquire(context.Background(), path)
		if err != nil {
			return err
		}
		if _, err := l.Replace(path, flips[i%2], o); err != nil {
			return err
		}
		l.Release()
	}
}

func child(ctx context.Context, t *testing.T, role, path string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, exe)
	cmd.Env = append(os.Environ(), childRole+"="+role, childPath+"="+path)
	return cmd
}

func TestFiftyProcessesLoseNoLine(t *testing.T) {
	t.Parallel()
	const processes = 50
	dir := t.TempDir()
	path := filepath.Join(dir, "users")
	write(t, path, "", 0o640)
	var wg sync.WaitGroup
	for range processes {
		wg.Go(func() {
			if out, err := child(t.Context(), t, "append", path).CombinedOutput(); err != nil {
				t.Errorf("child: %v: %s", err, out)
			}
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for line := range strings.Lines(content(t, path)) {
		seen[line] = true
	}
	if len(seen) != processes {
		t.Errorf("%d of %d lines survived", len(seen), processes)
	}
	onlyFiles(t, dir, "users")
}

func TestKillLeavesTheOldFileOrTheNew(t *testing.T) {
	t.Parallel()
	rounds := 200
	if testing.Short() {
		rounds = 20
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "users")
	write(t, path, flips[0], 0o640)
	for range rounds {
		kill(t, "flip", path)
		if got := content(t, path); got != flips[0] && got != flips[1] {
			t.Fatalf("a mixture of %d bytes", len(got))
		}
		if got := modeOf(t, path); got != 0o640 {
			t.Fatalf("mode became %v", got)
		}
	}
	// Neither a lock nor a temporary file is in the way of the next one.
	if _, err := replace(t, path, "done", atomicfile.Options{}); err != nil {
		t.Fatal(err)
	}
	onlyFiles(t, dir, "users")
}

func TestKillInPlaceLeavesAWholeBackup(t *testing.T) {
	t.Parallel()
	rounds := 100
	if testing.Short() {
		rounds = 10
	}
	path := filepath.Join(t.TempDir(), "users")
	write(t, path, flips[0], 0o640)
	undo, _ := atomicfile.Backups(path, "")
	for range rounds {
		kill(t, "flip-in-place", path)
		if _, err := os.Stat(undo); err != nil {
			if got := content(t, path); got != flips[0] && got != flips[1] {
				t.Fatalf("a mixture of %d bytes and no undo copy", len(got))
			}
			continue
		}
		if got := content(t, undo); got != flips[0] && got != flips[1] {
			t.Fatalf("the undo copy has %d bytes", len(got))
		}
		l, err := atomicfile.Acquire(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Restore(path, atomicfile.Options{}); err != nil {
			t.Fatal(err)
		}
		l.Release()
		if got := content(t, path); got != flips[0] && got != flips[1] {
			t.Fatalf("restored to a mixture of %d bytes", len(got))
		}
	}
}

// kill starts a child that never ends and ends it after a random moment.
func kill(t *testing.T, role, path string) {
	t.Helper()
	cmd := child(t.Context(), t, role, path)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Duration(rand.IntN(15_000)) * time.Microsecond)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("child ended by itself: %v", err)
	}
}

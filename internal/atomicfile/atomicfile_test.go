package atomicfile_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/atomicfile"
)

// replace is what a command does: lock, write, give the lock back.
func replace(t *testing.T, path, content string, o atomicfile.Options) (atomicfile.Outcome, error) {
	t.Helper()
	l, err := atomicfile.Acquire(t.Context(), path)
	if err != nil {
		return atomicfile.Outcome{}, err
	}
	defer l.Release()
	return l.Replace(path, content, o)
}

func write(t *testing.T, path, content string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func modeOf(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode()
}

// onlyFiles fails unless dir holds exactly these names.
func onlyFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files in the folder (-want +got):\n%s", diff)
	}
}

func TestReplaceKeepsTheMode(t *testing.T) {
	t.Parallel()
	for _, mode := range []fs.FileMode{0o600, 0o640, 0o644, 0o660, 0o664} {
		dir := t.TempDir()
		path := filepath.Join(dir, "users")
		write(t, path, "old", mode)
		out, err := replace(t, path, "new", atomicfile.Options{})
		if err != nil || out.Created || out.Backup != "" || len(out.Notices) > 0 {
			t.Errorf("%v: Replace = %+v, %v", mode, out, err)
		}
		if got := content(t, path); got != "new" {
			t.Errorf("%v: content %q", mode, got)
		}
		if got := modeOf(t, path); got != mode {
			t.Errorf("mode %v became %v", mode, got)
		}
		onlyFiles(t, dir, "users")
	}
}

func TestModeIsGivenWhenAskedFor(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), ".env")
	write(t, path, "A=1\n", 0o644)
	if _, err := replace(t, path, "A=2\n", atomicfile.Options{Mode: 0o600}); err != nil {
		t.Fatal(err)
	}
	if got := modeOf(t, path); got != 0o600 {
		t.Errorf("mode %v, want 0600", got)
	}
}

func TestNewFileTakesTheModeOfItsNeighbour(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		like []string
		mode fs.FileMode
		want fs.FileMode
	}{
		{"without neighbours it is private", nil, 0, 0o600},
		{"the first neighbour there counts", []string{"absent", "users", "elasticsearch.yml"}, 0, 0o660},
		{"a neighbour's execute and world-write bits are not copied", []string{"tool"}, 0, 0o664},
		{"without any the folder's bits count", []string{"absent"}, 0, 0o640},
		{"a mode asked for wins", []string{"users"}, 0o600, 0o600},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "conf")
			if err := os.Mkdir(dir, 0o750); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, "users"), "", 0o660)
			write(t, filepath.Join(dir, "elasticsearch.yml"), "", 0o644)
			write(t, filepath.Join(dir, "tool"), "", 0o777)
			path := filepath.Join(dir, "service_tokens")
			out, err := replace(t, path, "x", atomicfile.Options{Like: tt.like, Mode: tt.mode})
			if err != nil || !out.Created {
				t.Fatalf("Replace = %+v, %v", out, err)
			}
			if got := modeOf(t, path); got != tt.want {
				t.Errorf("mode %v, want %v", got, tt.want)
			}
		})
	}
}

func TestLinksAreFollowed(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	conf, data := filepath.Join(top, "conf"), filepath.Join(top, "data")
	for _, dir := range []string{conf, data} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(data, "users"), "old", 0o640)
	for name, dest := range map[string]string{"users": "../data/middle", "new": filepath.Join(data, "fresh")} {
		if err := os.Symlink(dest, filepath.Join(conf, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("users", filepath.Join(data, "middle")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"users", "new"} {
		if _, err := replace(t, filepath.Join(conf, name), "new "+name, atomicfile.Options{}); err != nil {
			t.Fatal(err)
		}
		if modeOf(t, filepath.Join(conf, name))&fs.ModeSymlink == 0 {
			t.Errorf("%s is no longer a link", name)
		}
		if got := content(t, filepath.Join(conf, name)); got != "new "+name {
			t.Errorf("%s reads %q", name, got)
		}
	}
	if got := modeOf(t, filepath.Join(data, "users")); got != 0o640 {
		t.Errorf("mode behind the link became %v", got)
	}
	onlyFiles(t, data, "fresh", "middle", "users")
	onlyFiles(t, conf, "new", "users")
}

func TestLinksThatLoopAreRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users")
	if err := os.Symlink("users", path); err != nil {
		t.Fatal(err)
	}
	if _, err := replace(t, path, "x", atomicfile.Options{}); err == nil {
		t.Error("a loop of links was followed")
	}
}

func TestKubernetesVolumesAreRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "..2026_01_02"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "..2026_01_02", "users"), "old", 0o644)
	for _, link := range [][2]string{{"..2026_01_02", "..data"}, {"..data/users", "users"}} {
		if err := os.Symlink(link[0], filepath.Join(dir, link[1])); err != nil {
			t.Fatal(err)
		}
	}
	outside := filepath.Join(t.TempDir(), "users")
	if err := os.Symlink(filepath.Join(dir, "users"), outside); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(dir, "users"), filepath.Join(dir, "service_tokens"), filepath.Join(dir, "..data", "users"), outside} {
		if _, err := replace(t, path, "new", atomicfile.Options{}); !errors.Is(err, atomicfile.ErrVolume) {
			t.Errorf("Replace(%s) = %v, want ErrVolume", path, err)
		}
		if err := atomicfile.Probe(path, atomicfile.Options{}); !errors.Is(err, atomicfile.ErrVolume) {
			t.Errorf("Probe(%s) = %v, want ErrVolume", path, err)
		}
	}
	if got := content(t, filepath.Join(dir, "users")); got != "old" {
		t.Errorf("the volume's file became %q", got)
	}
}

func TestOnlyRegularFilesAreReplaced(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := replace(t, path, "x", atomicfile.Options{}); !errors.Is(err, atomicfile.ErrNotRegular) {
		t.Errorf("Replace of a folder = %v, want ErrNotRegular", err)
	}
}

func TestHardLinksAreTold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "users")
	write(t, path, "old", 0o600)
	if err := os.Link(path, filepath.Join(dir, "snapshot")); err != nil {
		t.Fatal(err)
	}
	out, err := replace(t, path, "new", atomicfile.Options{})
	if err != nil || len(out.Notices) != 1 || !strings.Contains(out.Notices[0], "2 names") {
		t.Errorf("Replace = %+v, %v; want a notice about two names", out, err)
	}
	if got := content(t, filepath.Join(dir, "snapshot")); got != "old" {
		t.Errorf("the other name reads %q", got)
	}
}

func TestLeftoversOfAKilledProcessAreSwept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "users")
	write(t, path, "old", 0o600)
	for _, name := range []string{".users.realmctl-0123456789abcdef.tmp", ".users_roles.realmctl-0123456789abcdef.tmp", ".users.swp"} {
		write(t, filepath.Join(dir, name), "left", 0o600)
	}
	if _, err := replace(t, path, "new", atomicfile.Options{}); err != nil {
		t.Fatal(err)
	}
	onlyFiles(t, dir, ".users.swp", ".users_roles.realmctl-0123456789abcdef.tmp", "users")
}

func TestTheLockExcludesOthersUntilReleased(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "users")
	first, err := atomicfile.Acquire(t.Context(), path, filepath.Join(dir, "users_roles"))
	if err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := atomicfile.Acquire(short, path); !errors.Is(err, atomicfile.ErrBusy) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("second Acquire = %v, want ErrBusy", err)
	}
	onlyFiles(t, dir) // no lock file
	first.Release()
	second, err := atomicfile.Acquire(t.Context(), path)
	if err != nil {
		t.Fatalf("Acquire after Release: %v", err)
	}
	second.Release()
	second.Release() // twice is harmless
	if _, err := second.Replace(path, "x", atomicfile.Options{}); err == nil {
		t.Error("Replace without the lock worked")
	}
}

func TestTheLockCoversWhatALinkLeadsTo(t *testing.T) {
	t.Parallel()
	conf, data := t.TempDir(), t.TempDir()
	if err := os.Symlink(filepath.Join(data, "users"), filepath.Join(conf, "users")); err != nil {
		t.Fatal(err)
	}
	l, err := atomicfile.Acquire(t.Context(), filepath.Join(conf, "users"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	for _, dir := range []string{conf, data} {
		short, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		if _, err := atomicfile.Acquire(short, filepath.Join(dir, "other")); !errors.Is(err, atomicfile.ErrBusy) {
			t.Errorf("Acquire in %s = %v, want ErrBusy", dir, err)
		}
		cancel()
	}
}

// Whoever holds the lock sweeps temporary files, those of a probe too.
func TestProbeWhileOthersWrite(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users")
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(done)
		for i := range 200 {
			l, err := atomicfile.Acquire(t.Context(), path)
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := l.Replace(path, strconv.Itoa(i), atomicfile.Options{}); err != nil {
				t.Error(err)
			}
			l.Release()
		}
	})
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if err := atomicfile.Probe(path, atomicfile.Options{}); err != nil {
					t.Errorf("Probe = %v", err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestProbeLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "users")
	write(t, path, "old", 0o640)
	for _, o := range []atomicfile.Options{{}, {InPlace: true}, {Like: []string{"users"}, Mode: 0o600}} {
		for _, name := range []string{"users", "service_tokens"} {
			if err := atomicfile.Probe(filepath.Join(dir, name), o); err != nil {
				t.Errorf("Probe(%s, %+v) = %v", name, o, err)
			}
		}
	}
	onlyFiles(t, dir, "users")
	if got := content(t, path); got != "old" {
		t.Errorf("Probe changed the file to %q", got)
	}
	if err := atomicfile.Probe(filepath.Join(dir, "absent", "users"), atomicfile.Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Probe in a missing folder = %v, want ErrNotExist", err)
	}
}

func TestRemoveNeedsTheLock(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "users")
	write(t, path, "old", 0o640)
	l, err := atomicfile.Acquire(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Remove(path); err != nil {
		t.Errorf("Remove = %v", err)
	}
	if err := l.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Remove of nothing = %v, want ErrNotExist", err)
	}
	onlyFiles(t, dir)
	l.Release()
	if err := l.Remove(path); err == nil {
		t.Error("Remove without the lock worked")
	}
}

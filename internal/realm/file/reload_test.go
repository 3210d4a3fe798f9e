package file_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/realmctl/realmctl/internal/realm/file"
	"github.com/realmctl/realmctl/internal/usersfile"
)

// eventually waits until ok, far longer than it may take.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not seen", what)
		}
	}
}

func (f folder) knows(t *testing.T, name string) bool {
	t.Helper()
	_, ok, err := f.Lookup(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func TestChangesOfTheFilesAreSeen(t *testing.T) {
	t.Parallel()
	for name, interval := range map[string]time.Duration{"by events": time.Hour, "by looking now and then": 20 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFolder(t, func(dir string, o *file.Options) {
				o.Interval = interval
				write(t, dir, "users", "ana:"+testPass1+"\n")
			})
			if err := f.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			before, err := f.Generation(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			write(t, f.dir, "users", "bob:"+testPass1+"\n") // in place, the same size
			eventually(t, "a rewrite", func() bool { return f.knows(t, "bob") && !f.knows(t, "ana") })
			write(t, f.dir, "new", "eve:"+testPass1+"\n")
			if err := os.Rename(filepath.Join(f.dir, "new"), filepath.Join(f.dir, "users")); err != nil {
				t.Fatal(err)
			}
			eventually(t, "a rename", func() bool { return f.knows(t, "eve") })
			write(t, f.dir, "users_roles", "boss:eve\n")
			eventually(t, "new roles", func() bool {
				u, _, _ := f.Lookup(t.Context(), "eve")
				return len(u.Roles) == 1 && u.Roles[0] == "boss"
			})
			if err := os.Remove(filepath.Join(f.dir, "users")); err != nil {
				t.Fatal(err)
			}
			eventually(t, "a removal", func() bool { return f.Len() == 0 })
			if after, err := f.Generation(t.Context()); after <= before || err != nil {
				t.Errorf("generation %d after %d, %v", after, before, err)
			}
			users, roles := usersfile.Paths(f.dir)
			for _, want := range []string{"users file [" + users + "] changed. updating users...", "users roles file [" + roles + "] changed. updating users roles..."} {
				if !strings.Contains(f.log.String(), want) {
					t.Errorf("log lacks %q:\n%s", want, f.log)
				}
			}
		})
	}
}

// A Kubernetes volume is a link users -> ..data/users, where ..data is a link to a
// folder that is swapped for a new one.
func TestASwappedVolumeIsSeen(t *testing.T) {
	t.Parallel()
	f := newFolder(t, func(dir string, o *file.Options) {
		o.Interval = time.Hour
		if err := os.Mkdir(filepath.Join(dir, "..1"), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "..1"), "users", "ana:"+testPass1+"\n")
		link(t, "..1", filepath.Join(dir, "..data"))
		link(t, "..data/users", filepath.Join(dir, "users"))
	})
	if !f.knows(t, "ana") {
		t.Fatal("ana is unknown")
	}
	if err := f.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(f.dir, "..2"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(f.dir, "..2"), "users", "bob:"+testPass1+"\n")
	link(t, "..2", filepath.Join(f.dir, "..data_tmp"))
	if err := os.Rename(filepath.Join(f.dir, "..data_tmp"), filepath.Join(f.dir, "..data")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the new volume", func() bool { return f.knows(t, "bob") && !f.knows(t, "ana") })
}

func link(t *testing.T, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
}

func TestALinkIntoAnotherFolderIsFollowed(t *testing.T) {
	t.Parallel()
	elsewhere := t.TempDir()
	write(t, elsewhere, "u", "ana:"+testPass1+"\n")
	age(t, elsewhere, "u")
	f := newFolder(t, func(dir string, _ *file.Options) { link(t, filepath.Join(elsewhere, "u"), filepath.Join(dir, "users")) })
	if err := f.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	write(t, elsewhere, "u", "bobby:"+testPass1+"\n") // no event in the watched folder
	age(t, elsewhere, "u")
	eventually(t, "the change elsewhere", func() bool { return f.knows(t, "bobby") })
	write(t, elsewhere, "new", "carol:"+testPass1+"\n")
	age(t, elsewhere, "new")
	if err := os.Rename(filepath.Join(elsewhere, "new"), filepath.Join(elsewhere, "u")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "another file of the same size and time", func() bool { return f.knows(t, "carol") })
}

// age gives a file a time of long ago, always the same.
func age(t *testing.T, dir, name string) {
	t.Helper()
	then := time.Unix(1_600_000_000, 0)
	if err := os.Chtimes(filepath.Join(dir, name), then, then); err != nil {
		t.Fatal(err)
	}
}

func TestAChangeThatKeepsSizeAndTimeIsSeenByItsEvent(t *testing.T) {
	t.Parallel()
	f := newFolder(t, func(dir string, o *file.Options) {
		o.Interval = time.Hour
		write(t, dir, "users", "ana:"+testPass1+"\n")
		age(t, dir, "users")
	})
	if err := f.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	write(t, f.dir, "users", "bob:"+testPass1+"\n")
	age(t, f.dir, "users")
	eventually(t, "the change", func() bool { return f.knows(t, "bob") })
}

func TestAFileThatBecomesReadableIsRead(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Skip("root may read everything")
	}
	for _, strict := range []bool{false, true} {
		f := newFolder(t, func(dir string, o *file.Options) {
			o.Strict = strict
			write(t, dir, "users", "ana:"+testPass1+"\n")
			age(t, dir, "users")
			if err := os.Chmod(filepath.Join(dir, "users"), 0); err != nil {
				t.Fatal(err)
			}
		})
		if err := f.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if f.knows(t, "ana") {
			t.Fatal("an unreadable file was read")
		}
		if err := os.Chmod(filepath.Join(f.dir, "users"), 0o600); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the file", func() bool { return f.knows(t, "ana") })
	}
}

func TestFixedFilesAreReadOnce(t *testing.T) {
	t.Parallel()
	f := newFolder(t, func(dir string, o *file.Options) {
		o.Fixed = true
		write(t, dir, "users", "ana:"+testPass1+"\n")
	})
	if err := f.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	write(t, f.dir, "users", "bob:"+testPass1+"\n")
	time.Sleep(300 * time.Millisecond) // six looks, if there were any
	if f.knows(t, "bob") || !f.knows(t, "ana") {
		t.Error("the files were read again")
	}
}

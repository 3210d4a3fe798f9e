package usersfile_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/realmctl/realmctl/internal/usersfile"
)

const million = 1_000_000

// crowd writes a folder with n users, each with one or two of the usual roles.
func crowd(tb testing.TB, n int) (dir string, size int) {
	tb.Helper()
	var users, first, second strings.Builder
	users.WriteString("# everybody\n")
	first.WriteString("monitoring_user:")
	second.WriteString("viewer:")
	for i := range n {
		fmt.Fprintf(&users, "user-%07d:%s\n", i, otherHash)
		if i > 0 {
			first.WriteByte(',')
		}
		fmt.Fprintf(&first, "user-%07d", i)
		if i%2 == 0 {
			fmt.Fprintf(&second, "user-%07d,", i)
		}
	}
	first.WriteByte('\n')
	second.WriteByte('\n')
	dir = tb.TempDir()
	roles := first.String() + second.String()
	write(tb, filepath.Join(dir, "users"), users.String())
	write(tb, filepath.Join(dir, "users_roles"), roles)
	return dir, users.Len() + len(roles)
}

// Memory is bounded by a small multiple of the files.
func TestAMillionUsers(t *testing.T) {
	if testing.Short() {
		t.Skip("a hundred megabytes of users")
	}
	dir, size := crowd(t, million)
	for _, tt := range []struct {
		name  string
		times int // of the size of the files, live at the end
		work  func(t *testing.T) any
	}{
		{"load", 3, func(t *testing.T) any {
			f, err := usersfile.Load(dir, usersfile.Options{})
			if err != nil || f.Users.Len() != million || len(f.Roles.Of("user-0000002")) != 2 {
				t.Errorf("%d users, %v", f.Users.Len(), err)
			}
			return f
		}},
		{"lint", 3, func(t *testing.T) any {
			found, err := usersfile.Lint(dir, usersfile.LintOptions{})
			if err != nil || len(found) != 0 {
				t.Errorf("%d findings, %v", len(found), err)
			}
			return found
		}},
		{"edit", 3, func(t *testing.T) any {
			if err := add(dir, "newcomer"); err != nil {
				t.Error(err)
			}
			if err := remove(dir, "newcomer"); err != nil {
				t.Error(err)
			}
			return nil
		}},
	} {
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		kept := tt.work(t)
		runtime.GC()
		runtime.ReadMemStats(&after)
		if grown := int(after.HeapAlloc) - int(before.HeapAlloc); grown > tt.times*size {
			t.Errorf("%s keeps %d MB for files of %d MB", tt.name, grown>>20, size>>20)
		}
		if total := int(after.TotalAlloc - before.TotalAlloc); total > 20*size {
			t.Errorf("%s allocates %d MB for files of %d MB", tt.name, total>>20, size>>20)
		}
		runtime.KeepAlive(kept)
	}
}

func BenchmarkMillion(b *testing.B) {
	dir, size := crowd(b, million)
	for _, bb := range []struct {
		name string
		work func() error
	}{
		{"load", func() error { _, err := usersfile.Load(dir, usersfile.Options{}); return err }},
		{"lint", func() error { _, err := usersfile.Lint(dir, usersfile.LintOptions{}); return err }},
		{"add and delete", func() error { return errors.Join(add(dir, "newcomer"), remove(dir, "newcomer")) }},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				if err := bb.work(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

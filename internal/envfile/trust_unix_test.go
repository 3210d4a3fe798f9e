//go:build unix

package envfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/realmctl/realmctl/internal/envfile"
)

func needsRoot(t *testing.T) {
	t.Helper()
	switch {
	case os.Geteuid() == 0:
	case os.Getenv("REALMCTL_TEST_PEERS") == "1":
		t.Fatal("needs root")
	default:
		t.Skip("needs root")
	}
}

func TestWhoMayWriteAndReadTheFile(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		mode     fs.FileMode
		uid, gid int // -1: the caller's
		explicit bool
		sudo     map[string]string
		refused  string
		warned   bool
	}{
		{name: "private", mode: 0o600, uid: -1, gid: -1},
		{name: "writable by the caller's own group", mode: 0o660, uid: -1, gid: -1},
		{name: "readable by others", mode: 0o644, uid: -1, gid: -1, warned: true},
		{name: "world-writable", mode: 0o602, uid: -1, gid: -1, refused: "anybody may write it (mode 0602)"},
		{name: "world-writable and named", mode: 0o602, uid: -1, gid: -1, explicit: true, refused: "anybody may write it"},
		{name: "group-writable by another group", mode: 0o660, uid: -1, gid: 4000, refused: "the group 4000 may write it"},
		{name: "group-writable by another group and named", mode: 0o660, uid: -1, gid: 4000, explicit: true},
		{name: "readable by another group", mode: 0o640, uid: -1, gid: 4000, warned: true},
		{name: "another account's", mode: 0o600, uid: 4000, gid: -1, refused: "it belongs to another account (uid 4000)"},
		{name: "another account's and named", mode: 0o600, uid: 4000, gid: -1, explicit: true},
		{name: "of whoever called sudo", mode: 0o660, uid: 4000, gid: 4001, sudo: map[string]string{"SUDO_UID": "4000", "SUDO_GID": "4001"}},
		{name: "of another than called sudo", mode: 0o600, uid: 4000, gid: -1, sudo: map[string]string{"SUDO_UID": "4002"}, refused: "another account"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := env(t, "A=1\n")
			if tt.uid >= 0 || tt.gid >= 0 {
				needsRoot(t)
				if err := os.Chown(path, tt.uid, tt.gid); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Chmod(path, tt.mode); err != nil {
				t.Fatal(err)
			}
			f, err := envfile.Read(path, envfile.Options{Explicit: tt.explicit, Environ: lookup(tt.sudo)})
			if tt.refused == "" {
				if err != nil || (len(f.Warnings) == 1) != tt.warned {
					t.Errorf("Read = %+v, %v", f, err)
				}
				return
			}
			distrust, ok := errors.AsType[*envfile.TrustError](err)
			if !ok || !errors.Is(err, envfile.ErrUntrusted) || !strings.Contains(err.Error(), tt.refused) || distrust.Hint == "" {
				t.Errorf("Read = %v, want %q", err, tt.refused)
			}
		})
	}
}

func TestAPipeIsReadOnlyWhenNamed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), ".env")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := envfile.Read(path, envfile.Options{}); !errors.Is(err, envfile.ErrUntrusted) {
		t.Errorf("Read of a pipe found by itself = %v, want ErrUntrusted", err)
	}
	go func() { _ = os.WriteFile(path, []byte("A=1\n"), 0) }()
	f, err := envfile.Read(path, envfile.Options{Explicit: true})
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := f.Lookup("A"); got != "1" {
		t.Errorf("A = %q, want 1", got)
	}
}

func TestALinkToAnotherAccountsFileIsItsFile(t *testing.T) {
	t.Parallel()
	needsRoot(t)
	there := env(t, "A=1\n")
	if err := os.Chown(there, 4000, 4000); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), ".env")
	if err := os.Symlink(there, link); err != nil {
		t.Fatal(err)
	}
	if _, err := envfile.Read(link, envfile.Options{Environ: lookup(nil)}); !errors.Is(err, envfile.ErrUntrusted) {
		t.Errorf("Read = %v, want ErrUntrusted", err)
	}
}

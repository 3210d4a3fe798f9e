package atomicfile_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/realmctl/realmctl/internal/atomicfile"
)

const namespaceOf = "ATOMICFILE_TEST_NAMESPACE"

// inNamespace runs the test once more in a mount namespace of its own and says
// whether this is that run. As nobody in particular it needs a user namespace.
func inNamespace(t *testing.T) bool {
	t.Helper()
	if os.Getenv(namespaceOf) == t.Name() {
		if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
			t.Fatal(err)
		}
		return true
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), namespaceOf+"="+t.Name())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	if _, ran := errors.AsType[*exec.ExitError](err); err != nil && !ran {
		needs(t, false, "mount namespaces: "+err.Error())
	}
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("in a mount namespace: %v\n%s", err, out)
	}
	return false
}

func mount(t *testing.T, source, dest, kind string, flags uintptr, data string) {
	t.Helper()
	if err := unix.Mount(source, dest, kind, flags, data); err != nil {
		t.Fatalf("mount %s on %s: %v", source, dest, err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dest, unix.MNT_DETACH) })
}

// bound is a file that is mounted by itself, as containers do.
func bound(t *testing.T) (path, source string) {
	t.Helper()
	source, path = filepath.Join(t.TempDir(), "users"), filepath.Join(t.TempDir(), "users")
	write(t, source, "the old content", 0o640)
	write(t, path, "", 0o600)
	mount(t, source, path, "", unix.MS_BIND, "")
	return path, source
}

func TestASingleFileMountIsRewrittenInPlace(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	path, source := bound(t)
	if err := atomicfile.Probe(path, atomicfile.Options{}); err != nil {
		t.Errorf("Probe = %v", err)
	}
	out, err := replace(t, path, "new", atomicfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, done := atomicfile.Backups(path, "")
	if out.Backup != done || len(out.Notices) != 1 || content(t, done) != "the old content" {
		t.Errorf("Replace = %+v, backup %q", out, content(t, done))
	}
	if content(t, path) != "new" || content(t, source) != "new" || modeOf(t, path) != 0o640 {
		t.Errorf("mounted %q, behind it %q, mode %v", content(t, path), content(t, source), modeOf(t, path))
	}
	onlyFiles(t, filepath.Dir(path), "users", filepath.Base(done))
}

func TestAReadOnlyFileMountSaysSo(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	path, source := bound(t)
	mount(t, "", path, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, "")
	for _, try := range []func() error{
		func() error { _, err := replace(t, path, "new", atomicfile.Options{}); return err },
		func() error { return atomicfile.Probe(path, atomicfile.Options{}) },
	} {
		if err := try(); !errors.Is(err, atomicfile.ErrReadOnly) {
			t.Errorf("got %v, want ErrReadOnly", err)
		}
	}
	if got := content(t, source); got != "the old content" {
		t.Errorf("the file became %q", got)
	}
	onlyFiles(t, filepath.Dir(path), "users")
}

func TestAReadOnlyFolderSaysSo(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "users")
	write(t, path, "old", 0o640)
	mount(t, dir, dir, "", unix.MS_BIND, "")
	mount(t, "", dir, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, "")
	for name, o := range map[string]atomicfile.Options{"replace": {}, "in place": {InPlace: true}} {
		if _, err := replace(t, path, "new", o); !errors.Is(err, atomicfile.ErrReadOnly) {
			t.Errorf("%s: %v, want ErrReadOnly", name, err)
		}
		if err := atomicfile.Probe(path, o); !errors.Is(err, atomicfile.ErrReadOnly) {
			t.Errorf("probe, %s: %v, want ErrReadOnly", name, err)
		}
	}
}

// A container with a read-only root often has its files mounted writable one by
// one: then the backup needs another folder.
func TestAWritableFileInAReadOnlyFolderNeedsABackupFolder(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	path, source := bound(t)
	dir := filepath.Dir(path)
	mount(t, dir, dir, "", unix.MS_BIND|unix.MS_REC, "")
	mount(t, "", dir, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, "")
	if _, err := replace(t, path, "new", atomicfile.Options{InPlace: true}); !errors.Is(err, atomicfile.ErrReadOnly) {
		t.Errorf("without a backup folder: %v, want ErrReadOnly", err)
	}
	o := atomicfile.Options{InPlace: true, BackupDir: t.TempDir()}
	if err := atomicfile.Probe(path, o); err != nil {
		t.Errorf("Probe = %v", err)
	}
	if _, err := replace(t, path, "new", o); err != nil || content(t, source) != "new" {
		t.Errorf("Replace = %v, content %q", err, content(t, source))
	}
}

func TestAFullDiskKeepsTheOldFile(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	dir := t.TempDir()
	mount(t, "tmpfs", dir, "tmpfs", 0, "size=64k")
	path := filepath.Join(dir, "users")
	write(t, path, "old", 0o640)
	big := strings.Repeat("x", 1<<20)
	for name, o := range map[string]atomicfile.Options{"replace": {}, "in place": {InPlace: true}} {
		if _, err := replace(t, path, big, o); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s: %v, want ENOSPC", name, err)
		}
		if got := content(t, path); got != "old" {
			t.Errorf("%s: the file became %d bytes", name, len(got))
		}
		onlyFiles(t, dir, "users")
	}
}

// Owners that this user namespace does not know cannot be kept by anybody in it.
func TestAnUnmappedOwnerIsLoud(t *testing.T) {
	t.Parallel()
	needsRoot(t)
	if os.Getenv(namespaceOf) == t.Name() {
		path := os.Getenv(childPath)
		if _, err := replace(t, path, "new", atomicfile.Options{}); !errors.Is(err, atomicfile.ErrAttributes) {
			t.Errorf("Replace = %v, want ErrAttributes", err)
		}
		return
	}
	path := filepath.Join(t.TempDir(), "users")
	write(t, path, "old", fs.FileMode(0o666))
	chown(t, path, 4000, 4000)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), namespaceOf+"="+t.Name(), childPath+"="+path)
	one := []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 1}}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER, UidMappings: one, GidMappings: one}
	out, err := cmd.CombinedOutput()
	if _, ran := errors.AsType[*exec.ExitError](err); err != nil && !ran {
		needs(t, false, "user namespaces: "+err.Error())
	}
	if err != nil || content(t, path) != "old" {
		t.Errorf("in a user namespace: %v\n%s\nthe file is %q", err, out, content(t, path))
	}
}

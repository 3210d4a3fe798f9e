package usersfile_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/realmctl/realmctl/internal/usersfile"
)

const namespaceOf = "USERSFILE_TEST_NAMESPACE"

// inNamespace runs the test once more in a mount namespace of its own and says
// whether this is that run.
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
	out, err := cmd.CombinedOutput()
	if _, ran := errors.AsType[*exec.ExitError](err); err != nil && !ran {
		if os.Getenv("REALMCTL_TEST_PEERS") == "1" {
			t.Fatalf("needs root: %v", err)
		}
		t.Skipf("needs root: %v", err)
	}
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("in a mount namespace: %v\n%s", err, out)
	}
	return false
}

// cannotGrow mounts the file from a disk that has not a page left, so that all
// goes well until its last byte does not.
func cannotGrow(t *testing.T, path, text string) string {
	t.Helper()
	const page = 4096
	disk := t.TempDir()
	if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size=4k"); err != nil {
		t.Fatal(err)
	}
	full := text + "#" + strings.Repeat("x", page-len(text)-2) + "\n"
	write(t, filepath.Join(disk, "file"), full)
	if err := unix.Mount(filepath.Join(disk, "file"), path, "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Unmount(path, unix.MNT_DETACH); _ = unix.Unmount(disk, unix.MNT_DETACH) })
	return full
}

func TestAnAddThatFailsHalfWayIsTakenBack(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	dir := conf(t, "", "r:jack\n")
	usersPath, rolesPath := usersfile.Paths(dir)
	full := cannotGrow(t, usersPath, "jack:"+someHash+"\n")
	e, err := usersfile.Edit(t.Context(), dir, usersfile.EditOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if _, err := e.Add(usersfile.NewUser{Name: "anna", Hash: someHash, Roles: []string{"superuser"}}); err != nil {
		t.Fatal(err)
	}
	report, err := e.Save()
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), rolesPath+" was put back as it was") || len(report.Written) > 0 {
		t.Errorf("Save = %+v, %v", report, err)
	}
	if _, partial := errors.AsType[*usersfile.PartialError](err); partial {
		t.Errorf("%v is told as half done", err)
	}
	if read(t, usersPath) != full || read(t, rolesPath) != "r:jack\n" {
		t.Errorf("users of %d bytes, users_roles %q", len(read(t, usersPath)), read(t, rolesPath))
	}
}

func TestADeleteThatFailsHalfWaySaysSo(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	dir := conf(t, "jack:"+someHash+"\njill:"+someHash+"\n", "")
	usersPath, rolesPath := usersfile.Paths(dir)
	full := cannotGrow(t, rolesPath, "r:jack\n")
	e, err := usersfile.Edit(t.Context(), dir, usersfile.EditOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := errors.Join(e.SetRoles("jill", []string{"superuser"}), e.Delete("jack")); err != nil {
		t.Fatal(err)
	}
	report, err := e.Save()
	partial, ok := errors.AsType[*usersfile.PartialError](err)
	if !ok || !errors.Is(err, syscall.ENOSPC) || partial.Done != usersPath || partial.Failed != rolesPath {
		t.Fatalf("Save = %+v, %v", report, err)
	}
	if want := usersPath + " was changed and " + rolesPath + " was not: who was deleted cannot log in any more, but keeps entries in users_roles: "; !strings.HasPrefix(err.Error(), want) {
		t.Errorf("Save says %q, want %q", err, want)
	}
	if read(t, usersPath) != "jill:"+someHash+"\n" || read(t, rolesPath) != full {
		t.Errorf("users %q, users_roles of %d bytes", read(t, usersPath), len(read(t, rolesPath)))
	}
}

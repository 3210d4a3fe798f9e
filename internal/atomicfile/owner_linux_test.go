package atomicfile_test

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/realmctl/realmctl/internal/atomicfile"
)

// needs skips a test that this machine cannot run; where the peers of the tests
// are promised to be there, that is a failure.
func needs(t *testing.T, ok bool, what string) {
	t.Helper()
	switch {
	case ok:
	case os.Getenv("REALMCTL_TEST_PEERS") == "1":
		t.Fatalf("needs %s", what)
	default:
		t.Skipf("needs %s", what)
	}
}

func needsRoot(t *testing.T) {
	t.Helper()
	needs(t, os.Geteuid() == 0, "root")
}

func chown(t *testing.T, path string, uid, gid int) {
	t.Helper()
	if err := os.Lchown(path, uid, gid); err != nil {
		t.Fatal(err)
	}
}

func ownerOf(t *testing.T, path string) [2]int {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		t.Fatal(err)
	}
	return [2]int{int(st.Uid), int(st.Gid)}
}

func TestRootKeepsTheOwner(t *testing.T) {
	t.Parallel()
	needsRoot(t)
	for _, o := range []atomicfile.Options{{}, {InPlace: true}} {
		path := filepath.Join(t.TempDir(), "users")
		write(t, path, "old", 0o660)
		chown(t, path, 0, 1234)
		if _, err := replace(t, path, "new", o); err != nil {
			t.Fatal(err)
		}
		if got := ownerOf(t, path); got != [2]int{0, 1234} || modeOf(t, path) != 0o660 {
			t.Errorf("%+v: owner %v mode %v", o, got, modeOf(t, path))
		}
	}
}

func TestRootCreatesForTheNeighboursOwner(t *testing.T) {
	t.Parallel()
	needsRoot(t)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "users"), "", 0o660)
	chown(t, filepath.Join(dir, "users"), 1000, 1234)
	path := filepath.Join(dir, "service_tokens")
	if _, err := replace(t, path, "x", atomicfile.Options{Like: []string{"users"}}); err != nil {
		t.Fatal(err)
	}
	if got := ownerOf(t, path); got != [2]int{1000, 1234} || modeOf(t, path) != 0o660 {
		t.Errorf("owner %v mode %v", got, modeOf(t, path))
	}
	// Without neighbours: the folder's.
	chown(t, dir, 1000, 1235)
	path = filepath.Join(dir, "roles.yml")
	if _, err := replace(t, path, "x", atomicfile.Options{Like: []string{}}); err != nil {
		t.Fatal(err)
	}
	if got := ownerOf(t, path); got != [2]int{1000, 1235} {
		t.Errorf("owner %v", got)
	}
}

func TestANewFileTheServiceCannotReadIsRefused(t *testing.T) {
	t.Parallel()
	needsRoot(t)
	dir := openDir(t)
	write(t, filepath.Join(dir, "users"), "", 0o640)
	chown(t, filepath.Join(dir, "users"), 0, 1234)
	path := filepath.Join(dir, "service_tokens")
	like := []string{"users"}
	stranger := &atomicfile.Account{Name: "stranger", UID: 4000, GIDs: []int{4000}}
	for _, try := range []func() error{
		func() error { return atomicfile.Probe(path, atomicfile.Options{Like: like, Reader: stranger}) },
		func() error {
			_, err := replace(t, path, "x", atomicfile.Options{Like: like, Reader: stranger})
			return err
		},
	} {
		if err := try(); !errors.Is(err, atomicfile.ErrUnreadable) || !strings.Contains(err.Error(), "stranger") {
			t.Errorf("got %v, want ErrUnreadable", err)
		}
	}
	onlyFiles(t, dir, "users")
	member := &atomicfile.Account{Name: "member", UID: 4001, GIDs: []int{4001, 1234}}
	if _, err := replace(t, path, "x", atomicfile.Options{Like: like, Reader: member}); err != nil {
		t.Errorf("a member of the group: %v", err)
	}
	// A folder above that keeps the account out counts too.
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if ok, err := member.CanRead(path); ok || err != nil {
		t.Errorf("CanRead through a closed folder = %v, %v", ok, err)
	}
}

// openDir is a folder that other accounts may pass; t.TempDir is private.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "atomicfile") //nolint:usetesting // t.TempDir is private to this account
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return dir
}

// asUser runs a child as another account.
func asUser(t *testing.T, uid, gid uint32, role, path string) (string, error) {
	t.Helper()
	exe := filepath.Join(openDir(t), "atomicfile.test") // go test keeps its own private
	from, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	copyFile(t, from, exe)
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = []string{childRole + "=" + role, childPath + "=" + path}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: gid}}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(to, 0o755); err != nil {
		t.Fatal(err)
	}
}

func TestAnOwnerThatCannotBeKeptIsLoud(t *testing.T) {
	t.Parallel()
	needsRoot(t)
	dir := openDir(t)
	path := filepath.Join(dir, "users")
	write(t, path, "old", 0o666)
	chown(t, path, 0, 1234)
	out, err := asUser(t, 4000, 4000, "replace", path)
	if err == nil || !strings.Contains(out, "cannot be kept: owner 0:1234") {
		t.Errorf("child = %v, %s", err, out)
	}
	if content(t, path) != "old" || ownerOf(t, path) != [2]int{0, 1234} {
		t.Errorf("the old file was changed: %q %v", content(t, path), ownerOf(t, path))
	}
	onlyFiles(t, dir, "users")
}

func TestAnotherAccountCreatesItsOwnFileAndSaysSo(t *testing.T) {
	t.Parallel()
	needsRoot(t)
	dir := openDir(t)
	write(t, filepath.Join(dir, "users"), "", 0o664)
	path := filepath.Join(dir, "service_tokens")
	out, err := asUser(t, 4000, 4001, "create", path)
	if err != nil || !strings.Contains(out, "belongs to 4000:4001 and not, as its neighbours do, to 0:0") {
		t.Errorf("child = %v, %s", err, out)
	}
	if got := ownerOf(t, path); got != [2]int{4000, 4001} {
		t.Errorf("owner %v", got)
	}
}

func TestLinksOfStrangersAreNotFollowed(t *testing.T) {
	t.Parallel()
	needsRoot(t)
	dir, secret := openDir(t), filepath.Join(t.TempDir(), "shadow")
	write(t, secret, "root's", 0o600)
	link := filepath.Join(dir, "users")
	if err := os.Symlink(secret, link); err != nil {
		t.Fatal(err)
	}
	chown(t, link, 4000, 4000)
	if _, err := replace(t, link, "x", atomicfile.Options{}); !errors.Is(err, atomicfile.ErrForeignLink) {
		t.Errorf("Replace = %v, want ErrForeignLink", err)
	}
	if got := content(t, secret); got != "root's" {
		t.Errorf("the file behind the link became %q", got)
	}
	chown(t, secret, 4000, 4000) // a link to a file of its maker is fine
	if _, err := replace(t, link, "x", atomicfile.Options{}); err != nil {
		t.Errorf("Replace of the link maker's own file = %v", err)
	}
}

// acl encodes u::rw-,u:4000:<perm>,g::r--,m::<mask>,o::--- as the kernel keeps it.
func acl(perm, mask uint16) []byte {
	b := binary.LittleEndian.AppendUint32(nil, 2)
	for _, e := range []struct {
		tag, perm uint16
		id        uint32
	}{{0x01, 6, 0xffffffff}, {0x02, perm, 4000}, {0x04, 4, 0xffffffff}, {0x10, mask, 0xffffffff}, {0x20, 0, 0xffffffff}} {
		b = binary.LittleEndian.AppendUint16(b, e.tag)
		b = binary.LittleEndian.AppendUint16(b, e.perm)
		b = binary.LittleEndian.AppendUint32(b, e.id)
	}
	return b
}

func setACL(t *testing.T, path, name string, value []byte) {
	t.Helper()
	err := unix.Setxattr(path, name, value, 0)
	needs(t, !errors.Is(err, unix.ENOTSUP), "a file system with ACLs")
	if err != nil {
		t.Fatal(err)
	}
}

func xattr(t *testing.T, path, name string) string {
	t.Helper()
	buf := make([]byte, 256)
	n, err := unix.Getxattr(path, name, buf)
	if errors.Is(err, unix.ENODATA) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(buf[:n])
}

func TestACLsAndExtendedAttributesAreKept(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users")
	write(t, path, "old", 0o640)
	setACL(t, path, "system.posix_acl_access", acl(4, 4))
	setACL(t, path, "user.managed-by", []byte("puppet"))
	before := xattr(t, path, "system.posix_acl_access")
	if _, err := replace(t, path, "new", atomicfile.Options{}); err != nil {
		t.Fatal(err)
	}
	if got := xattr(t, path, "system.posix_acl_access"); got != before || got == "" {
		t.Errorf("ACL became %x, want %x", got, before)
	}
	if got := xattr(t, path, "user.managed-by"); got != "puppet" {
		t.Errorf("user.managed-by became %q", got)
	}
	if got := modeOf(t, path); got != 0o640 {
		t.Errorf("mode %v", got)
	}
}

func TestAFoldersDefaultACLDoesNotSpreadToOldFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "users")
	write(t, path, "old", 0o640)
	setACL(t, dir, "system.posix_acl_default", acl(6, 6))
	if _, err := replace(t, path, "new", atomicfile.Options{}); err != nil {
		t.Fatal(err)
	}
	if got := xattr(t, path, "system.posix_acl_access"); got != "" {
		t.Errorf("an ACL was added: %x", got)
	}
}

func TestANewFileTakesItsNeighboursACL(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "users"), "", 0o640)
	setACL(t, filepath.Join(dir, "users"), "system.posix_acl_access", acl(4, 4))
	setACL(t, filepath.Join(dir, "users"), "user.note", []byte("only of users"))
	path := filepath.Join(dir, "service_tokens")
	if _, err := replace(t, path, "x", atomicfile.Options{Like: []string{"users"}}); err != nil {
		t.Fatal(err)
	}
	if xattr(t, path, "system.posix_acl_access") == "" || xattr(t, path, "user.note") != "" {
		t.Errorf("ACL %x, note %q", xattr(t, path, "system.posix_acl_access"), xattr(t, path, "user.note"))
	}
}

func TestCanReadFollowsTheACL(t *testing.T) {
	t.Parallel()
	needsRoot(t)
	path := filepath.Join(openDir(t), "users")
	write(t, path, "", 0o640)
	for _, tt := range []struct {
		name       string
		perm, mask uint16
		account    atomicfile.Account
		want       bool
	}{
		{"a named user", 4, 4, atomicfile.Account{UID: 4000}, true},
		{"a named user without the bit", 2, 6, atomicfile.Account{UID: 4000}, false},
		{"a named user whom the mask cuts", 4, 0, atomicfile.Account{UID: 4000}, false},
		{"the group", 0, 4, atomicfile.Account{UID: 4001, GIDs: []int{0}}, true},
		{"the group whom the mask cuts", 0, 2, atomicfile.Account{UID: 4001, GIDs: []int{0}}, false},
		{"anybody else", 4, 4, atomicfile.Account{UID: 4002}, false},
		{"root", 0, 0, atomicfile.Account{UID: 0}, true},
	} {
		setACL(t, path, "system.posix_acl_access", acl(tt.perm, tt.mask))
		if got, err := tt.account.CanRead(path); err != nil || got != tt.want {
			t.Errorf("%s: CanRead = %v, %v, want %v", tt.name, got, err, tt.want)
		}
	}
}

func TestLookupAccountKnowsRoot(t *testing.T) {
	t.Parallel()
	root, err := atomicfile.LookupAccount("root")
	if err != nil || root.UID != 0 || root.Name != "root" {
		t.Errorf("LookupAccount(root) = %+v, %v", root, err)
	}
	if _, err := atomicfile.LookupAccount("no-such-account-here"); err == nil {
		t.Error("an unknown account was found")
	}
}

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// inMounts runs a shell script in a mount namespace of its own.
func inMounts(t *testing.T, dir, script string) ([]byte, error) {
	t.Helper()
	if err := exec.CommandContext(t.Context(), "unshare", "--mount", "true").Run(); runtime.GOOS != "linux" || err != nil {
		if os.Getenv("REALMCTL_TEST_PEERS") == "1" {
			t.Fatalf("unshare --mount: %v", err)
		}
		t.Skipf("no mount namespace: %v", err)
	}
	cmd := exec.CommandContext(t.Context(), "unshare", "--mount", "sh", "-ec", script)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "H=" + somebody}
	return cmd.CombinedOutput()
}

func TestAReadOnlyFolderSaysWhatToDo(t *testing.T) {
	t.Parallel()
	conf := confFolder(t, "jack:"+somebody+"\n", "")
	for _, command := range []string{
		"add ana --hash-env H", "password jack --hash-env H", "roles jack --add viewer", "delete jack --yes",
		"token create elastic/kibana one --save-value token", "recover",
	} {
		out, err := inMounts(t, t.TempDir(), "mount --bind "+conf+" "+conf+"; mount -o remount,bind,ro "+conf+"; exec realmctl file "+command+" --conf "+conf)
		if exitOf(err) != 73 || !strings.Contains(string(out), "the file system is read-only") ||
			!strings.Contains(string(out), "hint: realmctl file secret --save secret.yaml -n NAMESPACE, kubectl apply --server-side -f secret.yaml, and name it in spec.auth.fileRealm") {
			t.Errorf("file %s: exit code %d\n%s", command, exitOf(err), out)
		}
	}
	if got := content(t, filepath.Join(conf, "users")); got != "jack:"+somebody+"\n" {
		t.Errorf("users is %q", got)
	}
}

// A file that is mounted by itself, as containers do it, cannot be replaced: it is
// rewritten, and the old content is kept.
func TestABindMountIsRewrittenInPlace(t *testing.T) {
	t.Parallel()
	conf := confFolder(t, "# kept\njack:"+somebody+"\n", "")
	dir := t.TempDir()
	host := filepath.Join(dir, "host-users")
	if err := os.WriteFile(host, []byte(content(t, filepath.Join(conf, "users"))), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := inMounts(t, dir, "mount --bind "+host+" "+conf+"/users; exec realmctl file add ana --hash-env H --conf "+conf)
	if err != nil || !strings.Contains(string(out), "/users was rewritten in place; the content from before is in ") {
		t.Fatalf("%v\n%s", err, out)
	}
	if got, want := content(t, host), "# kept\njack:"+somebody+"\nana:"+somebody+"\n"; got != want {
		t.Errorf("users is %q, want %q", got, want)
	}
	if got := content(t, filepath.Join(conf, "users.realmctl-backup")); got != "# kept\njack:"+somebody+"\n" {
		t.Errorf("the backup is %q", got)
	}
}

// Ten at once on such a file lose nothing, and none takes the other's rewrite for an
// interrupted one.
func TestTenProcessesRewriteABindMount(t *testing.T) {
	t.Parallel()
	conf := confFolder(t, "", "")
	dir := t.TempDir()
	host := filepath.Join(dir, "host-users")
	if err := os.WriteFile(host, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := inMounts(t, dir, "mount --bind "+host+" "+conf+"/users; for i in 0 1 2 3 4 5 6 7 8 9; do realmctl file add user$i --hash-env H --conf "+conf+" & done; wait")
	if err != nil || strings.Contains(string(out), "interrupted") {
		t.Errorf("%v\n%s", err, out)
	}
	for i := range 10 {
		if line := fmt.Sprintf("user%d:%s\n", i, somebody); !strings.Contains(content(t, host), line) {
			t.Errorf("user%d is lost", i)
		}
	}
}

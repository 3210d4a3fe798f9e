//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// nobody is an account that owns nothing.
const nobody = 65534

// asNobody runs a command without root's rights in a folder of its own.
func asNobody(t *testing.T, dir string, args ...string) ([]byte, error) {
	t.Helper()
	cmd := realmctl(t, dir, nil, args...)
	if os.Geteuid() == 0 {
		// The original is where nobody may not go. Another process copies it: a child that
		// a parallel test starts would hold a file open that this one wrote, and a program
		// that is open for writing does not start (ETXTBSY).
		original := cmd.Path
		cmd.Path = filepath.Join(dir, "realmctl")
		if _, err := os.Stat(cmd.Path); err != nil {
			if err := exec.CommandContext(t.Context(), "cp", original, cmd.Path).Run(); err != nil {
				t.Fatal(err)
			}
		}
		cmd.Env = []string{"HOME=" + dir}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	return cmd.CombinedOutput()
}

// Files that may not be read are no reason to say that there are none, nor that
// something cannot be created.
func TestFilesThatMayNotBeRead(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "realmctl-denied-") //nolint:usetesting // t.TempDir is root's alone
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = exec.CommandContext(t.Context(), "chmod", "-R", "u+rwX", dir).Run()
		_ = os.RemoveAll(dir)
	})
	for name, mode := range map[string]os.FileMode{"open/users": 0, "open/users_roles": 0, "open/service_tokens": 0, "open/elasticsearch.yml": 0o644, "closed/users": 0o644} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte{}, mode); err != nil {
			t.Fatal(err)
		}
	}
	for path, mode := range map[string]os.FileMode{dir: 0o755, filepath.Join(dir, "closed"): 0} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, command := range []string{
		"list", "lint", "get ana", "verify ana", "fmt --check", "add ana --save-value x", "delete ana --yes", "password ana --save-value x",
		"roles ana", "secret --save s.yaml", "recover --cleanup", "token list", "token create elastic/kibana one --save-value x", "token delete elastic/kibana one --yes",
	} {
		for _, folder := range []string{"open", "closed"} {
			conf := filepath.Join(dir, folder)
			out, err := asNobody(t, dir, append(append([]string{"file"}, strings.Fields(command)...), "--conf", conf)...)
			if exitOf(err) != 66 || !strings.Contains(string(out), "permission denied\nhint: run it as root, or as the account that owns "+conf+"\n") {
				t.Errorf("file %s in %s: exit code %d, want 66\n%s", command, folder, exitOf(err), out)
			}
		}
	}
	if out, err := asNobody(t, dir, "hash", "identify", "-f", filepath.Join(dir, "open", "users")); exitOf(err) != 66 {
		t.Errorf("hash identify: exit code %d, want 66\n%s", exitOf(err), out)
	}
}

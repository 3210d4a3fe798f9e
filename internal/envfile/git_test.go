package envfile_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/realmctl/realmctl/internal/envfile"
)

// repository makes a git work tree, and git runs a command in it.
func repository(t *testing.T) (dir string, git func(args ...string)) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		if os.Getenv("REALMCTL_TEST_PEERS") == "1" {
			t.Fatal("needs git")
		}
		t.Skip("needs git")
	}
	dir = t.TempDir()
	git = func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	git("init", "-q")
	return dir, git
}

func TestATrackedFileIsNoSink(t *testing.T) {
	for _, without := range []bool{false, true} {
		dir, git := repository(t)
		sub := filepath.Join(dir, "deep", "er")
		if err := os.MkdirAll(sub, 0o700); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(sub, ".env")
		write(t, path, "A=1\n", 0o600)
		write(t, filepath.Join(dir, ".gitignore"), ".env\n", 0o600)
		git("add", "-f", path)
		if without {
			t.Setenv("PATH", t.TempDir())
		}
		for name, err := range map[string]error{
			"lines":    envfile.NewLines(path, false, "K").Prove(t.Context()),
			"value":    envfile.NewValue(path, true).Prove(t.Context()),
			"manifest": envfile.NewManifest(path, true, envfile.KubernetesSecret{Name: "n"}, "k").Prove(t.Context()),
		} {
			if !errors.Is(err, envfile.ErrTracked) {
				t.Errorf("without git %v: %s: Prove = %v, want ErrTracked", without, name, err)
			}
		}
	}
}

func TestAFileThatGitDoesNotIgnoreIsTold(t *testing.T) {
	dir, _ := repository(t)
	path := filepath.Join(dir, ".env")
	for _, tt := range []struct {
		name, ignore string
		without      bool
		want         string
	}{
		{"not ignored", "other\n", false, "add the line /.env to " + filepath.Join(dir, ".gitignore")},
		{"ignored", ".env\n", false, ""},
		{"ignored by a pattern", "*\n!keep\n", false, ""},
		{"git is not there", ".env\n", true, "git could not be asked"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			write(t, filepath.Join(dir, ".gitignore"), tt.ignore, 0o600)
			if tt.without {
				t.Setenv("PATH", t.TempDir())
			}
			s := envfile.NewLines(path, false, "K")
			if err := s.Prove(t.Context()); err != nil {
				t.Fatal(err)
			}
			got := strings.Join(s.Notices(), "\n")
			if (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
				t.Errorf("notices %q, want %q", got, tt.want)
			}
		})
	}
}

// The folder is not trusted: what its configuration names must not run.
func TestGitRunsNothingOfTheFolder(t *testing.T) {
	dir, git := repository(t)
	proof := filepath.Join(t.TempDir(), "ran")
	script := filepath.Join(t.TempDir(), "hook")
	write(t, script, "#!/bin/sh\ntouch "+proof+"\n", 0o700)
	git("config", "core.fsmonitor", script)
	if err := envfile.NewLines(filepath.Join(dir, ".env"), false, "K").Prove(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(proof); err == nil {
		t.Error("the folder's fsmonitor hook ran")
	}
}

func TestALinkedWorkTreeHasItsIndexElsewhere(t *testing.T) {
	dir, git := repository(t)
	write(t, filepath.Join(dir, ".env"), "A=1\n", 0o600)
	git("add", "-f", ".env")
	git("-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-q", "-m", "t")
	linked := filepath.Join(t.TempDir(), "linked")
	git("worktree", "add", "-q", linked)
	t.Setenv("PATH", t.TempDir())
	path := filepath.Join(linked, ".env")
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := envfile.NewLines(path, false, "K").Prove(t.Context()); !errors.Is(err, envfile.ErrTracked) {
		t.Errorf("Prove = %v, want ErrTracked", err)
	}
}

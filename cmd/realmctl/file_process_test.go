package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/realmctl/realmctl/internal/usersfile"
)

// somebody is a hash that users get in these tests: no hashing, no time.
const somebody = "$2a$10$pOtezq2XDCxBmLQu5O/OmeSWodt2wlKrlOqucWJhabcdefghijk12"

// confFolder makes a configuration folder with both files.
func confFolder(t testing.TB, users, roles string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"elasticsearch.yml": "", "users": users, "users_roles": roles} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func content(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// realmctl prepares a process with nothing but these variables in its environment.
func realmctl(t testing.TB, dir string, env []string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "realmctl", args...)
	cmd.Dir = dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}, env...)
	return cmd
}

func TestFiftyProcessesAddFiftyFileUsers(t *testing.T) {
	t.Parallel()
	const processes = 50
	users, roles := "# the team\njack:"+somebody+"\n", "# roles\nviewer:jack\n"
	conf := confFolder(t, users, roles)
	var wg sync.WaitGroup
	for i := range processes {
		wg.Go(func() {
			cmd := realmctl(t, conf, []string{"H=" + somebody}, "file", "add", fmt.Sprintf("user%02d", i), "--roles", "superuser,viewer", "--hash-env", "H", "--conf", conf)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("add: %v\n%s", err, out)
			}
		})
	}
	wg.Wait()
	f, err := usersfile.Load(conf, usersfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if f.Users.Len() != processes+1 {
		t.Errorf("%d users, want %d", f.Users.Len(), processes+1)
	}
	for i := range processes {
		name := fmt.Sprintf("user%02d", i)
		if got := f.Roles.Of(name); !slices.Contains(got, "superuser") || !slices.Contains(got, "viewer") {
			t.Errorf("%s has the roles %q", name, got)
		}
	}
	if got := content(t, filepath.Join(conf, "users")); !strings.HasPrefix(got, users) {
		t.Errorf("users begins %.60q, want %q", got, users)
	}
	if got := content(t, filepath.Join(conf, "users_roles")); !strings.HasPrefix(got, "# roles\nviewer:jack,") {
		t.Errorf("users_roles begins %.60q", got)
	}
}

// Whenever an add is killed both files are whole, the user is not there without its
// roles, and neither lock nor file is in the way of the next command.
func TestAKilledAddLeavesTheOldOrTheNew(t *testing.T) {
	t.Parallel()
	rounds := 200
	if testing.Short() {
		rounds = 20
	}
	users := []string{"# a\njack:" + somebody + "\n", "# a\njack:" + somebody + "\ntemp:" + somebody + "\n"}
	roles := []string{"viewer:jack\n", "viewer:jack,temp\n"}
	conf := confFolder(t, users[0], roles[0])
	run := func(args ...string) *exec.Cmd {
		return realmctl(t, conf, []string{"H=" + somebody}, append([]string{"file"}, append(args, "--conf", conf)...)...)
	}
	killed := 0
	for range rounds {
		cmd := run("add", "temp", "--roles", "viewer", "--hash-env", "H")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rand.IntN(40_000)) * time.Microsecond)
		_ = cmd.Process.Kill() // it may have ended
		if err := cmd.Wait(); err != nil {
			killed++
		}
		gotUsers, gotRoles := content(t, filepath.Join(conf, "users")), content(t, filepath.Join(conf, "users_roles"))
		if !slices.Contains(users, gotUsers) || !slices.Contains(roles, gotRoles) {
			t.Fatalf("users %q, users_roles %q", gotUsers, gotRoles)
		}
		if gotUsers == users[1] && gotRoles == roles[0] {
			t.Fatal("the user can log in before it has its roles")
		}
		if out, err := run("delete", "temp", "--ignore-not-found", "--yes").CombinedOutput(); err != nil {
			t.Fatalf("delete: %v\n%s", err, out)
		}
		if out, err := run("delete", "--stale", "--yes").CombinedOutput(); err != nil {
			t.Fatalf("delete --stale: %v\n%s", err, out)
		}
		if gotUsers, gotRoles = content(t, filepath.Join(conf, "users")), content(t, filepath.Join(conf, "users_roles")); gotUsers != users[0] || gotRoles != roles[0] {
			t.Fatalf("after cleaning: users %q, users_roles %q", gotUsers, gotRoles)
		}
	}
	if killed == 0 {
		t.Error("no process was killed at work")
	}
	// One more edit sweeps the temporary files of the killed ones.
	for _, args := range [][]string{{"add", "temp", "--roles", "viewer", "--hash-env", "H"}, {"delete", "temp", "--yes"}} {
		if out, err := run(args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", args[0], err, out)
		}
	}
	entries, err := os.ReadDir(conf)
	if err != nil || len(entries) != 3 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

package usersfile_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/realmctl/realmctl/internal/usersfile"
)

// The test binary starts itself again as another process; these say what as.
const (
	childRole = "USERSFILE_TEST_ROLE"
	childDir  = "USERSFILE_TEST_DIR"
)

func TestMain(m *testing.M) {
	dir := os.Getenv(childDir)
	var err error
	switch os.Getenv(childRole) {
	case "":
		os.Exit(m.Run())
	case "add":
		err = add(dir, "user"+strconv.Itoa(os.Getpid()))
	case "churn":
		err = churn(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func add(dir, name string) error {
	e, err := usersfile.Edit(context.Background(), dir, usersfile.EditOptions{})
	if err != nil {
		return err
	}
	defer e.Close()
	if _, err := e.Add(usersfile.NewUser{Name: name, Hash: someHash, Roles: []string{"superuser", "r"}}); err != nil {
		return err
	}
	_, err = e.Save()
	return err
}

func remove(dir, name string) error {
	e, err := usersfile.Edit(context.Background(), dir, usersfile.EditOptions{})
	if err != nil {
		return err
	}
	defer e.Close()
	if err := e.Delete(name); err != nil {
		return err
	}
	_, err = e.Save()
	return err
}

// churn adds and deletes one user for ever.
func churn(dir string) error {
	for {
		if err := add(dir, "temp"); err != nil {
			return err
		}
		if err := remove(dir, "temp"); err != nil {
			return err
		}
	}
}

func child(t *testing.T, role, dir string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), childRole+"="+role, childDir+"="+dir)
	return cmd
}

func shortly(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(t.Context(), 20*time.Millisecond)
}

func TestFiftyProcessesAddFiftyUsers(t *testing.T) {
	t.Parallel()
	const processes = 50
	dir := conf(t, "# team\njack:"+someHash+"\n", "# roles\nr:jack\n")
	var wg sync.WaitGroup
	for range processes {
		wg.Go(func() {
			if out, err := child(t, "add", dir).CombinedOutput(); err != nil {
				t.Errorf("child: %v: %s", err, out)
			}
		})
	}
	wg.Wait()
	f, err := usersfile.Load(dir, usersfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if f.Users.Len() != processes+1 {
		t.Errorf("%d users, want %d", f.Users.Len(), processes+1)
	}
	for name := range f.Users.All() {
		if want := 2; len(f.Roles.Of(name)) != want && name != "jack" {
			t.Errorf("%s has the roles %q", name, f.Roles.Of(name))
		}
	}
	if got := read(t, filepath.Join(dir, "users")); !strings.HasPrefix(got, "# team\njack:") {
		t.Errorf("the file begins %.40q", got)
	}
}

// Whenever the process is killed, both files are whole, the user cannot log in
// without its roles, and the others are untouched.
func TestKillLeavesASafeState(t *testing.T) {
	t.Parallel()
	rounds := 200
	if testing.Short() {
		rounds = 20
	}
	dir := conf(t, "jack:"+someHash+"\n", "r:jack\n")
	usersPath, rolesPath := usersfile.Paths(dir)
	users := []string{"jack:" + someHash + "\n", "jack:" + someHash + "\ntemp:" + someHash + "\n"}
	roles := []string{"r:jack\n", "r:jack,temp\nsuperuser:temp\n"}
	for range rounds {
		cmd := child(t, "churn", dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rand.IntN(20_000)) * time.Microsecond)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
			t.Fatalf("child ended by itself: %v", err)
		}
		gotUsers, gotRoles := read(t, usersPath), read(t, rolesPath)
		if !slices.Contains(users, gotUsers) || !slices.Contains(roles, gotRoles) {
			t.Fatalf("users %q, users_roles %q", gotUsers, gotRoles)
		}
		if gotUsers == users[1] && gotRoles == roles[0] {
			t.Fatal("the user can log in before it has its roles, or after it lost them")
		}
		f, err := usersfile.Load(dir, usersfile.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := f.Users.Hash("temp"); ok { // so that the next child can add it
			if err := remove(dir, "temp"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := add(dir, "last"); err != nil { // no lock is left in the way
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

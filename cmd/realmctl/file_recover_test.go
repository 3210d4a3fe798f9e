package main

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/realmctl/realmctl/internal/usersfile"
)

// servedConf serves an engine until the test ends, and gives its configuration folder.
func servedConf(t *testing.T) (conf, url string) {
	t.Helper()
	dir := t.TempDir()
	env := &testscript.Env{WorkDir: dir, Vars: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}}
	if err := layOut(env, ""); err != nil {
		t.Fatal(err)
	}
	url, _ = serveWithLog(t, env)
	return filepath.Join(dir, ".realmctl", "config"), url
}

// bothFiles are the texts of users and users_roles.
func bothFiles(t *testing.T, conf string) [2]string {
	t.Helper()
	users, roles := usersfile.Paths(conf)
	return [2]string{content(t, users), content(t, roles)}
}

// A recovery that is killed leaves a superuser at most: lint sees it, and --cleanup
// makes the files what they were.
func TestAKilledRecoveryIsNoticedAndCleanedUp(t *testing.T) {
	t.Parallel()
	rounds := 40
	if testing.Short() {
		rounds = 5
	}
	conf, url := servedConf(t)
	before := bothFiles(t, conf)
	dir := t.TempDir()
	left := 0
	users, _ := usersfile.Paths(conf)
	for round := range rounds {
		cmd := realmctl(t, dir, nil, "file", "recover", "--conf", conf, "--url", url)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if round%2 == 1 && !eventually(func() bool { return content(t, users) != before[0] }) {
			t.Fatal("no superuser was added")
		}
		time.Sleep(time.Duration(rand.IntN(200)) * time.Millisecond)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		f, err := usersfile.Load(conf, usersfile.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if f.Users.Len() > 0 || f.Roles.Len() > 0 {
			left++
			out, err := realmctl(t, dir, nil, "file", "lint", "--conf", conf).Output()
			if exitOf(err) != 1 || !strings.Contains(string(out), "[leftover-") {
				t.Fatalf("lint exits %d and says\n%s", exitOf(err), out)
			}
		}
		if out, err := realmctl(t, dir, nil, "file", "recover", "--cleanup", "--yes", "--conf", conf).CombinedOutput(); err != nil {
			t.Fatalf("cleanup: %v\n%s", err, out)
		}
		if after := bothFiles(t, conf); after != before {
			t.Fatalf("after the cleanup the files are %q, want %q", after, before)
		}
		if _, err := os.Stat(filepath.Join(dir, ".env.recover")); !errors.Is(err, os.ErrNotExist) {
			t.Fatalf(".env.recover: %v", err)
		}
	}
	if left == 0 {
		t.Error("no recovery was killed at work")
	}
}

// A recovery that is stopped removes its superuser and its credential first.
func TestAStoppedRecoveryRemovesItsSuperuser(t *testing.T) {
	t.Parallel()
	for signal, code := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143, syscall.SIGHUP: 129} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			conf, url := servedConf(t)
			before := bothFiles(t, conf)
			dir := t.TempDir()
			cmd := realmctl(t, dir, nil, "file", "recover", "--conf", conf, "--url", url, "--ttl", "1h")
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ready := filepath.Join(dir, ".env.recover")
			if !eventually(func() bool { _, err := os.Stat(ready); return err == nil }) {
				t.Fatalf("no superuser: %s", stderr.String())
			}
			if out, err := realmctl(t, dir, nil, "authenticate", "--env-file", ready, "--expect-realm", "file").CombinedOutput(); err != nil {
				t.Errorf("the superuser cannot log in: %v\n%s", err, out)
			}
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			if got := exitOf(cmd.Wait()); got != code {
				t.Errorf("exit code %d, want %d\n%s", got, code, stderr.String())
			}
			if after := bothFiles(t, conf); after != before {
				t.Errorf("the files are %q, want %q", after, before)
			}
			if _, err := os.Stat(ready); !errors.Is(err, os.ErrNotExist) {
				t.Errorf(".env.recover: %v", err)
			}
			if !strings.Contains(stderr.String(), "removed realmctl_recover_") {
				t.Errorf("stderr says\n%s", stderr.String())
			}
		})
	}
}

// lockedOut answers as a node whose security index is lost: file users log in, and
// everything about native ones is unavailable.
func lockedOut(t *testing.T, conf string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _, sent := r.BasicAuth()
		f, err := usersfile.Load(conf, usersfile.Options{})
		known := err == nil && f.Users.Has(name)
		w.Header().Set("Content-Type", "application/json")
		switch {
		case !sent || !known:
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"error":{"type":"security_exception","reason":"unable to authenticate user"},"status":401}`))
		case r.URL.Path == "/_security/_authenticate":
			w.Header().Set("X-elastic-product", "Elasticsearch")
			_, _ = w.Write([]byte(`{"username":"` + name + `","roles":["superuser"],"metadata":{},"enabled":true,` +
				`"authentication_realm":{"name":"f","type":"file"},"lookup_realm":{"name":"f","type":"file"},"authentication_type":"realm"}`))
		default:
			w.Header().Set("X-elastic-product", "Elasticsearch")
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte(`{"error":{"type":"unavailable_shards_exception","reason":"at least one primary shard for the index [.security-7] is unavailable"},"status":503}`))
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestARecoveryWithoutASecurityIndex(t *testing.T) {
	t.Parallel()
	const lost = "native and reserved users cannot be read or changed now, for the node has no use of its security index: " +
		"at least one primary shard for the index [.security-7] is unavailable"
	for name, c := range map[string]struct {
		flags []string
		want  string
	}{
		"the reset fails and says what works": {
			[]string{"--reset-user", "elastic"},
			"realmctl: " + lost + "\nhint: file users work: realmctl file recover --ttl 30m has a superuser to mend it with\n",
		},
		"a superuser that was wanted anyway is there": {
			[]string{"--reset-user", "elastic", "--ttl", "100ms"},
			"warning: " + lost + "\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conf := confFolder(t, "", "")
			cmd := realmctl(t, t.TempDir(), nil, append([]string{"file", "recover", "--conf", conf, "--url", lockedOut(t, conf), "--retries", "0"}, c.flags...)...)
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			err := cmd.Run()
			if exitOf(err) != 69 || !strings.Contains(stderr.String(), c.want) {
				t.Errorf("exit code %d, want 69, and %q in\n%s", exitOf(err), c.want, stderr.String())
			}
			if stays := strings.Contains(stdout.String(), "realmctl_recover_"); stays != (len(c.flags) == 4) {
				t.Errorf("a superuser for people: %v\n%s", stays, stdout.String())
			}
			if after := bothFiles(t, conf); after != [2]string{} {
				t.Errorf("the files are %q", after)
			}
		})
	}
}

// A node that is not Elasticsearch, or lets the user in by another realm, is not
// given a superuser.
func TestARecoveryOfSomethingElse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		code   int
		want   string
	}{
		"a web server": {
			func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) },
			76, "answers 404 where Elasticsearch asks who is there",
		},
		"anybody is somebody": {
			func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-elastic-product", "Elasticsearch")
				_, _ = w.Write([]byte(`{"username":"x","roles":["superuser"],"metadata":{},"authentication_realm":{"name":"n","type":"native"},"lookup_realm":{"name":"n","type":"native"}}`))
			},
			78, "of type native, not the file realm",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(c.answer)
			defer s.Close()
			conf := confFolder(t, "", "")
			out, err := realmctl(t, t.TempDir(), nil, "file", "recover", "--conf", conf, "--url", s.URL).CombinedOutput()
			if exitOf(err) != c.code || !strings.Contains(string(out), c.want) {
				t.Errorf("exit code %d, want %d, and %q in\n%s", exitOf(err), c.code, c.want, out)
			}
			if after := bothFiles(t, conf); after != [2]string{} {
				t.Errorf("the files are %q", after)
			}
		})
	}
}

// exitOf is the exit code of a process.
func exitOf(err error) int {
	if err == nil {
		return 0
	}
	failed, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return -1
	}
	return failed.ExitCode()
}

// eventually waits for something to become true.
func eventually(is func() bool) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		if is() {
			return true
		}
		time.Sleep(20 * time.Millisecond)
	}
	return false
}

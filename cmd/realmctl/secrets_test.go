package main

import (
	"bytes"
	"encoding/base64"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/joho/godotenv"
)

// world runs the binary in a folder of its own and keeps all that it says.
type world struct {
	t    *testing.T
	dir  string
	said bytes.Buffer
	argv []string
}

// run executes a command with variables and wants it to end well, or not.
func (w *world) run(env []string, args ...string) error {
	cmd := exec.CommandContext(w.t.Context(), "realmctl", args...)
	cmd.Dir = w.dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + w.dir}, env...)
	out, err := cmd.CombinedOutput()
	w.said.Write(out)
	w.argv = append(w.argv, args...)
	return err
}

func (w *world) must(env []string, args ...string) {
	w.t.Helper()
	from := w.said.Len()
	if err := w.run(env, args...); err != nil {
		w.t.Fatalf("realmctl %s: %v\n%s", strings.Join(args, " "), err, w.said.String()[from:])
	}
}

// secrets are the values in .env that nobody else may see, and what they hold.
func (w *world) secrets() []string {
	vars, err := godotenv.Read(filepath.Join(w.dir, ".env"))
	if err != nil {
		w.t.Fatal(err)
	}
	var all []string
	for name, value := range vars {
		if strings.HasSuffix(name, "USERNAME") {
			continue
		}
		all = append(all, value)
		for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding} { // keys; service tokens
			raw, err := encoding.DecodeString(value)
			if _, secret, ok := strings.Cut(string(raw), ":"); err == nil && ok {
				all = append(all, secret)
			}
		}
	}
	return all
}

// TestNoSecretLeaks makes every kind of secret, locally and over HTTP, as loud as can
// be, and then looks for them where they must not be.
func TestNoSecretLeaks(t *testing.T) {
	t.Parallel()
	w := &world{t: t, dir: t.TempDir()}
	w.must(nil, "init", "--operator", "ops", "-vv")

	url, stop := w.serve()
	env, err := godotenv.Read(filepath.Join(w.dir, ".env"))
	if err != nil {
		t.Fatal(err)
	}
	remote := []string{"ELASTICSEARCH_URL=" + url, "ELASTICSEARCH_USERNAME=ops", "ELASTICSEARCH_PASSWORD=" + env["ELASTICSEARCH_PASSWORD"]}
	for i, target := range [][]string{nil, remote} {
		suffix := string(rune('a' + i))
		w.must(target, "user", "create", "ana-"+suffix, "--roles", "viewer", "-vv", "-o", "json")
		w.must(target, "api-key", "create", "key-"+suffix, "--read", "logs-*", "--expires", "1d", "-vv", "-o", "yaml")
		w.must(target, "grant", "granted-"+suffix, "--user", "ana-"+suffix, "--password-env", "ANA_"+strings.ToUpper(suffix)+"_PASSWORD", "--read", "logs-*", "--expires", "1d", "-vv")
		w.must(target, "service-token", "create", "elastic/fleet-server", "token-"+suffix, "-vv")
		w.must(target, "user", "password", "ana-"+suffix, "--overwrite", "-vv")
		w.must(target, "user", "create", "dry-"+suffix, "--roles", "viewer", "--dry-run", "-vv")
		w.must(target, "api-key", "create", "curl-"+suffix, "--read", "logs-*", "--expires", "1d", "--curl")
		w.must(target, "authenticate", "--credential-env", "KEY_"+strings.ToUpper(suffix)+"_API_KEY", "-vv")
		w.must(target, "status", "-vv")
		if err := w.run(append(target, "WRONG=ana:"+env["ELASTIC_PASSWORD"]), "authenticate", "--credential-env", "WRONG", "-vv", "-o", "json"); err == nil {
			t.Error("a wrong credential is accepted")
		}
	}
	stop()

	secrets := w.secrets()
	if len(secrets) < 12 {
		t.Fatalf("only %d secrets were made; what is this test looking for?", len(secrets))
	}
	for _, secret := range secrets {
		if len(secret) < 16 {
			t.Fatalf("a secret has only %d characters; it could be found by chance", len(secret))
		}
		if strings.Contains(w.said.String(), secret) {
			t.Errorf("a secret is in the output or the access log:\n%s", around(w.said.String(), secret))
		}
		for _, arg := range w.argv {
			if strings.Contains(arg, secret) {
				t.Error("a secret is in an argument")
			}
		}
		w.absent(secret)
	}
}

// around shows where a secret was found, without it.
func around(text, secret string) string {
	before, after, _ := strings.Cut(text, secret)
	return before[max(0, len(before)-200):] + "<SECRET>" + after[:min(len(after), 100)]
}

// absent looks into every file of the engine.
func (w *world) absent(secret string) {
	err := filepath.WalkDir(filepath.Join(w.dir, ".realmctl"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if bytes.Contains(content, []byte(secret)) {
			w.t.Errorf("a secret is in %s", path)
		}
		return err
	})
	if err != nil {
		w.t.Error(err)
	}
}

// serve starts the engine on a port; its log counts as said.
func (w *world) serve() (url string, stop func()) {
	log, err := os.Create(filepath.Join(w.t.TempDir(), "log"))
	if err != nil {
		w.t.Fatal(err)
	}
	cmd := exec.CommandContext(w.t.Context(), "realmctl", "serve", "--listen", "127.0.0.1:0", "-vv")
	cmd.Dir, cmd.Stderr, cmd.Stdout = w.dir, log, log
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + w.dir}
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	listening := regexp.MustCompile(`listening on (http://\S+)`)
	for range 200 {
		content, err := os.ReadFile(log.Name())
		if err != nil {
			w.t.Fatal(err)
		}
		if m := listening.FindSubmatch(content); m != nil {
			url = string(m[1])
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if url == "" {
		w.t.Fatal("serve does not listen")
	}
	return url, func() {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			w.t.Error(err)
		}
		_ = cmd.Wait() // 130: it was interrupted
		content, err := os.ReadFile(log.Name())
		if err != nil {
			w.t.Error(err)
		}
		w.said.Write(content)
	}
}

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/compat"
	"github.com/realmctl/realmctl/internal/engine"
	"github.com/realmctl/realmctl/internal/loopback"
	"github.com/realmctl/realmctl/internal/secret"
)

func TestMain(m *testing.M) {
	programs := map[string]func(){"realmctl": main}
	for _, t := range compat.Tools() { // the names that a symbolic link would have
		programs["elasticsearch-"+t.Name] = main
	}
	testscript.Main(tidy{m}, programs)
}

// templateDir holds the engine that scripts start from, while tests run.
var templateDir string

// tidy removes templateDir after the tests.
type tidy struct{ *testing.M }

func (t tidy) Run() int {
	dir, err := os.MkdirTemp("", "realmctl-engine-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	templateDir = dir
	defer func() { _ = os.RemoveAll(dir) }()
	return t.M.Run()
}

// The scripts act as an operator, who is no superuser, so that they see what daily
// work sees.
const (
	operatorName     = "operator"
	operatorPassword = "script-Operator-1"
	elasticPassword  = "script-Elastic-1"
)

// TestEmbedded runs the scripts against the engine in process.
func TestEmbedded(t *testing.T) {
	t.Parallel()
	runScripts(t, "embedded", func(env *testscript.Env) error {
		return layOut(env, "")
	})
}

// TestServed runs the same scripts against a realmctl serve of their own.
func TestServed(t *testing.T) {
	t.Parallel()
	runScripts(t, "served", func(env *testscript.Env) error {
		if err := layOut(env, ""); err != nil {
			return err
		}
		url, err := startServe(env)
		if err != nil {
			return err
		}
		return layOut(env, url)
	})
}

// TestAcceptance runs the same scripts against a real Elasticsearch, one after the
// other, and removes what they made. REALMCTL_ACCEPTANCE_URL and _PASSWORD (of
// elastic) name it.
func TestAcceptance(t *testing.T) {
	url := os.Getenv("REALMCTL_ACCEPTANCE_URL")
	if url == "" {
		t.Skip("REALMCTL_ACCEPTANCE_URL names no Elasticsearch")
	}
	admin := client.New(client.Options{URL: url, Auth: client.BasicAuth("elastic", secret.String(os.Getenv("REALMCTL_ACCEPTANCE_PASSWORD")))})
	var one sync.Mutex // the scripts share the server
	runScripts(t, "acceptance", func(env *testscript.Env) error {
		one.Lock()
		env.Defer(one.Unlock)
		ctx := context.Background()
		before, err := look(ctx, admin)
		if err != nil {
			return err
		}
		env.Defer(func() { before.restore(ctx, admin) })
		if err := makeOperator(ctx, admin); err != nil {
			return err
		}
		return layOut(env, url)
	})
}

// runScripts runs testdata/script/*.txtar; only what differs between the modes is
// told by the conditions embedded, served and acceptance.
func runScripts(t *testing.T, mode string, setup func(*testscript.Env) error) {
	t.Helper()
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", filepath.Join(env.WorkDir, "home")) // there is none, which is no error
			env.Setenv("XDG_CONFIG_HOME", "")
			return setup(env)
		},
		Condition: func(cond string) (bool, error) {
			switch cond {
			case "embedded", "served", "acceptance":
				return cond == mode, nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":   exits,
			"has":     has,
			"private": private,
		},
	})
}

// exits runs a command and wants its exit code: exits CODE COMMAND.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits code command...")
	}
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		failed, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		code = failed.ExitCode()
	}
	if fmt.Sprint(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// has wants every text in a file: has FILE TEXT... The file may be stdout or stderr.
func has(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: has file text...")
	}
	content := ts.ReadFile(args[0])
	for _, text := range args[1:] {
		if strings.Contains(content, text) == neg {
			ts.Fatalf("%s: %q found: %v, in:\n%s", args[0], text, neg, content)
		}
	}
}

// private wants that a file can be read by its owner alone: private FILE.
func private(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: private file")
	}
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if mode := info.Mode().Perm(); mode != 0o600 {
		ts.Fatalf("%s has mode %o, want 600", args[0], mode)
	}
}

// template is an engine with an operator, made once: hashing passwords is slow.
var template = sync.OnceValues(func() (string, error) {
	dir := templateDir
	ctx, o := context.Background(), engine.Options{Dir: dir, Now: time.Now}
	if err := engine.Create(ctx, o); err != nil {
		return "", err
	}
	settings := filepath.Join(dir, engine.ConfigFolder, engine.SettingsFile)
	if err := os.WriteFile(settings, []byte("xpack.security.authc.password_hashing.algorithm: bcrypt4\nxpack.security.authc.token.enabled: true\n"), 0o600); err != nil {
		return "", err
	}
	e, err := engine.Open(ctx, o)
	if err != nil {
		return "", err
	}
	if err := e.SetElasticPassword(ctx, elasticPassword); err != nil {
		return "", err
	}
	admin := client.New(client.Options{URL: "http://engine", Transport: loopback.Transport{Handler: e}, Auth: client.BasicAuth("elastic", elasticPassword)})
	return dir, errors.Join(makeOperator(ctx, admin), e.Close())
})

// layOut copies the engine into the script's folder, unless it is there, and writes
// the .env file with the operator and, if there is one, the server.
func layOut(env *testscript.Env, url string) error {
	from, err := template()
	if err != nil {
		return err
	}
	text := fmt.Sprintf("ELASTICSEARCH_USERNAME=%s\nELASTICSEARCH_PASSWORD=%s\n", operatorName, operatorPassword)
	if url != "" {
		text += "ELASTICSEARCH_URL=" + url + "\n"
	}
	if err := os.WriteFile(filepath.Join(env.WorkDir, ".env"), []byte(text), 0o600); err != nil {
		return err
	}
	to := filepath.Join(env.WorkDir, ".realmctl")
	if _, err := os.Stat(to); err == nil {
		return nil
	}
	return os.CopyFS(to, os.DirFS(from))
}

// startServe serves the script's engine until the script ends.
func startServe(env *testscript.Env) (url string, err error) {
	cmd := exec.Command("realmctl", "serve", "--listen", "127.0.0.1:0", "--quiet") //nolint:noctx // it is stopped by a signal, as users do
	cmd.Dir = env.WorkDir
	cmd.Env = env.Vars
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if url, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
			go func() { _, _ = io.Copy(io.Discard, stderr) }() // so that it never waits for us
			env.Defer(func() {
				_ = cmd.Process.Signal(syscall.SIGTERM)
				_ = cmd.Wait()
			})
			return url, nil
		}
	}
	return "", errors.Join(errors.New("serve did not start"), lines.Err(), cmd.Wait())
}

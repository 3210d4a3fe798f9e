package cli_test

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/realmctl/realmctl/internal/cli"
	"github.com/realmctl/realmctl/internal/config"
)

func TestAnswersDecideTheExitCode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		answer answer
		code   int
		stderr string // a regular expression
	}{
		{"done", answer{200, `{}`}, 0, `^$`},
		{"refused data", fault(400, "illegal_argument_exception", "bad\nidea"), 65, `^realmctl: bad idea\n$`},
		{"not found", answer{404, `{}`}, 67, `^realmctl: there is no user x\n$`},
		{"wrong credential", fault(401, "security_exception", "who are you"), 77, `^realmctl: who are you\nhint: realmctl status`},
		{
			"missing privilege",
			fault(403, "security_exception", "action [a] is unauthorized for user [u], this action is granted by the cluster privileges [read_security,all]"),
			77, `hint: needs one of the cluster privileges \[read_security, all\]\n$`,
		},
		{"a conflict", fault(409, "version_conflict_engine_exception", "there before"), 73, `there before`},
		{"too many requests", fault(429, "es_rejected_execution_exception", "busy"), 75, `busy`},
		{"a fault of the server", fault(500, "exception", "oops"), 70, `oops`},
		{"not available", fault(503, "unavailable_shards_exception", "red"), 69, `red`},
		{"a gateway's time-out", answer{504, `<html>`}, 75, `answered 504 Gateway Timeout`},
		{"no such call", answer{400, `{"error":"no handler found for uri [/x] and method [GET]"}`}, 69, `hint: this server does not have the feature`},
		{"no such method", answer{405, `{"error":"Incorrect HTTP method","status":405}`}, 69, `Incorrect HTTP method`},
		{"something else", answer{200, `[]`}, 76, `not what this call returns`},
		{"no answer in time", answer{status: -1}, 75, `no answer in time`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, map[string]answer{"GET /_security/user/x": c.answer})
			got := command{args: []string{"user", "get", "x", "-o", "name", "--url", s.URL, "--retries", "0", "--timeout", "500ms"}}.run(t)
			if c.code == 0 {
				c.code = 67 // the fake knows no such user, and says so
				c.stderr = `there is no user x`
			}
			if got.code != c.code || !regexp.MustCompile(c.stderr).MatchString(got.stderr) {
				t.Errorf("exit %d and %q, want %d and %s", got.code, got.stderr, c.code, c.stderr)
			}
			if strings.Contains(got.stdout+got.stderr, "s3cret") {
				t.Error("the credential is shown")
			}
		})
	}
}

func TestTransportsDecideTheExitCode(t *testing.T) {
	t.Parallel()
	quiet := slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = quiet
	secure.StartTLS()
	t.Cleanup(secure.Close)
	stranger := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(stranger.Close)
	moved := httptest.NewServer(http.RedirectHandler("http://evil.example/", http.StatusFound))
	t.Cleanup(moved.Close)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, url string
		code      int
		stderr    string
	}{
		{"nobody listens", nobody, 69, "connection refused"},
		{"a certificate nobody vouches for", secure.URL, 76, "hint: --ca-cert FILE names the CA to trust"},
		{"https to a plain server", strings.Replace(stranger.URL, "http:", "https:", 1), 76, "hint: the server speaks plain HTTP: use http://"},
		{"another kind of server", stranger.URL, 76, "this is not Elasticsearch"},
		{"a redirect", moved.URL, 76, "redirects to evil.example"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := command{args: []string{"user", "list", "--url", c.url, "--retries", "0"}}.run(t)
			if got.code != c.code || !strings.Contains(got.stderr, c.stderr) || !strings.HasPrefix(got.stderr, "realmctl: ") {
				t.Errorf("exit %d and %q, want %d and %q", got.code, got.stderr, c.code, c.stderr)
			}
		})
	}
}

func TestErrorsForPrograms(t *testing.T) {
	t.Parallel()
	refusal := fault(403, "security_exception", "no <way> & no")
	s := serve(t, map[string]answer{"GET /_security/user": refusal, "GET /_security/role": {503, ``}})
	got := command{args: []string{"user", "list", "-o", "json", "--url", s.URL, "--retries", "0"}}.run(t)
	if got.code != 77 || got.stderr != refusal.body+"\n" || got.stdout != "" {
		t.Errorf("the server's own error: %d, %q", got.code, got.stderr)
	}
	got = command{args: []string{"role", "list", "-o", "json", "--url", s.URL, "--retries", "0"}}.run(t)
	if want := `{"error":{"type":"realmctl_exception","reason":"GET /_security/role answered 503 Service Unavailable","exit":69},"status":503}` + "\n"; got.code != 69 || got.stderr != want {
		t.Errorf("an answer without a reason: %d, %s, want %s", got.code, got.stderr, want)
	}
	got = command{args: []string{"user", "delete", "x", "-o", "json", "--url", s.URL}}.run(t)
	if want := `"exit":64,"hint":"--yes"},"status":0}`; got.code != 64 || !strings.Contains(got.stderr, want) {
		t.Errorf("our own error: %d, %s, want %s", got.code, got.stderr, want)
	}
}

func TestAPanicIsOurOwnFault(t *testing.T) {
	t.Parallel()
	var out, errs strings.Builder
	app := &cli.App{In: strings.NewReader(""), Out: &out, Err: &errs, World: func() (config.World, error) { panic("planted") }}
	if code := cli.Run(t.Context(), app, []string{"version"}); code != 70 || !strings.Contains(errs.String(), "internal fault: planted") || out.Len() > 0 {
		t.Errorf("exit %d, %q", code, errs.String())
	}
}

func TestAWorldThatCannotBeSeen(t *testing.T) {
	t.Parallel()
	var errs strings.Builder
	app := &cli.App{In: strings.NewReader(""), Out: &errs, Err: &errs, World: func() (config.World, error) {
		return config.World{}, &os.PathError{Op: "getwd", Path: ".", Err: os.ErrNotExist}
	}}
	if code := cli.Run(t.Context(), app, []string{"version"}); code != 66 {
		t.Errorf("exit %d, %q", code, errs.String())
	}
}

// TestTheDocumentedCodesAreThoseOfTheProgram keeps docs/exit-codes.md and the help
// of commands in step.
func TestTheDocumentedCodesAreThoseOfTheProgram(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "exit-codes.md"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := cli.Reference()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for name, content := range files {
		for _, line := range regexp.MustCompile(`(?m)^- (\d+): `).FindAllStringSubmatch(string(content), -1) {
			seen++
			if !strings.Contains(string(page), "\n| "+line[1]+" |") {
				t.Errorf("%s has code %s, which docs/exit-codes.md does not", name, line[1])
			}
		}
	}
	if seen == 0 {
		t.Error(errors.New("no exit codes in the reference"))
	}
}

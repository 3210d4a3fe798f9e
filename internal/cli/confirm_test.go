package cli_test

import (
	"strings"
	"testing"
)

const protectedContext = "contexts:\n  prod:\n    url: URL\n    api_key_env: K\n    protected: true\ncurrent_context: prod\n"

func TestConfirmations(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		flags     []string
		stdin     string
		tty       bool
		protected bool
		env       map[string]string
		code      int
		sent      bool
		stderr    string
	}{
		{name: "yes", stdin: "y\n", tty: true, sent: true, stderr: "as ana (default_native) on http://"},
		{name: "yes in full and in capitals", stdin: " YES \n", tty: true, sent: true, stderr: ": delete user x? [y/N] "},
		{name: "no", stdin: "n\n", tty: true, code: 130, stderr: "realmctl: cancelled"},
		{name: "nothing", stdin: "\n", tty: true, code: 130, stderr: "cancelled"},
		{name: "the end of the input", tty: true, code: 130, stderr: "cancelled"},
		{name: "something else", stdin: "yep\n", tty: true, code: 130, stderr: "cancelled"},
		{name: "nobody is there", code: 64, stderr: "hint: --yes"},
		{name: "nobody is to be asked", stdin: "y\n", tty: true, flags: []string{"--no-input"}, code: 64, stderr: "confirmation needed"},
		{name: "nobody is there in CI", stdin: "y\n", tty: true, env: map[string]string{"CI": "true"}, code: 64, stderr: "confirmation needed"},
		{name: "--yes", flags: []string{"--yes"}, sent: true},
		{name: "a protected context wants its name", stdin: "prod\n", tty: true, protected: true, sent: true, stderr: "type prod to go on: "},
		{name: "and not a yes", stdin: "y\n", tty: true, protected: true, code: 130, stderr: "cancelled"},
		{name: "--yes alone is not enough for it", flags: []string{"--yes"}, protected: true, code: 64, stderr: "hint: --yes --confirm prod"},
		{name: "nor is another name", flags: []string{"--yes", "--confirm", "test"}, protected: true, code: 64, stderr: "--confirm test is not the context in force, prod"},
		{name: "both are", flags: []string{"--yes", "--confirm", "prod"}, protected: true, sent: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, map[string]answer{"DELETE /_security/user/x": {200, `{"found":true}`}, "GET /_security/user": {200, `{}`}})
			run := command{args: append([]string{"user", "delete", "x"}, c.flags...), stdin: c.stdin, tty: c.tty, env: c.env}
			if c.protected {
				run.config = strings.Replace(protectedContext, "URL", s.URL, 1)
			} else {
				run.args = append(run.args, "--url", s.URL)
			}
			got := run.run(t)
			if got.code != c.code || !strings.Contains(got.stderr, c.stderr) || (len(s.asked()) > 0) != c.sent {
				t.Errorf("exit %d, stderr %q, sent %q; want %d, %q, sent %v", got.code, got.stderr, s.asked(), c.code, c.stderr, c.sent)
			}
		})
	}
}

func TestBulkInvalidationAsksForTheCount(t *testing.T) {
	t.Parallel()
	keys := `{"api_keys":[
		{"id":"k1","name":"a","creation":1,"invalidated":false,"username":"bob","realm":"r"},
		{"id":"k2","name":"b","creation":2,"invalidated":false,"username":"bob","realm":"r"}]}`
	for _, c := range []struct {
		stdin string
		code  int
		sent  int
	}{{"2\n", 0, 1}, {"y\n", 130, 0}} {
		s := serve(t, map[string]answer{
			"GET /_security/api_key":    {200, keys},
			"DELETE /_security/api_key": {200, `{"invalidated_api_keys":["k1","k2"],"previously_invalidated_api_keys":[],"error_count":0}`},
		})
		got := command{args: []string{"api-key", "invalidate", "--owner", "bob", "--url", s.URL}, stdin: c.stdin, tty: true}.run(t)
		if got.code != c.code || len(s.asked()) != c.sent || !strings.Contains(got.stderr, "type 2 to go on") || !strings.Contains(got.stderr, "k1") {
			t.Errorf("answer %q: exit %d, sent %q, stderr %q", c.stdin, got.code, s.asked(), got.stderr)
		}
	}
}

func TestKeysThatAreInNoListOfTheAnswerAreNotDone(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]answer{
		"GET /_security/api_key":    {200, `{"api_keys":[{"id":"k1","name":"a","creation":1,"invalidated":false,"username":"bob","realm":"r"}]}`},
		"DELETE /_security/api_key": {200, `{"invalidated_api_keys":[],"previously_invalidated_api_keys":[],"error_count":1,"error_details":[{"type":"x","reason":"needs more"}]}`},
	})
	got := command{args: []string{"api-key", "invalidate", "a", "--yes", "--url", s.URL}}.run(t)
	if got.code != 3 || !strings.Contains(got.stderr, "1 of 1 API keys were not invalidated: needs more") {
		t.Errorf("exit %d, %q", got.code, got.stderr)
	}
}

func TestOwnKeysAreEndedAsSuch(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]answer{
		"GET /_security/api_key":    {200, `{"api_keys":[{"id":"k1","name":"a","creation":1,"invalidated":false,"username":"ana","realm":"default_native"}]}`},
		"DELETE /_security/api_key": {200, `{"invalidated_api_keys":["k1"],"previously_invalidated_api_keys":[],"error_count":0}`},
	})
	got := command{args: []string{"api-key", "invalidate", "a", "--yes", "--url", s.URL}}.run(t)
	if want := `DELETE /_security/api_key {"ids":["k1"],"owner":true}`; got.code != 0 || len(s.asked()) != 1 || s.asked()[0] != want {
		t.Errorf("exit %d, sent %q, want %s", got.code, s.asked(), want)
	}
}

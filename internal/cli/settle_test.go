package cli_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// forgetful makes what it is asked for and never answers that call.
type forgetful struct {
	mu       sync.Mutex
	metadata string // of the key it made
	ended    []string
}

func (f *forgetful) answers(t *testing.T) *fake {
	t.Helper()
	s := serve(t, map[string]answer{})
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		f.mu.Lock()
		defer f.mu.Unlock()
		w.Header().Set("X-elastic-product", "Elasticsearch")
		switch r.Method + " " + r.URL.Path {
		case "GET /_security/_authenticate":
			_, _ = io.WriteString(w, whoami)
		case "GET /_security/api_key":
			if f.metadata == "" {
				_, _ = io.WriteString(w, `{"api_keys":[]}`)
				return
			}
			_, _ = io.WriteString(w, `{"api_keys":[{"id":"other","name":"ci","creation":1,"invalidated":false,"username":"ana","realm":"r","metadata":{}},`+
				`{"id":"left","name":"ci","creation":1,"invalidated":false,"username":"ana","realm":"r","metadata":`+f.metadata+`}]}`)
		case "POST /_security/api_key":
			_, after, _ := strings.Cut(string(body), `"metadata":`)
			f.metadata = strings.TrimSuffix(after, "}")
			f.mu.Unlock()
			<-r.Context().Done()
			f.mu.Lock()
		case "DELETE /_security/api_key":
			f.ended = append(f.ended, string(body))
			_, _ = io.WriteString(w, `{"invalidated_api_keys":["left"],"previously_invalidated_api_keys":[],"error_count":0}`)
		case "POST /_security/service/elastic/fleet-server/credential/token/t":
			f.mu.Unlock()
			<-r.Context().Done()
			f.mu.Lock()
		case "DELETE /_security/service/elastic/fleet-server/credential/token/t":
			f.ended = append(f.ended, "token")
			_, _ = io.WriteString(w, `{"found":true}`)
		default:
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{}`)
		}
	})
	return s
}

func TestACreationWithoutAnAnswerLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "keys.env")
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"an API key is found by its request and ended", []string{"api-key", "create", "ci", "--cluster", "monitor", "--no-expiry"}, `{"ids":["left"]}`},
		{"a service token is deleted by its name", []string{"service-token", "create", "elastic/fleet-server", "t"}, "token"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := &forgetful{}
			s := f.answers(t)
			got := command{args: append(c.args, "--save", file, "--url", s.URL, "--timeout", "300ms")}.run(t)
			if got.code != 75 || !strings.Contains(got.stderr, "no answer in time") {
				t.Errorf("exit %d, %q", got.code, got.stderr)
			}
			if len(f.ended) != 1 || f.ended[0] != c.want {
				t.Errorf("ended %q, want %q", f.ended, c.want)
			}
			if _, err := os.Stat(file); err == nil {
				t.Errorf("%s was written", file)
			}
		})
	}
}

func TestAnOutcomeThatNobodyCanTell(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]answer{
		"GET /_security/api_key":  {200, `{"api_keys":[]}`},
		"POST /_security/api_key": {status: -1},
	})
	// The key cannot be looked for: the only right is to make keys.
	denied := serve(t, map[string]answer{
		"POST /_security/api_key/grant": {status: -1},
		"GET /_security/api_key":        fault(403, "security_exception", "no"),
	})
	dir := t.TempDir()
	got := command{args: []string{"api-key", "create", "ci", "--cluster", "monitor", "--no-expiry", "--save", filepath.Join(dir, "a"), "--url", s.URL, "--timeout", "300ms"}}.run(t)
	if got.code != 75 {
		t.Errorf("nothing was made: exit %d, %q", got.code, got.stderr)
	}
	got = command{
		args: []string{"grant", "ci", "--user", "bob", "--cluster", "monitor", "--no-expiry", "--save", filepath.Join(dir, "b"), "--url", denied.URL, "--timeout", "300ms"},
		env:  map[string]string{"REALMCTL_GRANT_PASSWORD": "pw"},
	}.run(t)
	if got.code != 70 || !strings.Contains(got.stderr, "the outcome is unknown") || !strings.Contains(got.stderr, "hint: look whether an API key called ci is there") {
		t.Errorf("unknown: exit %d, %q", got.code, got.stderr)
	}
}

func TestASecretThatCannotBeSavedIsTakenBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "keys.env")
	s := serve(t, map[string]answer{"GET /_security/api_key": {200, `{"api_keys":[]}`}})
	inner := s.Config.Handler
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-elastic-product", "Elasticsearch")
		switch r.Method {
		case http.MethodPost: // between the proof and the write the place is taken
			if err := os.WriteFile(file, []byte("CI_API_KEY=taken\n"), 0o600); err != nil {
				t.Error(err)
			}
			_, _ = io.WriteString(w, `{"id":"k1","name":"ci","api_key":"x","encoded":"azE6czNjcmV0"}`)
		case http.MethodDelete:
			body, _ := io.ReadAll(r.Body)
			s.mu.Lock()
			s.got = append(s.got, "DELETE "+string(body))
			s.mu.Unlock()
			_, _ = io.WriteString(w, `{"invalidated_api_keys":["k1"],"previously_invalidated_api_keys":[],"error_count":0}`)
		default:
			inner.ServeHTTP(w, r)
		}
	})
	got := command{args: []string{"api-key", "create", "ci", "--cluster", "monitor", "--no-expiry", "--save", file, "--url", s.URL}}.run(t)
	if got.code != 73 || !strings.Contains(got.stderr, "CI_API_KEY") || strings.Contains(got.stderr, "azE6") || got.stdout != "" {
		t.Errorf("exit %d, stdout %q, stderr %q", got.code, got.stdout, got.stderr)
	}
	if asked := s.asked(); len(asked) != 1 || asked[0] != `DELETE {"ids":["k1"]}` {
		t.Errorf("sent %q, want the key to be ended", asked)
	}
}

func TestAUserWhoseCreationGotNoAnswer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var made atomic.Bool
	s := serve(t, map[string]answer{})
	inner := s.Config.Handler
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPut:
			_, _ = io.ReadAll(r.Body) // before that nobody notices that the client is gone
			made.Store(true)
			<-r.Context().Done()
		case r.URL.Path == "/_security/user/bob" && made.Load():
			w.Header().Set("X-elastic-product", "Elasticsearch")
			_, _ = io.WriteString(w, `{"bob":{"username":"bob","roles":[],"metadata":{},"enabled":true}}`)
		default:
			inner.ServeHTTP(w, r)
		}
	})
	got := command{args: []string{"user", "create", "bob", "--save", filepath.Join(dir, "f"), "--url", s.URL, "--timeout", "300ms"}}.run(t)
	if got.code != 0 || !strings.Contains(got.stdout, "CREATED") {
		t.Errorf("the login works, so it was made: exit %d, %q", got.code, got.stderr)
	}
	if data, err := os.ReadFile(filepath.Join(dir, "f")); err != nil || !strings.HasPrefix(string(data), "BOB_PASSWORD=") {
		t.Errorf("saved %q, %v", data, err)
	}
}

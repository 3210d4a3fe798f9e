package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/realmctl/realmctl/internal/cli"
	"github.com/realmctl/realmctl/internal/config"
)

// command is one run of the program in process, against a server of the test.
type command struct {
	args   []string
	env    map[string]string // ELASTICSEARCH_API_KEY is set unless it says otherwise
	stdin  string
	tty    bool   // somebody is there to be asked
	config string // the user's configuration
	now    time.Time
}

type outcome struct {
	code           int
	stdout, stderr string
}

// run runs the command. Files of its flags must be absolute.
func (c command) run(t *testing.T) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	dir := t.TempDir()
	env := map[string]string{"ELASTICSEARCH_API_KEY": "id:s3cret"}
	maps.Copy(env, c.env)
	w := config.World{Dir: dir, Lookup: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}
	if c.config != "" {
		w.ConfigFile = filepath.Join(dir, "config.yaml")
		if err := os.WriteFile(w.ConfigFile, []byte(c.config), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if c.now.IsZero() {
		c.now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	}
	app := &cli.App{
		In: strings.NewReader(c.stdin), Out: &stdout, Err: &stderr,
		Now:   func() time.Time { return c.now },
		World: func() (config.World, error) { return w, nil },
		InTTY: c.tty, ErrTTY: c.tty,
	}
	code := cli.Run(t.Context(), app, c.args)
	return outcome{code, stdout.String(), stderr.String()}
}

// fake is a server with answers by "METHOD /path"; what it has none for is a 404
// as Elasticsearch gives it. It remembers what it was asked.
type fake struct {
	*httptest.Server

	mu  sync.Mutex
	got []string
}

// answer is what a fake says. A negative status hangs until the client is gone.
type answer struct {
	status int
	body   string
}

const whoami = `{"username":"ana","roles":["ops"],"full_name":null,"email":null,"metadata":{},"enabled":true,` +
	`"authentication_realm":{"name":"default_native","type":"native"},"lookup_realm":{"name":"default_native","type":"native"},"authentication_type":"realm"}`

func serve(t *testing.T, answers map[string]answer) *fake {
	t.Helper()
	f := &fake{}
	if _, ok := answers["GET /_security/_authenticate"]; !ok {
		answers["GET /_security/_authenticate"] = answer{200, whoami}
	}
	f.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		f.mu.Lock()
		f.got = append(f.got, strings.TrimSpace(r.Method+" "+r.RequestURI+" "+string(body)))
		f.mu.Unlock()
		a, ok := answers[r.Method+" "+r.URL.Path]
		if !ok {
			a = answer{404, `{}`}
		}
		if a.status < 0 {
			<-r.Context().Done()
			return
		}
		w.Header().Set("X-elastic-product", "Elasticsearch")
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, a.body)
	}))
	f.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	f.Start()
	t.Cleanup(f.Close)
	return f
}

// asked are the requests so far, those that only look up left out.
func (f *fake) asked() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []string
	for _, g := range f.got {
		if !strings.HasPrefix(g, "GET ") {
			out = append(out, g)
		}
	}
	return out
}

// fault is Elasticsearch's error envelope.
func fault(status int, kind, reason string) answer {
	text, _ := json.Marshal(reason)
	return answer{status, fmt.Sprintf(`{"error":{"root_cause":[],"type":%q,"reason":%s},"status":%d}`, kind, text, status)}
}

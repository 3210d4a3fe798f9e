package compat_test

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/usersfile"
)

// liveNode stands for the real node of some recordings: it lets in whom the files of
// the folder let in, not at once, as a node looks at them only now and then.
type liveNode struct {
	*httptest.Server

	conf string
	pool *pwhash.Pool

	mu        sync.Mutex
	asked     int
	passwords map[string]string // of native users
}

func serveLive(t *testing.T, r record, conf string) *liveNode {
	t.Helper()
	pool, err := pwhash.New("bcrypt4", pwhash.Options{})
	if err != nil {
		t.Fatal(err)
	}
	n := &liveNode{conf: conf, pool: pool, passwords: map[string]string{}}
	for _, call := range r.Live.Setup {
		n.passwords[strings.TrimPrefix(call[1], "/_security/user/")] = "first-password"
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_cluster/health", func(w http.ResponseWriter, req *http.Request) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.asked++
		if n.asked < 3 || !n.superuser(req) {
			answerWith(w, http.StatusUnauthorized, "{}")
			return
		}
		answerWith(w, http.StatusOK, `{"status":"yellow"}`)
	})
	mux.HandleFunc("POST /_security/user/{name}/_password", func(w http.ResponseWriter, req *http.Request) {
		n.mu.Lock()
		defer n.mu.Unlock()
		var body struct{ Password string }
		_, known := n.passwords[req.PathValue("name")]
		switch err := json.NewDecoder(req.Body).Decode(&body); {
		case !n.superuser(req):
			answerWith(w, http.StatusForbidden, "{}")
		case err != nil || len(body.Password) < 6 || !known:
			answerWith(w, http.StatusBadRequest, `{"error":{"reason":"no"},"status":400}`)
		default:
			n.passwords[req.PathValue("name")] = body.Password
			answerWith(w, http.StatusOK, "{}")
		}
	})
	n.Server = httptest.NewServer(mux)
	t.Cleanup(n.Close)
	_, port, err := net.SplitHostPort(n.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(conf, "elasticsearch.yml"), []byte("http.port: "+port+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return n
}

func answerWith(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

// superuser is what the file realm would say.
func (n *liveNode) superuser(req *http.Request) bool {
	name, password, ok := req.BasicAuth()
	folder, err := usersfile.Load(n.conf, usersfile.Options{})
	if err != nil || !ok {
		return false
	}
	hash, ok := folder.Users.Hash(name)
	if !ok || !slices.Contains(folder.Roles.Of(name), "superuser") {
		return false
	}
	right, err := n.pool.Verify(req.Context(), hash, secret.String(password))
	return right && err == nil
}

var newValue = regexp.MustCompile(`New value: (\S+)`)

// check logs in with the new password, where there is one.
func (n *liveNode) check(t *testing.T, r record, got result, in input) {
	t.Helper()
	delete(got.after, "elasticsearch.yml") // made for the port
	if got.exit != 0 {
		return
	}
	want := ""
	if m := newValue.FindStringSubmatch(got.stdout); m != nil {
		want = m[1]
	} else if len(in.passwords) == 1 {
		want = in.passwords[0]
	}
	for name, password := range n.passwords {
		if want == "" || password != want {
			t.Errorf("%s: the password of %s is not the new one", r.Case, name)
		}
	}
}

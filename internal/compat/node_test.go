package compat_test

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// scriptedNode answers as the recording says: the answers for a path in order, and
// the last one again.
type scriptedNode struct {
	*httptest.Server

	mu       sync.Mutex
	script   []answer
	requests []request
	during   map[string]state
}

func serve(t *testing.T, r record, conf string) *scriptedNode {
	t.Helper()
	n := &scriptedNode{script: slices.Clone(r.Serve)}
	handler := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Error(err)
		}
		n.mu.Lock()
		defer n.mu.Unlock()
		if n.requests == nil {
			n.during = snapshot(t, conf)
		}
		seen := request{Method: req.Method, Path: req.RequestURI}
		if user, password, ok := req.BasicAuth(); ok {
			seen.Auth = user + ":" + password
		}
		if text := string(body); text != "" {
			seen.Body = &text
		}
		n.requests = append(n.requests, seen)
		a := n.next(req)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(a.Status)
		_, _ = io.WriteString(w, a.Body)
	})
	n.Server = httptest.NewUnstartedServer(handler)
	if r.TLS == nil {
		n.Start()
	} else {
		cert, err := tls.LoadX509KeyPair(filepath.Join(conf, r.TLS.Cert), filepath.Join(conf, r.TLS.Key))
		if err != nil {
			t.Fatal(err)
		}
		n.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
		n.StartTLS()
	}
	t.Cleanup(n.Close)
	return n
}

func (n *scriptedNode) next(req *http.Request) answer {
	var found []int
	for i, a := range n.script {
		if ok, _ := path.Match(strings.ReplaceAll(a.Path, "/", "\x00"), strings.ReplaceAll(req.RequestURI, "/", "\x00")); ok && a.Method == req.Method {
			found = append(found, i)
		}
	}
	if len(found) == 0 {
		return answer{Status: http.StatusNotFound, Body: "{}"}
	}
	a := n.script[found[0]]
	if len(found) > 1 && n.script[found[1]].Path == a.Path {
		n.script = slices.Delete(n.script, found[0], found[0]+1)
	}
	return a
}

func (n *scriptedNode) seen() ([]request, map[string]state) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.requests, n.during
}

func compareRequests(t *testing.T, r record, got result) {
	t.Helper()
	if len(got.requests) != len(r.Requests) {
		t.Errorf("%d requests, want %d: %v", len(got.requests), len(r.Requests), got.requests)
		return
	}
	for i, want := range r.Requests {
		have := got.requests[i]
		if have.Method != want.Method || have.Path != want.Path || !matches(want.Auth, have.Auth) {
			t.Errorf("request %d is %s %s as %s, want %s %s as %s", i, have.Method, have.Path, have.Auth, want.Method, want.Path, want.Auth)
		}
		if (want.Body == nil) != (have.Body == nil) || want.Body != nil && !matches(*want.Body, *have.Body) {
			t.Errorf("body of request %d differs (-want +got):\n%s", i, cmp.Diff(want.Body, have.Body))
		}
	}
}

// builtinRoles are the built-in roles of a real node.
func builtinRoles(t *testing.T) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "builtin_roles.json"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	if err := json.Unmarshal(data, &names); err != nil {
		t.Fatal(err)
	}
	return names
}

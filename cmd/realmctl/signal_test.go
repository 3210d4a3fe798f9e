package main

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestSignalsEndACommandCleanly interrupts a creation whose answer never comes: the
// key that was made meanwhile is ended before the program goes.
func TestSignalsEndACommandCleanly(t *testing.T) {
	t.Parallel()
	if os.PathSeparator != '/' {
		t.Skip("there are no signals here")
	}
	for signal, code := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143, syscall.SIGHUP: 129} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			made := make(chan struct{})
			var mu sync.Mutex
			var metadata, ended string
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				w.Header().Set("X-elastic-product", "Elasticsearch")
				switch r.Method + " " + r.URL.Path {
				case "POST /_security/api_key":
					mu.Lock()
					_, metadata, _ = strings.Cut(strings.TrimSuffix(string(body), "}"), `"metadata":`)
					mu.Unlock()
					close(made)
					<-r.Context().Done()
				case "GET /_security/api_key":
					mu.Lock()
					defer mu.Unlock()
					if metadata == "" {
						_, _ = io.WriteString(w, `{"api_keys":[]}`)
						return
					}
					_, _ = io.WriteString(w, `{"api_keys":[{"id":"left","name":"ci","creation":1,"username":"ana","realm":"r","metadata":`+metadata+`}]}`)
				case "DELETE /_security/api_key":
					mu.Lock()
					defer mu.Unlock()
					ended = string(body)
					_, _ = io.WriteString(w, `{"invalidated_api_keys":["left"],"previously_invalidated_api_keys":[],"error_count":0}`)
				default:
					_, _ = io.WriteString(w, `{"username":"ana","roles":[],"metadata":{},"authentication_realm":{"name":"r","type":"native"},"lookup_realm":{"name":"r","type":"native"}}`)
				}
			}))
			defer s.Close()
			dir := t.TempDir()
			cmd := exec.CommandContext(t.Context(), "realmctl", "api-key", "create", "ci", "--cluster", "monitor", "--no-expiry", "--save", "keys.env", "--url", s.URL)
			cmd.Dir = dir
			cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "ELASTICSEARCH_API_KEY=id:key", "HOME=" + dir}
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			select {
			case <-made:
			case <-time.After(30 * time.Second):
				t.Fatal("the request did not come")
			}
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			err := cmd.Wait()
			if failed, ok := errors.AsType[*exec.ExitError](err); !ok || failed.ExitCode() != code {
				t.Errorf("%v, stderr %q; want code %d", err, stderr.String(), code)
			}
			mu.Lock()
			defer mu.Unlock()
			if ended != `{"ids":["left"]}` {
				t.Errorf("ended %q", ended)
			}
			if _, err := os.Stat(filepath.Join(dir, "keys.env")); err == nil {
				t.Error("a secret was saved")
			}
		})
	}
}

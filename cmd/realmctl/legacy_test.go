package main

import (
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/joho/godotenv"
)

// TestLegacyPaths asks as clients of Elasticsearch 6 and 7 do.
func TestLegacyPaths(t *testing.T) {
	t.Parallel()
	w := &world{t: t, dir: t.TempDir()}
	w.must(nil, "init")
	env, err := godotenv.Read(filepath.Join(w.dir, ".env"))
	if err != nil {
		t.Fatal(err)
	}
	for flag, want := range map[string]struct {
		status        int
		body, warning string
	}{
		"--legacy-paths":       {http.StatusOK, `"username":"elastic"`, `"[GET /_xpack/security/_authenticate] is deprecated! Use [GET /_security/_authenticate] instead."`},
		"--legacy-paths=false": {http.StatusBadRequest, "no handler found for uri [/_xpack/security/_authenticate]", ""},
	} {
		url, stop := w.serve(flag)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/_xpack/security/_authenticate", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("elastic", env["ELASTIC_PASSWORD"])
		resp, err := (&http.Transport{}).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		stop()
		if resp.StatusCode != want.status || !strings.Contains(string(body), want.body) || !strings.Contains(resp.Header.Get("Warning"), want.warning) {
			t.Errorf("%s: %d %s, Warning %q, want %v", flag, resp.StatusCode, body, resp.Header.Get("Warning"), want)
		}
	}
}

package main

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestLegacyPaths asks as clients of Elasticsearch 6 and 7 do.
func TestLegacyPaths(t *testing.T) {
	t.Parallel()
	for flag, want := range map[string]struct {
		status        int
		body, warning string
	}{
		"--legacy-paths":       {http.StatusOK, `"username":"elastic"`, `"[GET /_xpack/security/_authenticate] is deprecated! Use [GET /_security/_authenticate] instead."`},
		"--legacy-paths=false": {http.StatusBadRequest, "no handler found for uri [/_xpack/security/_authenticate]", ""},
	} {
		env := &testscript.Env{WorkDir: t.TempDir()}
		if err := layOut(env, ""); err != nil {
			t.Fatal(err)
		}
		url, _ := serveWithLog(t, env, flag)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/_xpack/security/_authenticate", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("elastic", elasticPassword)
		resp, err := (&http.Transport{}).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want.status || !strings.Contains(string(body), want.body) || !strings.Contains(resp.Header.Get("Warning"), want.warning) {
			t.Errorf("%s: %d %s, Warning %q, want %v", flag, resp.StatusCode, body, resp.Header.Get("Warning"), want)
		}
	}
}

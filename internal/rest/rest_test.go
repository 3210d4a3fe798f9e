package rest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// answered is the head of an answer.
type answered struct {
	StatusCode int
	Header     http.Header
}

// get sends a request as the administrator.
func get(t testing.TB, h http.Handler, method, path, body string, headers ...string) (answered, string) {
	t.Helper()
	var r *http.Request
	if body == "" {
		r = httptest.NewRequestWithContext(t.Context(), method, "http://node/", http.NoBody)
	} else {
		r = httptest.NewRequestWithContext(t.Context(), method, "http://node/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
	}
	r.RequestURI = path
	r.SetBasicAuth(admin, adminPassword)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return answered{w.Code, w.Header()}, w.Body.String()
}

package rest_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/rest"
)

// sink is a connection that keeps nothing.
type sink struct{ header http.Header }

func (s sink) Header() http.Header { return s.header }

func (sink) WriteHeader(int) {}

func (sink) Write(p []byte) (int, error) { return len(p), nil }

// open is a guard that costs nothing.
type open struct{ guard }

func (open) Authenticate(*http.Request) (identity.Identity, error) {
	return identity.Identity{Subject: identity.Subject{User: identity.User{Username: admin}}}, nil
}

// shape is as large an answer as that of _authenticate.
type shape struct {
	Username string            `json:"username"`
	Roles    []string          `json:"roles"`
	FullName *string           `json:"full_name"`
	Enabled  bool              `json:"enabled"`
	Realm    map[string]string `json:"authentication_realm"`
}

// floor is a handler and a request that ask for nothing beside the pipeline.
func floor(t testing.TB) (http.Handler, *http.Request) {
	t.Helper()
	h, err := rest.New([]rest.Route{
		does(http.MethodGet, "/_security/_authenticate", &shape{Username: admin, Roles: []string{"superuser"}, Enabled: true}),
	}, rest.Options{Guard: open{}, Version: "9.5.3", BuildHash: "abc"})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/_security/_authenticate", http.NoBody)
	r.Header.Set("Accept", "application/json")
	return h, r
}

// TestFloorOfAllocations keeps the pipeline's share of a warm request small: 40 are
// allowed to all of _authenticate.
func TestFloorOfAllocations(t *testing.T) {
	h, r := floor(t)
	got := testing.AllocsPerRun(200, func() {
		h.ServeHTTP(sink{http.Header{}}, r)
	})
	if got > 18 {
		t.Errorf("a request takes %v allocations, want at most 18", got)
	}
}

func BenchmarkFloor(b *testing.B) {
	h, r := floor(b)
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(sink{http.Header{}}, r)
	}
}

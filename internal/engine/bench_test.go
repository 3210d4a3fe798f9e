package engine_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/realmctl/realmctl/internal/engine"
)

// BenchmarkAuthenticate is the hottest request of all, warm, through the whole handler.
func BenchmarkAuthenticate(b *testing.B) {
	e := open(b, folder(b, ""))
	b.Run("password", func(b *testing.B) {
		benchmark(b, e, func(r *http.Request) { r.SetBasicAuth("elastic", password) })
	})
	_, body := ask(b, e, http.MethodPost, "/_security/api_key", "elastic:"+password, `{"name":"bench"}`)
	var key struct{ Encoded string }
	if err := json.Unmarshal([]byte(body), &key); err != nil {
		b.Fatal(err)
	}
	b.Run("api_key", func(b *testing.B) {
		benchmark(b, e, func(r *http.Request) { r.Header.Set("Authorization", "ApiKey "+key.Encoded) })
	})
	_, body = ask(b, e, http.MethodPost, "/_security/oauth2/token", "elastic:"+password, `{"grant_type":"client_credentials"}`)
	var token struct {
		Access string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(body), &token); err != nil {
		b.Fatal(err)
	}
	b.Run("access_token", func(b *testing.B) {
		benchmark(b, e, func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token.Access) })
	})
}

func benchmark(b *testing.B, e *engine.Engine, sign func(*http.Request)) {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "http://engine/_security/_authenticate", http.NoBody)
	if err != nil {
		b.Fatal(err)
	}
	req.RemoteAddr, req.RequestURI = "127.0.0.1:1", "/_security/_authenticate"
	sign(req)
	b.ReportAllocs()
	for b.Loop() {
		w := discard{header: http.Header{}}
		if e.ServeHTTP(&w, req); w.status != http.StatusOK {
			b.Fatal(w.status)
		}
	}
}

// BenchmarkCreateAPIKey commits and syncs each key before it is answered.
func BenchmarkCreateAPIKey(b *testing.B) {
	e := open(b, folder(b, ""))
	create := func() int {
		req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "http://engine/_security/api_key", strings.NewReader(`{"name":"bench","expiration":"1d"}`))
		if err != nil {
			return 0
		}
		req.RemoteAddr, req.RequestURI = "127.0.0.1:1", "/_security/api_key"
		req.Header.Set("Content-Type", "application/json")
		req.SetBasicAuth("elastic", password)
		w := discard{header: http.Header{}}
		e.ServeHTTP(&w, req)
		return w.status
	}
	b.Run("clients=1", func(b *testing.B) {
		for b.Loop() {
			if status := create(); status != http.StatusOK {
				b.Fatal(status)
			}
		}
	})
	b.Run("clients=64", func(b *testing.B) {
		b.SetParallelism(64)
		var failed atomic.Int64
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if create() != http.StatusOK {
					failed.Add(1)
				}
			}
		})
		if n := failed.Load(); n > 0 {
			b.Fatalf("%d keys were not created", n)
		}
	})
}

// BenchmarkOpen opens an existing data directory.
func BenchmarkOpen(b *testing.B) {
	o := folder(b, "")
	_ = open(b, o)
	for b.Loop() {
		e, err := engine.Open(b.Context(), o)
		if err != nil {
			b.Fatal(err)
		}
		if err := e.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// discard is a ResponseWriter that keeps the status alone.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(status int)      { d.status = status }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }

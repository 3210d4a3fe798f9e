package loopback_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/realmctl/realmctl/internal/loopback"
)

// request makes a request whose body tells whether it was closed.
func request(ctx context.Context, t *testing.T, method string) (*http.Request, *closable) {
	t.Helper()
	b := &closable{Reader: strings.NewReader("asked")}
	req, err := http.NewRequestWithContext(ctx, method, "http://engine/_security/user?pretty", b)
	if err != nil {
		t.Fatal(err)
	}
	return req, b
}

type closable struct {
	io.Reader

	closed atomic.Bool
}

func (c *closable) Close() error {
	c.closed.Store(true)
	return nil
}

func handler(f func(w http.ResponseWriter, r *http.Request)) loopback.Transport {
	return loopback.Transport{Handler: http.HandlerFunc(f)}
}

func text(t *testing.T, resp *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestHandlerSeesTheRequestAsOverAPort(t *testing.T) {
	t.Parallel()
	req, b := request(t.Context(), t, http.MethodPut)
	resp, err := handler(func(w http.ResponseWriter, r *http.Request) {
		got, err := io.ReadAll(r.Body)
		if err != nil || string(got) != "asked" {
			t.Errorf("body = %q, %v, want asked", got, err)
		}
		if r.RequestURI != "/_security/user?pretty" || r.Host != "engine" || r.RemoteAddr == "" {
			t.Errorf("uri %q host %q remote %q", r.RequestURI, r.Host, r.RemoteAddr)
		}
		w.Header().Set("X-A", "1")
		w.WriteHeader(http.StatusContinue)
		w.WriteHeader(http.StatusCreated)
		w.WriteHeader(http.StatusTeapot)
		w.Header().Set("X-A", "too late")
		_, _ = io.WriteString(w, "done")
	}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if got := text(t, resp); got != "done" || resp.StatusCode != http.StatusCreated || resp.ContentLength != 4 {
		t.Errorf("answer = %d %q of length %d, want 201 done of length 4", resp.StatusCode, got, resp.ContentLength)
	}
	if got := resp.Header.Get("X-A"); got != "1" {
		t.Errorf("X-A = %q, want what it was when the status was written", got)
	}
	if !b.closed.Load() {
		t.Error("the request body stayed open")
	}
}

func TestSilentHandlerAnswers200(t *testing.T) {
	t.Parallel()
	req, _ := request(t.Context(), t, http.MethodGet)
	resp, err := handler(func(http.ResponseWriter, *http.Request) {}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if got := text(t, resp); got != "" || resp.StatusCode != http.StatusOK {
		t.Errorf("answer = %d %q, want 200 and nothing", resp.StatusCode, got)
	}
}

func TestContextEndsWhileTheHandlerRuns(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	req, _ := request(ctx, t, http.MethodPost)
	resp, err := handler(func(w http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done() // it is told
		_, _ = io.WriteString(w, "committed")
	}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if got := text(t, resp); got != "committed" {
		t.Errorf("answer = %q, want committed", got)
	}
}

func TestContextEndedBefore(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req, b := request(ctx, t, http.MethodPost)
	resp, err := handler(func(http.ResponseWriter, *http.Request) { t.Error("the handler was called") }).RoundTrip(req)
	if resp != nil {
		_ = resp.Body.Close()
	}
	if resp != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("RoundTrip = %v, %v, want context.Canceled", resp, err)
	}
	if !b.closed.Load() {
		t.Error("the request body stayed open")
	}
}

func TestHandlersThatEndBadly(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("x", 64<<10)
	tests := []struct {
		name    string
		serve   func(w http.ResponseWriter)
		want    string // in the error of RoundTrip
		reading string // in the error of reading the body
	}{
		{name: "panic before anything was written", serve: func(http.ResponseWriter) { panic("oops") }, want: "panic serving PUT /_security/user: oops"},
		{name: "panic after a little was written", serve: func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, "x")
			panic("oops")
		}, want: "panic serving PUT"},
		{name: "panic after more than fits", serve: func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, big+"x")
			panic("oops")
		}, reading: "panic serving PUT"},
		{name: "Goexit", serve: func(http.ResponseWriter) { runtime.Goexit() }, want: "left without an answer"},
		{name: "Goexit after more than fits", serve: func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, big+"x")
			runtime.Goexit()
		}, reading: "left without an answer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req, b := request(t.Context(), t, http.MethodPut)
			resp, err := handler(func(w http.ResponseWriter, _ *http.Request) { tt.serve(w) }).RoundTrip(req)
			if tt.reading != "" {
				if err != nil {
					t.Fatal(err)
				}
				_, err = io.ReadAll(resp.Body)
				_ = resp.Body.Close()
			}
			if err == nil || !strings.Contains(err.Error(), tt.want+tt.reading) {
				t.Errorf("error = %v, want %q in it", err, tt.want+tt.reading)
			}
			if !b.closed.Load() {
				t.Error("the request body stayed open")
			}
		})
	}
}

func TestLargeAnswersGoThroughAPipe(t *testing.T) {
	t.Parallel()
	const pages, page = 100, 10 << 10
	req, _ := request(t.Context(), t, http.MethodGet)
	resp, err := handler(func(w http.ResponseWriter, _ *http.Request) {
		for range pages {
			if _, err := io.WriteString(w, strings.Repeat("y", page)); err != nil {
				t.Error(err)
			}
		}
	}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if got := text(t, resp); len(got) != pages*page || strings.Trim(got, "y") != "" {
		t.Errorf("read %d bytes, want %d", len(got), pages*page)
	}
}

func TestReaderThatGoesAwayStopsTheHandler(t *testing.T) {
	t.Parallel()
	stopped := make(chan error, 1)
	req, _ := request(t.Context(), t, http.MethodGet)
	resp, err := handler(func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := io.WriteString(w, strings.Repeat("z", 64<<10)); err != nil {
				stopped <- err
				return
			}
		}
	}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-stopped; !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("Write = %v, want io.ErrClosedPipe", err)
	}
}

func TestHeadHasNoBody(t *testing.T) {
	t.Parallel()
	req, _ := request(t.Context(), t, http.MethodHead)
	resp, err := handler(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "200000")
		n, err := io.WriteString(w, strings.Repeat("x", 200_000))
		if n != 200_000 || err != nil {
			t.Errorf("Write = %d, %v", n, err)
		}
	}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if got := text(t, resp); got != "" || resp.Header.Get("Content-Length") != "200000" {
		t.Errorf("answer = %q with headers %v, want none and its length", got, resp.Header)
	}
}

type passKey struct{}

type otherKey struct{}

func TestValuesAreHiddenButForOne(t *testing.T) {
	t.Parallel()
	ctx := context.WithValue(context.WithValue(t.Context(), passKey{}, "trace"), otherKey{}, "identity")
	for _, tt := range []struct {
		name string
		pass any
		want any
	}{
		{name: "none is passed", want: nil},
		{name: "the named one is passed", pass: passKey{}, want: "trace"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req, _ := request(ctx, t, http.MethodGet)
			tr := handler(func(_ http.ResponseWriter, r *http.Request) {
				if got := r.Context().Value(passKey{}); got != tt.want {
					t.Errorf("passed value = %v, want %v", got, tt.want)
				}
				if got := r.Context().Value(otherKey{}); got != nil {
					t.Errorf("other value = %v, want nil", got)
				}
			})
			tr.Pass = tt.pass
			resp, err := tr.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
		})
	}
}

func TestWorksUnderAClient(t *testing.T) {
	t.Parallel()
	c := &http.Client{Transport: handler(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, r.URL.Path)
	})}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://node/a%2Fb", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if got := text(t, resp); got != "/a/b" || resp.Status != "404 Not Found" {
		t.Errorf("answer = %s %q", resp.Status, got)
	}
}

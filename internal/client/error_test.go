package client_test

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/esapi"
)

func TestErrorAnswersKeepStatusTypeAndReason(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		status int
		body   string
		want   client.APIError
		text   string
	}{
		{
			"an error object", 403,
			`{"error":{"root_cause":[],"type":"security_exception","reason":"Failed to authenticate api key grant","caused_by":{"type":"security_exception","reason":"unable to authenticate"}},"status":403}`,
			client.APIError{Type: "security_exception", Reason: "Failed to authenticate api key grant", CausedBy: "unable to authenticate"},
			"Failed to authenticate api key grant: unable to authenticate",
		},
		{
			"a plain text, when no handler was reached", 400, `{"error":"no handler found for uri [/x] and method [GET]"}`,
			client.APIError{Reason: "no handler found for uri [/x] and method [GET]"},
			"no handler found for uri [/x] and method [GET]",
		},
		{
			"the token endpoint's own shape", 400, `{"error":"invalid_grant","error_description":"token has been invalidated"}`,
			client.APIError{Type: "invalid_grant", Reason: "token has been invalidated"},
			"token has been invalidated",
		},
		{"a result with an error status", 404, `{"found":false}`, client.APIError{}, "GET /_security/_authenticate answered 404 Not Found"},
		{"a proxy's page", 502, `<html>`, client.APIError{}, "GET /_security/_authenticate answered 502 Bad Gateway"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := serve(t, c.status, c.body).client(client.Options{}).Authenticate(t.Context())
			got, ok := errors.AsType[*client.APIError](err)
			if !ok {
				t.Fatalf("err = %v, want an APIError", err)
			}
			c.want.Method, c.want.Path, c.want.Status = "GET", "/_security/_authenticate", c.status
			if strings.HasPrefix(c.body, "{") {
				c.want.Body = []byte(c.body)
			}
			if diff := cmp.Diff(c.want, *got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got.Error() != c.text {
				t.Errorf("Error() = %q, want %q", got.Error(), c.text)
			}
		})
	}
}

func TestFailuresOnTheWayAreSorted(t *testing.T) {
	t.Parallel()
	plain := serve(t, 200, `{}`)
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // the handshakes that fail are the point
	secure.StartTLS()
	t.Cleanup(secure.Close)
	stranger := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
	t.Cleanup(stranger.Close)
	moved := httptest.NewServer(http.RedirectHandler("http://evil.example/x", http.StatusTemporaryRedirect))
	t.Cleanup(moved.Close)
	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	t.Cleanup(slow.Close)
	t.Cleanup(func() { close(release) })
	garbage := serve(t, 200, `[`)

	for _, c := range []struct {
		name, url string
		kind      client.Kind
		sent      bool
		text      string
	}{
		{"nobody listens", "http://" + freeAddr(t), client.Unreachable, false, "connection refused"},
		{"a certificate nobody vouches for", secure.URL, client.TLS, false, "certificate"},
		{"https to a plain server", "https://" + strings.TrimPrefix(plain.URL, "http://"), client.TLS, false, "HTTP response to HTTPS client"},
		{"plain to an https server", "http://" + strings.TrimPrefix(secure.URL, "https://"), client.Protocol, true, "the server wants https"},
		{"another kind of server", stranger.URL, client.Protocol, true, "not Elasticsearch"},
		{"a redirect is not followed", moved.URL, client.Protocol, true, "redirects to evil.example"},
		{"no answer in time", slow.URL, client.Timeout, true, "no answer in time"},
		{"an answer that does not fit", garbage.URL, client.Protocol, false, "not what this call returns"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := client.New(client.Options{URL: c.url, Timeout: 300 * time.Millisecond}).Authenticate(t.Context())
			got, ok := errors.AsType[*client.TransportError](err)
			if !ok || got.Kind != c.kind || got.Sent != c.sent || !strings.Contains(err.Error(), c.text) || !strings.HasPrefix(err.Error(), c.url) {
				t.Errorf("err = %#v (%v), want kind %v, sent %v, %q", err, err, c.kind, c.sent, c.text)
			}
		})
	}
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func TestAReadOnlyTargetIsNotChanged(t *testing.T) {
	t.Parallel()
	s := serve(t, 200, `{}`)
	c := s.client(client.Options{ReadOnly: "context prod is read-only"})
	_, err := c.DeleteUser(t.Context(), "ana")
	if _, ok := errors.AsType[*client.ReadOnlyError](err); !ok || err.Error() != "context prod is read-only" {
		t.Errorf("DeleteUser: %v", err)
	}
	if _, err := c.HasPrivileges(t.Context(), esapi.HasPrivilegesRequest{}); err != nil {
		t.Errorf("a POST that only asks: %v", err)
	}
	if len(s.got) != 1 {
		t.Errorf("sent %q", s.got)
	}
}

func TestOnlyWhatIsSafeIsRepeated(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		call func(*client.Client, *testing.T) error
		want int32
	}{
		{"a read of a busy server is", func(c *client.Client, t *testing.T) error { return second(c.Users(t.Context())) }, 3},
		{"a change is not", func(c *client.Client, t *testing.T) error { return second(c.DeleteUser(t.Context(), "x")) }, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				calls.Add(1)
				w.WriteHeader(http.StatusServiceUnavailable)
			}))
			defer s.Close()
			err := c.call(client.New(client.Options{URL: s.URL, Retries: 2}), t)
			if e, ok := errors.AsType[*client.APIError](err); !ok || e.Status != 503 || calls.Load() != c.want {
				t.Errorf("%d calls and %v, want %d and a 503", calls.Load(), err, c.want)
			}
		})
	}
}

// dialsTwice fails as a refused connection does, then passes on.
type dialsTwice struct{ calls atomic.Int32 }

func (d *dialsTwice) RoundTrip(r *http.Request) (*http.Response, error) {
	if d.calls.Add(1) == 1 {
		return nil, &net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}
	}
	return (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
}

func TestAChangeThatNeverLeftIsRepeatedWithItsBody(t *testing.T) {
	t.Parallel()
	s := serve(t, 200, `{"created":true}`)
	d := &dialsTwice{}
	_, err := s.client(client.Options{Transport: d, Retries: 1}).PutUser(t.Context(), "ana", esapi.PutUser{Roles: []string{}}, client.Password{})
	if err != nil || d.calls.Load() != 2 {
		t.Fatalf("%d calls, %v", d.calls.Load(), err)
	}
	if diff := cmp.Diff([]string{`PUT /_security/user/ana {"roles":[]}`}, s.got); diff != "" {
		t.Error(diff)
	}
}

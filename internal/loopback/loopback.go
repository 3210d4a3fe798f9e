// Package loopback serves requests in process: a client's http.RoundTripper that
// calls an http.Handler, with no port in between.
package loopback

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Transport is an http.RoundTripper that serves every request with Handler,
// so that local commands take the very path that remote ones take.
type Transport struct {
	Handler http.Handler
	Pass    any // the one context key handed through (explain's realm trace); nil: none
}

// RoundTrip implements http.RoundTripper. It waits for the handler, not for the
// context: an answer given after COMMIT must reach the caller. Ending the context
// is the handler's signal to stop.
func (t Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	in := req.Clone(deadlineOnly{req.Context(), t.Pass})
	in.RequestURI, in.RemoteAddr = in.URL.RequestURI(), "127.0.0.1:0"
	if in.Host == "" {
		in.Host = in.URL.Host
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	w := &writer{req: req, header: http.Header{}, out: make(chan answer, 1)}
	go t.serve(w, in)
	a := <-w.out
	return a.resp, a.err
}

// serve closes the request body and answers on every path, also after a panic
// and after runtime.Goexit.
func (t Transport) serve(w *writer, in *http.Request) {
	err := errors.New("local engine: handler left without an answer")
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("local engine: panic serving %s %s: %v", in.Method, in.URL.Path, p)
		}
		_ = in.Body.Close()
		w.finish(err)
	}()
	if ended := in.Context().Err(); ended != nil {
		err = ended
		return
	}
	t.Handler.ServeHTTP(w, in)
	err = nil
}

// deadlineOnly hides the caller's values: an identity in the caller's context
// must never become the identity of the request.
type deadlineOnly struct {
	context.Context

	pass any
}

// Value implements context.Context.
func (c deadlineOnly) Value(key any) any {
	if c.pass == nil || key != c.pass {
		return nil
	}
	return c.Context.Value(key)
}

// answer is what RoundTrip returns.
type answer struct {
	resp *http.Response
	err  error
}

// maxBuffered is how much of an answer is collected before it goes through a pipe.
const maxBuffered = 64 << 10

// finish hands over the answer, or ends the one already under way.
func (w *writer) finish(err error) {
	switch {
	case w.pipe != nil:
		_ = w.pipe.CloseWithError(err) // nil reads as io.EOF
	case err != nil:
		w.out <- answer{err: err}
	default:
		w.WriteHeader(http.StatusOK)
		w.out <- answer{resp: w.response(io.NopCloser(&w.buf), int64(w.buf.Len()))} //nolint:bodyclose // the caller closes it
	}
}

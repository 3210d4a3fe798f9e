package loopback

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
)

// writer is the handler's side of an answer.
type writer struct {
	req    *http.Request
	header http.Header
	status int         // 0: not decided so far
	sent   http.Header // the headers as they were then
	buf    bytes.Buffer
	pipe   *io.PipeWriter // set once the answer has been handed over
	out    chan answer    // of capacity 1: a handler never waits for a caller
}

// Header implements http.ResponseWriter.
func (w *writer) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter: the first status that is final counts.
func (w *writer) WriteHeader(status int) {
	if w.status != 0 || status < http.StatusOK {
		return
	}
	w.status, w.sent = status, w.header.Clone()
}

// Write implements http.ResponseWriter. The answer to HEAD has no body.
func (w *writer) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	switch {
	case w.req.Method == http.MethodHead:
		return len(p), nil
	case w.pipe != nil:
		return w.pipe.Write(p)
	case w.buf.Len()+len(p) <= maxBuffered:
		return w.buf.Write(p)
	}
	r, pipe := io.Pipe()
	w.pipe = pipe
	w.out <- answer{resp: w.response(&body{Reader: io.MultiReader(&w.buf, r), pipe: r}, -1)} //nolint:bodyclose // the caller closes it
	return w.pipe.Write(p)
}

// response makes the caller's side of the answer.
func (w *writer) response(b io.ReadCloser, length int64) *http.Response {
	if w.req.Method == http.MethodHead {
		b, length = http.NoBody, -1
	}
	return &http.Response{
		Status:        fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)),
		StatusCode:    w.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        w.sent,
		Body:          b,
		ContentLength: length,
		Request:       w.req,
	}
}

// body is an answer that is still being written. Closing it makes the handler's
// next Write fail with io.ErrClosedPipe.
type body struct {
	io.Reader

	pipe *io.PipeReader
}

// Close implements io.Closer.
func (b *body) Close() error { return b.pipe.Close() }

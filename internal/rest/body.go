package rest

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/rest/media"
	"github.com/realmctl/realmctl/internal/xcontent"
)

// errTooLarge is a body over the limit; the answer has no body and the connection
// is closed, as Netty4HttpContentSizeHandler does it.
var errTooLarge = errors.New("request body over the limit")

// tooLarge answers with nothing but the status.
func (x *exchange) tooLarge() {
	h := x.w.Header()
	h.Set("Connection", "close")
	h.Set("Content-Length", "0")
	x.wrote = true
	x.w.WriteHeader(http.StatusRequestEntityTooLarge)
}

// hasBody tells from the headers, and for a body of unknown length by looking at
// its first bytes.
func (x *exchange) hasBody() bool {
	if x.r.ContentLength >= 0 {
		return x.r.ContentLength > 0
	}
	body, _ := x.readBody()
	return len(body) > 0
}

// readBody reads the body once, inflated and bounded.
func (x *exchange) readBody() ([]byte, error) {
	if !x.bodyRead {
		x.bodyRead = true
		x.body, x.bodyErr = x.read()
	}
	return x.body, x.bodyErr
}

func (x *exchange) read() ([]byte, error) {
	if x.r.Body == nil || x.r.ContentLength == 0 {
		return nil, nil
	}
	if x.r.ContentLength > x.h.MaxBody {
		return nil, errTooLarge
	}
	plain := http.MaxBytesReader(x.w, x.r.Body, x.h.MaxBody)
	in, err := inflate(plain, x.r.Header.Get("Content-Encoding"))
	if err != nil {
		return nil, badBody(err)
	}
	var buf bytes.Buffer
	if n := x.r.ContentLength; n > 0 && n <= 1<<20 {
		buf.Grow(int(n) + bytes.MinRead)
	}
	n, err := buf.ReadFrom(io.LimitReader(in, x.h.MaxBody+1))
	if err != nil {
		return nil, badBody(err)
	}
	if n > x.h.MaxBody {
		return nil, errTooLarge
	}
	return buf.Bytes(), nil
}

// badBody sorts what may go wrong while a body is read.
func badBody(err error) error {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return errTooLarge
	}
	return &fault.Error{Kind: fault.Invalid, Type: "i_o_exception", Reason: "cannot read the request body", Err: err}
}

// inflate undoes the Content-Encodings that Netty's HttpContentDecompressor knows;
// other bodies stay as they are.
func inflate(r io.Reader, encoding string) (io.Reader, error) {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "gzip", "x-gzip":
		return gzip.NewReader(r)
	case "deflate", "x-deflate":
		return zlib.NewReader(r)
	}
	return r, nil
}

// parser is a reader of a body by its Content-Type.
func (x *exchange) parser(body []byte) *xcontent.Reader {
	if k, _ := x.content.Format(); k == media.YAML {
		return xcontent.NewYAML(body)
	}
	return xcontent.New(body)
}

// sourceReader is a reader of the parameter source.
func sourceReader(body []byte, contentType string) (*xcontent.Reader, error) {
	m, err := media.Parse(contentType)
	if err != nil {
		return nil, fault.Invalidf("invalid Content-Type header [%s]", contentType)
	}
	switch k, _ := m.Format(); k {
	case media.JSON:
		return xcontent.New(body), nil
	case media.YAML:
		return xcontent.NewYAML(body), nil
	case media.Unknown, media.Binary:
	}
	var p fault.Problems
	p.Addf("Unknown value for source_content_type [%s]", contentType)
	return nil, p.LateErr()
}

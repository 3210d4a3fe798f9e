package rest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
	"sync"

	"github.com/realmctl/realmctl/internal/rest/envelope"
	"github.com/realmctl/realmctl/internal/rest/media"
	"github.com/realmctl/realmctl/internal/rest/render"
)

// format is how the caller wants the answer.
type format struct {
	render.Options

	contentType string
	trace       bool // error_trace
	chosen      bool
}

// choose follows AbstractRestChannel: the parameter format, else Accept, else the
// format of the request's body. Parameters of Accept are repeated. It gives the name
// of a format that this engine does not write.
func (f *format) choose(name string, accept, content *media.Type) (binary string) {
	f.chosen = true
	k, vendor := media.Named(name), false
	if k == media.Unknown {
		k, vendor = accept.Format()
	}
	if k == media.Unknown {
		k, vendor = content.Format()
		if k == media.Binary { // such a body is refused; the answer says so
			k = media.Unknown
		}
	}
	if k == media.Binary {
		return cmp.Or(name, accept.String())
	}
	f.YAML = k == media.YAML
	switch {
	case f.YAML && vendor:
		f.contentType = "application/vnd.elasticsearch+yaml"
	case f.YAML:
		f.contentType = "application/yaml"
	case vendor:
		f.contentType = "application/vnd.elasticsearch+json"
	default:
		f.contentType = "application/json"
	}
	if accept == nil {
		return ""
	}
	for _, p := range accept.Params {
		f.contentType += ";" + p.Name + "=" + p.Value
	}
	return ""
}

// buffers keeps buffers of answers for further ones.
type buffers struct{ pool sync.Pool }

// maxKept bounds the size of buffers that are kept.
const maxKept = 64 << 10

func (p *buffers) get() *bytes.Buffer {
	if b, ok := p.pool.Get().(*bytes.Buffer); ok {
		b.Reset()
		return b
	}
	return new(bytes.Buffer)
}

func (p *buffers) put(b *bytes.Buffer) {
	if b.Cap() <= maxKept {
		p.pool.Put(b)
	}
}

// answer writes what Do returned.
func (x *exchange) answer(v any) error {
	status := http.StatusOK
	if r, ok := v.(Result); ok {
		maps.Copy(x.w.Header(), r.Header)
		status, v = cmp.Or(r.Status, status), r.Body
	}
	if s, ok := v.(Stream); ok {
		return x.stream(status, s)
	}
	if v == nil {
		v = json.RawMessage("{}")
	}
	x.format.Pretty = x.format.Pretty || x.pretty
	b := x.h.buffers.get()
	defer x.h.buffers.put(b)
	if err := envelope.Append(b, v); err != nil {
		return err
	}
	return x.send(status, b)
}

// write is answer for bodies that cannot fail to encode.
func (x *exchange) write(status int, m envelope.Members) {
	body, err := envelope.JSON(m)
	if err != nil {
		body = []byte(`{"error":{"root_cause":[{"type":"exception","reason":"internal error"}],"type":"exception","reason":"internal error"},"status":500}`)
		status = http.StatusInternalServerError
	}
	if err := x.send(status, bytes.NewBuffer(body)); err != nil {
		x.h.Log.DebugContext(x.r.Context(), "answer not sent", "error", err)
	}
}

// send renders a JSON body as the caller wants it and writes it.
func (x *exchange) send(status int, body *bytes.Buffer) error {
	if !x.format.Plain() {
		out := x.h.buffers.get()
		defer x.h.buffers.put(out)
		w := render.New(out, x.format.Options)
		if err := w.Value(body.Bytes()); err != nil {
			return err
		}
		w.Close()
		body = out
	}
	return x.sendRendered(status, body)
}

// sendRendered writes a body that is complete.
func (x *exchange) sendRendered(status int, body *bytes.Buffer) error {
	if body.Len() >= minCompress && x.wantsGzip() {
		return x.compress(status, body.Bytes())
	}
	x.sendBody(status, body)
	return nil
}

// sendBody writes an answer. It cannot be taken back any more; if the caller is
// gone, that is only logged.
func (x *exchange) sendBody(status int, body *bytes.Buffer) {
	x.head(status, x.format.contentType, body.Len())
	if x.r.Method == http.MethodHead {
		return
	}
	if _, err := body.WriteTo(x.w); err != nil {
		x.h.Log.DebugContext(x.r.Context(), "answer not sent", "path", x.rawPath, "error", err)
	}
}

// head writes the head of the answer. A length below zero is unknown.
func (x *exchange) head(status int, contentType string, length int) {
	h := x.w.Header()
	if status != http.StatusUnauthorized && status != http.StatusForbidden {
		h["X-Elastic-Product"] = x.h.product
		for _, text := range x.warnings.all() {
			h["Warning"] = append(h["Warning"], x.h.warning+quoteWarning(text))
		}
	}
	if id := x.r.Header["X-Opaque-Id"]; len(id) > 0 {
		h["X-Opaque-Id"] = id[:1]
	}
	if contentType == jsonType {
		h["Content-Type"] = x.h.jsonType
	} else {
		h.Set("Content-Type", contentType)
	}
	if length >= 0 {
		h.Set("Content-Length", strconv.Itoa(length))
	}
	x.wrote = true
	x.w.WriteHeader(status)
}

const jsonType = "application/json"

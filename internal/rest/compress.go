package rest

import (
	"compress/gzip"
	"io"
	"strconv"
	"strings"
)

// minCompress is the size from which on answers are compressed. Elasticsearch
// compresses shorter ones, too, which costs time and saves nothing.
const minCompress = 1024

// wantsGzip reports whether the caller accepts gzip (RFC 9110, section 12.5.3).
func (x *exchange) wantsGzip() bool {
	for _, header := range x.r.Header["Accept-Encoding"] {
		for part := range strings.SplitSeq(header, ",") {
			name, weight, _ := strings.Cut(part, ";")
			if name = strings.TrimSpace(name); !strings.EqualFold(name, "gzip") && name != "*" {
				continue
			}
			_, q, weighted := strings.Cut(weight, "=")
			if f, err := strconv.ParseFloat(strings.TrimSpace(q), 64); !weighted || err == nil && f > 0 {
				return true
			}
		}
	}
	return false
}

// compress writes a whole body.
func (x *exchange) compress(status int, body []byte) error {
	out := x.h.buffers.get()
	defer x.h.buffers.put(out)
	z := x.h.gzipTo(out)
	defer x.h.gzips.Put(z)
	if _, err := z.Write(body); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	x.w.Header().Set("Content-Encoding", "gzip")
	x.sendBody(status, out)
	return nil
}

func (h *handler) gzipTo(w io.Writer) *gzip.Writer {
	if z, ok := h.gzips.Get().(*gzip.Writer); ok {
		z.Reset(w)
		return z
	}
	z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return gzip.NewWriter(w) // the level is a constant that exists
	}
	return z
}

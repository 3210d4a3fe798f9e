package rest

import (
	"compress/gzip"
	"io"
	"net/http"
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
			name, weight = strings.TrimSpace(name), strings.ReplaceAll(weight, " ", "")
			if (strings.EqualFold(name, "gzip") || name == "*") && !strings.HasPrefix(weight+"0", "q=0.0") && weight != "q=0" {
				return true
			}
		}
	}
	return false
}

// compress writes a whole body.
func (x *exchange) compress(status int, body []byte) error {
	x.w.Header().Set("Content-Encoding", "gzip")
	x.head(status, x.format.contentType, -1)
	if x.r.Method == http.MethodHead {
		return nil
	}
	z := x.h.gzipTo(x.w)
	_, err := z.Write(body)
	if err == nil {
		err = z.Close()
	}
	x.h.gzips.Put(z)
	x.lost(err)
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

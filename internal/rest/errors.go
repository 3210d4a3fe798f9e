package rest

import (
	"errors"
	"net/http"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/rest/envelope"
	"github.com/realmctl/realmctl/internal/rest/media"
)

// plainError is the small shape of the controller's own errors:
// {"error":"text","status":405}. Some have no status member.
type plainError struct {
	status int
	text   string
	allow  string
	bare   bool
}

// Error implements error.
func (e *plainError) Error() string { return e.text }

func (e *plainError) body() envelope.Members {
	m := envelope.Members{{Name: "error", Value: e.text}}
	if !e.bare {
		m = append(m, fault.Field{Name: "status", Value: e.status})
	}
	return m
}

func plain(status int, text string) error { return &plainError{status: status, text: text} }

// classify finds what of an error the caller is told. Failures of the server are
// logged in full, those that only the log tells about as errors.
func (x *exchange) classify(err error) *fault.Error {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok && x.h.Fault != nil {
		f = x.h.Fault(err)
	}
	if f == nil {
		f = &fault.Error{}
	}
	switch ctx := x.r.Context(); {
	case f.StatusCode() < http.StatusInternalServerError:
	case ctx.Err() != nil:
		x.h.Log.DebugContext(ctx, "request given up", "method", x.r.Method, "path", x.rawPath, "error", err)
	case f.Told():
		x.h.Log.WarnContext(ctx, "request failed", "method", x.r.Method, "path", x.rawPath, "error", err)
	default:
		x.h.Log.ErrorContext(ctx, "request failed", "method", x.r.Method, "path", x.rawPath, "error", err)
	}
	return f
}

// fail answers with an error. An answer under way is broken off instead.
func (x *exchange) fail(err error) {
	if x.wrote {
		x.h.Log.WarnContext(x.r.Context(), "answer broken off", "method", x.r.Method, "path", x.rawPath, "error", err)
		panic(http.ErrAbortHandler)
	}
	if errors.Is(err, errTooLarge) {
		x.tooLarge()
		return
	}
	x.lenientFormat()
	if p, ok := errors.AsType[*plainError](err); ok {
		if p.allow != "" {
			x.w.Header().Set("Allow", p.allow)
		}
		x.write(p.status, p.body())
		return
	}
	if o, ok := errors.AsType[*OAuthError](err); ok {
		x.write(http.StatusBadRequest, o.body())
		return
	}
	f := x.classify(err)
	for name, values := range f.Header {
		x.w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	status := f.StatusCode()
	x.write(status, envelope.Of(f, x.format.trace && status != http.StatusUnauthorized))
}

// lenientFormat chooses a format if there is none so far, and leaves filters out,
// which do not apply to errors.
func (x *exchange) lenientFormat() {
	if !x.format.chosen {
		x.chooseFormat()
	}
	x.format.Filter = ""
}

// chooseFormat reads the format of the answer to a request that was refused before it
// was read. Headers or parameters that are bad do not count, but nobody is told.
func (x *exchange) chooseFormat() {
	if x.mediaTypes() != nil || media.Versions(x.accept, x.content, x.r.ContentLength != 0) != "" {
		x.accept, x.content = nil, nil
	}
	if x.parseQuery() != nil || x.printing() != nil {
		x.formatOfHeaders()
		return
	}
	_ = x.errorTrace()
}

package rest

import (
	"cmp"
	"errors"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/rest/media"
	"github.com/realmctl/realmctl/internal/rest/params"
	"github.com/realmctl/realmctl/internal/rest/route"
)

// exchange is a request under way and its answer.
type exchange struct {
	h *handler
	w http.ResponseWriter
	r *http.Request

	uri, rawPath string // as sent; rawPath ends before the question mark
	path         string // rawPath, decoded
	params       params.List
	accept       *media.Type // nil: none that counts
	content      *media.Type
	format       format
	pretty       bool // by default, unless it is an error
	warnings     warnings

	body     []byte
	bodyRead bool
	bodyUsed bool
	bodyErr  error
	wrote    bool // the head of the answer
}

func newExchange(h *handler, w http.ResponseWriter, r *http.Request) *exchange {
	x := &exchange{h: h, w: w, warnings: warnings{parent: r.Context()}}
	x.r = r.WithContext(&x.warnings)
	x.uri = r.RequestURI
	if !strings.HasPrefix(x.uri, "/") {
		x.uri = r.URL.RequestURI()
	}
	x.rawPath, _, _ = strings.Cut(x.uri, "?")
	return x
}

// prepare reads the query and the headers that every request may have, and not a
// byte of the body. When that fails, parameters do not count for the answer; when it
// is the headers, they do not either (RestController.handleBadRequest).
func (x *exchange) prepare() error {
	query, headers := x.parseQuery(), x.mediaTypes()
	if headers != nil {
		x.plainFormat()
		return cmp.Or(query, headers)
	}
	if query != nil {
		x.formatOfHeaders()
		return query
	}
	if err := x.printing(); err != nil {
		x.formatOfHeaders()
		return err
	}
	if err := x.errorTrace(); err != nil {
		return err
	}
	var err error
	if x.path, err = params.Unescape(x.rawPath, false); err != nil {
		x.formatOfHeaders()
	}
	return err
}

// plainFormat makes the answer plain JSON.
func (x *exchange) plainFormat() { x.format = format{contentType: jsonType, chosen: true} }

// formatOfHeaders makes the answer what the headers ask for, whatever the parameters
// say.
func (x *exchange) formatOfHeaders() {
	x.format = format{}
	if binary := x.format.choose("", x.accept, x.content); binary != "" {
		x.plainFormat()
	}
}

func (x *exchange) parseQuery() error {
	_, query, _ := strings.Cut(x.uri, "?")
	err := x.params.ParseQuery(query)
	cause, bad := errors.AsType[*fault.Error](err)
	if !bad {
		return err
	}
	return &fault.Error{
		Kind:   fault.Invalid,
		Type:   "bad_parameter_exception",
		Reason: "java.lang.IllegalArgumentException: " + cause.Reason,
		Cause:  cause,
	}
}

// printing reads the parameters of AbstractRestChannel.
func (x *exchange) printing() error {
	pretty, err := x.params.Bool("pretty", false)
	if err != nil {
		return err
	}
	if _, err = x.params.Bool("human", false); err != nil {
		return err
	}
	name, _ := x.params.Get("format")
	if binary := x.format.choose(name, x.accept, x.content); binary != "" {
		return plain(http.StatusNotAcceptable, "answers as ["+binary+"] are not supported")
	}
	x.format.Pretty = pretty
	x.format.Filter, _ = x.params.Get("filter_path")
	return nil
}

func (x *exchange) errorTrace() (err error) {
	x.format.trace, err = x.params.Bool("error_trace", false)
	if f, bad := errors.AsType[*fault.Error](err); bad {
		return plain(http.StatusBadRequest, f.Reason)
	}
	return err
}

// singleHeaders refuses two values of headers that may have but one
// (RestController.copyRestHeaders), even before authentication.
func (x *exchange) singleHeaders() error {
	for _, h := range [...]struct{ key, name string }{ // Go's spelling, Elasticsearch's
		{"Authorization", "Authorization"},
		{"X-Opaque-Id", "X-Opaque-Id"},
		{"Traceparent", "traceparent"},
		{"Tracestate", "tracestate"},
		{"X-Elastic-Product-Origin", "X-elastic-product-origin"},
		{"Es-Security-Runas-User", "es-security-runas-user"},
		{"Es-Secondary-Authorization", "es-secondary-authorization"},
		{"Es-Client-Authentication", "ES-Client-Authentication"},
	} {
		values := x.r.Header[h.key]
		for _, v := range values {
			if v != values[0] {
				return fault.Invalidf("multiple values for single-valued header [%s].", h.name)
			}
		}
	}
	return nil
}

// route finds the route and puts the names of its path among the parameters.
func (x *exchange) route() (Route, error) {
	var s route.Segments
	n := x.h.routes.Find(x.rawPath, &s)
	switch {
	case !route.Known(x.r.Method):
		return Route{}, x.notAllowed("Unexpected http method: "+x.r.Method, n)
	case n == nil:
		return Route{}, &plainError{status: http.StatusBadRequest, text: "no handler found for uri [" + x.uri + "] and method [" + x.r.Method + "]", bare: true}
	}
	t := n.Target(x.r.Method)
	if t == nil {
		return Route{}, x.notAllowed("Incorrect HTTP method for uri ["+x.uri+"] and method ["+x.r.Method+"]", n)
	}
	for i, name := range t.Names {
		value, err := params.Unescape(s.At(i), false)
		if err != nil {
			return Route{}, err
		}
		x.params.Set(name, value)
		x.params.Get(name)
	}
	return t.Value, nil
}

func (x *exchange) notAllowed(text string, n *route.Node[Route]) error {
	e := &plainError{status: http.StatusMethodNotAllowed, text: text}
	if allowed := n.Methods(); allowed != nil {
		e.text += ", allowed: [" + strings.Join(allowed, ", ") + "]"
		e.allow = sorted(allowed)
	}
	return e
}

// sorted is the Allow header.
func sorted(methods []string) string {
	return strings.Join(slices.Sorted(slices.Values(methods)), ",")
}

// options answers OPTIONS, for which nobody needs to log in.
func (x *exchange) options() {
	err := x.singleHeaders()
	if n := x.r.ContentLength; err == nil && n != 0 && n != 1 { // one byte is taken for none
		err = &fault.Error{Kind: fault.Invalid, Type: "status_exception", Reason: "OPTIONS requests with a payload body are not supported"}
	}
	if err == nil {
		err = x.prepare()
	}
	if err == nil {
		err = x.versions()
	}
	if err != nil {
		x.fail(err)
		return
	}
	var s route.Segments
	if n := x.h.routes.Find(x.rawPath, &s); n != nil {
		x.w.Header().Set("Allow", sorted(n.Methods()))
	}
	x.head(http.StatusOK, "text/plain; charset=UTF-8", 0)
}

// leftOver refuses what Parse did not ask for.
func (x *exchange) leftOver() error {
	if err := x.params.Unrecognized(x.path); err != nil {
		return err
	}
	if x.bodyUsed {
		return nil
	}
	body, err := x.readBody()
	if err != nil {
		return err
	}
	if len(body) > 0 {
		return fault.Invalidf("request [%s %s] does not support having a body", x.r.Method, x.path)
	}
	return nil
}

// recover turns a panic into the answer 500, or into a broken connection when the
// answer is under way.
func (x *exchange) recover() {
	p := recover()
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler { //nolint:errorlint // the sentinel is panicked as it is
		panic(p)
	}
	x.h.Log.ErrorContext(x.r.Context(), "panic serving a request", "method", x.r.Method, "path", x.rawPath, "panic", p, "stack", string(debug.Stack()))
	if x.wrote {
		panic(http.ErrAbortHandler)
	}
	x.fail(&fault.Error{})
}

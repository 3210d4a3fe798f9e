package rest

import (
	"errors"
	"net/http"
	"strings"

	"github.com/realmctl/realmctl/internal/fault"
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

func (e *plainError) body() members {
	m := members{{Name: "error", Value: e.text}}
	if !e.bare {
		m = append(m, fault.Field{Name: "status", Value: e.status})
	}
	return m
}

func plain(status int, text string) error { return &plainError{status: status, text: text} }

// members is an object whose members keep their order.
type members []fault.Field

// MarshalJSON implements json.Marshaler.
func (m members) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, f := range m {
		if i > 0 {
			b = append(b, ',')
		}
		name, err := encode(f.Name)
		if err != nil {
			return nil, err
		}
		value, err := encode(f.Value)
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, name...), ':'), value...)
	}
	return append(b, '}'), nil
}

// envelope renders f as Elasticsearch does. An Internal fault without a status is
// the caller's business only in so far as that it happened.
func envelope(f *fault.Error, trace bool) members {
	if f.Kind == fault.Internal && f.Status == 0 {
		f = &fault.Error{Reason: "internal error"}
	}
	root := root(f)
	inner := append(members{{Name: "root_cause", Value: []members{append(head(root), tail(root, trace)...)}}}, full(f, trace)...)
	return members{{Name: "error", Value: inner}, {Name: "status", Value: f.StatusCode()}}
}

// full is a fault with what caused it.
func full(f *fault.Error, trace bool) members {
	m := head(f)
	if f.Cause != nil {
		m = append(m, fault.Field{Name: "caused_by", Value: full(f.Cause, trace)})
	}
	return append(m, tail(f, trace)...)
}

// head is what comes before caused_by.
func head(f *fault.Error) members {
	return append(members{{Name: "type", Value: typeOf(f)}, {Name: "reason", Value: f.Reason}}, f.Meta...)
}

// tail is what comes after caused_by.
func tail(f *fault.Error, trace bool) members {
	var m members
	if len(f.Header) > 0 {
		m = append(m, fault.Field{Name: "header", Value: headerMember(f.Header)})
	}
	if trace {
		m = append(m, fault.Field{Name: "stack_trace", Value: stackTrace(f)})
	}
	return m
}

func typeOf(f *fault.Error) string {
	if f.Type != "" {
		return f.Type
	}
	return f.Kind.Type()
}

// headerMember shows a single value as text and several as a list.
func headerMember(h http.Header) map[string]any {
	m := make(map[string]any, len(h))
	for name, values := range h {
		if name == "Www-Authenticate" {
			name = "WWW-Authenticate" // Go spells it its own way
		}
		if len(values) == 1 {
			m[name] = values[0]
			continue
		}
		m[name] = values
	}
	return m
}

// stackTrace tells the same as the answer, in the form of a trace; where in the
// program it happened is nobody's business.
func stackTrace(f *fault.Error) string {
	var b strings.Builder
	for c := f; c != nil; c = c.Cause {
		if c != f {
			b.WriteString("\nCaused by: ")
		}
		b.WriteString(typeOf(c) + ": " + c.Reason)
	}
	return b.String()
}

// family tells how far guessRootCauses looks.
type family uint8

const (
	elastic family = iota // Elasticsearch's own exceptions
	java
	parse
	shards
)

func familyOf(name string) family {
	switch name {
	case "x_content_parse_exception", "x_content_e_o_f_exception", "named_object_not_found_exception":
		return parse
	case "search_phase_execution_exception":
		return shards
	case "illegal_argument_exception", "illegal_state_exception", "number_format_exception",
		"null_pointer_exception", "arithmetic_exception", "class_cast_exception", "execution_exception", "pattern_syntax_exception",
		"unsupported_operation_exception", "date_time_parse_exception", "runtime_exception", "exception",
		"i_o_exception", "certificate_exception", "general_security_exception",
		"index_out_of_bounds_exception", "array_index_out_of_bounds_exception",
		"json_parse_exception", "json_e_o_f_exception", "input_coercion_exception",
		"stream_constraints_exception", "media_type_header_exception", "bad_parameter_exception",
		"action_request_validation_exception", "validation_exception":
		return java
	}
	return elastic
}

// root follows ElasticsearchException.guessRootCauses: through causes that are
// Elasticsearch's own, and through parse errors; Java's own errors end it.
func root(f *fault.Error) *fault.Error {
	if f.Root != nil {
		return f.Root
	}
	for f.Cause != nil {
		from, to := familyOf(typeOf(f)), familyOf(typeOf(f.Cause))
		if from != shards && (from != elastic || to != elastic) && (from != parse || to != parse && to != elastic) {
			break
		}
		f = f.Cause
	}
	return f
}

// classify finds what of an error the caller is told. What is no fault, or an
// Internal one, is logged in full.
func (x *exchange) classify(err error) *fault.Error {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		f = &fault.Error{}
	}
	if f.StatusCode() >= http.StatusInternalServerError {
		x.h.Log.ErrorContext(x.r.Context(), "request failed", "method", x.r.Method, "path", x.rawPath, "error", err)
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
	f := x.classify(err)
	for name, values := range f.Header {
		x.w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	status := f.StatusCode()
	x.write(status, envelope(f, x.format.trace && status != http.StatusUnauthorized))
}

// lenientFormat reads the format of an answer to a request that was not read so
// far, and leaves filters out, which do not apply to errors.
func (x *exchange) lenientFormat() {
	if !x.format.chosen {
		_ = x.prepare() // the other complaint came first
	}
	x.format.Filter = ""
}

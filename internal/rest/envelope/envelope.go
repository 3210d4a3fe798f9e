// Package envelope writes faults as Elasticsearch does: root cause, type, reason, and
// the chain of what caused it.
package envelope

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/realmctl/realmctl/internal/fault"
)

// Members is an object whose members keep their order.
type Members []fault.Field

// MarshalJSON implements json.Marshaler.
func (m Members) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, f := range m {
		if i > 0 {
			b = append(b, ',')
		}
		name, err := JSON(f.Name)
		if err != nil {
			return nil, err
		}
		value, err := JSON(f.Value)
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, name...), ':'), value...)
	}
	return append(b, '}'), nil
}

// Of renders f as Elasticsearch does. An Internal fault without a status is
// the caller's business only in so far as that it happened.
func Of(f *fault.Error, trace bool) Members {
	if !f.Told() {
		f = &fault.Error{Reason: "internal error"}
	}
	root := root(f)
	inner := append(Members{{Name: "root_cause", Value: []Members{append(head(root), tail(root, trace)...)}}}, full(f, trace)...)
	return Members{{Name: "error", Value: inner}, {Name: "status", Value: f.StatusCode()}}
}

// full is a fault with what caused it and what failed besides.
func full(f *fault.Error, trace bool) Members {
	m := head(f)
	if f.Cause != nil {
		m = append(m, fault.Field{Name: "caused_by", Value: full(f.Cause, trace)})
	}
	m = append(m, tail(f, trace)...)
	if len(f.Beside) == 0 {
		return m
	}
	beside := make([]Members, len(f.Beside))
	for i, other := range f.Beside {
		beside[i] = full(other, trace)
	}
	return append(m, fault.Field{Name: "suppressed", Value: beside})
}

// head is what comes before caused_by.
func head(f *fault.Error) Members {
	return append(Members{{Name: "type", Value: typeOf(f)}, {Name: "reason", Value: f.Reason}}, f.Meta...)
}

// tail is what comes after caused_by.
func tail(f *fault.Error, trace bool) Members {
	var m Members
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
		"unsupported_operation_exception", "date_time_parse_exception", "runtime_exception",
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

// JSON encodes v without escaping <, > and &.
func JSON(v any) ([]byte, error) {
	var b bytes.Buffer
	err := Append(&b, v)
	return b.Bytes(), err
}

// Append is JSON to the end of b. A json.RawMessage goes as it is.
func Append(b *bytes.Buffer, v any) error {
	if raw, ok := v.(json.RawMessage); ok && len(raw) > 0 {
		b.Write(raw)
		return nil
	}
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // the encoder ends with a line feed
	return nil
}

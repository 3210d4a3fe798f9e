// Package fault has the one error type of the engine: what the caller sees, and
// what is only logged.
package fault

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Kind sorts failures by what the caller can do. The zero Kind shows nothing.
type Kind uint8

// The kinds and the status each has unless Error.Status says otherwise.
const (
	Internal     Kind = iota // 500, shown as "internal error"
	Invalid                  // 400
	Unauthorized             // 401
	Forbidden                // 403
	NotFound                 // 404
	Conflict                 // 409
	Busy                     // 429
	Unavailable              // 503
)

// Field is one member of an error object; the order of members is kept.
type Field struct {
	Name  string
	Value any
}

// Error is a failure with a reason that is safe to show to the caller.
type Error struct {
	Kind   Kind
	Status int         // 0: the Kind's
	Type   string      // Elasticsearch's exception name; empty: the Kind's
	Reason string      // Elasticsearch's text
	Meta   []Field     // extra members in this order, such as line and col
	Header http.Header // sent as headers and as the member "header"
	Root   *Error      // nil: root_cause is derived from the Cause chain
	Cause  *Error      // sent as caused_by
	Beside []*Error    // sent as suppressed: what failed besides
	Err    error       // logged, never sent
}

// Error implements error with everything that the log may hold.
func (e *Error) Error() string {
	text := e.Type
	if text == "" {
		text = e.Kind.Type()
	}
	text += ": " + e.Reason
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap gives the logged error, then the cause.
func (e *Error) Unwrap() []error {
	var errs []error
	if e.Err != nil {
		errs = append(errs, e.Err)
	}
	if e.Cause != nil {
		errs = append(errs, e.Cause)
	}
	return errs
}

// StatusCode is the HTTP status of the answer.
func (e *Error) StatusCode() int {
	if e.Status != 0 {
		return e.Status
	}
	return e.Kind.Status()
}

// Told reports whether the caller sees the reason: not of an Internal fault, unless it
// has a status of its own.
func (e *Error) Told() bool { return e.Kind != Internal || e.Status != 0 }

// Status is the HTTP status of a kind.
func (k Kind) Status() int {
	switch k {
	case Invalid:
		return http.StatusBadRequest
	case Unauthorized:
		return http.StatusUnauthorized
	case Forbidden:
		return http.StatusForbidden
	case NotFound:
		return http.StatusNotFound
	case Conflict:
		return http.StatusConflict
	case Busy:
		return http.StatusTooManyRequests
	case Unavailable:
		return http.StatusServiceUnavailable
	case Internal:
	}
	return http.StatusInternalServerError
}

// Type is Elasticsearch's exception name for a kind.
func (k Kind) Type() string {
	switch k {
	case Invalid:
		return "illegal_argument_exception"
	case Unauthorized, Forbidden:
		return "security_exception"
	case NotFound:
		return "resource_not_found_exception"
	case Conflict:
		return "version_conflict_engine_exception"
	case Busy:
		return "es_rejected_execution_exception"
	case Unavailable:
		return "unavailable_shards_exception"
	case Internal:
	}
	return "exception"
}

// Invalidf is an illegal_argument_exception, the commonest 400.
func Invalidf(format string, args ...any) *Error {
	return &Error{Kind: Invalid, Reason: fmt.Sprintf(format, args...)}
}

// Parsef is a parse_exception, as Elasticsearch's hand-written parsers throw it.
func Parsef(format string, args ...any) *Error {
	return &Error{Kind: Invalid, Type: "parse_exception", Reason: fmt.Sprintf(format, args...)}
}

// Is reports whether err holds an Error of that kind.
func Is(err error, k Kind) bool {
	f, ok := errors.AsType[*Error](err)
	return ok && f.Kind == k
}

// Problems collects complaints so that one answer tells all of them.
type Problems struct{ texts []string }

// Addf adds a complaint.
func (p *Problems) Addf(format string, args ...any) {
	p.texts = append(p.texts, fmt.Sprintf(format, args...))
}

// Err is nil without complaints, else an action_request_validation_exception.
func (p *Problems) Err() error { return p.as("action_request_validation_exception") }

// LateErr is Err as a plain validation_exception, which builders throw.
func (p *Problems) LateErr() error { return p.as("validation_exception") }

func (p *Problems) as(name string) error {
	if len(p.texts) == 0 {
		return nil
	}
	var b strings.Builder
	b.WriteString("Validation Failed: ")
	for i, text := range p.texts {
		fmt.Fprintf(&b, "%d: %s;", i+1, text)
	}
	return &Error{Kind: Invalid, Type: name, Reason: b.String()}
}

package lex

import "github.com/realmctl/realmctl/internal/fault"

// Error is a parse error that knows its place, which an outer parser may want:
// Failed to build [..] takes it over, and role mappings send it as line and col.
type Error struct {
	Location Location // zero: unknown
	Fault    *fault.Error
}

// Error implements error.
func (e *Error) Error() string { return e.Fault.Error() }

// Unwrap gives the fault, so that errors.As finds it.
func (e *Error) Unwrap() error { return e.Fault }

// At is an x_content_parse_exception at a place, which begins its text unless it is
// unknown. There may be no cause.
func At(at Location, reason string, cause *fault.Error) error {
	if at != (Location{}) {
		reason = "[" + at.String() + "] " + reason
	}
	return &Error{Location: at, Fault: &fault.Error{
		Kind:   fault.Invalid,
		Type:   "x_content_parse_exception",
		Reason: reason,
		Cause:  cause,
	}}
}

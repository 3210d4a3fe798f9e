package xcontent

import (
	"errors"
	"fmt"

	"github.com/realmctl/realmctl/internal/fault"
)

// located is a parse error that knows its place, which an outer parser may want:
// Failed to build [..] takes it over, and role mappings send it as line and col.
type located struct {
	fault *fault.Error
	at    Location
}

// Error implements error.
func (l *located) Error() string { return l.fault.Error() }

// Unwrap gives the fault, so that errors.As finds it.
func (l *located) Unwrap() error { return l.fault }

// Errorf is an x_content_parse_exception at a place: its text begins with
// [line:col] unless the place is unknown.
func Errorf(at Location, format string, args ...any) error {
	return wrap(at, fmt.Sprintf(format, args...), nil)
}

// LocationOf is the place of the outermost parse error in err.
func LocationOf(err error) (Location, bool) {
	l, ok := errors.AsType[*located](err)
	if !ok {
		return Location{}, false
	}
	return l.at, true
}

// Wrap is Errorf with a cause, as XContentParseException's third argument. An err
// that is no fault is not the caller's mistake, and is returned as it is.
func Wrap(at Location, err error, format string, args ...any) error {
	cause, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return err
	}
	return wrap(at, fmt.Sprintf(format, args...), cause)
}

func wrap(at Location, reason string, cause *fault.Error) error {
	if at != (Location{}) {
		reason = "[" + at.String() + "] " + reason
	}
	return &located{at: at, fault: &fault.Error{
		Kind:   fault.Invalid,
		Type:   "x_content_parse_exception",
		Reason: reason,
		Cause:  cause,
	}}
}

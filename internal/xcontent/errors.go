package xcontent

import (
	"errors"
	"fmt"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/xcontent/lex"
)

// Errorf is an x_content_parse_exception at a place: its text begins with
// [line:col] unless the place is unknown.
func Errorf(at Location, format string, args ...any) error {
	return lex.At(at, fmt.Sprintf(format, args...), nil)
}

// Wrap is Errorf with a cause, as XContentParseException's third argument. An err
// that is no fault is not the caller's mistake, and is returned as it is.
func Wrap(at Location, err error, format string, args ...any) error {
	cause, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return err
	}
	return lex.At(at, fmt.Sprintf(format, args...), cause)
}

// LocationOf is the place of the outermost parse error in err.
func LocationOf(err error) (Location, bool) {
	e, ok := errors.AsType[*lex.Error](err)
	if !ok {
		return Location{}, false
	}
	return e.Location, true
}

package config

import "fmt"

// Error is a configuration that cannot be used as it is.
type Error struct {
	Text  string
	Hint  string // what to do next; empty: nothing to suggest
	Usage bool   // the flags contradict each other
}

// Error implements error.
func (e *Error) Error() string { return e.Text }

func errorf(format string, args ...any) *Error { return &Error{Text: fmt.Sprintf(format, args...)} }

func usagef(format string, args ...any) *Error {
	return &Error{Text: fmt.Sprintf(format, args...), Usage: true}
}

// hint adds what to do next.
func (e *Error) hint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

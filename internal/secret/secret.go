// Package secret holds text that must not be printed by accident.
package secret

import "log/slog"

// mask stands in every printed form of a secret.
const mask = "***"

// String is a password, key or token. It prints as "***" through fmt, slog and
// the JSON and text encoders; only Reveal gives the value.
type String string

// Reveal returns the value. House rule 21 says who may call it.
func (s String) Reveal() string { return string(s) }

// Empty reports whether there is no secret at all.
func (s String) Empty() bool { return s == "" }

// String implements fmt.Stringer without the value.
func (String) String() string { return mask }

// GoString implements fmt.GoStringer, for %#v.
func (String) GoString() string { return mask }

// LogValue implements slog.LogValuer.
func (String) LogValue() slog.Value { return slog.StringValue(mask) }

// MarshalText implements encoding.TextMarshaler, which JSON and YAML use.
func (String) MarshalText() ([]byte, error) { return []byte(mask), nil }

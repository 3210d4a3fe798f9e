// Package timevalue reads Elasticsearch's durations, such as 30d or 500ms.
package timevalue

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// ErrOverflow is what Java's "long overflow" is to us: the seconds do not fit.
var ErrOverflow = errors.New("long overflow")

// NumberError is a value whose unit is known and whose number is not one. Answers
// of the API tell Input in a number_format_exception as the cause.
type NumberError struct {
	Input  string // what should have been the number
	reason string
}

// Error implements error.
func (e *NumberError) Error() string { return e.reason }

// Value is a whole number of one unit, kept as written: it may exceed time.Duration.
type Value struct {
	n    int64
	unit time.Duration // of one step; zero for the zero Value
}

// day is the longest unit Elasticsearch knows.
const day = 24 * time.Hour

// units in the order that org.elasticsearch.core.TimeValue tries them: "ms" must
// come before "s" and "m".
func units() []struct {
	suffix string
	unit   time.Duration
} {
	return []struct {
		suffix string
		unit   time.Duration
	}{
		{"nanos", time.Nanosecond},
		{"micros", time.Microsecond},
		{"ms", time.Millisecond},
		{"s", time.Second},
		{"m", time.Minute},
		{"h", time.Hour},
		{"d", day},
	}
}

// Parse reads text as TimeValue.parseTimeValue does. setting names the value in
// error texts, which are Elasticsearch's.
func Parse(setting, text string) (Value, error) {
	norm := strings.TrimSpace(strings.ToLower(text))
	for _, u := range units() {
		if !strings.HasSuffix(norm, u.suffix) {
			continue
		}
		if u.suffix == "m" && !strings.HasSuffix(strings.TrimSpace(text), "m") {
			break // M is not minutes
		}
		return number(setting, text, strings.TrimSpace(strings.TrimSuffix(norm, u.suffix)), u.unit)
	}
	if zero := strings.TrimLeft(norm, "0"); zero == "" && norm != "" {
		return Value{}, nil
	}
	if rest, ok := strings.CutPrefix(norm, "-"); ok && strings.TrimLeft(rest, "0") == "1" {
		return Value{n: -1, unit: time.Millisecond}, nil
	}
	return Value{}, fmt.Errorf("failed to parse setting [%s] with value [%s] as a time value: unit is missing or unrecognized", setting, text)
}

func number(setting, text, digits string, unit time.Duration) (Value, error) {
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		if _, fraction := strconv.ParseFloat(digits, 64); fraction == nil && strings.ContainsAny(digits, ".e") {
			return Value{}, &NumberError{Input: digits, reason: "failed to parse [" + text + "], fractional time values are not supported"}
		}
		return Value{}, &NumberError{Input: digits, reason: "failed to parse [" + text + "]"}
	}
	if n < -1 {
		return Value{}, fmt.Errorf("failed to parse setting [%s] with value [%s] as a time value: negative durations are not supported", setting, text)
	}
	return Value{n: n, unit: unit}, nil
}

// Seconds are whole ones, cut toward zero. It returns ErrOverflow when they do
// not fit 64 bits.
func (v Value) Seconds() (int64, error) {
	if v.unit < time.Second {
		return int64(float64(v.n) * float64(v.unit) / float64(time.Second)), nil
	}
	per := int64(v.unit / time.Second)
	if v.n > math.MaxInt64/per {
		return 0, ErrOverflow
	}
	return v.n * per, nil
}

// Duration is the value as time.Duration, or the longest one if it does not fit.
func (v Value) Duration() time.Duration {
	if v.unit > 0 && v.n > int64(math.MaxInt64/v.unit) {
		return math.MaxInt64
	}
	return time.Duration(v.n) * v.unit
}

package timevalue_test

import (
	"errors"
	"testing"
	"time"

	"github.com/realmctl/realmctl/internal/timevalue"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"1d": 24 * time.Hour, " 1D ": 24 * time.Hour, "10m": 10 * time.Minute, "5 s": 5 * time.Second, "500ms": 500 * time.Millisecond,
		"7micros": 7 * time.Microsecond, "9nanos": 9, "0": 0, "000": 0, "-1": -time.Millisecond, "-01": -time.Millisecond, "99999999999d": 1<<63 - 1,
	} {
		got, err := timevalue.Parse("expiration", text)
		if err != nil || got.Duration() != want {
			t.Errorf("Parse(%q) = %v, %v, want %v", text, got.Duration(), err, want)
		}
	}
	for text, want := range map[string]string{
		"7":    "failed to parse setting [expiration] with value [7] as a time value: unit is missing or unrecognized",
		"":     "failed to parse setting [expiration] with value [] as a time value: unit is missing or unrecognized",
		"5M":   "failed to parse setting [expiration] with value [5M] as a time value: unit is missing or unrecognized",
		"-5d":  "failed to parse setting [expiration] with value [-5d] as a time value: negative durations are not supported",
		"1.5d": "failed to parse [1.5d], fractional time values are not supported",
		"xd":   "failed to parse [xd]",
	} {
		if _, err := timevalue.Parse("expiration", text); err == nil || err.Error() != want {
			t.Errorf("Parse(%q) error = %v, want %s", text, err, want)
		}
	}
}

func TestNumberErrorNamesItsInput(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"1.5d": "1.5", "xd": "x", " d": ""} {
		_, err := timevalue.Parse("x", text)
		if e, ok := errors.AsType[*timevalue.NumberError](err); !ok || e.Input != want {
			t.Errorf("Parse(%q) error = %#v, want a NumberError with input %q", text, err, want)
		}
	}
	_, err := timevalue.Parse("x", "7")
	if _, ok := errors.AsType[*timevalue.NumberError](err); ok {
		t.Errorf("Parse(7) error = %#v, want none about the number", err)
	}
}

func TestSeconds(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"500ms": 0, "1500ms": 1, "2m": 120, "99999999999d": 99999999999 * 86400, "-1": 0} {
		v, err := timevalue.Parse("x", text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := v.Seconds(); err != nil || got != want {
			t.Errorf("Seconds(%s) = %d, %v, want %d", text, got, err, want)
		}
	}
	v, err := timevalue.Parse("x", "9223372036854775807d")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Seconds(); !errors.Is(err, timevalue.ErrOverflow) {
		t.Errorf("Seconds of the largest day count: %v, want %v", err, timevalue.ErrOverflow)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"1d", "-1", "0", "1.5d", "xd", "5M", " 7 ms "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := timevalue.Parse("s", s)
		if err == nil && v.Duration() < -24*time.Hour {
			t.Errorf("Parse(%q) = %v: only -1 may be negative", s, v.Duration())
		}
	})
}

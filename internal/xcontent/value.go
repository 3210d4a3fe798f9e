package xcontent

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/realmctl/realmctl/internal/fault"
)

// Text is the text of a string, number or boolean, or of a member's name. On other
// tokens it is an illegal_argument_exception: Expected text at 1:9 but found ...
func (r *Reader) Text() (string, error) {
	t := r.Token()
	if !t.IsValue() && t != FieldName {
		return "", fault.Invalidf("Expected text at %s but found %s", r.Location(), t)
	}
	return r.src.Text()
}

// TextOrNull is Text, or nil on null.
func (r *Reader) TextOrNull() (*string, error) {
	if r.Token() == Null {
		return nil, nil
	}
	text, err := r.Text()
	if err != nil {
		return nil, err
	}
	return &text, nil
}

// IsBool reports whether Bool has a value to give: a boolean, or "true" or "false".
func (r *Reader) IsBool() bool {
	switch r.Token() {
	case Boolean:
		return true
	case String:
		text, err := r.src.Text()
		return err == nil && (text == "true" || text == "false")
	case None, StartObject, EndObject, StartArray, EndArray, FieldName, Number, Null:
	}
	return false
}

// Bool is a boolean, or a string that holds one; the empty string is false.
func (r *Reader) Bool() (bool, error) {
	t := r.Token()
	if t != Boolean && t != String {
		return false, fault.Invalidf("Current token (%s) not of boolean type", t)
	}
	text, err := r.src.Text()
	if err != nil {
		return false, err
	}
	switch text {
	case "true":
		return true, nil
	case "false", "":
		return false, nil
	}
	return false, fault.Invalidf("Failed to parse value [%s] as only [true] or [false] are allowed.", text)
}

// Int is a number, or a string that holds one, as 32-bit integer; a fraction is cut
// off.
func (r *Reader) Int() (int, error) {
	f, text, err := r.float()
	if err != nil {
		return 0, err
	}
	if f >= math.MinInt32 && f < math.MaxInt32+1 {
		return int(f), nil
	}
	if r.Token() == String {
		return 0, fault.Invalidf("Value [%s] is out of range for an integer", text)
	}
	return 0, r.src.Cannot(fmt.Sprintf("Numeric value (%s) out of range of int (%d - %d)", text, math.MinInt32, math.MaxInt32))
}

// Float is a number, or a string that holds one.
func (r *Reader) Float() (float64, error) {
	f, _, err := r.float()
	return f, err
}

func (r *Reader) float() (float64, string, error) {
	t := r.Token()
	if t != Number && t != String {
		return 0, "", fault.Invalidf("Current token (%s) not numeric, can not use numeric value accessors", t)
	}
	text, err := r.src.Text()
	if err != nil {
		return 0, "", err
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil && !math.IsInf(f, 0) {
		reason := `For input string: "` + text + `"`
		if strings.TrimSpace(text) == "" {
			reason = "empty String"
		}
		return 0, "", &fault.Error{Kind: fault.Invalid, Type: "number_format_exception", Reason: reason}
	}
	return f, text, nil
}

// Strings is an array of strings, as XContentUtils.readStringArray reads it for the
// hand-written parsers.
func (r *Reader) Strings() ([]string, error) {
	switch t := r.Token(); t {
	case StartArray:
	case Null:
		return nil, fault.Parsef("could not parse [%s] field. expected a string array but found null value instead", r.nameOrNull())
	default:
		return nil, fault.Parsef("could not parse [%s] field. expected a string array but found [%s] value instead", r.nameOrNull(), t)
	}
	all := []string{}
	for {
		token, err := r.Next()
		if err != nil {
			return nil, err
		}
		switch token {
		case EndArray:
			return all, nil
		case String:
			text, err := r.Text()
			if err != nil {
				return nil, err
			}
			all = append(all, text)
		default:
			return nil, fault.Parsef("could not parse [%s] field. expected a string array but one of the value in the array is [%s]", r.nameOrNull(), token)
		}
	}
}

// nameOrNull is the name as Java prints it.
func (r *Reader) nameOrNull() string {
	if name := r.Name(); name != "" {
		return name
	}
	return "null"
}

// Raw is the current value with all it holds, as compact JSON whose numbers are
// written as Elasticsearch writes them again. The reader ends on the last token of
// the value.
func (r *Reader) Raw() (json.RawMessage, error) {
	var w rawWriter
	depth := 0
	for {
		if err := w.add(r); err != nil {
			return nil, err
		}
		switch r.Token() {
		case StartObject, StartArray:
			depth++
		case EndObject, EndArray:
			depth--
		case None, FieldName, String, Number, Boolean, Null:
		}
		if depth == 0 {
			return w.buf, nil
		}
		if _, err := r.Next(); err != nil {
			return nil, err
		}
	}
}

// rawWriter writes tokens as compact JSON.
type rawWriter struct {
	buf   []byte
	comma bool // before the next name or value
}

func (w *rawWriter) add(r *Reader) error {
	t := r.Token()
	if w.comma && t != EndObject && t != EndArray {
		w.buf = append(w.buf, ',')
	}
	w.comma = true
	switch t {
	case StartObject, StartArray:
		w.buf = append(w.buf, "{["[t/StartArray])
		w.comma = false
	case EndObject:
		w.buf = append(w.buf, '}')
	case EndArray:
		w.buf = append(w.buf, ']')
	case Null, None:
		w.buf = append(w.buf, "null"...)
	case FieldName, String, Number, Boolean:
		return w.scalar(r, t)
	}
	return nil
}

func (w *rawWriter) scalar(r *Reader, t Token) error {
	text, err := r.src.Text()
	if err != nil {
		return err
	}
	switch t {
	case FieldName:
		w.buf = append(AppendQuoted(w.buf, text), ':')
		w.comma = false
	case String:
		w.buf = AppendQuoted(w.buf, text)
	case Number:
		w.buf = appendNumber(w.buf, text)
	default:
		w.buf = append(w.buf, text...)
	}
	return nil
}

// AppendQuoted appends text as a JSON string, escaped as Jackson does: quotes,
// backslashes, control characters and what UTF-16 has no single unit for.
func AppendQuoted(b []byte, text string) []byte {
	const short = "\b\t\n\f\r\"\\"
	b = append(b, '"')
	from := 0
	for i, c := range text {
		if c >= ' ' && c != '"' && c != '\\' && c <= 0xFFFF {
			continue
		}
		b = append(b, text[from:i]...)
		from = i + utf8.RuneLen(c)
		if c > 0xFFFF {
			high, low := utf16.EncodeRune(c)
			b = fmt.Appendf(b, "\\u%04X\\u%04X", high, low)
			continue
		}
		if k := strings.IndexRune(short, c); k >= 0 {
			b = append(b, '\\', `btnfr"\`[k])
			continue
		}
		b = fmt.Appendf(b, "\\u%04X", c)
	}
	b = append(b, text[from:]...)
	return append(b, '"')
}

// appendNumber writes a number's text as Java reads and prints it again: integers
// as they are, others as Double.toString.
func appendNumber(b []byte, text string) []byte {
	if !strings.ContainsAny(text, ".eE") {
		if text == "-0" {
			text = "0"
		}
		return append(b, text...)
	}
	f, _ := strconv.ParseFloat(text, 64) // out of range is infinite, as in Java
	switch {
	case math.IsInf(f, 1):
		return append(b, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(b, `"-Infinity"`...)
	}
	return appendDouble(b, f)
}

// appendDouble is Double.toString of a finite number.
func appendDouble(b []byte, f float64) []byte {
	if abs := math.Abs(f); abs == 0 || abs >= 1e-3 && abs < 1e7 {
		from := len(b)
		b = strconv.AppendFloat(b, f, 'f', -1, 64)
		if !strings.Contains(string(b[from:]), ".") {
			b = append(b, ".0"...)
		}
		return b
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, 64), "e")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	sign := ""
	if exponent[0] == '-' {
		sign = "-"
	}
	return append(b, mantissa+"E"+sign+strings.TrimLeft(exponent[1:], "0")...)
}

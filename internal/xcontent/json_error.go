package xcontent

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/realmctl/realmctl/internal/fault"
)

// place turns a mark into a location; text counts in UTF-16 units.
func (j *jsonSource) place(m mark) Location {
	if m.line == 0 {
		return Location{Line: 1, Col: 1}
	}
	col := m.pos - m.row
	if j.origin == originText {
		col = len(utf16.Encode([]rune(string(j.data[m.row:m.pos]))))
	}
	return Location{Line: m.line, Col: col + 1}
}

// The origins that error texts name.
const (
	originBytes = "byte[]"
	originText  = "String"
)

// quote is Jackson's description of a place, which shows the source's beginning
// (ContentReference.appendSourceDescription).
func (j *jsonSource) quote(at Location) string {
	const most = 500
	shown, cut := j.data, 0
	if len(shown) > most {
		shown, cut = shown[:most], len(shown)-most
	}
	var b strings.Builder
	b.WriteString("[Source: (" + j.origin + `)"`)
	for _, r := range string(shown) {
		if r != '\r' && r != '\n' && unicode.IsControl(r) {
			fmt.Fprintf(&b, "\\u%04X", r)
			continue
		}
		b.WriteRune(r)
	}
	b.WriteByte('"')
	if cut > 0 {
		unit := "bytes"
		if j.origin == originText {
			unit = "chars"
		}
		fmt.Fprintf(&b, "[truncated %d %s]", cut, unit)
	}
	fmt.Fprintf(&b, "; line: %d, column: %d]", at.Line, at.Col)
	return b.String()
}

// errorf is a JsonParseException at the byte that would be read next.
func (j *jsonSource) errorf(format string, args ...any) error {
	return j.errorAt(j.here(), format, args...)
}

func (j *jsonSource) errorAt(m mark, format string, args ...any) error {
	at := j.place(m)
	text := fmt.Sprintf(format, args...) + "\n at " + j.quote(at)
	return wrap(at, text, &fault.Error{Kind: fault.Invalid, Type: "json_parse_exception", Reason: text})
}

// constraint is a StreamConstraintsException.
func (j *jsonSource) constraint(text string) error {
	return wrap(Location{}, text, &fault.Error{Kind: fault.Invalid, Type: "stream_constraints_exception", Reason: text})
}

// eof is a JsonEOFException.
func (j *jsonSource) eof(where string) error {
	at := j.place(j.here())
	return &located{at: at, fault: &fault.Error{
		Kind:   fault.Invalid,
		Type:   "x_content_e_o_f_exception",
		Reason: "[" + at.String() + "] Unexpected end of file",
		Cause: &fault.Error{
			Kind:   fault.Invalid,
			Type:   "json_e_o_f_exception",
			Reason: "Unexpected end-of-input" + where + "\n at " + j.quote(at),
		},
	}}
}

// eofHere is eof where only the current token is known.
func (j *jsonSource) eofHere() error { return j.eof(" in " + j.jackson) }

// eofInScope is _handleEOF: nil when nothing is open.
func (j *jsonSource) eofInScope() error {
	n := len(j.scopes) - 1
	if n < 0 {
		j.start = j.before()
		return nil
	}
	s := j.scopes[n]
	return j.eof(fmt.Sprintf(": expected close marker for %s (start marker at %s)", s.kind(), j.quote(j.place(s.at))))
}

func (j *jsonSource) unexpected(c int, comment string) error {
	return j.errorAt(j.before(), "Unexpected character (%s): %s", charDesc(c), comment)
}

func (j *jsonSource) unexpectedNumber(c int, comment string) error {
	return j.errorAt(j.before(), "Unexpected character (%s) in numeric value: %s", charDesc(c), comment)
}

func (j *jsonSource) unquoted(c int, where string) error {
	return j.errorAt(j.before(), "Illegal unquoted character (%s): has to be escaped using backslash to be included in %s", charDesc(c), where)
}

func (j *jsonSource) mismatch(c byte) error {
	expected, kind, at := byte('}'), "root", Location{Line: 1}
	if c == '}' {
		expected = ']'
	}
	if n := len(j.scopes) - 1; n >= 0 {
		kind, at = j.scopes[n].kind(), j.place(j.scopes[n].at)
	}
	return j.errorf("Unexpected close marker '%c': expected '%c' (for %s starting at %s)", c, expected, kind, j.quote(at))
}

// strange is _handleUnexpectedValue.
func (j *jsonSource) strange(c int) error {
	inArray := len(j.scopes) > 0 && j.scopes[len(j.scopes)-1].array
	switch {
	case c == ',' || c == '}' || c == ']' && inArray:
		return j.unexpected(c, "expected a value")
	case c == 'N':
		return j.nonStandard("NaN", 1)
	case c == 'I':
		return j.nonStandard("Infinity", 1)
	case c == '+':
		if c = j.read(); c < 0 {
			return j.eof(" in a Number value")
		}
		return j.badNumberStart(c, false)
	case identifierStart(rune(c)):
		return j.badToken(string(rune(c)))
	}
	return j.unexpected(c, "expected a valid value "+validValues)
}

const validValues = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"

func (j *jsonSource) nonStandard(word string, from int) error {
	if err := j.match(word, from); err != nil {
		return err
	}
	return j.errorf("Non-standard token '%s': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow", word)
}

// badNumberStart is _handleInvalidNumberStart after a sign.
func (j *jsonSource) badNumberStart(c int, negative bool) error {
	sign := "+"
	if negative {
		sign = "-"
	}
	if c == 'I' {
		switch c = j.read(); c {
		case -1:
			return j.eof(" in a Number value")
		case 'N':
			return j.nonStandard(sign+"INF", 3)
		case 'n':
			return j.nonStandard(sign+"Infinity", 3)
		}
	}
	if !negative {
		return j.unexpectedNumber('+', "JSON spec does not allow numbers to have plus signs: enable `JsonReadFeature.ALLOW_LEADING_PLUS_SIGN_FOR_NUMBERS` to allow")
	}
	return j.unexpectedNumber(c, "expected digit (0-9) to follow minus sign, for valid numeric value")
}

// badToken is _reportInvalidToken: it reads what looks like a word, and one more.
func (j *jsonSource) badToken(matched string) error {
	const most = 256
	word := []rune(matched)
	for c := j.read(); c >= 0; c = j.read() {
		r, err := j.rune(c)
		if err != nil {
			return err
		}
		if !identifierPart(r) {
			break
		}
		if word = append(word, r); len(word) >= most {
			word = append(word, []rune("...")...)
			break
		}
	}
	return j.errorf("Unrecognized token '%s': was expecting %s", string(word), validValues)
}

// charDesc is ParserMinimalBase._getCharDesc.
func charDesc(c int) string {
	switch {
	case unicode.IsControl(rune(c)):
		return fmt.Sprintf("(CTRL-CHAR, code %d)", c)
	case c > 255:
		return fmt.Sprintf("'%c' (code %d / 0x%x)", c, c, c)
	}
	return fmt.Sprintf("'%c' (code %d)", c, c)
}

// identifierStart is Character.isJavaIdentifierStart.
func identifierStart(r rune) bool {
	return unicode.In(r, unicode.L, unicode.Nl, unicode.Sc, unicode.Pc)
}

// identifierPart is Character.isJavaIdentifierPart.
func identifierPart(r rune) bool {
	ignorable := r >= 0 && r <= 8 || r >= 0x0E && r <= 0x1B || r >= 0x7F && r <= 0x9F
	return ignorable || identifierStart(r) || unicode.In(r, unicode.Nd, unicode.Mn, unicode.Mc, unicode.Cf)
}

func longNumber(n int) string {
	return fmt.Sprintf("Number value length (%d) exceeds the maximum allowed (%d, from `StreamReadConstraints.getMaxNumberLength()`)", n, maxNumber)
}

func longName(n int) string {
	return fmt.Sprintf("Name length (%d) exceeds the maximum allowed (%d, from `StreamReadConstraints.getMaxNameLength()`)", n, maxName)
}

// cannot is an InputCoercionException.
func (j *jsonSource) cannot(reason string) error {
	at := j.place(j.here())
	text := reason + "\n at " + j.quote(at)
	return wrap(at, text, &fault.Error{Kind: fault.Invalid, Type: "input_coercion_exception", Reason: text})
}

package lex

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/realmctl/realmctl/internal/fault"
)

// place turns a mark into a location; text counts in UTF-16 units.
func (j *JSON) place(m mark) Location {
	if m.line == 0 {
		return Location{Line: 1} // before the first token, as Jackson has it
	}
	col := m.pos - m.row
	if j.origin == originText {
		col = len(utf16.Encode([]rune(string(j.data[m.row:m.pos]))))
	}
	return Location{Line: m.line, Col: col + 1}
}

// The origins that error texts name.
const (
	originBytes  = "byte[]"
	originText   = "String"
	originStream = "org.elasticsearch.common.bytes.ReleasableBytesReference$1"
)

// maxQuoted is http.max_chunk_size: longer bodies come in several pieces, which
// Jackson reads as a stream and does not quote.
const maxQuoted = 8 << 10

// quote is Jackson's description of a place, which shows the source's beginning
// (ContentReference.appendSourceDescription).
func (j *JSON) quote(at Location) string {
	if j.origin == originStream {
		return fmt.Sprintf("[Source: (%s); line: %d, column: %d]", j.origin, at.Line, at.Col)
	}
	var b strings.Builder
	b.WriteString("[Source: (" + j.origin + `)"`)
	shown, cut := j.beginning()
	for _, r := range shown {
		if r != '\r' && r != '\n' && unicode.IsControl(r) {
			fmt.Fprintf(&b, "\\u%04X", r)
			continue
		}
		b.WriteRune(r)
	}
	b.WriteString(`"` + cut)
	fmt.Fprintf(&b, "; line: %d, column: %d]", at.Line, at.Col)
	return b.String()
}

// beginning is as much of the source as error texts show, and a note about what
// they do not.
func (j *JSON) beginning() (shown, cut string) {
	const most = 500
	if j.origin == originText {
		units := utf16.Encode([]rune(string(j.data)))
		if len(units) <= most {
			return string(j.data), ""
		}
		return string(utf16.Decode(units[:most])), fmt.Sprintf("[truncated %d chars]", len(units)-most)
	}
	if len(j.data) <= most {
		return decodeJava(j.data), ""
	}
	return decodeJava(j.data[:most]), fmt.Sprintf("[truncated %d bytes]", len(j.data)-most)
}

// errorf is a JsonParseException at the byte that would be read next.
func (j *JSON) errorf(format string, args ...any) error {
	return j.errorAt(j.here(), format, args...)
}

func (j *JSON) errorAt(m mark, format string, args ...any) error {
	at := j.place(m)
	text := fmt.Sprintf(format, args...) + "\n at " + j.quote(at)
	return At(at, text, &fault.Error{Kind: fault.Invalid, Type: "json_parse_exception", Reason: text})
}

// constraint is a StreamConstraintsException.
func (j *JSON) constraint(text string) error {
	return At(Location{}, text, &fault.Error{Kind: fault.Invalid, Type: "stream_constraints_exception", Reason: text})
}

// eof is a JsonEOFException.
func (j *JSON) eof(where string) error {
	at := j.place(j.here())
	return &Error{Location: at, Fault: &fault.Error{
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
func (j *JSON) eofHere() error { return j.eof(" in " + j.jackson) }

// eofInString is the end within a string.
func (j *JSON) eofInString() error {
	if j.origin == originText {
		return j.eof(": was expecting closing quote for a string value")
	}
	return j.eofHere()
}

// eofInScope is _handleEOF: nil when nothing is open.
func (j *JSON) eofInScope() error {
	n := len(j.scopes) - 1
	if n < 0 {
		return nil
	}
	s := j.scopes[n]
	return j.eof(fmt.Sprintf(": expected close marker for %s (start marker at %s)", s.kind(), j.quote(j.place(s.at))))
}

func (j *JSON) unexpected(c int, comment string) error {
	return j.errorAt(j.before(), "Unexpected character (%s): %s", charDesc(c), comment)
}

func (j *JSON) unexpectedNumber(c int, comment string) error {
	return j.errorAt(j.before(), "Unexpected character (%s) in numeric value: %s", charDesc(c), comment)
}

func (j *JSON) unquoted(c int, where string) error {
	return j.errorAt(j.before(), "Illegal unquoted character (%s): has to be escaped using backslash to be included in %s", charDesc(c), where)
}

func (j *JSON) mismatch(c byte) error {
	expected, kind, at := byte('}'), "root", Location{Line: 1}
	if c == '}' {
		expected = ']'
	}
	if n := len(j.scopes) - 1; n >= 0 {
		kind, at = j.scopes[n].kind(), j.place(j.scopes[n].at)
	}
	return j.errorAt(j.before(), "Unexpected close marker '%c': expected '%c' (for %s starting at %s)", c, expected, kind, j.quote(at))
}

// strange is _handleUnexpectedValue.
func (j *JSON) strange(c int) error {
	inArray := len(j.scopes) > 0 && j.scopes[len(j.scopes)-1].array
	at := j.before()
	if j.origin == originText { // which Jackson reads as characters
		r, _ := j.decode(c)
		c = int(r)
	}
	switch {
	case c == '}', j.origin != originText && (c == ',' || c == ']' && inArray):
		return j.unexpected(c, "expected a value")
	case c == 'N':
		return j.nonStandard("NaN", 1)
	case c == 'I':
		return j.nonStandard("Infinity", 1)
	case c == '+':
		return j.badNumberStart(j.read(), '+')
	case identifierStart(rune(c)):
		return j.badToken(string(rune(c)))
	}
	return j.errorAt(at, "Unexpected character (%s): expected a valid value %s", charDesc(c), validValues)
}

const validValues = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"

func (j *JSON) nonStandard(word string, from int) error {
	if err := j.match(word, from); err != nil {
		return err
	}
	return j.errorf("Non-standard token '%s': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow", word)
}

// badNumberStart is _handleInvalidNumberStart: c follows the sign.
func (j *JSON) badNumberStart(c int, sign byte) error {
	switch {
	case c < 0:
		return j.eofAfterSign(sign)
	case c == '.' && sign == '-':
		return j.strange(c)
	case c == 'I':
		switch c = j.read(); c {
		case -1:
			return j.eof(" in a Number value")
		case 'N':
			return j.nonStandard(string(sign)+"INF", 3)
		case 'n':
			return j.nonStandard(string(sign)+"Infinity", 3)
		}
	}
	if sign == '+' {
		return j.unexpectedNumber('+', "JSON spec does not allow numbers to have plus signs: enable `JsonReadFeature.ALLOW_LEADING_PLUS_SIGN_FOR_NUMBERS` to allow")
	}
	return j.unexpectedNumber(c, "expected digit (0-9) to follow minus sign, for valid numeric value")
}

func (j *JSON) eofAfterSign(sign byte) error {
	switch {
	case sign == '+':
		return j.eof(" in a Number value")
	case j.origin == originText:
		return j.eof("No digit following sign")
	}
	return j.eofHere()
}

// badToken is _reportInvalidToken: it reads what looks like a word. In bytes, but
// not in text, Jackson reads one more.
func (j *JSON) badToken(matched string) error {
	const most = 256
	word := []rune(matched)
	for {
		at := j.pos
		c := j.read()
		if c < 0 {
			break
		}
		r, err := j.rune(c)
		if err != nil {
			return err
		}
		if !identifierPart(r) {
			if j.origin == originText {
				j.pos = at
			}
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

// Cannot is an InputCoercionException: a number that does not fit.
func (j *JSON) Cannot(reason string) error {
	at := j.place(j.here())
	text := reason + "\n at " + j.quote(at)
	return At(at, text, &fault.Error{Kind: fault.Invalid, Type: "input_coercion_exception", Reason: text})
}

// decodeJava reads UTF-8 as Java does: each broken sequence, as far as it is the
// beginning of a right one, becomes one U+FFFD.
func decodeJava(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var out []byte
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			n = brokenPrefix(b)
		}
		out = utf8.AppendRune(out, r)
		b = b[n:]
	}
	return string(out)
}

// brokenPrefix is the length of a broken sequence at the start of b.
func brokenPrefix(b []byte) int {
	n := 1
	for n < len(b) && n < utf8.UTFMax && b[n]&0xC0 == 0x80 {
		// What could still become a rune is one with the right bytes appended.
		if utf8.FullRune(b[:n+1]) {
			break
		}
		n++
	}
	return n
}

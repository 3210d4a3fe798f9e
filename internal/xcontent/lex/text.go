package lex

import (
	"unicode/utf16"
	"unicode/utf8"
)

// parseName reads a member's name whose first byte is c (_parseName).
func (j *JSON) parseName(c int) (string, error) {
	if c != '"' {
		r, err := j.rune(c)
		if err != nil {
			return "", err
		}
		return "", j.unexpected(int(r), "was expecting double-quote to start field name")
	}
	if j.pos >= len(j.data) && j.origin != originText {
		return "", j.eof(": was expecting closing '\"' for name")
	}
	raw := make([]byte, 0, 16)
	for c = j.read(); c != '"'; c = j.read() {
		switch {
		case c < 0:
			return "", j.eof(" in field name")
		case c == '\\':
			r, err := j.escape()
			if err != nil {
				return "", err
			}
			raw = utf8.AppendRune(raw, j.pair(r))
		case c < ' ':
			return "", j.unquoted(c, "name")
		default:
			raw = append(raw, byte(c))
		}
	}
	return j.decodeName(raw)
}

// decodeName checks the bytes of a name once it is complete (addName).
func (j *JSON) decodeName(raw []byte) (string, error) {
	if utf8.Valid(raw) {
		return string(raw), nil
	}
	name := JSON{data: raw}
	var out []byte
	for c := name.read(); c >= 0; c = name.read() {
		if _, more, _ := leading(c); len(raw)-name.pos < more {
			return "", j.eof(" in field name")
		}
		r, bad := name.decode(c)
		if bad.found {
			return "", j.broken(bad)
		}
		out = utf8.AppendRune(out, r)
	}
	return string(out), nil
}

// readString reads the rest of the current string into value (_finishString).
func (j *JSON) readString() error {
	j.lazy = false
	begin := j.pos
	for j.pos < len(j.data) { // plain ASCII needs no copy
		c := j.data[j.pos]
		if c == '"' {
			j.value = j.data[begin:j.pos]
			j.pos++
			return nil
		}
		if c < ' ' || c == '\\' || c >= utf8.RuneSelf {
			break
		}
		j.pos++
	}
	out := append([]byte(nil), j.data[begin:j.pos]...)
	for {
		c := j.read()
		switch {
		case c < 0:
			return j.eofInString()
		case c == '"':
			j.value = out
			return nil
		case c == '\\':
			r, err := j.escape()
			if err != nil {
				return err
			}
			out = utf8.AppendRune(out, j.pair(r))
		case c < ' ':
			return j.unquoted(c, "string value")
		default:
			r, err := j.rune(c)
			if err != nil {
				return err
			}
			out = utf8.AppendRune(out, r)
		}
	}
}

// escape reads what follows a backslash (_decodeEscaped).
func (j *JSON) escape() (rune, error) {
	c := j.read()
	switch c {
	case -1:
		return 0, j.eof(" in character escape sequence")
	case 'b':
		return '\b', nil
	case 't':
		return '\t', nil
	case 'n':
		return '\n', nil
	case 'f':
		return '\f', nil
	case 'r':
		return '\r', nil
	case '"', '/', '\\':
		return rune(c), nil
	case 'u':
		return j.hex()
	}
	r, err := j.rune(c)
	if err != nil {
		return 0, err
	}
	return 0, j.errorAt(j.before(), "Unrecognized character escape %s", charDesc(int(r)))
}

func (j *JSON) hex() (rune, error) {
	var r rune
	for range 4 {
		c := j.read()
		switch {
		case c < 0:
			return 0, j.eof(" in character escape sequence")
		case isDigit(c):
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, j.unexpected(c, "expected a hex-digit for character escape sequence")
		}
	}
	return r, nil
}

// pair completes a high surrogate when its low half is the next escape. A lone
// half has no UTF-8 form; AppendRune makes U+FFFD of it.
func (j *JSON) pair(high rune) rune {
	if high < 0xD800 || high > 0xDBFF || len(j.data)-j.pos < 6 || string(j.data[j.pos:j.pos+2]) != `\u` {
		return high
	}
	ahead := JSON{data: j.data[j.pos+2 : j.pos+6], line: 1}
	low, err := ahead.hex()
	if err != nil {
		return high
	}
	r := utf16.DecodeRune(high, low)
	if r == utf8.RuneError {
		return high
	}
	j.pos += 6
	return r
}

// badUTF8 is the byte that breaks a sequence; below zero it is the end.
type badUTF8 struct {
	found, first bool
	value        int
}

// leading gives the bits of a sequence's first byte, and how many bytes follow.
func leading(c int) (bits, more int, ok bool) {
	switch {
	case c < utf8.RuneSelf:
		return c, 0, true
	case c&0xE0 == 0xC0:
		return c & 0x1F, 1, true
	case c&0xF0 == 0xE0:
		return c & 0x0F, 2, true
	case c&0xF8 == 0xF0:
		return c & 0x07, 3, true
	}
	return 0, 0, false
}

// decode reads the rest of a UTF-8 sequence that begins with c. Like Jackson it
// minds neither overlong forms nor surrogates.
func (j *JSON) decode(c int) (rune, badUTF8) {
	bits, more, ok := leading(c)
	if !ok {
		return 0, badUTF8{found: true, first: true, value: c}
	}
	for range more {
		d := j.read()
		if d < 0 || d&0xC0 != 0x80 {
			return 0, badUTF8{found: true, value: d}
		}
		bits = bits<<6 | d&0x3F
	}
	return rune(bits), badUTF8{}
}

// rune is decode with Jackson's errors.
func (j *JSON) rune(c int) (rune, error) {
	r, bad := j.decode(c)
	if bad.found {
		return 0, j.broken(bad)
	}
	return r, nil
}

func (j *JSON) broken(bad badUTF8) error {
	switch {
	case bad.first:
		return j.errorf("Invalid UTF-8 start byte 0x%x", bad.value)
	case bad.value < 0:
		return j.eofHere()
	}
	return j.errorf("Invalid UTF-8 middle byte 0x%x", bad.value)
}

// Text is the text of the current scalar or name.
func (j *JSON) Text() (string, error) {
	if j.err != nil {
		return "", j.err
	}
	if j.current == FieldName {
		return j.Name(), nil
	}
	if j.lazy {
		if err := j.readString(); err != nil {
			j.err = err
			return "", err
		}
		j.done = len(j.scopes) == 0
	}
	return string(j.value), nil
}

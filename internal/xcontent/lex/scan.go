package lex

// read gives the next byte, or -1 at the end.
func (j *JSON) read() int {
	if j.pos >= len(j.data) {
		return -1
	}
	c := j.data[j.pos]
	j.pos++
	return int(c)
}

// before marks the byte that was read last.
func (j *JSON) before() mark { return mark{line: j.line, row: j.row, pos: j.pos - 1} }

// here marks the byte that would be read next.
func (j *JSON) here() mark { return mark{line: j.line, row: j.row, pos: j.pos} }

// newline is told that c, just read, may end a line.
func (j *JSON) newline(c int) {
	if c == '\r' && j.pos < len(j.data) && j.data[j.pos] == '\n' {
		j.pos++
	}
	j.line++
	j.row = j.pos
}

// space skips white space and comments and reads the byte after them; -1 at the
// end (_skipWSOrEnd).
func (j *JSON) space() (int, error) {
	for {
		c := j.read()
		switch {
		case c == '\n' || c == '\r':
			j.newline(c)
		case c == ' ' || c == '\t':
		case c == '/':
			if err := j.comment(); err != nil {
				return 0, err
			}
		case c >= 0 && c < ' ':
			return 0, j.errorf("Illegal character (%s): only regular white space (\\r, \\n, \\t) is allowed between tokens", charDesc(c))
		default:
			return c, nil
		}
	}
}

// colon takes the colon after a name and reads the first byte of the value
// (_skipColon2).
func (j *JSON) colon() (int, error) {
	found := false
	for {
		c, err := j.space()
		switch {
		case err != nil:
			return 0, err
		case c < 0:
			return 0, j.eof(" within/between Object entries")
		case found:
			return c, nil
		case c != ':':
			return 0, j.unexpected(c, "was expecting a colon to separate field name and value")
		}
		found = true
	}
}

// comment skips a comment whose slash was read.
func (j *JSON) comment() error {
	switch c := j.read(); c {
	case -1:
		return j.eof(" in a comment")
	case '/':
		return j.lineComment()
	case '*':
		return j.blockComment()
	default:
		return j.unexpected(c, "was expecting either '*' or '/' for a comment")
	}
}

// lineComment is _skipLine; the end of the document ends it, too.
func (j *JSON) lineComment() error {
	for {
		switch c := j.read(); {
		case c < 0:
			return nil
		case c == '\n' || c == '\r':
			j.newline(c)
			return nil
		default:
			if err := j.commentByte(c); err != nil {
				return err
			}
		}
	}
}

// blockComment is _skipCComment.
func (j *JSON) blockComment() error {
	for {
		switch c := j.read(); {
		case c < 0:
			return j.eof(" in a comment")
		case c == '*' && j.pos < len(j.data) && j.data[j.pos] == '/':
			j.pos++
			return nil
		case c == '\n' || c == '\r':
			j.newline(c)
		default:
			if err := j.commentByte(c); err != nil {
				return err
			}
		}
	}
}

func (j *JSON) commentByte(c int) error {
	switch {
	case c == '\t':
		return nil
	case c < ' ':
		return j.errorf("Illegal character (%s): only regular white space (\\r, \\n, \\t) is allowed between tokens", charDesc(c))
	case c < 0x80:
		return nil
	}
	_, err := j.rune(c)
	return err
}

// literal matches true, false or null, whose first letter was read (_matchToken).
func (j *JSON) literal(word string, t Token) (Token, error) {
	if err := j.match(word, 1); err != nil {
		return None, err
	}
	j.value = []byte(word)
	j.jackson = map[string]string{"true": "VALUE_TRUE", "false": "VALUE_FALSE", "null": "VALUE_NULL"}[word]
	return t, nil
}

func (j *JSON) match(word string, from int) error {
	for i := from; i < len(word); i++ {
		if j.pos >= len(j.data) || j.data[j.pos] != word[i] {
			return j.badToken(word[:i])
		}
		j.pos++
	}
	if j.pos >= len(j.data) {
		return nil
	}
	c := int(j.data[j.pos])
	if c < '0' || c == ']' || c == '}' {
		return nil
	}
	r, err := j.rune(c) // c was not taken: any non-ASCII byte is refused here
	if err == nil && identifierPart(r) {
		err = j.badToken(word)
	}
	return err
}

// number reads a number whose first byte is c (_parseUnsignedNumber,
// _parseSignedNumber, _parseFloat).
func (j *JSON) number(c int) error {
	begin := j.pos - 1
	if c == '-' {
		if c = j.read(); !isDigit(c) {
			return j.badNumberStart(c, '-')
		}
	}
	if c == '0' && j.pos < len(j.data) && isDigit(int(j.data[j.pos])) {
		return j.errorf("Invalid numeric value: Leading zeroes not allowed")
	}
	c, digits := j.digits()
	digits++
	name := "VALUE_NUMBER_INT"
	if c == '.' || c == 'e' || c == 'E' {
		next, n, err := j.fraction(c)
		if err != nil {
			return err
		}
		c, digits = next, digits+n
		name = "VALUE_NUMBER_FLOAT"
	}
	if c >= 0 {
		j.pos--
	}
	j.value = j.data[begin:j.pos]
	if digits > maxNumber {
		return j.constraint(longNumber(digits))
	}
	j.jackson = name
	return j.rootSpace(c)
}

// digits skips digits and gives the byte after them, and their number.
func (j *JSON) digits() (c, n int) {
	for c = j.read(); isDigit(c); c = j.read() {
		n++
	}
	return c, n
}

// rootSpace wants white space after a number that is the whole document
// (_verifyRootSpace).
func (j *JSON) rootSpace(c int) error {
	if len(j.scopes) > 0 || c < 0 || c == ' ' || c == '\t' || c == '\n' || c == '\r' {
		return nil
	}
	j.pos++
	return j.unexpected(c, "Expected space separating root-level values")
}

// fraction reads what follows the integer part, whose next byte is c. It gives the
// byte after it, and how many digits there were.
func (j *JSON) fraction(c int) (next, digits int, err error) {
	if c == '.' {
		last := c
		if c, digits = j.digits(); digits == 0 {
			if c >= 0 {
				last = c
			}
			return 0, 0, j.unexpectedNumber(last, "Decimal point not followed by a digit")
		}
	}
	if c != 'e' && c != 'E' {
		return c, digits, nil
	}
	if c = j.read(); c == '-' || c == '+' {
		c = j.read()
	}
	if c < 0 {
		return 0, 0, j.eofHere()
	}
	j.pos--
	first := c
	c, n := j.digits()
	if n == 0 {
		return 0, 0, j.unexpectedNumber(first, "Exponent indicator not followed by a digit")
	}
	return c, digits + n, nil
}

func isDigit(c int) bool { return c >= '0' && c <= '9' }

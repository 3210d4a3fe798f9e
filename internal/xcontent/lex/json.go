package lex

import (
	"bytes"
	"fmt"
)

// maxDepth and maxName are Jackson's StreamReadConstraints.
const (
	maxDepth  = 1000
	maxNumber = 1000
)

// JSON is a lazy reader after com.fasterxml.jackson.core.json's
// UTF8StreamJsonParser, whose method names the comments give: which text an error
// has, and at which column, follows from the order in which that class looks at
// bytes. It reads with next(), which is always one byte ahead of what was judged.
type JSON struct {
	data   []byte
	origin string // byte[] or String, as error texts say
	pos    int    // of the next byte
	line   int    // of pos, from 1
	row    int    // where that line begins in data

	scopes  []scope
	current Token
	ahead   Token // what follows the current name: it was looked at with the name
	start   mark  // of the current token
	nameAt  mark  // of the current name
	lazy    bool  // the current string was not read further than its quote
	value   []byte
	jackson string // the current token by Jackson's name
	done    bool   // the first value has ended
	err     error  // the first error; it stays
}

// mark is a place: a line, and an offset into it by way of its first byte.
type mark struct{ line, row, pos int }

// scope is an object or array that is open.
type scope struct {
	array bool
	count int // of entries begun
	at    mark
	name  string          // of the current member
	seen  map[string]bool // names so far
}

// New reads bytes; error texts quote them as (byte[])"..." unless they are more than
// the node takes in one piece.
func New(data []byte) *JSON {
	j := &JSON{data: data, origin: originBytes, line: 1, jackson: "null"}
	if len(data) > maxQuoted {
		j.origin = originStream
	}
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		j.pos = 3 // a byte order mark; columns count it
	}
	return j
}

// NewText reads JSON that was itself a string in a document; error texts quote it
// as (String)"..." and count columns in UTF-16 units.
func NewText(text string) *JSON {
	return &JSON{data: []byte(text), origin: originText, line: 1, jackson: "null"}
}

// Token is the current token; None before the first Next.
func (j *JSON) Token() Token { return j.current }

// Name is the name of the member whose name or value is current; in an array there
// is none.
func (j *JSON) Name() string {
	n := len(j.scopes) - 1
	if j.current == StartObject || j.current == StartArray {
		n-- // the name is the parent's
	}
	if n < 0 {
		return ""
	}
	return j.scopes[n].name
}

// Location is where the current token begins.
func (j *JSON) Location() Location {
	if j.current == FieldName {
		return j.place(j.nameAt)
	}
	return j.place(j.start)
}

// Next moves to the next token. It gives None when the document is empty and after
// the end of its first value: what follows is not looked at. After an error it gives
// the same error again.
func (j *JSON) Next() (Token, error) {
	if j.err != nil {
		return None, j.err
	}
	if j.done {
		j.current = None
		return None, nil
	}
	t, err := j.advance()
	if err != nil {
		j.err = err // the current token stays, and with it the place that is told
		return None, err
	}
	j.current = t
	if len(j.scopes) == 0 && t != None && !j.lazy {
		j.done = true
	}
	return t, nil
}

// advance is nextToken.
func (j *JSON) advance() (Token, error) {
	if j.current == FieldName {
		t := j.ahead
		j.ahead = None
		return t, j.open(t)
	}
	if j.lazy {
		if err := j.readString(); err != nil {
			return None, err
		}
		if len(j.scopes) == 0 {
			j.done = true
			return None, nil
		}
	}
	c, err := j.space()
	switch {
	case err != nil:
		return None, err
	case c < 0:
		return None, j.eofInScope()
	case c == ']' || c == '}':
		return j.closeScope(byte(c))
	}
	if len(j.scopes) > 0 {
		if c, err = j.comma(c); err != nil {
			return None, err
		}
	}
	if j.inObject() {
		return j.member(c)
	}
	return j.element(c)
}

// element begins a value that has no name.
func (j *JSON) element(c int) (Token, error) {
	j.start = j.before()
	t, err := j.valueStart(c)
	if err != nil {
		return None, err
	}
	return t, j.open(t)
}

// member reads a name, its colon and the beginning of its value, all at once as
// nextToken does: a bad value is told before an unknown name.
func (j *JSON) member(c int) (Token, error) {
	j.nameAt = j.before()
	name, err := j.parseName(c)
	if err != nil {
		return None, err
	}
	s := &j.scopes[len(j.scopes)-1]
	if s.seen[name] {
		return None, j.errorf("Duplicate field '%s'", name)
	}
	if s.seen == nil {
		s.seen = map[string]bool{}
	}
	s.name, s.seen[name] = name, true
	j.current, j.jackson = FieldName, "FIELD_NAME"
	if c, err = j.colon(); err != nil {
		return None, err
	}
	j.start = j.before()
	j.ahead, err = j.valueStart(c)
	return FieldName, err
}

// comma takes the comma before all entries of a scope but the first, and gives
// what follows it.
func (j *JSON) comma(c int) (int, error) {
	s := &j.scopes[len(j.scopes)-1]
	s.count++
	if s.count == 1 {
		return c, nil
	}
	if c != ',' {
		return 0, j.unexpected(c, "was expecting comma to separate "+s.kind()+" entries")
	}
	c, err := j.space()
	if err == nil && c < 0 {
		err = j.errorf("Unexpected end-of-input within/between %s entries", s.kind())
	}
	return c, err
}

// valueStart looks at the first byte of a value and reads it, except for strings,
// which stay unread until somebody asks.
func (j *JSON) valueStart(c int) (Token, error) {
	switch {
	case c == '"':
		j.lazy, j.jackson = true, "VALUE_STRING"
		return String, nil
	case c == '[':
		return StartArray, nil
	case c == '{':
		return StartObject, nil
	case c == 't':
		return j.literal("true", Boolean)
	case c == 'f':
		return j.literal("false", Boolean)
	case c == 'n':
		return j.literal("null", Null)
	case c == '-' || c >= '0' && c <= '9':
		return Number, j.number(c)
	}
	return None, j.strange(c)
}

// open begins a scope when t is its start.
func (j *JSON) open(t Token) error {
	if t != StartArray && t != StartObject {
		return nil
	}
	if depth := len(j.scopes) + 1; depth > maxDepth {
		return j.constraint(fmt.Sprintf("Document nesting depth (%d) exceeds the maximum allowed (%d, from `StreamReadConstraints.getMaxNestingDepth()`)", depth, maxDepth))
	}
	j.jackson = t.String()
	j.scopes = append(j.scopes, scope{array: t == StartArray, at: j.start})
	return nil
}

func (j *JSON) closeScope(c byte) (Token, error) {
	j.start = j.before()
	n := len(j.scopes) - 1
	array := c == ']'
	if n < 0 || j.scopes[n].array != array {
		return None, j.mismatch(c)
	}
	j.scopes = j.scopes[:n]
	if array {
		j.jackson = "END_ARRAY"
		return EndArray, nil
	}
	j.jackson = "END_OBJECT"
	return EndObject, nil
}

func (j *JSON) inObject() bool {
	n := len(j.scopes)
	return n > 0 && !j.scopes[n-1].array
}

// kind is JsonStreamContext.typeDesc.
func (s scope) kind() string {
	if s.array {
		return "Array"
	}
	return "Object"
}

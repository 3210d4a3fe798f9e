package xcontent

import (
	"fmt"
)

// maxDepth and maxName are Jackson's StreamReadConstraints.
const (
	maxDepth  = 1000
	maxNumber = 1000
	maxName   = 50000
)

// jsonSource is a lazy JSON reader after com.fasterxml.jackson.core.json's
// UTF8StreamJsonParser, whose method names the comments give: which text an error
// has, and at which column, follows from the order in which that class looks at
// bytes. It reads with next(), which is always one byte ahead of what was judged.
type jsonSource struct {
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

func newJSON(data []byte, origin string) *jsonSource {
	if len(data) >= 3 && string(data[:3]) == "\xef\xbb\xbf" {
		data = data[3:]
	}
	return &jsonSource{data: data, origin: origin, line: 1, jackson: "null"}
}

func (j *jsonSource) token() Token { return j.current }

func (j *jsonSource) name() string {
	n := len(j.scopes) - 1
	if j.current == StartObject || j.current == StartArray {
		n-- // the name is the parent's
	}
	if n < 0 {
		return ""
	}
	return j.scopes[n].name
}

func (j *jsonSource) location() Location {
	if j.current == FieldName {
		return j.place(j.nameAt)
	}
	return j.place(j.start)
}

func (j *jsonSource) next() (Token, error) {
	if j.err != nil {
		return None, j.err
	}
	if j.done {
		j.current = None
		return None, nil
	}
	t, err := j.advance()
	if err != nil {
		j.err, j.current = err, None
		return None, err
	}
	j.current = t
	if len(j.scopes) == 0 && t != None && !j.lazy {
		j.done = true
	}
	return t, nil
}

// advance is nextToken.
func (j *jsonSource) advance() (Token, error) {
	if j.current == FieldName {
		return j.afterName(), nil
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
	if err != nil {
		return None, err
	}
	if c < 0 {
		return None, j.eofInScope()
	}
	if c == ']' || c == '}' {
		return j.closeScope(byte(c))
	}
	if len(j.scopes) > 0 {
		if c, err = j.comma(c); err != nil {
			return None, err
		}
	}
	if !j.inObject() {
		j.start = j.before()
		t, err := j.valueStart(c)
		j.open(t)
		return t, err
	}
	j.nameAt = j.before()
	return j.member(c)
}

// member reads a name, its colon and the beginning of its value, all at once as
// nextToken does: a bad value is told before an unknown name.
func (j *jsonSource) member(c int) (Token, error) {
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
	j.jackson = "FIELD_NAME"
	if c, err = j.colon(); err != nil {
		return None, err
	}
	j.start = j.before()
	j.ahead, err = j.valueStart(c)
	return FieldName, err
}

// afterName is _nextAfterName.
func (j *jsonSource) afterName() Token {
	t := j.ahead
	j.ahead = None
	j.open(t)
	return t
}

// comma takes the comma before all entries of a scope but the first, and gives
// what follows it.
func (j *jsonSource) comma(c int) (int, error) {
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
func (j *jsonSource) valueStart(c int) (Token, error) {
	switch {
	case c == '"':
		j.lazy, j.jackson = true, "VALUE_STRING"
		return String, nil
	case c == '[':
		return StartArray, j.deepen()
	case c == '{':
		return StartObject, j.deepen()
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

func (j *jsonSource) deepen() error {
	if depth := len(j.scopes) + 1; depth > maxDepth {
		return j.constraint(fmt.Sprintf("Document nesting depth (%d) exceeds the maximum allowed (%d, from `StreamReadConstraints.getMaxNestingDepth()`)", depth, maxDepth))
	}
	return nil
}

// open begins a scope when t is its start.
func (j *jsonSource) open(t Token) {
	if t != StartArray && t != StartObject {
		return
	}
	j.jackson = t.String()
	j.scopes = append(j.scopes, scope{array: t == StartArray, at: j.start})
}

func (j *jsonSource) closeScope(c byte) (Token, error) {
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

func (j *jsonSource) inObject() bool {
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

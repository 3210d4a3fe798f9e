package xcontent

import (
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/xcontent/lex"
)

// Reader pulls tokens out of a document. The zero Reader reads an empty one.
type Reader struct {
	src source
}

// source is a format of documents.
type source interface {
	Next() (Token, error)
	Token() Token
	Name() string
	Text() (string, error) // of a scalar or a name
	Location() Location
	Cannot(reason string) error // of a number that does not fit
}

// New reads JSON bytes; error texts quote them as (byte[])"...".
func New(data []byte) *Reader { return &Reader{src: lex.New(data)} }

// NewText reads JSON that was itself a string in a document; error texts quote it
// as (String)"..." and count columns in UTF-16 units.
func NewText(text string) *Reader { return &Reader{src: lex.NewText(text)} }

// Next moves to the next token. It gives None when the document is empty and after
// the end of its first value: what follows is not looked at. After an error it gives
// the same error again.
func (r *Reader) Next() (Token, error) {
	if r.src == nil {
		return None, nil
	}
	return r.src.Next()
}

// Token is the current token; None before the first Next.
func (r *Reader) Token() Token {
	if r.src == nil {
		return None
	}
	return r.src.Token()
}

// Name is the name of the member whose name or value the reader is on. Inside of an
// array there is none.
func (r *Reader) Name() string {
	if r.src == nil {
		return ""
	}
	return r.src.Name()
}

// Location is where the current token begins.
func (r *Reader) Location() Location {
	if r.src == nil {
		return Location{Line: 1}
	}
	return r.src.Location()
}

// Members reads an object: do is called with the name of each member and the
// reader on its value, which do must read to its end. The reader stands on the
// START_OBJECT, and ends on the END_OBJECT.
func (r *Reader) Members(do func(name string) error) error {
	for {
		token, err := r.Next()
		if err != nil || token == EndObject {
			return err
		}
		name := r.Name()
		if _, err := r.Next(); err != nil {
			return err
		}
		if err := do(name); err != nil {
			return err
		}
	}
}

// Each reads an array: do is called with the reader on each element, which do must
// read to its end. What is no array is taken for its only element, as
// AbstractObjectParser.parseArray does.
func (r *Reader) Each(do func() error) error {
	if r.Token() != StartArray {
		return do()
	}
	for {
		token, err := r.Next()
		if err != nil || token == EndArray {
			return err
		}
		if token == StartArray {
			return &fault.Error{Status: 500, Type: "illegal_state_exception", Reason: "expected value but got [" + token.String() + "]"}
		}
		if err := do(); err != nil {
			return err
		}
	}
}

// Skip moves to the end of the current object or array; on other tokens it does
// nothing.
func (r *Reader) Skip() error {
	depth := 0
	for {
		switch r.Token() {
		case StartObject, StartArray:
			depth++
		case EndObject, EndArray:
			depth--
		case None, FieldName, String, Number, Boolean, Null:
		}
		if depth == 0 {
			return nil
		}
		if _, err := r.Next(); err != nil {
			return err
		}
	}
}

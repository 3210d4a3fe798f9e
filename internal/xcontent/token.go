package xcontent

import "github.com/realmctl/realmctl/internal/xcontent/lex"

// Token is a kind of event in a document; it prints as in error texts.
type Token = lex.Token

// Location is a place in a document. The zero Location is unknown.
type Location = lex.Location

// The tokens. None is the state before the first and after the last one.
const (
	None        = lex.None
	StartObject = lex.StartObject
	EndObject   = lex.EndObject
	StartArray  = lex.StartArray
	EndArray    = lex.EndArray
	FieldName   = lex.FieldName
	String      = lex.String
	Number      = lex.Number
	Boolean     = lex.Boolean
	Null        = lex.Null
)

// Tokens is a set of tokens; what a field accepts.
type Tokens uint16

// Set makes a set of tokens.
func Set(tokens ...Token) Tokens {
	var s Tokens
	for _, t := range tokens {
		s |= 1 << t
	}
	return s
}

// Has reports whether t is in the set.
func (s Tokens) Has(t Token) bool { return s&(1<<t) != 0 }

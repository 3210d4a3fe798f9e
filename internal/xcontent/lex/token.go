package lex

import "strconv"

// Token is a kind of event in a document.
type Token uint8

// The tokens. None is the state before the first and after the last one.
const (
	None Token = iota
	StartObject
	EndObject
	StartArray
	EndArray
	FieldName
	String
	Number
	Boolean
	Null
)

// String is the name that Elasticsearch's error texts use.
func (t Token) String() string {
	switch t {
	case StartObject:
		return "START_OBJECT"
	case EndObject:
		return "END_OBJECT"
	case StartArray:
		return "START_ARRAY"
	case EndArray:
		return "END_ARRAY"
	case FieldName:
		return "FIELD_NAME"
	case String:
		return "VALUE_STRING"
	case Number:
		return "VALUE_NUMBER"
	case Boolean:
		return "VALUE_BOOLEAN"
	case Null:
		return "VALUE_NULL"
	case None:
	}
	return "null"
}

// IsValue reports whether the token is a string, a number or a boolean. As in
// Elasticsearch, null is none.
func (t Token) IsValue() bool { return t == String || t == Number || t == Boolean }

// Location is a place in the source. Lines and columns count from one; columns
// count bytes (UTF-16 units if the source is text). The zero Location is unknown.
type Location struct{ Line, Col int }

// String is the form of error texts: 1:9.
func (l Location) String() string {
	return strconv.Itoa(l.Line) + ":" + strconv.Itoa(l.Col)
}

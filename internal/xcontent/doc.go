// Package xcontent reads request bodies as Elasticsearch does, down to the texts
// of its complaints.
//
//	body -> Reader (tokens, with line and column) -> Object (declared fields)
//	                                              \-> hand-written parsers
//
// The Reader follows Jackson's UTF8StreamJsonParser: it is lazy, so errors come in
// the order of reading; it accepts comments, refuses duplicate members and looks at
// nothing after the first value. Object follows org.elasticsearch.xcontent's
// ObjectParser and ConstructingObjectParser. Every error is a *fault.Error (some
// wrapped with their Location) that can be sent to the caller.
package xcontent

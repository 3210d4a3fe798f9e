package esapi

import "encoding/json"

// ErrorResponse is the body of a failed call. Error is an ErrorCause, or a plain
// text for calls that never reached a handler.
//
// The token endpoint has a shape of its own (RFC 6749): Error is a code, and
// Description says more.
type ErrorResponse struct {
	Error       json.RawMessage `json:"error"`
	Description string          `json:"error_description,omitempty"`
	Status      int             `json:"status"`
}

// ErrorCause is Elasticsearch's error object.
type ErrorCause struct {
	ErrorSummary

	RootCause []ErrorSummary `json:"root_cause"`
}

// ErrorSummary is the part of an error that every form of it has.
type ErrorSummary struct {
	Type     string        `json:"type"`
	Reason   string        `json:"reason"`
	CausedBy *ErrorSummary `json:"caused_by,omitempty"`
}

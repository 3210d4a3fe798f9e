package esapi

import "encoding/json"

// ErrorResponse is the body of a failed call. Error is an ErrorCause, or a plain
// text for calls that never reached a handler.
type ErrorResponse struct {
	Error  json.RawMessage `json:"error"`
	Status int             `json:"status"`
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

package rest

import "github.com/realmctl/realmctl/internal/rest/envelope"

// OAuthError is a refusal in the shape that RFC 6749, section 5.2, gives to the
// answers of token endpoints. Its status is always 400.
type OAuthError struct {
	Code        string // such as invalid_grant
	Description string
}

// Error implements error.
func (e *OAuthError) Error() string { return e.Code + ": " + e.Description }

func (e *OAuthError) body() envelope.Members {
	return envelope.Members{{Name: "error", Value: e.Code}, {Name: "error_description", Value: e.Description}}
}

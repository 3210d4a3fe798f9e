package esapi

// InvalidateTokens is the body of DELETE /_security/oauth2/token for all tokens of
// a user or of a realm.
type InvalidateTokens struct {
	Username  string `json:"username,omitempty"`
	RealmName string `json:"realm_name,omitempty"`
}

// InvalidatedTokens is the answer of DELETE /_security/oauth2/token.
type InvalidatedTokens struct {
	Invalidated  int            `json:"invalidated_tokens"`
	Previously   int            `json:"previously_invalidated_tokens"`
	ErrorCount   int            `json:"error_count"`
	ErrorDetails []ErrorSummary `json:"error_details,omitempty"`
}

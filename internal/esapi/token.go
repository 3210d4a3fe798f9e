package esapi

// CreateToken is the body of POST /_security/oauth2/token without its secret.
type CreateToken struct {
	GrantType string `json:"grant_type"` // password, refresh_token or client_credentials
	Username  string `json:"username,omitempty"`
}

// TokenGrantSecret is the secret part of a token request; one member is set, or none
// for client credentials. It must never be printed.
type TokenGrantSecret struct {
	Password     string `json:"password,omitempty"`
	RefreshToken string `json:"refresh_token,omitempty"`
}

// CreatedToken is what may be printed of a new access token.
type CreatedToken struct {
	Type           string          `json:"type"`
	ExpiresIn      int64           `json:"expires_in"` // seconds
	Scope          string          `json:"scope,omitempty"`
	Authentication *Authentication `json:"authentication,omitempty"` // for whom; nil before 7.11
}

// TokenSecrets is the secret part of the answer that creates an access token; some
// have no refresh token. It must never be printed.
type TokenSecrets struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token,omitempty"`
}

// InvalidateTokens is the body of DELETE /_security/oauth2/token for all tokens of
// a user or of a realm.
type InvalidateTokens struct {
	Username  string `json:"username,omitempty"`
	RealmName string `json:"realm_name,omitempty"`
}

// InvalidateToken is the same for one token. It must never be printed.
type InvalidateToken struct {
	Token        string `json:"token,omitempty"`
	RefreshToken string `json:"refresh_token,omitempty"`
}

// InvalidatedTokens is the answer of DELETE /_security/oauth2/token.
type InvalidatedTokens struct {
	Invalidated  int            `json:"invalidated_tokens"`
	Previously   int            `json:"previously_invalidated_tokens"`
	ErrorCount   int            `json:"error_count"`
	ErrorDetails []ErrorSummary `json:"error_details,omitempty"`
}

package esapi

import "encoding/json"

// Authentication is the answer of GET /_security/_authenticate: who the credential
// is, and through which realm.
type Authentication struct {
	Username            string          `json:"username"`
	Roles               []string        `json:"roles"`
	FullName            *string         `json:"full_name"`
	Email               *string         `json:"email"`
	Token               *TokenInfo      `json:"token,omitempty"`
	Metadata            json.RawMessage `json:"metadata"`
	Enabled             bool            `json:"enabled"`
	AuthenticationRealm RealmRef        `json:"authentication_realm"`
	LookupRealm         RealmRef        `json:"lookup_realm"`
	AuthenticationType  string          `json:"authentication_type"`
	APIKey              *APIKeyInfo     `json:"api_key,omitempty"`
}

// RealmRef names a realm; Domain is empty outside a security domain.
type RealmRef struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Domain string `json:"domain,omitempty"`
}

// TokenInfo describes the bearer token of an authentication. Access tokens have
// only ManagedBy; service account tokens have all three.
type TokenInfo struct {
	Name      string `json:"name,omitempty"`
	ManagedBy string `json:"managed_by,omitempty"`
	Type      string `json:"type,omitempty"`
}

// APIKeyInfo describes the API key of an authentication.
type APIKeyInfo struct {
	ManagedBy string `json:"managed_by"`
	Name      string `json:"name,omitempty"`
	ID        string `json:"id"`
}

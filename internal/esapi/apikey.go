package esapi

import "encoding/json"

// APIKey is an API key as GET and the query API show it; it never holds the secret.
// Times are epoch milliseconds; nil is "never" or "not so far".
type APIKey struct {
	ID                  string            `json:"id"`
	Name                string            `json:"name"`
	Type                string            `json:"type,omitempty"`
	Creation            int64             `json:"creation"`
	Expiration          *int64            `json:"expiration,omitempty"`
	Invalidated         bool              `json:"invalidated"`
	Invalidation        *int64            `json:"invalidation,omitempty"`
	Username            string            `json:"username"`
	Realm               string            `json:"realm"`
	RealmType           string            `json:"realm_type,omitempty"`
	Metadata            json.RawMessage   `json:"metadata,omitzero"`
	RoleDescriptors     Roles             `json:"role_descriptors,omitzero"`
	Access              json.RawMessage   `json:"access,omitempty"`
	CertificateIdentity string            `json:"certificate_identity,omitempty"`
	LimitedBy           []Roles           `json:"limited_by,omitempty"`
	ProfileUID          string            `json:"profile_uid,omitempty"`
	Sort                []json.RawMessage `json:"_sort,omitempty"`
}

// APIKeys is the answer of GET /_security/api_key.
type APIKeys struct {
	APIKeys []APIKey `json:"api_keys"`
}

// QueryAPIKeys is the body of POST /_security/_query/api_key. Query, Sort and
// SearchAfter are Query DSL and go as they are.
type QueryAPIKeys struct {
	Query       any               `json:"query,omitempty"`
	From        int               `json:"from,omitempty"`
	Size        int               `json:"size,omitempty"`
	Sort        any               `json:"sort,omitempty"`
	SearchAfter []json.RawMessage `json:"search_after,omitempty"`
}

// QueriedAPIKeys is one page of the query API: Total matches, Count of them here.
type QueriedAPIKeys struct {
	Total   int      `json:"total"`
	Count   int      `json:"count"`
	APIKeys []APIKey `json:"api_keys"`
}

// CreateAPIKey is the body of POST /_security/api_key and a part of a grant.
// RoleDescriptors are roles as they were written, by name; nil copies the owner's
// rights.
type CreateAPIKey struct {
	Name            string                     `json:"name"`
	Expiration      string                     `json:"expiration,omitempty"`
	RoleDescriptors map[string]json.RawMessage `json:"role_descriptors,omitzero"`
	Metadata        json.RawMessage            `json:"metadata,omitzero"`
}

// CreatedAPIKey is what may be printed of a new key. Expiration is nil for never.
type CreatedAPIKey struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Expiration *int64 `json:"expiration,omitempty"`
}

// APIKeySecret is the secret part of the answer that creates a key: the bare secret
// and the base64 of id:secret. It must never be printed.
type APIKeySecret struct {
	APIKey  string `json:"api_key"`
	Encoded string `json:"encoded"`
}

// GrantAPIKey is the body of POST /_security/api_key/grant without its secret.
type GrantAPIKey struct {
	GrantType string       `json:"grant_type"`
	Username  string       `json:"username,omitempty"`
	RunAs     string       `json:"run_as,omitempty"`
	APIKey    CreateAPIKey `json:"api_key"`
}

// GrantSecret is the secret part of a grant; one member is set. It must never be
// printed.
type GrantSecret struct {
	Password    string `json:"password,omitempty"`
	AccessToken string `json:"access_token,omitempty"`
}

// InvalidateAPIKeys is the body of DELETE /_security/api_key.
type InvalidateAPIKeys struct {
	IDs       []string `json:"ids,omitempty"`
	Name      string   `json:"name,omitempty"`
	RealmName string   `json:"realm_name,omitempty"`
	Username  string   `json:"username,omitempty"`
	Owner     bool     `json:"owner,omitempty"`
}

// InvalidatedAPIKeys is the answer of DELETE /_security/api_key.
type InvalidatedAPIKeys struct {
	Invalidated  []string       `json:"invalidated_api_keys"`
	Previously   []string       `json:"previously_invalidated_api_keys"`
	ErrorCount   int            `json:"error_count"`
	ErrorDetails []ErrorSummary `json:"error_details,omitempty"`
}

package esapi

import "encoding/json"

// User is a native or reserved user as GET /_security/user shows it.
type User struct {
	Username   string          `json:"username"`
	Roles      []string        `json:"roles"`
	FullName   *string         `json:"full_name"`
	Email      *string         `json:"email"`
	Metadata   json.RawMessage `json:"metadata"`
	Enabled    bool            `json:"enabled"`
	ProfileUID string          `json:"profile_uid,omitempty"`
}

// Users is the answer of GET /_security/user, by username.
type Users map[string]User

// PutUser is the body of PUT /_security/user/{username} without its secrets. A put
// replaces the user: what is left out is reset, except the password.
type PutUser struct {
	Roles    []string        `json:"roles"`
	FullName *string         `json:"full_name,omitempty"`
	Email    *string         `json:"email,omitempty"`
	Metadata json.RawMessage `json:"metadata,omitzero"`
	Enabled  *bool           `json:"enabled,omitempty"`
}

// NewPassword is the secret part of a user body; at most one member is set.
// It must never be printed.
type NewPassword struct {
	Password     string `json:"password,omitempty"`
	PasswordHash string `json:"password_hash,omitempty"`
}

// Created is an answer that says whether a document is new or was replaced.
type Created struct {
	Created bool `json:"created"`
}

// Found is the answer of most deletions.
type Found struct {
	Found bool `json:"found"`
}

// Empty is the answer {}.
type Empty struct{}

// Package identity says who a request acts for and whom an action is about.
package identity

import (
	"context"
	"encoding/json"
)

// Type is how a subject authenticated, as _authenticate spells it.
type Type string

// The authentication types. The zero Type is nobody.
const (
	ByRealm   Type = "realm"
	ByAPIKey  Type = "api_key"
	ByToken   Type = "token"
	Anonymous Type = "anonymous"
)

// Realm names a realm. Domain is empty outside a security domain.
type Realm struct{ Name, Type, Domain string }

// User is a person or account as a realm knows it. Nil names are JSON null.
type User struct {
	Username string
	Roles    []string
	FullName *string
	Email    *string
	Metadata json.RawMessage // an object; nil is {}
	Enabled  bool
}

// APIKey is the key a subject authenticated with. The descriptors are JSON
// objects of name to role, as stored; the effective rights are their intersection.
type APIKey struct {
	ID, Name  string
	Assigned  json.RawMessage // {} when the key has no descriptors of its own
	LimitedBy json.RawMessage // the owner's at creation
}

// Token is the bearer token a subject authenticated with.
type Token struct {
	Name string // service tokens only
	Type string // _service_account_index or _service_account_file; empty for access tokens
}

// Subject of an authentication: a user, from where, and by what.
type Subject struct {
	User   User
	Realm  Realm
	APIKey *APIKey
	Token  *Token
}

// Identity is the outcome of authentication. The embedded Subject is the
// effective one. The zero Identity is nobody and may do nothing.
type Identity struct {
	Subject

	Type Type
	// RunBy is the subject that authenticated, when it runs as another one.
	RunBy *Subject
	// Roles that every user gets besides, because anonymous access is on.
	AnonymousRoles []string
}

// Authenticating is the subject whose credential was checked.
func (id Identity) Authenticating() Subject {
	if id.RunBy != nil {
		return *id.RunBy
	}
	return id.Subject
}

// ServiceAccount reports whether the effective subject is a service account.
func (s Subject) ServiceAccount() bool { return s.Realm.Type == "_service_account" }

// Target is the subject that an action is about; what privileges depend on
// beside the action's name. Each field is used by the actions it names.
type Target struct {
	Own          bool     // API keys: owner=true
	Username     string   // API keys, users: the owner or user asked for
	Realm        string   // API keys: the owner's realm
	KeyIDs       []string // API keys: by id
	LimitedBy    bool     // API keys: with_limited_by
	Applications []string // application privileges, profile data: the names touched
	Role         *Role    // role put: what the role grants
	RoleNames    []string // role delete
	Indices      []string // index actions
}

// Role is as much of a role body as global.role.manage looks at.
type Role struct {
	OnlyIndices bool // it grants nothing but index privileges
	Indices     []RoleIndices
}

// RoleIndices is one index entry of a role body.
type RoleIndices struct{ Names, Privileges []string }

type contextKey struct{}

// With returns a context that carries id.
func With(ctx context.Context, id Identity) context.Context {
	return context.WithValue(ctx, contextKey{}, id)
}

// From returns the identity that the guard set; the zero one if there is none.
func From(ctx context.Context) Identity {
	id, _ := ctx.Value(contextKey{}).(Identity)
	return id
}

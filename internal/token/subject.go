package token

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/realmctl/realmctl/internal/identity"
)

// subject is whom a token acts for, in its stored form. Only those who are enabled
// get a token, and being disabled later does not end it.
type subject struct {
	Username string          `json:"username"`
	Roles    []string        `json:"roles"`
	FullName *string         `json:"full_name,omitempty"`
	Email    *string         `json:"email,omitempty"`
	Metadata json.RawMessage `json:"metadata,omitempty"`
	Realm    realmRef        `json:"realm"`
	APIKey   *apiKey         `json:"api_key,omitempty"`
	RunBy    *subject        `json:"run_by,omitempty"` // of the outer one only
}

type realmRef struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Domain string `json:"domain,omitempty"`
}

type apiKey struct {
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	Assigned  json.RawMessage `json:"role_descriptors"`
	LimitedBy json.RawMessage `json:"limited_by"`
}

func subjectOf(s identity.Subject) subject {
	out := subject{
		Username: s.User.Username, Roles: s.User.Roles, FullName: s.User.FullName, Email: s.User.Email, Metadata: s.User.Metadata,
		Realm: realmRef(s.Realm),
	}
	if s.APIKey != nil {
		k := apiKey(*s.APIKey)
		out.APIKey = &k
	}
	return out
}

// encodeIdentity is the stored form of an identity. The anonymous roles are left out:
// whether everybody has them depends on the settings of the moment.
func encodeIdentity(id identity.Identity) (string, error) {
	out := subjectOf(id.Subject)
	if id.RunBy != nil {
		by := subjectOf(*id.RunBy)
		out.RunBy = &by
	}
	return encode(out)
}

// encode is JSON without HTML escapes: metadata is shown as it was written.
func encode(v any) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "", fmt.Errorf("encode token: %w", err)
	}
	return b.String(), nil
}

// decodeIdentity is who a request with the token acts for.
func decodeIdentity(text string) (identity.Identity, error) {
	var in subject
	if err := json.Unmarshal([]byte(text), &in); err != nil {
		return identity.Identity{}, fmt.Errorf("decode subject of token: %w", err)
	}
	id := identity.Identity{Subject: in.identity(), Type: identity.ByToken}
	by := &id.Subject
	if in.RunBy != nil {
		s := in.RunBy.identity()
		id.RunBy, by = &s, &s
	}
	by.Token = &identity.Token{}
	return id, nil
}

func (s subject) identity() identity.Subject {
	out := identity.Subject{
		User: identity.User{
			Username: s.Username, Roles: s.Roles, FullName: s.FullName, Email: s.Email, Metadata: s.Metadata, Enabled: true,
		},
		Realm: identity.Realm(s.Realm),
	}
	if s.APIKey != nil {
		k := identity.APIKey(*s.APIKey)
		out.APIKey = &k
	}
	return out
}

// client is who asked for a refresh token and may use it.
type client struct {
	Username string   `json:"username"`
	Realm    realmRef `json:"realm"`
	KeyID    string   `json:"api_key_id,omitempty"`
}

func clientOf(s identity.Subject) client {
	c := client{Username: s.User.Username, Realm: realmRef(s.Realm)}
	if s.APIKey != nil {
		c.KeyID = s.APIKey.ID
	}
	return c
}

// same follows Subject.canAccessResourcesOf: an API key is itself, a user has name
// and realm. There is one file and one native realm, whatever they are called.
func (c client) same(other client) bool {
	if c.KeyID != "" || other.KeyID != "" {
		return c.KeyID == other.KeyID
	}
	a, b := c.Realm, other.Realm
	switch {
	case c.Username != other.Username:
		return false
	case a.Domain != "" && a.Domain == b.Domain:
		return true
	case a.Type == "file", a.Type == "native":
		return a.Type == b.Type
	}
	return a.Name == b.Name && a.Type == b.Type
}

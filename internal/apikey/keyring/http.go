package keyring

import (
	"net/http"

	"github.com/realmctl/realmctl/internal/realm"
	"github.com/realmctl/realmctl/internal/secret"
)

// Extract implements authn.Authenticator: Authorization: ApiKey <encoded>.
func (r *Ring) Extract(req *http.Request) (realm.Credential, error) {
	text, ok := realm.Authorization(req, "ApiKey")
	if !ok || r.Config.Disabled {
		return nil, nil
	}
	c, err := ParseCredential(text)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Created is the answer of every call that makes a key, the only one with its secret.
type Created struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Expiration int64  `json:"expiration,omitempty"` // epoch milliseconds; 0: never
	APIKey     string `json:"api_key"`
	Encoded    string `json:"encoded"`
}

// Answer shapes what Issue and its like return.
func Answer(k Key, plain secret.String, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	c := Created{ID: k.ID, Name: k.Name, APIKey: plain.Reveal(), Encoded: Encoded(k.ID, plain).Reveal()}
	if !k.ExpiresAt.IsZero() {
		c.Expiration = k.ExpiresAt.UnixMilli()
	}
	return c, nil
}

// AnswerUpdate shapes what Update of one key returns.
func AnswerUpdate(c Changed) (any, error) {
	changed, err := c.One()
	if err != nil {
		return nil, err
	}
	return map[string]bool{"updated": changed}, nil
}

package apikey

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"

	"github.com/realmctl/realmctl/internal/apikey/keyring"
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/secret"
)

// The kinds of Grant.
const (
	grantPassword = "password"
	grantToken    = "access_token"
)

// Grant is proof of who a key is to be made for.
type Grant struct {
	Type        string // password or access_token
	Typed       bool   // Type was given, though it may be empty
	Username    string
	Password    secret.String
	AccessToken secret.String
	// ClientScheme and ClientSecret prove the client that presents a JWT.
	ClientScheme string
	ClientSecret secret.String
	RunAs        *string // nil: the key is for whom the proof is about
}

// validate follows GrantApiKeyRequest and Grant, complaints in their order.
func (g Grant) validate(p *fault.Problems) {
	need := func(field string, missing bool) {
		if missing {
			p.Addf("[%s] is required for grant_type [%s]", field, g.Type)
		}
	}
	refuse := func(field string, given bool) {
		if given {
			p.Addf("[%s] is not supported for grant_type [%s]", field, g.Type)
		}
	}
	switch g.Type {
	case grantPassword:
		need("username", g.Username == "")
		need("password", g.Password.Empty())
		refuse("access_token", !g.AccessToken.Empty())
		refuse("client_authentication", g.ClientScheme != "")
	case grantToken:
		need("access_token", g.AccessToken.Empty())
		refuse("username", g.Username != "")
		refuse("password", !g.Password.Empty())
		if g.ClientScheme != "" && g.ClientScheme != "SharedSecret" {
			p.Addf("[client_authentication.scheme] must be set to [SharedSecret]")
		}
	default:
		if !g.Typed {
			p.Addf("[grant_type] is required")
			return
		}
		p.Addf("grant_type [%s] is not supported", g.Type)
	}
}

// Grant issues a key for whom the grant proves. Wrong proof is a Forbidden fault:
// the caller himself is who he says.
func (s *Service) Grant(ctx context.Context, g Grant, in NewKey) (keyring.Key, secret.String, error) {
	if g.ClientScheme != "" && !signedJWT(string(g.AccessToken)) {
		return keyring.Key{}, "", &fault.Error{Kind: fault.Invalid, Type: "security_exception", Reason: "[client_authentication] not supported with the supplied access_token type"}
	}
	owner, err := s.Grantee(ctx, g)
	if f, ok := errors.AsType[*fault.Error](err); ok && f.StatusCode() == fault.Unauthorized.Status() {
		return keyring.Key{}, "", &fault.Error{Kind: fault.Forbidden, Reason: "Failed to authenticate api key grant", Cause: f}
	}
	if err != nil {
		return keyring.Key{}, "", err
	}
	return s.issue(ctx, owner, in)
}

// signedJWT reports whether a token has the form of a signed JWT (RFC 7519), the only
// kind that a client proves to be his.
func signedJWT(token string) bool {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return false
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[0])
	var header struct {
		Alg string `json:"alg"`
	}
	return err == nil && json.Unmarshal(text, &header) == nil && header.Alg != "" && header.Alg != "none"
}

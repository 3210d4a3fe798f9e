package token

import (
	"net/http"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/realm"
	"github.com/realmctl/realmctl/internal/rest"
	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/xcontent"
)

const (
	path    = "/_security/oauth2/token"
	actions = "cluster:admin/xpack/security/token/"
)

// Routes lists the endpoints of this noun.
func (s *Service) Routes() []rest.Route {
	return []rest.Route{
		{Method: http.MethodPost, Path: path, Parse: s.parseGrant},
		{Method: http.MethodDelete, Path: path, Parse: s.parseInvalidate},
	}
}

// Extract implements authn.Authenticator: Authorization: Bearer <token>.
func (*Service) Extract(r *http.Request) (realm.Credential, error) {
	text, ok := realm.Authorization(r, "Bearer")
	if !ok {
		return nil, nil
	}
	return Credential{Token: secret.String(text)}, nil
}

// expired is the refusal of an access token that has ended in one way or another
// (RFC 6750, section 3.1).
func expired() error {
	return &fault.Error{
		Kind:   fault.Unauthorized,
		Reason: "token expired",
		Header: http.Header{"WWW-Authenticate": {`Bearer realm="security", error="invalid_token", error_description="The access token expired"`}},
	}
}

// hidden is a text that must not be printed.
func hidden(name string, into *secret.String) xcontent.Field {
	return xcontent.TextFunc(name, func(text string) error {
		*into = secret.String(text)
		return nil
	})
}

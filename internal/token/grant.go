package token

import (
	"context"
	"errors"

	"github.com/realmctl/realmctl/internal/authn"
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/realm"
	"github.com/realmctl/realmctl/internal/secret"
)

// The grant types.
const (
	byPassword          = "password"
	byKerberos          = "_kerberos"
	byRefreshToken      = "refresh_token"
	byClientCredentials = "client_credentials"
)

// grant is what is asked of the token endpoint: the members of the body, which matter
// also when they are empty.
type grant struct{ fields map[string]secret.String }

func (g grant) kind() string { return string(g.fields["grant_type"]) }

// rules are the members that a grant type has no use for, and those that it needs.
func (g grant) rules() (refused, needed []string, ok bool) {
	switch g.kind() {
	case byPassword:
		return []string{"kerberos_ticket", "refresh_token"}, []string{"username", "password"}, true
	case byKerberos:
		return []string{"username", "password", "refresh_token"}, []string{"kerberos_ticket"}, true
	case byRefreshToken:
		return []string{"username", "password", "kerberos_ticket"}, []string{"refresh_token"}, true
	case byClientCredentials:
		return []string{"username", "password", "kerberos_ticket", "refresh_token"}, nil, true
	}
	return nil, nil, false
}

// validate follows CreateTokenRequest, complaints in its order.
func (g grant) validate() error {
	var p fault.Problems
	refused, needed, ok := g.rules()
	if !ok {
		p.Addf("grant_type only supports the values: [password, _kerberos, refresh_token, client_credentials]")
	}
	for _, name := range refused {
		if _, given := g.fields[name]; given {
			p.Addf("%s is not supported with the %s grant_type", name, g.kind())
		}
	}
	for _, name := range needed {
		if g.fields[name].Empty() {
			p.Addf("%s is missing", name)
		}
	}
	return p.Err()
}

// grant gives tokens for a request that was validated, and says for whom they are.
// By client credentials they are for the caller, who needs no refresh token.
func (s *Service) grant(ctx context.Context, caller identity.Identity, g grant) (Pair, identity.Identity, error) {
	switch g.kind() {
	case byRefreshToken:
		return s.Refresh(ctx, caller, g.fields["refresh_token"])
	case byClientCredentials:
		if caller.ServiceAccount() {
			return Pair{}, identity.Identity{}, &fault.Error{
				Status: fault.Internal.Status(), Reason: "OAuth2 token creation is not supported for service accounts",
			}
		}
		p, err := s.Issue(ctx, caller, nil)
		return p, caller, err
	}
	cred, err := g.credential()
	if err != nil {
		return Pair{}, identity.Identity{}, err
	}
	id, err := s.Verify(ctx, authn.Claim{Action: actions + "create", Credential: cred})
	if err != nil {
		return Pair{}, identity.Identity{}, err
	}
	p, err := s.Issue(ctx, id, &caller)
	return p, id, err
}

// credential is what proves for whom the tokens are to be.
func (g grant) credential() (realm.Credential, error) {
	if g.kind() == byPassword {
		return realm.Password{Username: string(g.fields["username"]), Secret: g.fields["password"]}, nil
	}
	text := string(g.fields["kerberos_ticket"])
	ticket, err := realm.DecodeBase64(latin1(text))
	if cause, ok := errors.AsType[*fault.Error](err); ok {
		return nil, &fault.Error{
			Status: fault.Internal.Status(), Type: "unsupported_operation_exception",
			Reason: "could not decode base64 kerberos ticket " + text, Cause: cause,
		}
	}
	return realm.Ticket{Token: secret.String(ticket)}, nil
}

// latin1 is how java.util.Base64 reads a text, which it may complain about.
func latin1(s string) string {
	b := make([]byte, 0, len(s))
	for _, c := range s {
		if c > 0xff {
			c = '?'
		}
		b = append(b, byte(c))
	}
	return string(b)
}

package token

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/realmctl/realmctl/internal/authn"
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/rest"
	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/xcontent"
)

func (s *Service) parseGrant(r *rest.Request) (rest.Call, error) {
	in := grant{fields: map[string]secret.String{}}
	body := xcontent.Object{Name: "token_request"}
	for _, name := range []string{"grant_type", "username", "password", "kerberos_ticket", "scope", "refresh_token"} {
		body.Fields = append(body.Fields, xcontent.TextFunc(name, func(text string) error {
			in.fields[name] = secret.String(text)
			return nil
		}))
	}
	if err := r.Object(body); err != nil {
		return rest.Call{}, err
	}
	caller, action := r.Caller, actions+"create"
	if in.kind() == byRefreshToken {
		action = actions + "refresh"
	}
	return rest.Call{
		Action: action, Invalid: oauth(in.validate()),
		Do: func(ctx context.Context) (any, error) {
			p, id, err := s.grant(ctx, caller, in)
			if err != nil {
				return nil, oauth(err)
			}
			return s.answer(in, p, id), nil
		},
	}, nil
}

// granted is the answer that gives tokens, the only one with them.
type granted struct {
	AccessToken    string          `json:"access_token"`
	Type           string          `json:"type"`
	ExpiresIn      int64           `json:"expires_in"` // seconds
	RefreshToken   string          `json:"refresh_token,omitempty"`
	Scope          string          `json:"scope,omitempty"`
	Authentication json.RawMessage `json:"authentication"`
}

// answer shapes a pair for an identity. Whatever scope is asked for, it is all.
func (s *Service) answer(in grant, p Pair, id identity.Identity) granted {
	id.AnonymousRoles = nil
	g := granted{
		AccessToken: p.Access.Reveal(), Type: "Bearer", ExpiresIn: int64(s.Config.Timeout.Seconds()), RefreshToken: p.Refresh.Reveal(),
		Authentication: authn.AppendJSON(nil, id),
	}
	if _, ok := in.fields["scope"]; ok {
		g.Scope = "full"
	}
	return g
}

// oauth gives the errors of a grant the shape of RFC 6749, as far as Elasticsearch
// does (RestGetTokenAction.CreateTokenResponseActionListener).
func oauth(err error) error {
	if reason, ok := errors.AsType[grantError](err); ok {
		return &rest.OAuthError{Code: "invalid_grant", Description: string(reason)}
	}
	f, ok := errors.AsType[*fault.Error](err)
	switch {
	case !ok || f.Type != "action_request_validation_exception":
		return err
	case strings.Contains(f.Reason, "grant_type"):
		return &rest.OAuthError{Code: "unsupported_grant_type", Description: f.Reason}
	}
	return &rest.OAuthError{Code: "invalid_request", Description: f.Reason}
}

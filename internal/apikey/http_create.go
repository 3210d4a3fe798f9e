package apikey

import (
	"context"
	"time"

	"github.com/realmctl/realmctl/internal/apikey/keyring"
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/rest"
	"github.com/realmctl/realmctl/internal/role/descriptor"
	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/xcontent"
)

// object declares the body of a creation, and the api_key of a grant.
func (in *NewKey) object() xcontent.Object {
	var expiration *string
	return xcontent.Object{
		Name: "api_key_request",
		Fields: []xcontent.Field{
			xcontent.Text("name", &in.Name),
			roles(&in.Roles, nil),
			xcontent.OptionalText("expiration", &expiration),
			xcontent.Raw("metadata", &in.Metadata),
		},
		Required: []string{"name"},
		Build:    keyring.Lifetime(&expiration, &in.Expires),
	}
}

// roles is the member role_descriptors; given, if not nil, is set when it is there.
func roles(into *[]descriptor.Role, given *bool) xcontent.Field {
	f := xcontent.Named("role_descriptors", func(name string, r *xcontent.Reader) error {
		d, err := descriptor.Parse(r, name, descriptor.Options{Restriction: true})
		*into = append(*into, d)
		return err
	})
	if given == nil {
		return f
	}
	parse := f.Parse
	f.Parse = func(r *xcontent.Reader) error {
		*given = true
		return parse(r)
	}
	return f
}

func (s *Service) parseCreate(r *rest.Request) (rest.Call, error) {
	var in NewKey
	if err := r.Object(in.object()); err != nil {
		return rest.Call{}, err
	}
	if err := r.Refresh(); err != nil {
		return rest.Call{}, err
	}
	var p fault.Problems
	in.validate(&p)
	caller := r.Caller
	return rest.Call{
		Action: actions + "create", Target: own(), Invalid: p.Err(),
		Do: func(ctx context.Context) (any, error) { return keyring.Answer(s.Create(ctx, caller, in)) },
	}, nil
}

func (s *Service) parseGrant(r *rest.Request) (rest.Call, error) {
	var g Grant
	var in NewKey
	err := r.Object(xcontent.Object{
		Name: "grant_api_key_request",
		Fields: []xcontent.Field{
			xcontent.TextFunc("grant_type", func(text string) error {
				g.Type, g.Typed = text, true
				return nil
			}),
			xcontent.Text("username", &g.Username),
			hidden("password", &g.Password),
			hidden("access_token", &g.AccessToken),
			xcontent.OptionalText("run_as", &g.RunAs),
			clientAuthentication(&g),
			xcontent.Sub("api_key", in.object()),
		},
	})
	if err != nil {
		return rest.Call{}, err
	}
	if err := r.Refresh(); err != nil {
		return rest.Call{}, err
	}
	var p fault.Problems
	in.validate(&p)
	g.validate(&p)
	return rest.Call{
		Action: actions + "grant", Invalid: p.Err(),
		Do: func(ctx context.Context) (any, error) { return keyring.Answer(s.Grant(ctx, g, in)) },
	}, nil
}

// hidden is a text that must not be printed.
func hidden(name string, into *secret.String) xcontent.Field {
	return xcontent.TextFunc(name, func(text string) error {
		*into = secret.String(text)
		return nil
	})
}

func clientAuthentication(g *Grant) xcontent.Field {
	return xcontent.Sub("client_authentication", xcontent.Object{
		Name: "client_authentication",
		Fields: []xcontent.Field{
			xcontent.Text("scheme", &g.ClientScheme),
			hidden("value", &g.ClientSecret),
		},
		Required: []string{"scheme", "value"},
	})
}

func (s *Service) parseClone(r *rest.Request) (rest.Call, error) {
	var in Clone
	err := r.Object(xcontent.Object{
		Name: "clone_api_key_request",
		Fields: []xcontent.Field{
			hidden("api_key", &in.Source),
			xcontent.Text("name", &in.Name),
			{Name: "expiration", Accepts: xcontent.Set(xcontent.String, xcontent.Null), Parse: in.expiration},
			xcontent.Raw("metadata", &in.Metadata),
		},
	})
	if err != nil {
		return rest.Call{}, err
	}
	if err := r.Refresh(); err != nil {
		return rest.Call{}, err
	}
	var p fault.Problems
	in.validate(&p)
	return rest.Call{
		Action: actions + "clone", Invalid: p.Err(),
		Do: func(ctx context.Context) (any, error) { return keyring.Answer(s.Clone(ctx, in)) },
	}, nil
}

// expiration tells null from absent. One of -1, which makes other keys end before they
// begin, is as null (TimeValue.MINUS_ONE).
func (c *Clone) expiration(r *xcontent.Reader) error {
	text, err := r.TextOrNull()
	if err != nil || text == nil {
		c.Forever = true
		return err
	}
	c.Expires, err = keyring.ParseLifetime(*text)
	if err == nil && c.Expires.Duration() == -time.Millisecond {
		c.Expires, c.Forever = nil, true
	}
	return err
}

package crosscluster

import (
	"cmp"
	"context"
	"net/http"

	"github.com/realmctl/realmctl/internal/apikey/keyring"
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/rest"
	"github.com/realmctl/realmctl/internal/role/descriptor"
	"github.com/realmctl/realmctl/internal/xcontent"
)

// actions begins the names of the actions of this noun.
const actions = "cluster:admin/xpack/security/cross_cluster/api_key/"

// Routes lists the endpoints of this noun.
func (s *Service) Routes() []rest.Route {
	return []rest.Route{
		{Method: http.MethodPost, Path: "/_security/cross_cluster/api_key", Parse: s.parseCreate},
		{Method: http.MethodPut, Path: "/_security/cross_cluster/api_key/{id}", Parse: s.parseUpdate},
	}
}

// access is the member access; given is set when it is there.
func access(into *Access, given *bool) xcontent.Field {
	entries := func(name string, list *[]descriptor.Indices, privileges []string) xcontent.Field {
		return xcontent.Objects(name, func(r *xcontent.Reader) error {
			e, err := descriptor.ParseAccess(r, roleName, privileges)
			*list = append(*list, e)
			return err
		})
	}
	o := xcontent.Object{
		Name: "cross_cluster_api_key_request_access",
		Fields: []xcontent.Field{
			entries("search", &into.Search, searchPrivileges()),
			entries("replication", &into.Replication, replicationPrivileges()),
		},
	}
	return xcontent.Func("access", xcontent.Set(xcontent.StartObject), func(r *xcontent.Reader) error {
		*given = true
		return o.Parse(r)
	})
}

// CertificateIdentity is the member certificate_identity: a regular expression, or null
// where that means to forget it.
func CertificateIdentity(into **string, accepts xcontent.Tokens) xcontent.Field {
	return xcontent.Func("certificate_identity", accepts, func(r *xcontent.Reader) error {
		text, err := r.TextOrNull()
		if err != nil || text == nil {
			return err
		}
		*into = text
		return checkCertificateIdentity(*text)
	})
}

func (s *Service) parseCreate(r *rest.Request) (rest.Call, error) {
	var in NewKey
	var a Access
	var given bool
	var expiration *string
	err := r.Object(xcontent.Object{
		Name: "cross_cluster_api_key_request",
		Fields: []xcontent.Field{
			xcontent.Text("name", &in.Name),
			access(&a, &given),
			xcontent.OptionalText("expiration", &expiration),
			xcontent.Raw("metadata", &in.Metadata),
			CertificateIdentity(&in.Certificate, xcontent.Set(xcontent.String)),
		},
		Required: []string{"name", "access"},
		Build: func() error {
			err := keyring.Lifetime(&expiration, &in.Expires)()
			if err == nil {
				in.Role, err = a.descriptor()
			}
			return err
		},
	})
	if err != nil {
		return rest.Call{}, err
	}
	var p fault.Problems
	keyring.ValidateName(&p, in.Name)
	keyring.ValidateMetadata(&p, in.Metadata)
	caller := r.Caller
	return rest.Call{
		Action: actions + "create", Invalid: p.Err(),
		Do: func(ctx context.Context) (any, error) { return keyring.Answer(s.Create(ctx, caller, in)) },
	}, nil
}

func (s *Service) parseUpdate(r *rest.Request) (rest.Call, error) {
	var u Update
	var a Access
	var given bool
	var expiration *string
	identity := CertificateIdentity(&u.Certificate, xcontent.Set(xcontent.String, xcontent.Null))
	parseIdentity := identity.Parse
	identity.Parse = func(r *xcontent.Reader) error {
		u.SetIdentity = true
		return parseIdentity(r)
	}
	id := r.Path("id")
	err := r.Object(xcontent.Object{
		Name: "update_cross_cluster_api_key_request_payload",
		Fields: []xcontent.Field{
			access(&a, &given),
			xcontent.OptionalText("expiration", &expiration),
			xcontent.Raw("metadata", &u.Metadata),
			identity,
		},
		Build: keyring.Lifetime(&expiration, &u.Expires),
	})
	if err != nil {
		return rest.Call{}, err
	}
	var bad error // which is told late
	if given {
		var d descriptor.Role
		d, bad = a.descriptor()
		u.Role = &d
	}
	var p fault.Problems
	u.validate(&p)
	caller := r.Caller
	return rest.Call{
		Action: actions + "update", Invalid: cmp.Or(bad, p.Err()),
		Do: func(ctx context.Context) (any, error) {
			out, err := s.Update(ctx, caller, id, u)
			if err != nil {
				return nil, err
			}
			return keyring.AnswerUpdate(out)
		},
	}, nil
}

package authn

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/rest"
	"github.com/realmctl/realmctl/internal/xcontent"
)

// Routes lists the endpoints of this noun.
func (s *Service) Routes() []rest.Route {
	return []rest.Route{
		{Method: http.MethodGet, Path: "/_security/_authenticate", Parse: parseAuthenticate},
	}
}

func parseAuthenticate(r *rest.Request) (rest.Call, error) {
	caller := r.Caller
	return rest.Call{
		Action: "cluster:admin/xpack/security/user/authenticate",
		Target: identity.Target{Username: caller.User.Username},
		Do: func(context.Context) (any, error) {
			return json.RawMessage(AppendJSON(make([]byte, 0, 512), caller)), nil
		},
	}, nil
}

// AppendJSON appends an identity as _authenticate and the token endpoints show it
// (Authentication.toXContentFragment). It is written by hand because this is the
// hottest answer of all.
func AppendJSON(b []byte, id identity.Identity) []byte {
	u, by := id.User, id.Authenticating()
	b = append(b, `{"username":`...)
	b = xcontent.AppendQuoted(b, u.Username)
	b = append(b, `,"roles":[`...)
	b = appendList(b, u.Roles, id.AnonymousRoles)
	b = append(b, `],"full_name":`...)
	b = appendNullable(b, u.FullName)
	b = append(b, `,"email":`...)
	b = appendNullable(b, u.Email)
	b = appendToken(b, by.Token)
	b = append(b, `,"metadata":`...)
	if u.Metadata == nil {
		b = append(b, `{}`...)
	}
	b = append(b, u.Metadata...)
	b = append(b, `,"enabled":`...)
	b = strconv.AppendBool(b, u.Enabled)
	b = append(b, `,"authentication_realm":`...)
	b = appendRealm(b, by.Realm)
	b = append(b, `,"lookup_realm":`...)
	b = appendRealm(b, id.Realm)
	b = append(b, `,"authentication_type":`...)
	b = xcontent.AppendQuoted(b, string(id.Type))
	b = appendAPIKey(b, id.APIKey)
	return append(b, '}')
}

func appendList(b []byte, lists ...[]string) []byte {
	n := 0
	for _, list := range lists {
		for _, text := range list {
			if n++; n > 1 {
				b = append(b, ',')
			}
			b = xcontent.AppendQuoted(b, text)
		}
	}
	return b
}

func appendNullable(b []byte, text *string) []byte {
	if text == nil {
		return append(b, "null"...)
	}
	return xcontent.AppendQuoted(b, *text)
}

func appendRealm(b []byte, r identity.Realm) []byte {
	b = append(b, `{"name":`...)
	b = xcontent.AppendQuoted(b, r.Name)
	b = append(b, `,"type":`...)
	b = xcontent.AppendQuoted(b, r.Type)
	if r.Domain != "" {
		b = append(b, `,"domain":`...)
		b = xcontent.AppendQuoted(b, r.Domain)
	}
	return append(b, '}')
}

// appendToken shows the bearer token; access tokens have neither name nor type.
func appendToken(b []byte, t *identity.Token) []byte {
	if t == nil {
		return b
	}
	b = append(b, `,"token":{`...)
	if t.Type != "" {
		b = append(b, `"name":`...)
		b = xcontent.AppendQuoted(b, t.Name)
		b = append(b, ',')
	}
	b = append(b, `"managed_by":"elasticsearch"`...)
	if t.Type != "" {
		b = append(b, `,"type":`...)
		b = xcontent.AppendQuoted(b, t.Type)
	}
	return append(b, '}')
}

func appendAPIKey(b []byte, k *identity.APIKey) []byte {
	if k == nil {
		return b
	}
	b = append(b, `,"api_key":{"managed_by":"elasticsearch"`...)
	if k.Name != "" {
		b = append(b, `,"name":`...)
		b = xcontent.AppendQuoted(b, k.Name)
	}
	b = append(b, `,"id":`...)
	b = xcontent.AppendQuoted(b, k.ID)
	return append(b, '}')
}

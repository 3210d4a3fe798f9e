package apikey

import (
	"context"
	"net/http"

	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/rest"
)

// actions begins the names of the actions of this noun.
const actions = "cluster:admin/xpack/security/api_key/"

// Routes lists the endpoints of this noun.
func (s *Service) Routes() []rest.Route {
	return []rest.Route{
		{Method: http.MethodPost, Path: "/_security/api_key", Parse: s.parseCreate},
		{Method: http.MethodPut, Path: "/_security/api_key", Parse: s.parseCreate},
		{Method: http.MethodGet, Path: "/_security/api_key", Parse: s.parseGet},
		{Method: http.MethodDelete, Path: "/_security/api_key", Parse: s.parseInvalidate},
		{Method: http.MethodPost, Path: "/_security/api_key/grant", Parse: s.parseGrant},
		{Method: http.MethodPut, Path: "/_security/api_key/grant", Parse: s.parseGrant},
		{Method: http.MethodPost, Path: "/_security/api_key/clone", Parse: s.parseClone},
		{Method: http.MethodPut, Path: "/_security/api_key/clone", Parse: s.parseClone},
		{Method: http.MethodPut, Path: "/_security/api_key/{id}", Parse: s.parseUpdate},
		{Method: http.MethodPost, Path: "/_security/api_key/_bulk_update", Parse: s.parseBulkUpdate},
		{Method: http.MethodPost, Path: "/_security/api_key/{ids}/_clear_cache", Parse: s.parseClearCache},
	}
}

func (s *Service) parseClearCache(r *rest.Request) (rest.Call, error) {
	ids := r.List("ids")
	return rest.Call{
		Action: "cluster:admin/xpack/security/cache/clear",
		Do: func(context.Context) (any, error) {
			s.Keys.ClearCache(ids)
			return s.Cleared, nil
		},
	}, nil
}

// target of calls that make a key is whoever calls.
func own() identity.Target { return identity.Target{Own: true} }

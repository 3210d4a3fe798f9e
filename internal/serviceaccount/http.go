package serviceaccount

import (
	"context"
	"net/http"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/realm"
	"github.com/realmctl/realmctl/internal/rest"
	"github.com/realmctl/realmctl/internal/role/descriptor"
)

// actions begins the names of the actions of this noun.
const actions = "cluster:admin/xpack/security/service_account/"

// Routes lists the endpoints of this noun.
func (s *Service) Routes() []rest.Route {
	const (
		account = "/_security/service/{namespace}/{service}"
		tokens  = account + "/credential/token"
	)
	return []rest.Route{
		{Method: http.MethodGet, Path: "/_security/service", Parse: s.parseGet},
		{Method: http.MethodGet, Path: "/_security/service/{namespace}", Parse: s.parseGet},
		{Method: http.MethodGet, Path: account, Parse: s.parseGet},
		{Method: http.MethodGet, Path: account + "/credential", Parse: s.parseCredentials},
		{Method: http.MethodPost, Path: tokens, Parse: s.parseCreateUnnamed},
		{Method: http.MethodPost, Path: tokens + "/{name}", Parse: s.parseCreate},
		{Method: http.MethodPut, Path: tokens + "/{name}", Parse: s.parseCreate},
		{Method: http.MethodDelete, Path: tokens + "/{name}", Parse: s.parseDelete},
		{Method: http.MethodPost, Path: tokens + "/{name}/_clear_cache", Parse: s.parseClearCache},
	}
}

// Extract implements authn.Authenticator. A bearer token of another form is left to
// others.
func (s *Service) Extract(r *http.Request) (realm.Credential, error) {
	text, ok := realm.Authorization(r, "Bearer")
	if !ok {
		return nil, nil
	}
	t, ok := parseBearer(text)
	if !ok {
		return nil, nil
	}
	return t, nil
}

func account(r *rest.Request) string { return r.Path("namespace") + "/" + r.Path("service") }

func (s *Service) parseGet(r *rest.Request) (rest.Call, error) {
	ns, service := r.Path("namespace"), r.Path("service")
	return rest.Call{
		Action: actions + "get",
		Do: func(context.Context) (any, error) {
			all := map[string]map[string]descriptor.Role{}
			for _, principal := range s.selectAccounts(ns, service) {
				all[principal] = map[string]descriptor.Role{"role_descriptor": s.accounts[principal]}
			}
			return all, nil
		},
	}, nil
}

// created is the answer that makes a token, the only one with its secret.
type created struct {
	Created bool `json:"created"`
	Token   struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	} `json:"token"`
}

func (s *Service) parseCreate(r *rest.Request) (rest.Call, error) {
	name := r.Path("name")
	return s.create(r, name, checkName(name))
}

// checkName is the complaint about a token's name, if there is one.
func checkName(name string) error {
	var p fault.Problems
	if !validName(name) {
		p.Addf("%s", badName(name))
	}
	return p.Err()
}

func (s *Service) parseCreateUnnamed(r *rest.Request) (rest.Call, error) { return s.create(r, "", nil) }

func (s *Service) create(r *rest.Request, name string, invalid error) (rest.Call, error) {
	if err := r.Refresh(); err != nil {
		return rest.Call{}, err
	}
	account, caller := account(r), r.Caller
	return rest.Call{
		Action: actions + "token/create", Invalid: invalid,
		Do: func(ctx context.Context) (any, error) {
			t, err := s.Create(ctx, caller, account, name)
			if err != nil {
				return nil, err
			}
			out := created{Created: true}
			out.Token.Name, out.Token.Value = t.Name, t.bearer().Reveal()
			return out, nil
		},
	}, nil
}

func (s *Service) parseDelete(r *rest.Request) (rest.Call, error) {
	if err := r.Refresh(); err != nil {
		return rest.Call{}, err
	}
	account, name := account(r), r.Path("name")
	return rest.Call{
		Action: actions + "token/delete", Invalid: checkName(name),
		Do: func(ctx context.Context) (any, error) {
			found, err := s.Delete(ctx, account, name)
			if err != nil {
				return nil, err
			}
			out := rest.Result{Body: map[string]bool{"found": found}}
			if !found {
				out.Status = http.StatusNotFound
			}
			return out, nil
		},
	}, nil
}

// credentials is the list of an account's tokens.
type credentials struct {
	Account string              `json:"service_account"`
	Count   int                 `json:"count"`
	Tokens  map[string]struct{} `json:"tokens"`
	Nodes   struct {
		Nodes struct {
			Total      int `json:"total"`
			Successful int `json:"successful"`
			Failed     int `json:"failed"`
		} `json:"_nodes"`
		FileTokens map[string]onNodes `json:"file_tokens"`
	} `json:"nodes_credentials"`
}

// onNodes are the nodes that have a token in their file.
type onNodes struct {
	Nodes []string `json:"nodes"`
}

func (s *Service) parseCredentials(r *rest.Request) (rest.Call, error) {
	account := account(r)
	return rest.Call{
		Action: actions + "credential/get",
		Do: func(ctx context.Context) (any, error) {
			index, file, err := s.Credentials(ctx, account)
			if err != nil {
				return nil, err
			}
			out := credentials{Account: account, Count: len(index) + len(file), Tokens: map[string]struct{}{}}
			for _, name := range index {
				out.Tokens[name] = struct{}{}
			}
			out.Nodes.Nodes.Total, out.Nodes.Nodes.Successful = 1, 1
			out.Nodes.FileTokens = map[string]onNodes{}
			for _, name := range file {
				out.Nodes.FileTokens[name] = onNodes{Nodes: []string{s.Node}}
			}
			return out, nil
		},
	}, nil
}

func (s *Service) parseClearCache(r *rest.Request) (rest.Call, error) {
	account, names := account(r), r.List("name")
	for _, name := range names {
		if name != "*" && !validName(name) {
			return rest.Call{}, fault.Invalidf("%s", badName(name))
		}
	}
	return rest.Call{
		Action: "cluster:admin/xpack/security/cache/clear",
		Do: func(context.Context) (any, error) {
			s.ClearCache(account, names)
			return s.Cleared, nil
		},
	}, nil
}

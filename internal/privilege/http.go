package privilege

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/realmctl/realmctl/internal/esapi"
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/javahash"
	"github.com/realmctl/realmctl/internal/rest"
	"github.com/realmctl/realmctl/internal/xcontent"
)

// action is the common beginning of the names of this noun's actions.
const action = "cluster:admin/xpack/security/privilege/"

// Routes lists the endpoints of this noun.
func (s *Service) Routes() []rest.Route {
	const root, app = "/_security/privilege", "/_security/privilege/{application}"
	return []rest.Route{
		{Method: http.MethodGet, Path: root + "/_builtin", Parse: parseBuiltin},
		{Method: http.MethodGet, Path: root, Parse: s.parseGet},
		{Method: http.MethodGet, Path: app, Parse: s.parseGet},
		{Method: http.MethodGet, Path: app + "/{privilege}", Parse: s.parseGet},
		{Method: http.MethodPut, Path: root, Parse: s.parsePut},
		{Method: http.MethodPost, Path: root, Parse: s.parsePut},
		{Method: http.MethodDelete, Path: app + "/{privilege}", Parse: s.parseDelete},
		{Method: http.MethodPost, Path: app + "/_clear_cache", Parse: s.parseClearCache},
	}
}

func parseBuiltin(*rest.Request) (rest.Call, error) {
	return rest.Call{
		Action: action + "builtin/get",
		Do: func(context.Context) (any, error) {
			cluster, index, remote := Builtin()
			return esapi.BuiltinPrivileges{Cluster: cluster, Index: index, RemoteCluster: remote}, nil
		},
	}, nil
}

func (s *Service) parseGet(r *rest.Request) (rest.Call, error) {
	application, names := r.Path("application"), r.List("privilege")
	target := identity.Target{Applications: []string{application}}
	if strings.TrimSpace(application) == "" { // of no application all are meant, whatever their names
		application, names, target.Applications = "", nil, nil
	}
	return rest.Call{
		Action: action + "get",
		Target: target,
		Do: func(ctx context.Context) (any, error) {
			list, err := stored(ctx, s.db, application)
			if err != nil {
				return nil, err
			}
			found := map[string]map[string]Application{}
			for _, a := range list {
				if len(names) > 0 && !slices.Contains(names, a.Name) {
					continue
				}
				if found[a.Application] == nil {
					found[a.Application] = map[string]Application{}
				}
				found[a.Application][a.Name] = a
			}
			if len(names) > 0 && len(found) == 0 {
				return rest.Result{Status: http.StatusNotFound, Body: found}, nil
			}
			return found, nil
		},
	}, nil
}

func (s *Service) parsePut(r *rest.Request) (rest.Call, error) {
	body, err := r.Reader()
	if err != nil {
		return rest.Call{}, err
	}
	list, err := parsePut(body)
	if err != nil {
		return rest.Call{}, err
	}
	if err := r.Refresh(); err != nil {
		return rest.Call{}, err
	}
	var p fault.Problems
	if len(list) == 0 {
		p.Addf("At least one application privilege must be provided")
	}
	var applications []string
	for _, a := range list {
		a.validate(&p)
		applications = append(applications, a.Application)
	}
	return rest.Call{
		Action: action + "put", Target: identity.Target{Applications: applications}, Invalid: p.Err(),
		Do: func(ctx context.Context) (any, error) {
			created, err := s.Put(ctx, list)
			if err != nil {
				return nil, err
			}
			var answer javahash.Map[javahash.Map[esapi.Created]]
			for i, a := range list {
				of, _ := answer.Get(a.Application)
				of.Put(a.Name, esapi.Created{Created: created[i]})
				answer.Put(a.Application, of)
			}
			return answer, nil
		},
	}, nil
}

// parsePut follows PutPrivilegesRequestBuilder.
func parsePut(r *xcontent.Reader) ([]Application, error) {
	t, err := r.Next()
	if err != nil {
		return nil, err
	}
	if t != xcontent.StartObject {
		return nil, fault.Parsef("expected object but found %s instead", t)
	}
	var list []Application
	err = r.Members(func(application string) error {
		if err := object(r, application); err != nil {
			return err
		}
		return r.Members(func(name string) error {
			if err := object(r, application); err != nil {
				return err
			}
			a, err := parseOne(r, application, name)
			list = append(list, a)
			return err
		})
	})
	return list, err
}

func object(r *xcontent.Reader, application string) error {
	if t := r.Token(); t != xcontent.StartObject {
		return fault.Parsef("expected the value for %s to be an object, but found %s instead", application, t)
	}
	return nil
}

// parseOne reads the definition of one privilege (ApplicationPrivilegeDescriptor). It
// may name itself and its application, for which empty names leave room.
func parseOne(r *xcontent.Reader, application, name string) (Application, error) {
	a := Application{Application: application, Name: name, Metadata: json.RawMessage("{}")}
	app, own := application, name
	err := xcontent.Object{
		Name: "application-privilege",
		Fields: []xcontent.Field{
			xcontent.Text("application", &app),
			xcontent.Text("name", &own),
			xcontent.Texts("actions", &a.Actions),
			xcontent.Func("metadata", xcontent.Set(xcontent.StartObject), func(r *xcontent.Reader) (err error) {
				a.Metadata, err = r.Raw()
				return err
			}),
		},
	}.Parse(r)
	a.Actions = javahash.Distinct(a.Actions)
	switch {
	case err != nil:
		return a, err
	case application == "":
		a.Application = app
	case app != application:
		return a, fault.Invalidf("privilege application [%s] in source does not match the provided application [%s]", app, application)
	}
	if name == "" {
		a.Name = own
	} else if own != name {
		return a, fault.Invalidf("privilege name [%s] in source does not match the provided name [%s]", own, name)
	}
	return a, nil
}

func (s *Service) parseDelete(r *rest.Request) (rest.Call, error) {
	application, names := r.Path("application"), r.List("privilege")
	var p fault.Problems
	if application == "" {
		p.Addf("application name is missing")
	}
	return rest.Call{
		Action:  action + "delete",
		Target:  identity.Target{Applications: []string{application}},
		Invalid: cmp.Or(r.Refresh(), p.Err()),
		Do: func(ctx context.Context) (any, error) {
			found, err := s.Delete(ctx, application, names)
			if err != nil {
				return nil, err
			}
			var each javahash.Map[esapi.Found]
			for i, name := range names {
				before, _ := each.Get(name) // a name that is given twice is found once
				each.Put(name, esapi.Found{Found: found[i] || before.Found})
			}
			answer := rest.Result{Body: map[string]any{application: each}}
			if !slices.Contains(found, true) {
				answer.Status = http.StatusNotFound
			}
			return answer, nil
		},
	}, nil
}

func (s *Service) parseClearCache(r *rest.Request) (rest.Call, error) {
	applications := strings.Split(r.Path("application"), ",")
	return rest.Call{
		Action: "cluster:admin/xpack/security/cache/clear",
		Do: func(context.Context) (any, error) {
			if slices.Contains(applications, "*") {
				s.known.Clear()
			}
			for _, a := range applications {
				s.known.Delete(a)
			}
			return s.Cleared, nil
		},
	}, nil
}

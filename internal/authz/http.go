package authz

import (
	"context"
	"net/http"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/javahash"
	"github.com/realmctl/realmctl/internal/privilege"
	"github.com/realmctl/realmctl/internal/rest"
	"github.com/realmctl/realmctl/internal/role/descriptor"
)

// Routes lists the endpoints of this noun.
func (s *Service) Routes() []rest.Route {
	const has, of = "/_security/user/_has_privileges", "/_security/user/{username}/_has_privileges"
	return []rest.Route{
		{Method: http.MethodGet, Path: has, Parse: s.parseHas},
		{Method: http.MethodPost, Path: has, Parse: s.parseHas},
		{Method: http.MethodGet, Path: of, Parse: s.parseHas},
		{Method: http.MethodPost, Path: of, Parse: s.parseHas},
		{Method: http.MethodGet, Path: "/_security/user/_privileges", Parse: s.parsePrivileges},
	}
}

func (s *Service) parseHas(r *rest.Request) (rest.Call, error) {
	caller := r.Caller
	username := r.Path("username")
	if username == "" {
		username = caller.User.Username
	}
	body, err := r.RequiredSource()
	if err != nil {
		return rest.Call{}, err
	}
	check, err := descriptor.ParseCheck(body, username)
	if err != nil {
		return rest.Call{}, err
	}
	var p fault.Problems
	check.Validate(&p, privilege.CheckApplication)
	return rest.Call{
		Action: hasPrivileges, Target: identity.Target{Username: username}, Invalid: p.Err(),
		Do: func(ctx context.Context) (any, error) {
			if username != caller.User.Username {
				return nil, fault.Invalidf("users may only check the privileges of their own account")
			}
			return s.HasPrivileges(ctx, caller, check)
		},
	}, nil
}

func (s *Service) parsePrivileges(r *rest.Request) (rest.Call, error) {
	caller := r.Caller
	return rest.Call{
		Action: listPrivileges, Target: identity.Target{Username: caller.User.Username},
		Do: func(ctx context.Context) (any, error) { return s.list(ctx, caller) },
	}, nil
}

// answers are verdicts by name and privilege.
type answers map[string]map[string]bool

// add keeps a verdict; of a pair that is asked twice both must be granted.
func (a answers) add(verdicts []verdict) {
	for _, v := range verdicts {
		if a[v.name] == nil {
			a[v.name] = map[string]bool{}
		}
		if before, twice := a[v.name][v.privilege]; !twice || before {
			a[v.name][v.privilege] = v.granted
		}
	}
}

// Privileges is the answer of _has_privileges.
type Privileges struct {
	Username    string             `json:"username"`
	All         bool               `json:"has_all_requested"`
	Cluster     javahash.Map[bool] `json:"cluster"`
	Index       answers            `json:"index"`
	Application map[string]answers `json:"application"`
}

// HasPrivileges answers a check for an identity. Unknown privileges and bad patterns
// are Invalid faults.
func (s *Service) HasPrivileges(ctx context.Context, id identity.Identity, c descriptor.Check) (Privileges, error) {
	r, err := s.rights(ctx, id.Subject, id.AnonymousRoles)
	if err != nil {
		return Privileges{}, err
	}
	answer := Privileges{Username: id.User.Username, All: true, Index: answers{}, Application: map[string]answers{}}
	cluster := answers{"": {}}
	for _, p := range r.layers {
		if err := s.check(ctx, p, c, cluster, &answer); err != nil {
			return Privileges{}, err
		}
	}
	for _, name := range c.Cluster {
		answer.Cluster.Put(name, cluster[""][name])
	}
	for _, list := range []answers{cluster, answer.Index} {
		answer.All = answer.All && list.all()
	}
	for _, list := range answer.Application {
		answer.All = answer.All && list.all()
	}
	return answer, nil
}

func (a answers) all() bool {
	for _, each := range a {
		for _, granted := range each {
			if !granted {
				return false
			}
		}
	}
	return true
}

// check adds the verdicts of one layer.
func (s *Service) check(ctx context.Context, p *permission, c descriptor.Check, cluster answers, into *Privileges) error {
	verdicts, err := p.checkCluster(c.Cluster)
	if err != nil {
		return err
	}
	cluster.add(verdicts)
	for _, e := range c.Indices {
		if verdicts, err = p.checkIndices(e, false); err != nil {
			return err
		}
		into.Index.add(verdicts)
	}
	for _, a := range c.Applications {
		if verdicts, err = p.checkApplication(ctx, s.Privileges, a); err != nil {
			return err
		}
		if into.Application[a.Name] == nil {
			into.Application[a.Name] = answers{}
		}
		into.Application[a.Name].add(verdicts)
	}
	return nil
}

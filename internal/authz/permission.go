package authz

import (
	"context"
	"slices"
	"strings"

	"github.com/realmctl/realmctl/internal/automaton"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/privilege"
	"github.com/realmctl/realmctl/internal/role/descriptor"
)

// permission is what a set of roles grants together (Role of Elasticsearch's authz).
type permission struct {
	roles       []descriptor.Role
	names       []string // of the roles, sorted
	cluster     []string // privilege names, sorted, each once
	actions     []*automaton.Automaton
	own         bool // manage_own_api_key
	global      []descriptor.Global
	indices     []group
	application []grant
	runAs       *automaton.Automaton
}

// group is what roles grant on the same names.
type group struct {
	descriptor.Indices

	queries []string
	fields  []descriptor.FieldSecurity
	all     bool // a role grants all fields
	every   bool // a role grants all documents
}

// grant is what roles grant of an application on the same resources.
type grant struct {
	descriptor.Application

	applications *automaton.Automaton
	resources    *automaton.Automaton
	resolved     []privilege.Resolved
}

// compile merges roles (CompositeRolesStore.buildRoleFromDescriptors).
func compile(ctx context.Context, apps *privilege.Service, roles []descriptor.Role) (*permission, error) {
	p := &permission{roles: roles}
	var runAs []string
	for _, d := range roles {
		p.names = append(p.names, d.Name)
		p.cluster = append(p.cluster, d.Cluster...)
		runAs = append(runAs, d.RunAs...)
		if d.Global != nil {
			p.global = append(p.global, *d.Global)
		}
		for _, e := range d.Indices {
			p.addIndices(e)
		}
		for _, a := range d.Applications {
			p.addApplication(a)
		}
	}
	slices.Sort(p.names)
	slices.Sort(p.cluster)
	p.cluster = slices.Compact(p.cluster)
	for _, name := range p.cluster {
		a, err := privilege.Cluster(name)
		if err != nil {
			continue // stored by a version that knew it
		}
		if strings.EqualFold(name, privilege.OwnAPIKeys) {
			p.own = true
			continue
		}
		p.actions = append(p.actions, a)
	}
	var err error
	if p.runAs, err = automaton.Patterns(runAs...); err != nil {
		return nil, err
	}
	return p, p.resolve(ctx, apps)
}

// addIndices merges an entry into the group of the same names.
func (p *permission) addIndices(e descriptor.Indices) {
	if len(e.Privileges) > 0 && strings.EqualFold(e.Privileges[0], "none") && len(e.Privileges) == 1 {
		return
	}
	i := slices.IndexFunc(p.indices, func(g group) bool { return g.AllowRestricted == e.AllowRestricted && sameSet(g.Names, e.Names) })
	if i < 0 {
		i = len(p.indices)
		p.indices = append(p.indices, group{Indices: descriptor.Indices{Names: e.Names, AllowRestricted: e.AllowRestricted}})
	}
	g := &p.indices[i]
	g.Privileges = union(g.Privileges, e.Privileges)
	if e.Query == "" {
		g.every = true
	} else if !slices.Contains(g.queries, e.Query) {
		g.queries = append(g.queries, e.Query)
	}
	if e.FieldSecurity == nil {
		g.all = true
	} else {
		g.fields = append(g.fields, *e.FieldSecurity)
	}
}

func (p *permission) addApplication(a descriptor.Application) {
	i := slices.IndexFunc(p.application, func(g grant) bool { return g.Name == a.Name && sameSet(g.Resources, a.Resources) })
	if i < 0 {
		p.application = append(p.application, grant{Application: a})
		return
	}
	p.application[i].Privileges = union(p.application[i].Privileges, a.Privileges)
}

// resolve looks up what the privileges of applications mean.
func (p *permission) resolve(ctx context.Context, apps *privilege.Service) error {
	for i := range p.application {
		g := &p.application[i]
		var err error
		if g.resolved, err = apps.Resolve(ctx, g.Name, g.Privileges); err != nil {
			return err
		}
		if g.applications, err = automaton.Patterns(g.Name); err != nil {
			return err
		}
		if g.resources, err = automaton.Patterns(g.Resources...); err != nil {
			return err
		}
	}
	return nil
}

// allows reports whether a cluster action is granted to id.
func (p *permission) allows(id identity.Identity, action string, t identity.Target) bool {
	for _, a := range p.actions {
		if a.Match(action) {
			return true
		}
	}
	return p.own && ownKeys(id, action, t) || slices.ContainsFunc(p.global, func(g descriptor.Global) bool { return allowedByGlobal(g, action, t) })
}

// union adds what is not there yet.
func union(list, more []string) []string {
	list = slices.Clip(list)
	for _, text := range more {
		if !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	return list
}

func sameSet(a, b []string) bool {
	in := func(list []string) func(string) bool {
		return func(text string) bool { return !slices.Contains(list, text) }
	}
	return !slices.ContainsFunc(a, in(b)) && !slices.ContainsFunc(b, in(a))
}

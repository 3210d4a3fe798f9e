package authz

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/realmctl/realmctl/internal/automaton"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/privilege"
	"github.com/realmctl/realmctl/internal/role/descriptor"
)

// permission is what a set of roles grants together (Role of Elasticsearch's authz).
type permission struct {
	roles   []descriptor.Role
	cluster []string               // privilege names, sorted, each once
	actions []*automaton.Automaton // one for each of them but manage_own_api_key
	own     bool                   // manage_own_api_key
	global  []descriptor.Global
	groups  []*group
	apps    []grant
	runAs   *automaton.Automaton

	everyAction func() (*automaton.Automaton, error) // the union of actions
}

// group is what roles grant on the same names. Its automata are made when a check or
// an index action first asks for them.
type group struct {
	descriptor.Indices // names as a role gave them; privileges in lower case

	queries []string
	fields  []descriptor.FieldSecurity
	all     bool // a role grants all fields
	every   bool // a role grants all documents

	matching func() (*automaton.Automaton, error) // of the names
	covered  func() (*automaton.Automaton, error) // less what is restricted
	grants   func() ([]privilege.Index, error)    // by selector
}

// grant is what roles grant of one application on some resources.
type grant struct {
	privilege.Resolved

	applications *automaton.Automaton
	written      []string // the privileges in the order of the roles
	resources    []string
	covered      *automaton.Automaton // the resources
}

// compile merges roles (CompositeRolesStore.buildRoleFromDescriptors). What cannot be
// read, because another version stored it, grants nothing.
func compile(ctx context.Context, apps *privilege.Service, roles []descriptor.Role) (*permission, error) {
	p := &permission{roles: roles}
	var runAs []string
	var applications []descriptor.Application
	for _, d := range roles {
		for _, name := range d.Cluster {
			p.cluster = append(p.cluster, strings.ToLower(name))
		}
		runAs = append(runAs, d.RunAs...)
		if d.Global != nil {
			p.global = append(p.global, *d.Global)
		}
		p.addRole(d.Indices)
		for _, a := range d.Applications {
			applications = mergeApplication(applications, a)
		}
	}
	slices.Sort(p.cluster)
	p.cluster = slices.Compact(p.cluster)
	p.addActions()
	p.runAs = patternsOrNone(runAs)
	p.everyAction = sync.OnceValues(func() (*automaton.Automaton, error) { return automaton.Union(p.actions...) })
	return p, p.resolve(ctx, apps, applications)
}

func (p *permission) addActions() {
	for _, name := range p.cluster {
		if name == privilege.OwnAPIKeys {
			p.own = true
		} else if a, err := privilege.Cluster(name); err == nil {
			p.actions = append(p.actions, a)
		}
	}
}

// patternsOrNone joins the patterns that a role holds; one that cannot be read is left
// out, and so is the empty one, in which Elasticsearch sees no text, not even the empty.
func patternsOrNone(patterns []string) *automaton.Automaton {
	patterns = slices.DeleteFunc(slices.Clone(patterns), func(p string) bool { return p == "" })
	if a, err := automaton.Patterns(patterns...); err == nil {
		return a
	}
	all := &automaton.Automaton{}
	for _, text := range patterns {
		one, err := automaton.Patterns(text)
		if err != nil {
			continue
		}
		if joined, err := automaton.Union(all, one); err == nil {
			all = joined
		}
	}
	return all
}

// addRole merges the entries of one role. A role whose only entry begins with "none"
// has always been taken for one without entries.
func (p *permission) addRole(entries []descriptor.Indices) {
	if len(entries) == 1 && len(entries[0].Privileges) > 0 && strings.EqualFold(entries[0].Privileges[0], "none") {
		return
	}
	for _, e := range entries {
		p.addIndices(e)
	}
}

// addIndices merges an entry into the group of the same names.
func (p *permission) addIndices(e descriptor.Indices) {
	i := slices.IndexFunc(p.groups, func(g *group) bool { return g.AllowRestricted == e.AllowRestricted && sameSet(g.Names, e.Names) })
	if i < 0 {
		i = len(p.groups)
		p.groups = append(p.groups, newGroup(e.Names, e.AllowRestricted))
	}
	g := p.groups[i]
	for _, name := range e.Privileges {
		g.Privileges = union(g.Privileges, []string{strings.ToLower(name)})
	}
	if e.Query == "" {
		g.every = true
	} else {
		g.queries = union(g.queries, []string{e.Query})
	}
	if e.FieldSecurity == nil || allFields(*e.FieldSecurity) {
		g.all = true
	} else {
		g.fields = append(g.fields, *e.FieldSecurity)
	}
}

// allFields reports whether a limit is none (FieldPermissions.hasFieldLevelSecurity).
func allFields(f descriptor.FieldSecurity) bool {
	granted, err := automaton.Patterns(f.Grant...)
	return err == nil && granted.Total() && len(f.Except) == 0
}

func newGroup(names []string, allowRestricted bool) *group {
	g := &group{Indices: descriptor.Indices{Names: names, AllowRestricted: allowRestricted}}
	g.matching = sync.OnceValues(func() (*automaton.Automaton, error) { return automaton.Patterns(g.Names...) })
	g.covered = sync.OnceValues(func() (*automaton.Automaton, error) {
		all, err := g.matching()
		if err != nil || g.AllowRestricted {
			return all, err
		}
		return automaton.Minus(all, restricted())
	})
	g.grants = sync.OnceValues(func() ([]privilege.Index, error) { return privilege.Indices(g.Privileges...) })
	return g
}

// mergeApplication joins entries for the same application and resources: their
// privileges become one, which names that mean nothing only equal together.
func mergeApplication(all []descriptor.Application, a descriptor.Application) []descriptor.Application {
	i := slices.IndexFunc(all, func(b descriptor.Application) bool { return b.Name == a.Name && sameSet(b.Resources, a.Resources) })
	if i < 0 {
		return append(all, a)
	}
	all[i].Privileges = union(all[i].Privileges, a.Privileges)
	return all
}

// resolve looks up what the privileges of applications mean, and joins the resources
// on which the same one is granted.
func (p *permission) resolve(ctx context.Context, apps *privilege.Service, all []descriptor.Application) error {
	var mentioned []string
	for _, a := range all {
		mentioned = append(mentioned, a.Privileges...)
	}
	for _, a := range all {
		resolved, err := apps.Resolve(ctx, a.Name, a.Privileges, mentioned...)
		if err != nil {
			return err
		}
		for _, r := range resolved {
			i := slices.IndexFunc(p.apps, func(g grant) bool { return g.same(r) })
			if i < 0 {
				i = len(p.apps)
				p.apps = append(p.apps, grant{Resolved: r, applications: patternsOrNone([]string{r.Application}), written: a.Privileges})
			}
			p.apps[i].resources = union(p.apps[i].resources, a.Resources)
		}
	}
	for i := range p.apps {
		p.apps[i].covered = patternsOrNone(p.apps[i].resources)
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

// deniedIndices are the names on which an index action is not granted.
func (p *permission) deniedIndices(action string, names []string) []string {
	var denied []string
	for _, name := range names {
		if !slices.ContainsFunc(p.groups, func(g *group) bool { return g.holds(name) && g.does(action) }) {
			denied = append(denied, name)
		}
	}
	return denied
}

// grantsSomewhere is asked for index actions that name no index.
func (p *permission) grantsSomewhere(action string) bool {
	return slices.ContainsFunc(p.groups, func(g *group) bool { return g.does(action) })
}

// holds reports whether one index is of the group: a restricted one only if the group
// may have it, even where it is named in full.
func (g *group) holds(name string) bool {
	names, err := g.matching()
	return err == nil && names.Match(name) && (g.AllowRestricted || !restricted().Match(name))
}

// does reports whether the group grants an action on data.
func (g *group) does(action string) bool {
	grants, err := g.grants()
	return err == nil && slices.ContainsFunc(grants, func(i privilege.Index) bool { return i.Data && i.Actions.Match(action) })
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

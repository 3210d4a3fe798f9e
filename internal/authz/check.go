package authz

import (
	"context"
	"errors"
	"slices"

	"github.com/realmctl/realmctl/internal/automaton"
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/privilege"
	"github.com/realmctl/realmctl/internal/role/descriptor"
)

// verdict says whether one privilege on one name is granted.
type verdict struct {
	name, privilege string
	granted         bool
}

// checkCluster asks for cluster privileges by name. A subject without any cluster
// privilege has not even "none".
func (p *permission) checkCluster(names []string) ([]verdict, error) {
	all, err := automaton.Union(p.actions...)
	if err != nil {
		return nil, err
	}
	verdicts := make([]verdict, 0, len(names))
	for _, name := range names {
		actions, err := privilege.Cluster(name)
		if err != nil {
			return nil, fault.Invalidf("%s", err)
		}
		granted := len(p.cluster) > 0 && actions.SubsetOf(all)
		if granted && actions.Empty() {
			granted = len(p.actions) > 0
		}
		verdicts = append(verdicts, verdict{privilege: name, granted: granted || p.own && name == privilege.OwnAPIKeys})
	}
	return verdicts, nil
}

// region is a set of index names on which the same privileges are granted.
type region struct {
	names  *automaton.Automaton
	grants []privilege.Index
}

// regions joins the groups with the same privileges: together they may cover a
// pattern that none of them covers alone.
func (p *permission) regions() ([]region, error) {
	var all []region
	var keys [][]string
	for _, g := range p.indices {
		names, err := automaton.Patterns(g.Names...)
		if err == nil && !g.AllowRestricted {
			names, err = automaton.Minus(names, restricted())
		}
		if err != nil {
			return nil, err
		}
		grants, err := privilege.Indices(g.Privileges...)
		if err != nil {
			continue // stored by a version that knew it
		}
		i := slices.IndexFunc(keys, func(k []string) bool { return sameSet(k, g.Privileges) })
		if i < 0 {
			keys = append(keys, g.Privileges)
			all = append(all, region{names, grants})
			continue
		}
		if all[i].names, err = automaton.Union(all[i].names, names); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// checkIndices asks for privileges on each of the names, which may be patterns
// (IndicesPermission.checkResourcePrivileges).
func (p *permission) checkIndices(asked descriptor.Indices) ([]verdict, error) {
	regions, err := p.regions()
	if err != nil {
		return nil, err
	}
	var verdicts []verdict
	for _, name := range asked.Names {
		wanted, err := namesOf(name, asked.AllowRestricted)
		if err != nil {
			return nil, err
		}
		for _, one := range asked.Privileges {
			granted, err := grants(regions, wanted, one)
			if err != nil {
				return nil, err
			}
			verdicts = append(verdicts, verdict{name, one, granted})
		}
	}
	return verdicts, nil
}

// namesOf is what a name asks about: not the restricted names that a pattern happens
// to match, unless they are allowed or the name is one of them.
func namesOf(name string, allowRestricted bool) (*automaton.Automaton, error) {
	wanted, err := pattern(name)
	if err != nil || allowRestricted || !automaton.IsPattern(name) && restricted().Match(name) {
		return wanted, err
	}
	return automaton.Minus(wanted, restricted())
}

// pattern is a pattern of the request; what is wrong with it is the caller's to know.
func pattern(text string) (*automaton.Automaton, error) {
	a, err := automaton.Patterns(text)
	switch {
	case errors.Is(err, automaton.ErrTooComplex):
		return nil, fault.Invalidf("the provided index pattern [%s] is too complex to be evaluated", text)
	case err != nil:
		return nil, fault.Invalidf("%s", err)
	}
	return a, nil
}

// grants reports whether the regions that hold all wanted names grant a privilege
// together.
func grants(regions []region, wanted *automaton.Automaton, name string) (bool, error) {
	asked, err := privilege.Indices(name)
	if err != nil {
		return false, fault.Invalidf("%s", err)
	}
	if wanted.Empty() {
		return false, nil
	}
	covered := false
	var allowed []*automaton.Automaton
	for _, r := range regions {
		if !wanted.SubsetOf(r.names) {
			continue
		}
		for _, g := range r.grants {
			if g.Data && asked[0].Data || g.Failures && asked[0].Failures {
				covered = true
				allowed = append(allowed, g.Actions)
			}
		}
	}
	union, err := automaton.Union(allowed...)
	return covered && asked[0].Actions.SubsetOf(union), err
}

// checkApplication asks for privileges of an application on each of its resources
// (ApplicationPermission.checkResourcePrivileges).
func (p *permission) checkApplication(ctx context.Context, apps *privilege.Service, asked descriptor.Application) ([]verdict, error) {
	var verdicts []verdict
	for _, resource := range asked.Resources {
		wanted, err := pattern(resource)
		if err != nil {
			return nil, err
		}
		for _, name := range asked.Privileges {
			resolved, err := apps.Resolve(ctx, asked.Name, []string{name})
			if err != nil {
				return nil, err
			}
			granted := slices.ContainsFunc(p.application, func(g grant) bool { return g.holds(resolved[0]) && wanted.SubsetOf(g.resources) })
			verdicts = append(verdicts, verdict{resource, name, granted})
		}
	}
	return verdicts, nil
}

// holds follows ApplicationPermission.PermissionEntry.matchesPrivilege.
func (g grant) holds(asked privilege.Resolved) bool {
	return slices.ContainsFunc(g.resolved, func(r privilege.Resolved) bool {
		switch {
		case r.Application == asked.Application && slices.Equal(r.Privileges, asked.Privileges):
			return true
		case !g.applications.Match(asked.Application):
			return false
		case r.Actions.Total():
			return true
		}
		return !asked.Actions.Empty() && asked.Actions.SubsetOf(r.Actions)
	})
}

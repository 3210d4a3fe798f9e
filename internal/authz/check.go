package authz

import (
	"context"
	"errors"
	"slices"
	"strings"

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

// checkCluster asks for cluster privileges by name (ClusterPermission.implies). A
// subject without any has not even "none", and manage_own_api_key alone, which looks
// at requests, implies nothing but itself.
func (p *permission) checkCluster(names []string) ([]verdict, error) {
	all, err := p.everyAction()
	if err != nil {
		return nil, err
	}
	verdicts := make([]verdict, 0, len(names))
	for _, name := range names {
		actions, err := privilege.Cluster(name)
		if err != nil {
			return nil, fault.Invalidf("%s", err)
		}
		granted := len(p.actions) > 0 && actions.SubsetOf(all) || p.own && strings.EqualFold(name, privilege.OwnAPIKeys)
		verdicts = append(verdicts, verdict{privilege: name, granted: granted})
	}
	return verdicts, nil
}

// checkIndices asks for privileges on each of the names, which may be patterns
// (IndicesPermission.checkResourcePrivileges). A pattern must lie in one group; the
// groups it lies in add up. With together, which role.manage asks for, the groups
// that grant a privilege may cover a regular expression between them.
func (p *permission) checkIndices(asked descriptor.Indices, together bool) ([]verdict, error) {
	var verdicts []verdict
	for _, name := range asked.Names {
		of, err := p.checkIndex(name, asked, together)
		if err != nil {
			return nil, err
		}
		verdicts = append(verdicts, of...)
	}
	return verdicts, nil
}

// checkIndex asks about one name. No index has the empty one, and then no privilege is
// even looked up.
func (p *permission) checkIndex(name string, asked descriptor.Indices, together bool) ([]verdict, error) {
	verdicts := make([]verdict, len(asked.Privileges))
	for i, one := range asked.Privileges {
		verdicts[i] = verdict{name: name, privilege: one}
	}
	if name == "" {
		return verdicts, nil
	}
	wanted, err := namesOf(name, asked.AllowRestricted)
	if err != nil {
		return nil, err
	}
	held := p.granting(wanted)
	for i, one := range asked.Privileges {
		grants, err := privilege.Indices(one)
		if err != nil {
			return nil, fault.Invalidf("%s", err)
		}
		verdicts[i].granted = !wanted.Empty() && (held.allow(grants[0]) || together && isRegexp(name) && p.coverTogether(grants[0], wanted))
	}
	return verdicts, nil
}

// isRegexp is Automatons.isLuceneRegex.
func isRegexp(name string) bool {
	return len(name) > 1 && strings.HasPrefix(name, "/") && strings.HasSuffix(name, "/")
}

// namesOf is what a name asks about: not the restricted names that a pattern happens
// to match, unless they are allowed or the name is one of them.
func namesOf(name string, allowRestricted bool) (*automaton.Automaton, error) {
	wanted, err := pattern(name)
	if err != nil || allowRestricted || !strings.Contains(name, "*") && !isRegexp(name) && restricted().Match(name) {
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

// selected are grants by selector: on data and on failure stores, which do not add up.
type selected struct{ data, failures []*automaton.Automaton }

// granting are the grants of the groups that hold all wanted names.
func (p *permission) granting(wanted *automaton.Automaton) selected {
	var s selected
	for _, g := range p.groups {
		names, errNames := g.covered()
		grants, errGrants := g.grants()
		if errors.Join(errNames, errGrants) != nil || !wanted.SubsetOf(names) {
			continue // what cannot be read grants nothing
		}
		for _, i := range grants {
			if i.Data {
				s.data = append(s.data, i.Actions)
			}
			if i.Failures {
				s.failures = append(s.failures, i.Actions)
			}
		}
	}
	return s
}

// allow reports whether a privilege is granted. One that is about both selectors is
// granted with either of them.
func (s selected) allow(i privilege.Index) bool {
	return i.Data && cover(s.data, i.Actions) || i.Failures && cover(s.failures, i.Actions)
}

// cover reports whether sets hold all of asked between them.
func cover(sets []*automaton.Automaton, asked *automaton.Automaton) bool {
	if slices.ContainsFunc(sets, asked.SubsetOf) {
		return true
	}
	if len(sets) < 2 {
		return false
	}
	all, err := automaton.Union(sets...)
	return err == nil && asked.SubsetOf(all)
}

// coverTogether reports whether the groups that each grant the whole privilege cover
// the wanted names between them.
func (p *permission) coverTogether(i privilege.Index, wanted *automaton.Automaton) bool {
	var names []*automaton.Automaton
	for _, g := range p.groups {
		covered, errNames := g.covered()
		grants, errGrants := g.grants()
		if errors.Join(errNames, errGrants) != nil {
			continue
		}
		for _, have := range grants {
			if (have.Data && i.Data || have.Failures && i.Failures) && i.Actions.SubsetOf(have.Actions) {
				names = append(names, covered)
			}
		}
	}
	return cover(names, wanted)
}

// checkApplication asks for privileges of an application on each of its resources
// (ApplicationPermission.checkResourcePrivileges).
func (p *permission) checkApplication(ctx context.Context, apps *privilege.Service, asked descriptor.Application) ([]verdict, error) {
	resolved := make([]privilege.Resolved, 0, len(asked.Privileges))
	for _, name := range asked.Privileges {
		one, err := apps.Resolve(ctx, asked.Name, []string{name})
		if err != nil {
			return nil, err
		}
		resolved = append(resolved, one[0])
	}
	var verdicts []verdict
	for _, resource := range asked.Resources {
		wanted, err := pattern(resource)
		if err != nil {
			return nil, err
		}
		for i, name := range asked.Privileges {
			granted := slices.ContainsFunc(p.apps, func(g grant) bool { return g.holds(resolved[i]) && wanted.SubsetOf(g.covered) })
			verdicts = append(verdicts, verdict{resource, name, granted})
		}
	}
	return verdicts, nil
}

// same reports whether two privileges are one: of the same application and names.
func (g grant) same(r privilege.Resolved) bool {
	return g.Application == r.Application && slices.Equal(g.Privileges, r.Privileges)
}

// holds follows ApplicationPermission.PermissionEntry.matchesPrivilege.
func (g grant) holds(asked privilege.Resolved) bool {
	switch {
	case g.same(asked):
		return true
	case !g.applications.Match(asked.Application):
		return false
	case g.Actions.Total():
		return true
	}
	return !asked.Actions.Empty() && asked.Actions.SubsetOf(g.Actions)
}

package authz

import (
	"cmp"
	"context"
	"slices"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/javahash"
	"github.com/realmctl/realmctl/internal/role/descriptor"
)

// own is the answer of GET /_security/user/_privileges.
type own struct {
	Cluster       []string                   `json:"cluster"`
	Global        []map[string]any           `json:"global"`
	Indices       []ownIndices               `json:"indices"`
	Applications  []descriptor.Application   `json:"applications"`
	RunAs         []string                   `json:"run_as"`
	RemoteIndices []ownRemote                `json:"remote_indices,omitempty"`
	RemoteCluster []descriptor.RemoteCluster `json:"remote_cluster,omitempty"`
}

// ownIndices is a group: what several roles say of fields and documents is listed.
type ownIndices struct {
	Names           []string                   `json:"names"`
	Privileges      []string                   `json:"privileges"`
	FieldSecurity   []descriptor.FieldSecurity `json:"field_security,omitempty"`
	Query           []string                   `json:"query,omitempty"`
	AllowRestricted bool                       `json:"allow_restricted_indices"`
}

type ownRemote struct {
	ownIndices

	Clusters []string `json:"clusters"`
}

// list tells an identity what it may do (RBACEngine.buildUserPrivilegesResponseObject).
// An API key with descriptors of its own has no such list.
func (s *Service) list(ctx context.Context, id identity.Identity) (own, error) {
	r, err := s.rights(ctx, id.Subject, id.AnonymousRoles)
	if err != nil {
		return own{}, err
	}
	if len(r.layers) > 1 {
		f := fault.Invalidf("Cannot retrieve privileges for API keys with assigned role descriptors. Please use the Get API key information API https://ela.st/es-api-get-api-key")
		f.Cause = &fault.Error{Kind: fault.Invalid, Type: "unsupported_operation_exception", Reason: "cannot retrieve cluster permission on limited role"}
		return own{}, f
	}
	p := r.layers[0]
	answer := own{
		Cluster: append([]string{}, p.cluster...), Global: p.listGlobal(), Indices: p.listIndices(),
		Applications: p.listApplications(), RunAs: []string{}, RemoteIndices: p.listRemote(r.superuser()),
	}
	for _, d := range p.roles {
		if !p.runAs.Empty() { // by one that matches, all are told
			answer.RunAs = union(answer.RunAs, d.RunAs)
		}
		answer.RemoteCluster = append(answer.RemoteCluster, d.RemoteCluster...)
	}
	answer.RunAs = javahash.Strings(answer.RunAs)
	return answer, nil
}

// listIndices has the groups without restricted indices first.
func (p *permission) listIndices() []ownIndices {
	all := []ownIndices{}
	for _, allowRestricted := range []bool{false, true} {
		groups := slices.DeleteFunc(slices.Clone(p.groups), func(g *group) bool { return g.AllowRestricted != allowRestricted })
		for _, g := range javahash.Sort(groups, func(g *group) int32 { return javahash.Set(g.Names) }) {
			all = append(all, g.own())
		}
	}
	return all
}

// own is the form of a group in the list. Where one role grants all fields or all
// documents, what the others say does not count.
func (g *group) own() ownIndices {
	o := ownIndices{Names: sorted(g.Names), Privileges: sorted(g.Privileges), AllowRestricted: g.AllowRestricted}
	if !g.all {
		o.FieldSecurity = slices.Clone(g.fields)
		slices.SortFunc(o.FieldSecurity, func(a, b descriptor.FieldSecurity) int {
			return cmp.Or(slices.Compare(a.Grant, b.Grant), slices.Compare(a.Except, b.Except))
		})
		o.FieldSecurity = slices.CompactFunc(o.FieldSecurity, func(a, b descriptor.FieldSecurity) bool {
			return slices.Equal(a.Grant, b.Grant) && slices.Equal(a.Except, b.Except)
		})
	}
	if !g.every {
		o.Query = sorted(g.queries)
	}
	return o
}

func sorted(list []string) []string { return slices.Compact(slices.Sorted(slices.Values(list))) }

// listApplications has an entry for each privilege, with the resources on which it is
// granted by itself or by one that holds more.
func (p *permission) listApplications() []descriptor.Application {
	apps := javahash.Sort(p.apps, grant.hash)
	var names []string
	for _, g := range apps {
		names = union(names, []string{g.Application})
	}
	all := []descriptor.Application{}
	for _, name := range javahash.Strings(names) {
		mine := slices.DeleteFunc(slices.Clone(apps), func(g grant) bool { return g.Application != name })
		for _, g := range javahash.Sort(mine, grant.hash) {
			var resources []string
			for _, other := range apps {
				if other.holds(g.Resolved) {
					resources = union(resources, other.resources)
				}
			}
			all = append(all, descriptor.Application{Name: name, Privileges: javahash.Strings(g.written), Resources: javahash.Strings(resources)})
		}
	}
	return all
}

// hash is ApplicationPrivilege.hashCode.
func (g grant) hash() int32 {
	return 31*(31*javahash.Set(g.Privileges)+javahash.String(g.Application)) + javahash.List(javahash.Strings(g.Patterns))
}

// conditional is one privilege of global, which the list shows by itself.
type conditional struct {
	shown map[string]any
	hash  int32
}

func (p *permission) listGlobal() []map[string]any {
	var all []conditional
	add := func(hash int32, category, verb, member string, value any) {
		all = append(all, conditional{map[string]any{category: map[string]any{verb: map[string]any{member: value}}}, hash})
	}
	for _, g := range p.global {
		if g.ManageApplications != nil {
			add(javahash.Set(g.ManageApplications), "application", "manage", "applications", g.ManageApplications)
		}
		if g.WriteProfiles != nil {
			add(javahash.Set(g.WriteProfiles), "profile", "write", "applications", g.WriteProfiles)
		}
		if g.ManageRoles != nil {
			add(hashOfRoles(g.ManageRoles), "role", "manage", "indices", g.ManageRoles)
		}
		if len(g.DataSources) > 0 {
			all = append(all, conditional{map[string]any{"data_source": g.DataSources}, -1})
		}
	}
	shown := []map[string]any{}
	for _, c := range javahash.Sort(all, func(c conditional) int32 { return c.hash }) {
		shown = append(shown, c.shown)
	}
	return shown
}

// hashOfRoles is ManageRolesPrivilege.hashCode.
func hashOfRoles(list []descriptor.ManageIndices) int32 {
	h := int32(1)
	for _, m := range list {
		h = 31*h + 31*(31+javahash.List(m.Names)) + javahash.List(m.Privileges)
	}
	return 31 + h
}

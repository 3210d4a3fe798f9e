package authz

import (
	"context"
	"slices"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/role/descriptor"
)

// own is the answer of GET /_security/user/_privileges.
type own struct {
	Cluster       []string                   `json:"cluster"`
	Global        []descriptor.Global        `json:"global"`
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
		Cluster: append([]string{}, p.cluster...), Global: append([]descriptor.Global{}, p.global...),
		Indices: []ownIndices{}, Applications: []descriptor.Application{}, RunAs: []string{},
	}
	for _, g := range p.indices {
		answer.Indices = append(answer.Indices, g.own())
	}
	for _, g := range p.application {
		answer.Applications = append(answer.Applications, g.Application)
	}
	for _, d := range p.roles {
		answer.RunAs = union(answer.RunAs, d.RunAs)
		for _, e := range d.RemoteIndices {
			g := permission{}
			g.addIndices(e.Indices)
			for _, one := range g.indices {
				answer.RemoteIndices = append(answer.RemoteIndices, ownRemote{one.own(), e.Clusters})
			}
		}
		answer.RemoteCluster = append(answer.RemoteCluster, d.RemoteCluster...)
	}
	return answer, nil
}

// own is the form of a group in the list. Where one role grants all fields or all
// documents, what the others say does not count.
func (g group) own() ownIndices {
	o := ownIndices{Names: slices.Sorted(slices.Values(g.Names)), Privileges: slices.Sorted(slices.Values(g.Privileges)), AllowRestricted: g.AllowRestricted}
	if !g.all {
		o.FieldSecurity = g.fields
	}
	if !g.every {
		o.Query = g.queries
	}
	return o
}

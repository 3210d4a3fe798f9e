package descriptor

import (
	"fmt"

	"github.com/realmctl/realmctl/internal/document"
)

// CheckDocument refuses metadata that Elasticsearch cannot index.
func (d Role) CheckDocument() error {
	metadata, err := document.Merge(nil, d.Metadata)
	if err != nil {
		return fmt.Errorf("metadata of role %q: %w", d.Name, err)
	}
	return document.Check(d.beginning(), metadata)
}

// Update is what becomes of a role when d is put over it among several roles: that is
// a partial update of its document, in which metadata and global are merged and all
// else is replaced (NativeRolesStore.putRoles). Metadata that Elasticsearch cannot
// index are a fault.
func (d Role) Update(old Role) (Role, error) {
	metadata, err := document.Merge(old.Metadata, d.Metadata)
	if err != nil {
		return Role{}, fmt.Errorf("merge metadata of role %q: %w", d.Name, err)
	}
	d.Metadata = metadata
	d.Global = d.Global.over(old.Global)
	return d, document.Check(d.beginning(), metadata)
}

// over adds what g does not speak of. Data sources are a list, which g replaces.
func (g *Global) over(old *Global) *Global {
	switch {
	case g == nil:
		return old
	case old == nil:
		return g
	}
	merged := *g
	if merged.ManageApplications == nil {
		merged.ManageApplications = old.ManageApplications
	}
	if merged.WriteProfiles == nil {
		merged.WriteProfiles = old.WriteProfiles
	}
	if merged.ManageRoles == nil {
		merged.ManageRoles = old.ManageRoles
	}
	return &merged
}

package descriptor

import "encoding/json"

// Global holds the privileges that depend on the request (ConfigurableClusterPrivileges).
// A nil list was not given; an empty one was, and grants nothing.
type Global struct {
	ManageApplications []string        // application.manage: names of applications
	WriteProfiles      []string        // profile.write: names of applications
	ManageRoles        []ManageIndices // role.manage
	DataSources        []DataSource    // data_source
}

// ManageIndices lets its holder write roles with no more than these privileges.
type ManageIndices struct {
	Names      []string `json:"names"`
	Privileges []string `json:"privileges"`
}

// DataSource grants privileges on named data sources.
type DataSource struct {
	Names      []string `json:"names"`
	Privileges []string `json:"privileges"`
}

// globalWire is the JSON form: all four categories, whatever was given.
type globalWire struct {
	Application struct {
		Manage *applications `json:"manage,omitempty"`
	} `json:"application"`
	Profile struct {
		Write *applications `json:"write,omitempty"`
	} `json:"profile"`
	Role struct {
		Manage *manageRoles `json:"manage,omitempty"`
	} `json:"role"`
	DataSource []DataSource `json:"data_source"`
}

type applications struct {
	Applications []string `json:"applications"`
}

type manageRoles struct {
	Indices []ManageIndices `json:"indices"`
}

// MarshalJSON writes all four categories, as Elasticsearch does.
func (g Global) MarshalJSON() ([]byte, error) {
	w := globalWire{DataSource: list(g.DataSources)}
	if g.ManageApplications != nil {
		w.Application.Manage = &applications{Applications: g.ManageApplications}
	}
	if g.WriteProfiles != nil {
		w.Profile.Write = &applications{Applications: g.WriteProfiles}
	}
	if g.ManageRoles != nil {
		w.Role.Manage = &manageRoles{Indices: g.ManageRoles}
	}
	return encode(w)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (g *Global) UnmarshalJSON(data []byte) error {
	var w globalWire
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	*g = Global{DataSources: w.DataSource}
	if w.Application.Manage != nil {
		g.ManageApplications = list(w.Application.Manage.Applications)
	}
	if w.Profile.Write != nil {
		g.WriteProfiles = list(w.Profile.Write.Applications)
	}
	if w.Role.Manage != nil {
		g.ManageRoles = list(w.Role.Manage.Indices)
	}
	return nil
}

// empty reports whether nothing was given; Elasticsearch then keeps no global.
func (g Global) empty() bool {
	return g.ManageApplications == nil && g.WriteProfiles == nil && g.ManageRoles == nil && len(g.DataSources) == 0
}

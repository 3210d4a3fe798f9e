package esapi

import "encoding/json"

// Role is a role descriptor as the API shows and takes it. Members that the server
// leaves out when they are empty stay nil.
type Role struct {
	Cluster           []string          `json:"cluster,omitzero"`
	Indices           []RoleIndices     `json:"indices,omitzero"`
	Applications      []RoleApplication `json:"applications,omitzero"`
	Global            json.RawMessage   `json:"global,omitzero"`
	RunAs             []string          `json:"run_as,omitzero"`
	Metadata          json.RawMessage   `json:"metadata,omitzero"`
	TransientMetadata json.RawMessage   `json:"transient_metadata,omitzero"`
	RemoteIndices     []RemoteIndices   `json:"remote_indices,omitzero"`
	RemoteCluster     []RemoteCluster   `json:"remote_cluster,omitzero"`
	Restriction       *Restriction      `json:"restriction,omitempty"`
	Description       *string           `json:"description,omitempty"`
}

// Roles is the answer of GET /_security/role, by name, and the role_descriptors of
// an API key.
type Roles map[string]Role

// RoleIndices is one index entry of a role. Query is the text of a query, as the
// API returns it even when it was sent as an object.
type RoleIndices struct {
	Names                  []string       `json:"names"`
	Privileges             []string       `json:"privileges"`
	FieldSecurity          *FieldSecurity `json:"field_security,omitempty"`
	Query                  *string        `json:"query,omitempty"`
	AllowRestrictedIndices bool           `json:"allow_restricted_indices"`
}

// FieldSecurity limits an index entry to fields.
type FieldSecurity struct {
	Grant  []string `json:"grant,omitzero"`
	Except []string `json:"except,omitzero"`
}

// RoleApplication is one application entry of a role.
type RoleApplication struct {
	Application string   `json:"application"`
	Privileges  []string `json:"privileges"`
	Resources   []string `json:"resources"`
}

// RemoteIndices is an index entry that is valid on the remote clusters named.
type RemoteIndices struct {
	RoleIndices

	Clusters []string `json:"clusters"`
}

// RemoteCluster grants cluster privileges on the remote clusters named.
type RemoteCluster struct {
	Privileges []string `json:"privileges"`
	Clusters   []string `json:"clusters"`
}

// Restriction limits an API key to workflows.
type Restriction struct {
	Workflows []string `json:"workflows"`
}

// PutRoleResponse is the answer of PUT /_security/role/{name}.
type PutRoleResponse struct {
	Role Created `json:"role"`
}

package esapi

import "encoding/json"

// BuiltinPrivileges is the answer of GET /_security/privilege/_builtin.
type BuiltinPrivileges struct {
	Cluster       []string `json:"cluster"`
	Index         []string `json:"index"`
	RemoteCluster []string `json:"remote_cluster"`
}

// ApplicationPrivilege is a named set of actions of an application.
type ApplicationPrivilege struct {
	Application string          `json:"application"`
	Name        string          `json:"name"`
	Actions     []string        `json:"actions"`
	Metadata    json.RawMessage `json:"metadata,omitzero"`
}

// ApplicationPrivileges is application to name to privilege, as GET returns it and
// PUT /_security/privilege takes it.
type ApplicationPrivileges map[string]map[string]ApplicationPrivilege

// PutPrivilegesResponse is application to name to whether it is new.
type PutPrivilegesResponse map[string]map[string]Created

// DeletePrivilegesResponse is application to name to whether there was one.
type DeletePrivilegesResponse map[string]map[string]Found

// HasPrivilegesRequest is the body of POST /_security/user/_has_privileges.
type HasPrivilegesRequest struct {
	Cluster     []string          `json:"cluster,omitempty"`
	Index       []IndexPrivileges `json:"index,omitempty"`
	Application []RoleApplication `json:"application,omitempty"`
}

// IndexPrivileges asks for privileges on index names or patterns.
type IndexPrivileges struct {
	Names                  []string `json:"names"`
	Privileges             []string `json:"privileges"`
	AllowRestrictedIndices bool     `json:"allow_restricted_indices,omitempty"`
}

// HasPrivilegesResponse says of each privilege asked for whether the caller has it:
// by name, by index and name, by application, resource and name.
type HasPrivilegesResponse struct {
	Username        string                                `json:"username"`
	HasAllRequested bool                                  `json:"has_all_requested"`
	Cluster         map[string]bool                       `json:"cluster"`
	Index           map[string]map[string]bool            `json:"index"`
	Application     map[string]map[string]map[string]bool `json:"application"`
}

// UserPrivileges is the answer of GET /_security/user/_privileges. Field security
// and queries are lists here, merged over roles.
type UserPrivileges struct {
	Cluster       []string               `json:"cluster"`
	Global        []json.RawMessage      `json:"global"`
	Indices       []UserIndexPrivileges  `json:"indices"`
	Applications  []RoleApplication      `json:"applications"`
	RunAs         []string               `json:"run_as"`
	RemoteIndices []RemoteUserPrivileges `json:"remote_indices,omitempty"`
	RemoteCluster []RemoteCluster        `json:"remote_cluster,omitempty"`
}

// UserIndexPrivileges is one index entry of UserPrivileges.
type UserIndexPrivileges struct {
	Names                  []string        `json:"names"`
	Privileges             []string        `json:"privileges"`
	FieldSecurity          []FieldSecurity `json:"field_security,omitempty"`
	Query                  []string        `json:"query,omitempty"`
	AllowRestrictedIndices bool            `json:"allow_restricted_indices"`
}

// RemoteUserPrivileges is an index entry of UserPrivileges on remote clusters.
type RemoteUserPrivileges struct {
	UserIndexPrivileges

	Clusters []string `json:"clusters"`
}

package descriptor

import (
	"bytes"
	"encoding/json"
)

// Role is the descriptor of a role: a name and what it grants. Lists keep the order
// in which they were given. The zero Role grants nothing.
type Role struct {
	Name          string
	Cluster       []string // privilege names or action patterns
	Indices       []Indices
	Applications  []Application
	RunAs         []string        // patterns over usernames
	Global        *Global         // nil: absent
	Metadata      json.RawMessage // an object; nil is {}
	RemoteIndices []RemoteIndices
	RemoteCluster []RemoteCluster
	Workflows     []string // empty: no restriction; API keys only
	Description   string   // never in API keys
}

// Indices grants privileges on the indices that match one of the names.
type Indices struct {
	Names           []string       `json:"names"`
	Privileges      []string       `json:"privileges"`
	FieldSecurity   *FieldSecurity `json:"field_security,omitempty"` // nil: all fields
	Query           string         `json:"query,omitempty"`          // JSON text; empty: all documents
	AllowRestricted bool           `json:"allow_restricted_indices"`
}

// FieldSecurity limits an Indices entry to the fields of Grant less those of Except.
type FieldSecurity struct {
	Grant  []string `json:"grant"`
	Except []string `json:"except,omitzero"` // nil: not given
}

// Application grants privileges of an application on resources.
type Application struct {
	Name       string   `json:"application"`
	Privileges []string `json:"privileges"`
	Resources  []string `json:"resources"`
}

// RemoteIndices is Indices on the clusters whose alias matches.
type RemoteIndices struct {
	Indices

	Clusters []string `json:"clusters"`
}

// RemoteCluster grants cluster privileges on the clusters whose alias matches.
type RemoteCluster struct {
	Privileges []string `json:"privileges"`
	Clusters   []string `json:"clusters"`
}

// Empty reports whether d grants nothing and holds no metadata either, which is
// what Elasticsearch asks of the descriptors of a derived API key.
func (d Role) Empty() bool {
	return len(d.Cluster) == 0 && len(d.Indices) == 0 && !d.beyondIndices() && len(members(d.Metadata)) == 0
}

// OnlyIndices reports whether d grants nothing but index privileges; only such
// roles may be written with global.role.manage (ManageRolesPrivilege).
func (d Role) OnlyIndices() bool { return len(d.Cluster) == 0 && !d.beyondIndices() }

func (d Role) beyondIndices() bool {
	return len(d.Applications) > 0 || len(d.RunAs) > 0 || d.Global != nil ||
		len(d.RemoteIndices) > 0 || len(d.RemoteCluster) > 0 || len(d.Workflows) > 0
}

// Equal compares as Elasticsearch does: lists in order, metadata by value.
func (d Role) Equal(other Role) bool {
	if d.Name != other.Name || d.Description != other.Description || !SameJSON(d.Metadata, other.Metadata) {
		return false
	}
	d.Metadata, other.Metadata = nil, nil
	a, errA := d.JSON(nil)
	b, errB := other.JSON(nil)
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

// wire is the JSON form, its members in Elasticsearch's order.
type wire struct {
	beginning

	Metadata      json.RawMessage `json:"metadata"`
	Transient     json.RawMessage `json:"transient_metadata,omitempty"`
	RemoteIndices []RemoteIndices `json:"remote_indices,omitempty"`
	RemoteCluster []RemoteCluster `json:"remote_cluster,omitempty"`
	Restriction   *restriction    `json:"restriction,omitempty"`
	Description   string          `json:"description,omitempty"`
}

// beginning is what comes before metadata.
type beginning struct {
	Cluster      []string      `json:"cluster"`
	Global       *Global       `json:"global,omitempty"`
	Indices      []Indices     `json:"indices"`
	Applications []Application `json:"applications"`
	RunAs        []string      `json:"run_as"`
}

func (d Role) beginning() beginning {
	return beginning{Cluster: list(d.Cluster), Global: d.Global, Indices: list(d.Indices), Applications: list(d.Applications), RunAs: list(d.RunAs)}
}

type restriction struct {
	Workflows []string `json:"workflows"`
}

// enabled is the transient_metadata of every role in answers of the API but superuser.
const enabled = `{"enabled":true}`

// MarshalJSON gives the form that answers of the API have, which is also read back.
func (d Role) MarshalJSON() ([]byte, error) { return d.JSON(json.RawMessage(enabled)) }

// JSON gives the API's form with these transient_metadata. Without, it is the form
// that is stored.
func (d Role) JSON(transient json.RawMessage) ([]byte, error) {
	w := wire{
		beginning: d.beginning(),
		Metadata:  d.Metadata, Transient: transient, RemoteIndices: d.RemoteIndices, RemoteCluster: d.RemoteCluster, Description: d.Description,
	}
	if w.Metadata == nil {
		w.Metadata = json.RawMessage("{}")
	}
	if len(d.Workflows) > 0 {
		w.Restriction = &restriction{Workflows: d.Workflows}
	}
	return encode(w)
}

// list makes nil print as [].
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// UnmarshalJSON reads what MarshalJSON and Encode write. It checks nothing:
// bodies of requests go through ParseDescriptor.
func (d *Role) UnmarshalJSON(data []byte) error {
	var w wire
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	*d = Role{
		Name: d.Name, Cluster: w.Cluster, Indices: w.Indices, Applications: w.Applications, RunAs: w.RunAs, Global: w.Global,
		Metadata: w.Metadata, RemoteIndices: w.RemoteIndices, RemoteCluster: w.RemoteCluster, Description: w.Description,
	}
	if w.Restriction != nil {
		d.Workflows = w.Restriction.Workflows
	}
	return nil
}

// encode is json.Marshal without HTML escaping, which Elasticsearch does not do.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

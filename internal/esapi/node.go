package esapi

// NodesSummary is the _nodes member of answers that ask every node.
type NodesSummary struct {
	Total      int            `json:"total"`
	Successful int            `json:"successful"`
	Failed     int            `json:"failed"`
	Failures   []ErrorSummary `json:"failures,omitempty"`
}

// ClearedCache is the answer of every _clear_cache call.
type ClearedCache struct {
	Nodes       NodesSummary        `json:"_nodes"`
	ClusterName string              `json:"cluster_name"`
	ByID        map[string]NodeName `json:"nodes"`
}

// NodeName is a node in an answer by node id.
type NodeName struct {
	Name string `json:"name"`
}

// Info is the answer of GET /.
type Info struct {
	Name        string  `json:"name"`
	ClusterName string  `json:"cluster_name"`
	ClusterUUID string  `json:"cluster_uuid"`
	Version     Version `json:"version"`
	Tagline     string  `json:"tagline"`
}

// Version is the version member of Info.
type Version struct {
	Number                           string `json:"number"`
	BuildFlavor                      string `json:"build_flavor"`
	BuildType                        string `json:"build_type"`
	BuildHash                        string `json:"build_hash"`
	BuildDate                        string `json:"build_date"`
	BuildSnapshot                    bool   `json:"build_snapshot"`
	LuceneVersion                    string `json:"lucene_version"`
	MinimumWireCompatibilityVersion  string `json:"minimum_wire_compatibility_version"`
	MinimumIndexCompatibilityVersion string `json:"minimum_index_compatibility_version"`
}

// LicenseResponse is the answer of GET /_license.
type LicenseResponse struct {
	License License `json:"license"`
}

// License is as much of a licence as a client looks at. ExpiryMillis is nil for
// licences that do not end.
type License struct {
	Status       string `json:"status"`
	UID          string `json:"uid"`
	Type         string `json:"type"`
	ExpiryMillis *int64 `json:"expiry_date_in_millis,omitempty"`
}

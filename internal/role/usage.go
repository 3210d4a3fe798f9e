package role

import (
	"context"
	"slices"
)

// usage is how many roles of a source there are, and what they use.
type usage struct {
	Size          int  `json:"size"`
	DLS           bool `json:"dls"`
	FLS           bool `json:"fls"`
	RemoteIndices int  `json:"remote_indices"`
	RemoteCluster int  `json:"remote_cluster"`
}

func (u *usage) add(d Descriptor) {
	u.Size++
	u.DLS = u.DLS || slices.ContainsFunc(d.Indices, func(e Indices) bool { return e.Query != "" })
	u.FLS = u.FLS || slices.ContainsFunc(d.Indices, func(e Indices) bool { return e.FieldSecurity != nil })
	if len(d.RemoteIndices) > 0 {
		u.RemoteIndices++
	}
	if len(d.RemoteCluster) > 0 {
		u.RemoteCluster++
	}
}

// Usage is the member roles of security in GET /_xpack/usage.
func (s *Service) Usage(ctx context.Context) (any, error) {
	var native, file usage
	for d, err := range s.natives(ctx) {
		if err != nil {
			return nil, err
		}
		native.add(d)
	}
	for _, d := range s.file.roles() {
		file.add(d)
	}
	// There are no documents here, so no bit sets of them either.
	bits := map[string]any{
		"count": 0, "memory": "0b", "memory_in_bytes": 0, "hits": 0, "misses": 0, "evictions": 0, "hits_time_in_millis": 0, "misses_time_in_millis": 0,
	}
	return map[string]any{"native": native, "file": file, "dls": map[string]any{"bit_set_cache": bits}}, nil
}

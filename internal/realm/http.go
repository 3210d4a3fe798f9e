package realm

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"github.com/realmctl/realmctl/internal/esapi"
	"github.com/realmctl/realmctl/internal/rest"
)

// Routes lists the endpoints of realms. cleared is the answer of a node that has
// cleared its caches.
func (c *Chain) Routes(cleared esapi.ClearedCache) []rest.Route {
	parse := func(r *rest.Request) (rest.Call, error) {
		realms, usernames := listOrAll(r.List("realms")), listOrAll(r.List("usernames"))
		return rest.Call{
			Action: "cluster:admin/xpack/security/realm/cache/clear",
			Do: func(context.Context) (any, error) {
				if unknown, ok := c.Clear(realms, usernames); !ok {
					return notCleared(cleared, unknown), nil
				}
				return cleared, nil
			},
		}, nil
	}
	return []rest.Route{{Method: http.MethodPost, Path: "/_security/realm/{realms}/_clear_cache", Parse: parse}}
}

// listOrAll is RestRequest.paramAsStringArrayOrEmptyIfAll: an empty list means all.
// As Java splits, empty items at the end do not count.
func listOrAll(items []string) []string {
	for len(items) > 0 && items[len(items)-1] == "" {
		items = items[:len(items)-1]
	}
	if len(items) == 1 && (items[0] == "*" || items[0] == "_all") {
		return nil
	}
	return items
}

// failedNode is an answer of a node that could not do what it was asked.
type failedNode struct {
	Nodes struct {
		Total      int           `json:"total"`
		Successful int           `json:"successful"`
		Failed     int           `json:"failed"`
		Failures   []nodeFailure `json:"failures"`
	} `json:"_nodes"`
	ClusterName string   `json:"cluster_name"`
	ByID        struct{} `json:"nodes"`
}

type nodeFailure struct {
	Type     string             `json:"type"`
	Reason   string             `json:"reason"`
	NodeID   string             `json:"node_id"`
	CausedBy esapi.ErrorSummary `json:"caused_by"`
}

// notCleared is the answer when there is no realm of that name.
func notCleared(cleared esapi.ClearedCache, unknown string) failedNode {
	f := failedNode{ClusterName: cleared.ClusterName}
	f.Nodes.Total, f.Nodes.Failed = cleared.Nodes.Total, cleared.Nodes.Total
	for _, id := range slices.Sorted(maps.Keys(cleared.ByID)) {
		f.Nodes.Failures = append(f.Nodes.Failures, nodeFailure{
			Type:     "failed_node_exception",
			Reason:   "Failed node [" + id + "]",
			NodeID:   id,
			CausedBy: esapi.ErrorSummary{Type: "illegal_argument_exception", Reason: "could not find active realm [" + unknown + "]"},
		})
	}
	return f
}

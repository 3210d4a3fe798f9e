package realm_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/esapi"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/rest"
)

// anybody is a guard that asks nothing.
type anybody struct{}

func (anybody) Authenticate(*http.Request) (identity.Identity, error) {
	return identity.Identity{}, nil
}

func (anybody) Authorize(context.Context, string, identity.Target) error { return nil }

// The answers are those of a real node.
func TestCachesAreClearedByRequest(t *testing.T) {
	t.Parallel()
	const done = `{"_nodes":{"total":1,"successful":1,"failed":0},"cluster_name":"c1","nodes":{"n1":{"name":"node-1"}}}`
	failed := func(realm string) string {
		return `{"_nodes":{"total":1,"successful":0,"failed":1,"failures":[{"type":"failed_node_exception","reason":"Failed node [n1]","node_id":"n1",` +
			`"caused_by":{"type":"illegal_argument_exception","reason":"could not find active realm [` + realm + `]"}}]},"cluster_name":"c1","nodes":{}}`
	}
	for _, c := range []struct {
		path  string
		want  string
		asked [3]int64 // of ana in a, bob in a, ana in b, when they log in once more
	}{
		{"a", done, [3]int64{1, 1, 0}},
		{"a,b", done, [3]int64{1, 1, 1}},
		{"*", done, [3]int64{1, 1, 1}},
		{"_all", done, [3]int64{1, 1, 1}},
		{",", done, [3]int64{1, 1, 1}},
		{"a?usernames=ana", done, [3]int64{1, 0, 0}},
		{"*?usernames=ana,carl", done, [3]int64{1, 0, 1}},
		{"a?usernames=", done, [3]int64{1, 1, 0}},
		{"a?usernames=*", done, [3]int64{1, 1, 0}},
		{"nope", failed("nope"), [3]int64{}},
		{"a,nope,b", failed("nope"), [3]int64{}},
		{"*,a", failed("*"), [3]int64{}},
		{"a,,b", failed(""), [3]int64{}},
	} {
		t.Run(c.path, func(t *testing.T) {
			t.Parallel()
			a, b := newSource("a", "pa", "ana", "bob"), newSource("b", "pb", "ana")
			chain := cachedChain(t, &clock{}, a, b)
			asked := func() (n [3]int64) {
				for i, p := range []struct {
					*source

					user, plain string
				}{{a, "ana", "pa"}, {a, "bob", "pa"}, {b, "ana", "pb"}} {
					before := p.asked.Load()
					chain.Authenticate(t.Context(), password(p.user, p.plain))
					n[i] = p.asked.Load() - before
				}
				return n
			}
			asked()
			asked() // the wrong password for ana in a is asked each time
			h, err := rest.New(chain.Routes(esapi.ClearedCache{
				Nodes: esapi.NodesSummary{Total: 1, Successful: 1}, ClusterName: "c1", ByID: map[string]esapi.NodeName{"n1": {Name: "node-1"}},
			}), rest.Options{Guard: anybody{}})
			if err != nil {
				t.Fatal(err)
			}
			w := httptest.NewRecorder()
			names, query, _ := strings.Cut(c.path, "?")
			path := "/_security/realm/" + names + "/_clear_cache?" + query
			h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, nil))
			if diff := cmp.Diff(c.want, w.Body.String()); diff != "" || w.Code != http.StatusOK {
				t.Errorf("status %d, body (-want +got):\n%s", w.Code, diff)
			}
			if got := asked(); got != c.asked {
				t.Errorf("asked %v, want %v", got, c.asked)
			}
		})
	}
}

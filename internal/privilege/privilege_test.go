package privilege_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/privilege"
)

func read(t *testing.T, file string, into any) {
	t.Helper()
	data, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

func TestTheNamesAreThoseOfTheNode(t *testing.T) {
	t.Parallel()
	var want struct {
		Cluster []string `json:"cluster"`
		Index   []string `json:"index"`
		Remote  []string `json:"remote_cluster"`
	}
	read(t, "builtin.json", &want)
	cluster, index, remote := privilege.Builtin()
	if diff := cmp.Diff([][]string{want.Cluster, want.Index, want.Remote}, [][]string{cluster, index, remote}); diff != "" {
		t.Errorf("Builtin() differs (-want +got):\n%s", diff)
	}
}

// The file holds what a 9.5.3 node answered to _has_privileges for a role with one
// privilege and every other one as the question.
func TestWhatAPrivilegeImplies(t *testing.T) {
	t.Parallel()
	var want struct{ Cluster, Index map[string][]string }
	read(t, "implied.json", &want)
	for granted, implied := range want.Cluster {
		if granted == privilege.OwnAPIKeys {
			continue // no set of actions: it depends on the request
		}
		g, err := privilege.Cluster(granted)
		if err != nil || g.Empty() && granted != "none" && !strings.Contains(granted, "global_retention") {
			t.Fatalf("Cluster(%s): %v, or it grants nothing", granted, err)
		}
		for asked := range want.Cluster {
			a, err := privilege.Cluster(asked)
			if err != nil {
				t.Fatal(err)
			}
			expected := slices.Contains(implied, asked) || asked == granted
			if asked == privilege.OwnAPIKeys {
				continue
			}
			if got := a.SubsetOf(g); got != expected {
				t.Errorf("cluster privilege %s implies %s: %v, want %v", granted, asked, got, expected)
			}
		}
	}
	for granted, implied := range want.Index {
		for asked := range want.Index {
			expected := slices.Contains(implied, asked) || asked == granted
			if got := impliesIndex(t, granted, asked); got != expected {
				t.Errorf("index privilege %s implies %s: %v, want %v", granted, asked, got, expected)
			}
		}
	}
}

// The file holds which raw actions, as a question, a 9.5.3 node granted to a role with
// one privilege. A raw action stands for all that begin with it.
func TestWhatAPrivilegeGrantsOfRawActions(t *testing.T) {
	t.Parallel()
	type answers struct {
		Asked   []string
		Granted map[string][]string
	}
	var want struct{ Cluster, Index answers }
	read(t, "raw.json", &want)
	for name, granted := range want.Cluster.Granted {
		have, err := privilege.Cluster(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, action := range want.Cluster.Asked {
			asked, err := privilege.Cluster(action)
			if err != nil {
				t.Fatal(err)
			}
			if got := asked.SubsetOf(have); got != slices.Contains(granted, action) {
				t.Errorf("cluster privilege %s grants %s: %v, want %v", name, action, got, !got)
			}
		}
	}
	for name, granted := range want.Index.Granted {
		for _, action := range want.Index.Asked {
			if got := impliesIndex(t, name, action); got != slices.Contains(granted, action) {
				t.Errorf("index privilege %s grants %s: %v, want %v", name, action, got, !got)
			}
		}
	}
}

func impliesIndex(t *testing.T, granted, asked string) bool {
	t.Helper()
	g, err := privilege.Indices(granted)
	if err != nil {
		t.Fatal(err)
	}
	a, err := privilege.Indices(asked)
	if err != nil {
		t.Fatal(err)
	}
	return (g[0].Data && a[0].Data || g[0].Failures && a[0].Failures) && a[0].Actions.SubsetOf(g[0].Actions)
}

func TestGranting(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		action string
		own    bool
		want   string
	}{
		{"cluster:admin/xpack/security/user/get", false, "read_security manage_security all"},
		{"cluster:admin/xpack/security/api_key/get", true, "manage_own_api_key read_security manage_api_key manage_security all"},
		{"cluster:admin/xpack/security/api_key/get", false, "read_security manage_api_key manage_security all"},
		{"cluster:admin/xpack/security/api_key/grant", false, "grant_api_key manage_api_key manage_security all"},
		{"cluster:admin/xpack/security/user/has_privileges", false, "read_ccr read_security manage_ccr manage_security all"},
		{"cluster:admin/xpack/security/token/invalidate", false, "delegate_pki manage_saml manage_token manage_security all"},
		{"cluster:monitor/health", false, "monitor manage all"},
		{"cluster:monitor/xpack/info", false, "cross_cluster_replication cross_cluster_search monitor manage all"},
		{"cluster:monitor/stats", false, "cross_cluster_search monitor_stats monitor manage all"},
		{"cluster:monitor/state", false, "cross_cluster_replication read_ccr transport_client manage_ccr monitor manage all"},
		{"cluster:admin/component_template/get", false, "manage_index_templates monitor manage all"},
		{"cluster:admin/repository/get", false, "monitor_snapshot create_snapshot manage all"},
		{"indices:admin/index_template/put", false, "manage_index_templates manage all"},
		{"indices:data/read/search", false, ""},
	} {
		if got := strings.Join(privilege.Granting(c.action, c.own), " "); got != c.want {
			t.Errorf("Granting(%s, %v) = %s, want %s", c.action, c.own, got, c.want)
		}
	}
}

func TestGrantingIndex(t *testing.T) {
	t.Parallel()
	for action, want := range map[string]string{
		"indices:data/read/search":    "read all",
		"indices:admin/create":        "create_index manage all",
		"indices:admin/mappings/get":  "view_index_metadata manage all",
		"indices:data/write/index":    "create_doc create index write all",
		"indices:data/write/bulk[s]":  "create_doc create delete index write all",
		"indices:data/write/update":   "index write all",
		"indices:data/write/delete":   "delete write all",
		"indices:monitor/stats":       "monitor cross_cluster_replication manage all",
		"indices:admin/refresh":       "maintenance manage all",
		"indices:admin/close":         "manage_follow_index manage all",
		"indices:admin/mapping/put":   "manage all",
		"indices:data/write/otlp/x":   "create_doc create index write all",
		"cluster:admin/ilm/something": "",
	} {
		if got := strings.Join(privilege.GrantingIndex(action), " "); got != want {
			t.Errorf("GrantingIndex(%s) = %s, want %s", action, got, want)
		}
	}
}

// The order of denials is by how many others a privilege implies, then by name
// (ClusterPrivilegeResolver.sortByAccessLevel); the table is written in it.
func TestTheTableIsInTheOrderOfPower(t *testing.T) {
	t.Parallel()
	var want struct {
		ClusterOrder []string
		Cluster      map[string][]string
	}
	read(t, "implied.json", &want)
	order := privilege.Granting("cluster:admin/xpack/security/api_key/query", true)
	for i, name := range order[1:] {
		if len(want.Cluster[order[i]]) > len(want.Cluster[name]) {
			t.Errorf("%s comes before %s, which implies less", order[i], name)
		}
	}
	err := privilege.CheckCluster("nope")
	if err == nil || len(want.ClusterOrder) == 0 || !strings.Contains(err.Error(), "["+strings.Join(want.ClusterOrder, ",")+"]") {
		t.Errorf("CheckCluster(nope) = %v, want the names in the order %v", err, want.ClusterOrder)
	}
}

func TestNamesAreCaseInsensitiveAndActionsPass(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"ALL", "Manage", "cluster:monitor/main", "indices:admin/template/get"} {
		if err := privilege.CheckCluster(name); err != nil {
			t.Errorf("CheckCluster(%s) = %v", name, err)
		}
	}
	for _, name := range []string{"nope", "indices:data/read", ""} {
		if err := privilege.CheckCluster(name); err == nil {
			t.Errorf("CheckCluster(%q) accepts it", name)
		}
	}
	if err := privilege.CheckIndex("READ", "indices:data/read/search", "internal:transport/proxy/indices:x"); err != nil {
		t.Errorf("CheckIndex = %v", err)
	}
	if err := privilege.CheckIndex("read", "cluster:monitor/main"); err == nil {
		t.Error("CheckIndex accepts a cluster action")
	}
}

func TestApplicationNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"kibana":         "",
		"kibana-.kibana": "",
		"app_x1":         "",
		"app*":           "Application names may not contain '*' (found 'app*')",
		"":               "Application names cannot be blank",
		"a b":            "Application names may not contain whitespace (found 'a b')",
		"ab":             "An application name prefix must be at least 3 characters long (found 'ab')",
		"App":            "An application name prefix must match the pattern ^[a-z][A-Za-z0-9]*$ (found 'App')",
		"papp-a/b":       `An application name suffix may not contain any of the characters '[' ','"','*',',','/','<','>','?','\','|']' (found 'a/b')`,
	} {
		got := ""
		if err := privilege.CheckApplication(name); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("CheckApplication(%q) = %s, want %s", name, got, want)
		}
	}
	for _, pattern := range []string{"*", "app*", "kibana-*", "ki*"} {
		if err := privilege.CheckApplicationPattern(pattern); err != nil {
			t.Errorf("CheckApplicationPattern(%s) = %v", pattern, err)
		}
	}
	if err := privilege.CheckApplicationPattern("a*b"); err == nil {
		t.Error("a wildcard in the middle passes")
	}
}

func FuzzApplicationNames(f *testing.F) {
	for _, s := range []string{"kibana-.kibana", "*", "a*b", "é", "app-\x00", "-x", "_"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if privilege.CheckApplication(name) == nil && privilege.CheckApplicationPattern(name) != nil {
			t.Errorf("%q is a name and no pattern", name)
		}
	})
}

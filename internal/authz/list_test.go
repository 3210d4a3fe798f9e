package authz_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/authz"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/privilege"
	"github.com/realmctl/realmctl/internal/rest"
	"github.com/realmctl/realmctl/internal/role/descriptor"
)

// as is a guard that lets one identity do everything.
type as struct{ identity.Identity }

func (a as) Authenticate(*http.Request) (identity.Identity, error) { return a.Identity, nil }

func (a as) Authorize(_ context.Context, _ string, _ identity.Target) error { return nil }

func TestTheListOfOwnPrivileges(t *testing.T) {
	t.Parallel()
	fields := func(grant, except string) *descriptor.FieldSecurity {
		fs := &descriptor.FieldSecurity{Grant: strings.Fields(grant)}
		if except != "" {
			fs.Except = strings.Fields(except)
		}
		return fs
	}
	first := descriptor.Role{
		Name: "one", Cluster: []string{"MONITOR", "cluster:monitor/x", "all"},
		Indices: []descriptor.Indices{
			indices("write READ", "z", "b", "y*", "a"),
			{Names: []string{"c"}, Privileges: []string{"read"}, FieldSecurity: fields("x b", ""), Query: `{"match_all":{}}`},
			{Names: []string{"c"}, Privileges: []string{"write"}, FieldSecurity: fields("a*", "ab aa"), Query: `{"term":{"a":1}}`},
			{Names: []string{"e"}, Privileges: []string{"read"}, AllowRestricted: true},
			indices("write", "e"),
			{Names: []string{"d"}, Privileges: []string{"read"}, FieldSecurity: fields("a", "")},
			indices("write", "d"),
		},
		Applications: []descriptor.Application{
			{Name: "zzz", Privileges: []string{"b", "a"}, Resources: []string{"z", "a"}},
			{Name: "aaa", Privileges: []string{"read", "all", "action:login", "x:y", "b", "write"}, Resources: []string{"z"}},
			{Name: "zzz", Privileges: []string{"a", "b"}, Resources: []string{"m"}},
			{Name: "zzz", Privileges: []string{"c"}, Resources: []string{"m", "l"}},
		},
		RunAs: []string{"z", "b", "a"},
		Global: &descriptor.Global{
			ManageApplications: []string{"z", "a"}, WriteProfiles: []string{"p"},
			ManageRoles: []descriptor.ManageIndices{{Names: []string{"n2", "n1"}, Privileges: []string{"read", "all"}}},
		},
		RemoteIndices: []descriptor.RemoteIndices{
			{Indices: indices("write read", "r2", "r1"), Clusters: []string{"c2", "c1"}},
			{Indices: indices("monitor", "r1"), Clusters: []string{"c3"}},
		},
		RemoteCluster: []descriptor.RemoteCluster{{Privileges: []string{"monitor_stats"}, Clusters: []string{"b", "a"}}},
	}
	second := descriptor.Role{Name: "two", Cluster: []string{"monitor"}, Global: &descriptor.Global{ManageApplications: []string{"b"}}, Indices: []descriptor.Indices{indices("delete", "y*", "a", "z", "b")}}
	const want = `{"cluster":["all","cluster:monitor/x","monitor"],` +
		`"global":[{"profile":{"write":{"applications":["p"]}}},{"application":{"manage":{"applications":["b"]}}},{"role":{"manage":{"indices":[{"names":["n2","n1"],"privileges":["read","all"]}]}}},{"application":{"manage":{"applications":["z","a"]}}}],` +
		`"indices":[{"names":["c"],"privileges":["read","write"],"field_security":[{"grant":["a*"],"except":["ab","aa"]},{"grant":["x","b"]}],"query":["{\"match_all\":{}}","{\"term\":{\"a\":1}}"],"allow_restricted_indices":false},` +
		`{"names":["d"],"privileges":["read","write"],"allow_restricted_indices":false},{"names":["e"],"privileges":["write"],"allow_restricted_indices":false},` +
		`{"names":["a","b","y*","z"],"privileges":["delete","read","write"],"allow_restricted_indices":false},{"names":["e"],"privileges":["read"],"allow_restricted_indices":true}],` +
		`"applications":[{"application":"aaa","privileges":["all","b","read","x:y","action:login","write"],"resources":["z"]},{"application":"zzz","privileges":["c"],"resources":["l","m"]},{"application":"zzz","privileges":["a","b"],"resources":["a","z","m"]}],` +
		`"run_as":["a","b","z"],` +
		`"remote_indices":[{"names":["r1"],"privileges":["monitor"],"allow_restricted_indices":false,"clusters":["c3"]},{"names":["r1","r2"],"privileges":["read","write"],"allow_restricted_indices":false,"clusters":["c1","c2"]}],` +
		`"remote_cluster":[{"privileges":["monitor_stats"],"clusters":["b","a"]}]}`
	if diff := cmp.Diff(want, list(t, options(t, first, second), user("ana", "one", "two"))); diff != "" {
		t.Errorf("the list differs (-want +got):\n%s", diff)
	}
}

func TestTheListOfApplicationsWithAWildcard(t *testing.T) {
	t.Parallel()
	o := options(t, descriptor.Role{Name: "r", Applications: []descriptor.Application{
		{Name: "zalga", Privileges: []string{"read", "write"}, Resources: []string{"r2", "r1"}}, {Name: "zalga*", Privileges: []string{"write"}, Resources: []string{"q"}},
	}})
	stored := []privilege.Application{
		{Application: "zalga", Name: "read", Actions: []string{"data:read/*"}},
		{Application: "zalga", Name: "write", Actions: []string{"data:write/*"}},
		{Application: "zalga2", Name: "read", Actions: []string{"x:y"}},
	}
	if _, err := o.Privileges.Put(t.Context(), stored); err != nil {
		t.Fatal(err)
	}
	var got struct{ Applications json.RawMessage }
	if err := json.Unmarshal([]byte(list(t, o, user("ana", "r"))), &got); err != nil {
		t.Fatal(err)
	}
	const want = `[{"application":"zalga*","privileges":["write"],"resources":["q"]},{"application":"zalga2","privileges":["write"],"resources":["q"]},` +
		`{"application":"zalga","privileges":["read","write"],"resources":["r2","r1"]},{"application":"zalga","privileges":["write"],"resources":["r2","q","r1"]}]`
	if diff := cmp.Diff(want, string(got.Applications)); diff != "" {
		t.Errorf("the list differs (-want +got):\n%s", diff)
	}
}

func TestTheListOfRemoteIndices(t *testing.T) {
	t.Parallel()
	entry := func(e descriptor.Indices, clusters ...string) descriptor.RemoteIndices {
		return descriptor.RemoteIndices{Indices: e, Clusters: clusters}
	}
	query, fields, restricted, all := indices("read", "a"), indices("read", "a"), indices("read", "a"), indices("read", "a")
	query.Query, restricted.AllowRestricted = `{"match_all":{}}`, true
	fields.FieldSecurity = &descriptor.FieldSecurity{Grant: []string{"é*", "b"}, Except: []string{"b"}}
	all.FieldSecurity = &descriptor.FieldSecurity{Grant: []string{"*"}}
	role := descriptor.Role{RemoteIndices: []descriptor.RemoteIndices{
		entry(indices("read", "a"), "c1", "c2"), entry(indices("read monitor", "b", "a"), "*"), entry(query, "*"), entry(restricted, "c2", "c1"),
		entry(fields, "*"), entry(indices("read", "a"), "c1", "c2"), entry(all, "*"),
	}}
	const (
		end      = `"allow_restricted_indices":false,"clusters":["*"]}`
		special  = `{"names":["a"],"privileges":["read"],"allow_restricted_indices":true,"clusters":["c1","c2"]}`
		ordinary = `{"names":["a"],"privileges":["read"],"allow_restricted_indices":false,"clusters":["c1","c2"]}`
	)
	hashed := `[{"names":["a"],"privileges":["read"],"query":["{\"match_all\":{}}"],` + end + `,{"names":["a"],"privileges":["read"],"field_security":[{"grant":["é*","b"],"except":["b"]}],` + end +
		`,{"names":["a"],"privileges":["read"],` + end + `,{"names":["a","b"],"privileges":["monitor","read"],` + end + `,` + special + `,` + ordinary + `]`
	for name, c := range map[string]struct {
		roles []string
		want  string
	}{
		"in the order of hashes, each once":       {[]string{"r"}, hashed},
		"of the superuser alone as it is written": {[]string{"superuser"}, `[` + ordinary + `,` + special + `]`},
		"but not beside another role":             {[]string{"superuser", "gone"}, `[` + special + `,` + ordinary + `]`},
	} {
		role.Name = "r"
		su := descriptor.Role{Name: "superuser", RemoteIndices: []descriptor.RemoteIndices{role.RemoteIndices[0], role.RemoteIndices[3]}}
		var got struct {
			Remote json.RawMessage `json:"remote_indices"`
		}
		if err := json.Unmarshal([]byte(list(t, options(t, role, su), user("ana", c.roles...))), &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, string(got.Remote)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// list is the body of GET /_security/user/_privileges.
func list(t *testing.T, o authz.Options, id identity.Identity) string {
	t.Helper()
	h, err := rest.New(authz.New(o).Routes(), rest.Options{Guard: as{id}, Version: "9.5.3"})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/_security/user/_privileges", nil))
	return w.Body.String()
}

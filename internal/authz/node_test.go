package authz_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/realmctl/realmctl/internal/authz"
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/privilege"
	"github.com/realmctl/realmctl/internal/role/descriptor"
)

// What these tests expect is what a 9.5.3 node answered to the same questions.

func indices(privileges string, names ...string) descriptor.Indices {
	return descriptor.Indices{Names: names, Privileges: strings.Fields(privileges)}
}

// has asks for index privileges and returns those that are granted.
func has(t *testing.T, s *authz.Service, id identity.Identity, name, privileges string) string {
	t.Helper()
	got, err := s.HasPrivileges(t.Context(), id, descriptor.Check{Indices: []descriptor.Indices{indices(privileges, name)}})
	if err != nil {
		t.Fatal(err)
	}
	var granted []string
	for p := range strings.FieldsSeq(privileges) {
		if got.Index[name][p] {
			granted = append(granted, p)
		}
	}
	return strings.Join(granted, " ")
}

func TestPrivilegesOnFailureStoresAreApart(t *testing.T) {
	t.Parallel()
	const asked = "all manage read read_failure_store manage_failure_store none monitor view_index_metadata indices:admin/x indices:data/read/x manage_data_stream_lifecycle"
	for granted, want := range map[string]string{
		"read_failure_store":                           "read_failure_store",
		"manage_failure_store":                         "manage manage_failure_store manage_data_stream_lifecycle",
		"read read_failure_store":                      "read read_failure_store none indices:data/read/x",
		"manage read_failure_store":                    "manage read_failure_store manage_failure_store none monitor view_index_metadata indices:admin/x manage_data_stream_lifecycle",
		"indices:data/read/x":                          "none indices:data/read/x",
		"manage read":                                  "manage read manage_failure_store none monitor view_index_metadata indices:admin/x indices:data/read/x manage_data_stream_lifecycle",
		"all read_failure_store":                       asked,
		"manage_failure_store view_index_metadata":     "manage manage_failure_store none view_index_metadata manage_data_stream_lifecycle",
		"indices:* internal:transport/proxy/indices:*": "all manage read none monitor view_index_metadata indices:admin/x indices:data/read/x manage_data_stream_lifecycle",
		"READ": "read none indices:data/read/x",
	} {
		s := service(t, descriptor.Role{Name: "r", Indices: []descriptor.Indices{indices(granted, "a")}})
		if got := has(t, s, user("ana", "r"), "a", asked); got != want {
			t.Errorf("%s grants\n%s, want\n%s", granted, got, want)
		}
	}
}

func TestGroupsAddUpOnlyWhereEachHoldsThePattern(t *testing.T) {
	t.Parallel()
	s := service(t, descriptor.Role{Name: "r", Indices: []descriptor.Indices{
		indices("read", "a"), indices("write", "a"), indices("write", "b"), indices("read", "b", "c"), indices("all", "x*"), indices("all", "y*"),
	}})
	for name, want := range map[string]string{
		"a": "read write", "b": "read write", "c": "read", "/[ab]/": "", "/b|c/": "read", "x1": "read write all", "/[xy].*/": "", "": "", "a,b": "",
	} {
		if got := has(t, s, user("ana", "r"), name, "read write all"); got != want {
			t.Errorf("on %q: %q, want %q", name, got, want)
		}
	}
	all := service(t, descriptor.Role{Name: "r", Indices: []descriptor.Indices{indices("all", "*", "")}})
	if got := has(t, all, user("ana", "r"), "", "read none all unknown"); got != "" {
		t.Errorf("on no name: %q, want nothing", got)
	}
	both := service(t, descriptor.Role{Name: "r", Indices: []descriptor.Indices{indices("read", "a"), indices("write", "a")}})
	if got := has(t, both, user("ana", "r"), "a", "read indices:data/* indices:data/read/x"); got != "read indices:data/read/x" {
		t.Errorf("read and write: %q", got)
	}
}

func TestANoneThatComesFirstDropsTheOnlyEntry(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		entries []descriptor.Indices
		want    string
	}{
		{[]descriptor.Indices{indices("none read", "a")}, ""},
		{[]descriptor.Indices{indices("None", "a")}, ""},
		{[]descriptor.Indices{indices("read none", "a")}, "read none"},
		{[]descriptor.Indices{indices("none", "b"), indices("none read", "a")}, "read none"},
	} {
		s := service(t, descriptor.Role{Name: "r", Indices: c.entries})
		if got := has(t, s, user("ana", "r"), "a", "read none"); got != c.want {
			t.Errorf("%v: %q, want %q", c.entries, got, c.want)
		}
	}
}

func TestRestrictedIndices(t *testing.T) {
	t.Parallel()
	s := service(t, descriptor.Role{Name: "r", Indices: []descriptor.Indices{indices("write", "*")}})
	restricted := []string{
		".security", ".security-6", ".security-7", ".security-7-x", ".security-7x", ".security-12", ".security-tokens", ".security-tokens-7", ".security-tokens-7x",
		".security-profile", ".security-profile-8", ".tasks", ".tasks-1", ".synonyms", ".synonyms-1", ".synonyms-x",
	}
	for _, name := range slices.Concat(restricted, []string{".security-", ".security-a", ".security-tokens-", ".security-profilex", ".securityx", ".monitoring-es", ".ds-x", "x"}) {
		if got, want := has(t, s, user("ana", "r"), name, "write") == "", slices.Contains(restricted, name); got != want {
			t.Errorf("%s is restricted: %v, want %v", name, got, want)
		}
	}
}

func TestRoleManage(t *testing.T) {
	t.Parallel()
	type entries = []descriptor.ManageIndices
	g := func(privileges string, names ...string) descriptor.ManageIndices {
		return descriptor.ManageIndices{Names: names, Privileges: strings.Fields(privileges)}
	}
	put := func(privileges string, names ...string) identity.Target {
		return identity.Target{Role: &identity.Role{OnlyIndices: true, Indices: []identity.RoleIndices{{Names: names, Privileges: strings.Fields(privileges)}}}}
	}
	for name, c := range map[string]struct {
		granted entries
		action  string
		target  identity.Target
		want    bool
	}{
		"two groups cover an expression":           {entries{g("read", "a*"), g("read", "b*")}, "put", put("read", "/[ab].*/"), true},
		"and single names":                         {entries{g("read", "a*"), g("read", "b*")}, "bulk_put", put("read", "a1", "b1"), true},
		"with what both grant":                     {entries{g("read", "a*"), g("read write", "b*")}, "put", put("read", "/[ab].*/"), true},
		"not with what one grants":                 {entries{g("read", "a*"), g("read write", "b*")}, "put", put("write", "/[ab].*/"), false},
		"all holds read":                           {entries{g("read", "a*"), g("write", "b*"), g("all", "c*")}, "put", put("read", "/[ac].*/"), true},
		"but write does not":                       {entries{g("read", "a*"), g("write", "b*"), g("all", "c*")}, "put", put("read", "/[abc].*/"), false},
		"all holds write":                          {entries{g("read", "a*"), g("write", "b*"), g("all", "c*")}, "put", put("write", "/[bc].*/"), true},
		"groups on one name add up":                {entries{g("read", "a*"), g("write", "a*")}, "put", put("read write", "a1"), true},
		"also to an expression":                    {entries{g("read", "a*"), g("write", "a*")}, "put", put("read write", "/a.*/"), true},
		"to no more than they are":                 {entries{g("read", "a*"), g("write", "a*")}, "put", put("indices:data/*", "a1"), false},
		"a restricted index by name":               {entries{g("all", "*")}, "put", put("read", ".security-7"), false},
		"a pattern that reaches restricted ones":   {entries{g("all", "*")}, "put", put("read", ".security*"), true},
		"failure stores":                           {entries{g("all", "*")}, "put", put("read_failure_store", "x"), true},
		"deleting needs delete_index on the name":  {entries{g("delete_index", "z*")}, "delete", identity.Target{RoleNames: []string{"z1"}}, true},
		"deleting another":                         {entries{g("delete_index", "z*")}, "delete", identity.Target{RoleNames: []string{"y1"}}, false},
		"deleting with another privilege":          {entries{g("read", "z*")}, "delete", identity.Target{RoleNames: []string{"z1"}}, false},
		"deleting several":                         {entries{g("delete_index", "z*")}, "bulk_delete", identity.Target{RoleNames: []string{"z1", "z2"}}, true},
		"deleting several of which one is another": {entries{g("delete_index", "z*")}, "bulk_delete", identity.Target{RoleNames: []string{"z1", "y1"}}, false},
		"an empty role":                            {entries{g("read", "z*")}, "bulk_put", identity.Target{Role: &identity.Role{OnlyIndices: true}}, true},
		"a role with more than indices":            {entries{g("read", "z*")}, "bulk_put", identity.Target{Role: &identity.Role{}}, false},
		"reading is not managing":                  {entries{g("all", "*")}, "get", identity.Target{}, false},
	} {
		s := service(t, descriptor.Role{Name: "g", Global: &descriptor.Global{ManageRoles: c.granted}})
		err := s.Authorize(t.Context(), user("ana", "g"), "cluster:admin/xpack/security/role/"+c.action, c.target)
		if got := err == nil; got != c.want {
			t.Errorf("%s: allowed = %v, want %v", name, got, c.want)
		}
	}
}

func TestGlobalApplicationsAndProfiles(t *testing.T) {
	t.Parallel()
	const get, builtin, data = "cluster:admin/xpack/security/privilege/get", "cluster:admin/xpack/security/privilege/builtin/get", "cluster:admin/xpack/security/profile/put/data"
	on := func(names ...string) identity.Target { return identity.Target{Applications: names} }
	for name, c := range map[string]struct {
		granted descriptor.Global
		action  string
		target  identity.Target
		want    bool
	}{
		"all applications":              {descriptor.Global{ManageApplications: []string{"*"}}, get, on(), true},
		"but not the built-in ones":     {descriptor.Global{ManageApplications: []string{"*"}}, builtin, on(), false},
		"a pattern that means all":      {descriptor.Global{ManageApplications: []string{"/.*/"}}, get, on(), false},
		"but holds each":                {descriptor.Global{ManageApplications: []string{"/.*/"}}, get, on("zz*"), true},
		"a name":                        {descriptor.Global{ManageApplications: []string{"zz"}}, get, on("zz"), true},
		"is not what begins with it":    {descriptor.Global{ManageApplications: []string{"zz"}}, get, on("zz*"), false},
		"profiles of an application":    {descriptor.Global{WriteProfiles: []string{"p*"}}, data, on("p1", "p2"), true},
		"and of another":                {descriptor.Global{WriteProfiles: []string{"p*"}}, data, on("p1", "q"), false},
		"applications are no profiles":  {descriptor.Global{ManageApplications: []string{"*"}}, data, on("p1"), false},
		"profiles are no applications":  {descriptor.Global{WriteProfiles: []string{"*"}}, get, on("p1"), false},
		"an empty list grants no one":   {descriptor.Global{WriteProfiles: []string{}}, data, on("p1"), false},
		"a pattern that cannot be read": {descriptor.Global{WriteProfiles: []string{"/a"}}, data, on("/a"), false},
		"does not harm those beside it": {descriptor.Global{WriteProfiles: []string{"/a", "p"}}, data, on("p"), true},
	} {
		s := service(t, descriptor.Role{Name: "g", Global: &c.granted})
		err := s.Authorize(t.Context(), user("ana", "g"), c.action, c.target)
		if got := err == nil; got != c.want {
			t.Errorf("%s: allowed = %v, want %v", name, got, c.want)
		}
	}
}

func TestIndexActions(t *testing.T) {
	t.Parallel()
	s := service(t, descriptor.Role{Name: "r", Cluster: []string{"monitor"}, Indices: []descriptor.Indices{indices("read", "a*", ".security*")}})
	const prefix = "action [%] is unauthorized for user [ana] with effective roles [r]"
	for name, c := range map[string]struct {
		action string
		names  []string
		want   string // empty: allowed
	}{
		"granted":                     {"indices:data/read/search", []string{"a1", "a2"}, ""},
		"some denied":                 {"indices:data/read/search", []string{"b1", "a1"}, prefix + " on indices [b1], this action is granted by the index privileges [read,all]"},
		"restricted":                  {"indices:data/read/search", []string{".security-7"}, prefix + " on restricted indices [.security-7], this action is granted by the index privileges [read,all]"},
		"both":                        {"indices:data/read/search", []string{"zq", ".security-7", "zr"}, prefix + " on indices [zq,zr] and restricted indices [.security-7], this action is granted by the index privileges [read,all]"},
		"another action":              {"indices:admin/create", []string{"a1"}, prefix + " on indices [a1], this action is granted by the index privileges [create_index,manage,all]"},
		"no index named, granted":     {"indices:data/read/scroll", nil, ""},
		"no index named, denied":      {"indices:admin/refresh", nil, prefix + ", this action is granted by the index privileges [maintenance,manage,all]"},
		"templates are the cluster's": {"indices:admin/index_template/put", nil, prefix + ", this action is granted by the cluster privileges [manage_index_templates,manage,all]"},
		"and monitor reads them":      {"indices:admin/index_template/get", nil, ""},
	} {
		err := s.Authorize(t.Context(), user("ana", "r"), c.action, identity.Target{Indices: c.names})
		want := strings.Replace(c.want, "%", c.action, 1)
		if c.want == "" && err != nil || c.want != "" && (err == nil || err.Error() != "security_exception: "+want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}

func TestDenialsNameTheRolesThatSomebodyKnows(t *testing.T) {
	t.Parallel()
	s := service(t, descriptor.Role{Name: "viewer"}, descriptor.Role{Name: "r"}, descriptor.Role{Name: "anon"})
	id := user("ana", "viewer", "r", "gone")
	id.AnonymousRoles = []string{"anon", "gone-too"}
	err := s.Authorize(t.Context(), id, getUsers, identity.Target{})
	if want := "with effective roles [anon,r,viewer] (assigned roles [gone] were not found)"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Authorize = %v, want %q", err, want)
	}
}

func TestRepeatedRolesHideTheText(t *testing.T) {
	t.Parallel()
	s := service(t, descriptor.Role{Name: "r", Cluster: []string{"monitor"}}, descriptor.Role{Name: "su", Cluster: []string{"all"}, RunAs: []string{"*"}})
	ana, bob, root := user("ana", "r", "gone", "gone", "r"), user("bob", "r"), user("root", "su", "su")
	runAs := func(by, target identity.Identity) identity.Identity {
		target.RunBy = &by.Subject
		return target
	}
	for name, c := range map[string]struct {
		id   identity.Identity
		want string
	}{
		"who has them":                   {ana, "illegal_argument_exception: duplicate element: gone"},
		"who may do it all the same":     {root, ""},
		"who runs as him":                {runAs(root, ana), "illegal_argument_exception: duplicate element: gone"},
		"whom he may run as":             {runAs(root, root), ""},
		"whom he may not run as":         {runAs(ana, bob), "security_exception: action [" + getUsers + "] is unauthorized for user [ana] run as [bob] with effective roles [r], this action is granted by the cluster privileges [read_security,manage_security,all]"},
		"whom neither of them may name":  {runAs(ana, ana), "illegal_argument_exception: duplicate element: gone"},
		"a user with them and without":   {runAs(bob, ana), "security_exception: action [" + getUsers + "] is unauthorized for user [bob] with effective roles [r], because user [bob] is unauthorized to run as [ana]"},
		"an API key, which has no roles": {identity.Identity{Type: identity.ByAPIKey, Subject: identity.Subject{User: ana.User, APIKey: &identity.APIKey{ID: "k", LimitedBy: json.RawMessage("{}"), Assigned: json.RawMessage("{}")}}}, "security_exception: action [" + getUsers + "] is unauthorized for API key id [k] of user [ana], this action is granted by the cluster privileges [read_security,manage_security,all]"},
	} {
		got := ""
		if err := s.Authorize(t.Context(), c.id, getUsers, identity.Target{}); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
	f, ok := errors.AsType[*fault.Error](s.Authorize(t.Context(), ana, getUsers, identity.Target{}))
	if !ok || len(f.Beside) != 2 || f.Beside[0].Reason != f.Reason || f.Beside[1].Reason != f.Reason {
		t.Errorf("Authorize = %+v, want the same said three times", f)
	}
}

func TestApplicationPrivileges(t *testing.T) {
	t.Parallel()
	type entries = []descriptor.Application
	a := func(name, privileges string, resources ...string) descriptor.Application {
		return descriptor.Application{Name: name, Privileges: strings.Fields(privileges), Resources: resources}
	}
	for name, c := range map[string]struct {
		granted entries
		asked   descriptor.Application
		want    string // "privilege" or "privilege@resource"
	}{
		"an unknown name equals itself":           {entries{a("zalgx", "foo", "*")}, a("zalgx", "foo bar x:y", "r"), "foo"},
		"but not within others":                   {entries{a("zalgx", "foo bar", "*")}, a("zalgx", "foo bar", "r"), ""},
		"resources of one privilege add up":       {entries{a("zalga", "read", "a*"), a("zalga", "read", "b*")}, a("zalga", "read", "/[ab].*/"), "read"},
		"privileges on one resource do too":       {entries{a("zalga", "read", "a*"), a("zalga", "write", "a*")}, a("zalga", "read write data:* data:read/q data:write/q", "a1"), "read write data:read/q data:write/q"},
		"a name beside known ones":                {entries{a("zalga", "read write", "a*")}, a("zalga", "read write data:read/q unknown", "a1"), "read write data:read/q"},
		"a wildcard, a stored application":        {entries{a("zalga*", "read", "*")}, a("zalga", "read data:read/1", "r"), "read data:read/1"},
		"another one":                             {entries{a("zalga*", "read", "*")}, a("zalga2", "read x:y data:read/1", "r"), "read x:y"},
		"one of which nothing is stored":          {entries{a("zalga*", "read x:*", "*")}, a("zalga9", "read x:y", "r"), "x:y"},
		"a wildcard of which nothing is stored":   {entries{a("zalgz*", "read x:*", "*")}, a("zalgz1", "read x:y", "r"), "x:y"},
		"another application":                     {entries{a("zalgz*", "x:*", "*")}, a("zalgy", "x:y", "r"), ""},
		"all actions hold even unknown names":     {entries{a("zalga", "all", "*")}, a("zalga", "nope read a:b", "r", "*"), "nope@r nope@* read@r read@* a:b@r a:b@*"},
		"on the resources alone":                  {entries{a("zalga", "all", "r")}, a("zalga", "read", "r", "*", "r2"), "read@r"},
		"everything":                              {entries{a("*", "*", "*")}, a("zalgq", "nope", "r"), "nope"},
		"a name everywhere, nothing stored of it": {entries{a("*", "read", "*")}, a("zalgq", "read", "r"), ""},
		"a name everywhere, stored":               {entries{a("*", "read", "*")}, a("zalga", "read nope a:b", "r"), "read"},
	} {
		o := options(t, descriptor.Role{Name: "r", Applications: c.granted})
		stored := []privilege.Application{
			{Application: "zalga", Name: "read", Actions: []string{"data:read/*"}},
			{Application: "zalga", Name: "write", Actions: []string{"data:write/*", "data:read/x"}},
			{Application: "zalga", Name: "all", Actions: []string{"*"}},
			{Application: "zalga2", Name: "read", Actions: []string{"x:y*"}},
		}
		if _, err := o.Privileges.Put(t.Context(), stored); err != nil {
			t.Fatal(err)
		}
		got, err := authz.New(o).HasPrivileges(t.Context(), user("ana", "r"), descriptor.Check{Applications: []descriptor.Application{c.asked}})
		if err != nil {
			t.Fatal(err)
		}
		var granted []string
		for _, p := range c.asked.Privileges {
			for _, r := range c.asked.Resources {
				if got.Application[c.asked.Name][r][p] {
					granted = append(granted, strings.TrimSuffix(p+"@"+r, "@"+onlyOne(c.asked.Resources)))
				}
			}
		}
		if text := strings.Join(granted, " "); text != c.want {
			t.Errorf("%s: %q, want %q", name, text, c.want)
		}
	}
}

// onlyOne is the element of a list of one.
func onlyOne(list []string) string {
	if len(list) == 1 {
		return list[0]
	}
	return "\x00"
}

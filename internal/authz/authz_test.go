package authz_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/realmctl/realmctl/internal/authz"
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/privilege"
	"github.com/realmctl/realmctl/internal/role/descriptor"
	"github.com/realmctl/realmctl/internal/sqlite"
)

// service decides over these roles.
func service(t testing.TB, roles ...descriptor.Role) *authz.Service {
	t.Helper()
	return authz.New(options(t, roles...))
}

func options(t testing.TB, roles ...descriptor.Role) authz.Options {
	t.Helper()
	return optionsWith(t, func(names []string) (found []descriptor.Role, missing []string) {
		for _, name := range names {
			if i := slices.IndexFunc(roles, func(d descriptor.Role) bool { return d.Name == name }); i >= 0 {
				found = append(found, roles[i])
			} else {
				missing = append(missing, name)
			}
		}
		return found, missing
	})
}

func optionsWith(t testing.TB, resolve func(names []string) (found []descriptor.Role, missing []string)) authz.Options {
	t.Helper()
	db, err := sqlite.Open(context.Background(), filepath.Join(t.TempDir(), "db"), sqlite.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return authz.Options{
		DB: db, Now: time.Now, Privileges: privilege.New(db, time.Now, nil),
		Resolve: func(_ context.Context, names []string) ([]descriptor.Role, []string, error) {
			found, missing := resolve(names)
			return found, missing, nil
		},
		ServiceRoles: func(principal string) ([]descriptor.Role, bool) {
			return []descriptor.Role{{Name: principal, Cluster: []string{"monitor"}}}, principal == "elastic/one"
		},
	}
}

func user(name string, roles ...string) identity.Identity {
	return identity.Identity{
		Type:    identity.ByRealm,
		Subject: identity.Subject{User: identity.User{Username: name, Roles: roles, Enabled: true}, Realm: identity.Realm{Name: "default_native", Type: "native"}},
	}
}

func key(t testing.TB, assigned, limited []descriptor.Role) identity.Identity {
	t.Helper()
	encode := func(ds []descriptor.Role) json.RawMessage {
		raw, err := descriptor.Encode(ds)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	return identity.Identity{Type: identity.ByAPIKey, Subject: identity.Subject{
		User: identity.User{Username: "ana", Enabled: true}, Realm: identity.Realm{Name: "_es_api_key", Type: "_es_api_key"},
		APIKey: &identity.APIKey{ID: "k1", Name: "k", Assigned: encode(assigned), LimitedBy: encode(limited)},
	}}
}

const (
	health   = "cluster:monitor/health"
	getUsers = "cluster:admin/xpack/security/user/get"
	getKeys  = "cluster:admin/xpack/security/api_key/get"
)

func TestAuthorize(t *testing.T) {
	t.Parallel()
	s := service(t,
		descriptor.Role{Name: "monitor", Cluster: []string{"monitor"}},
		descriptor.Role{Name: "own", Cluster: []string{"manage_own_api_key"}},
		descriptor.Role{Name: "admin", Cluster: []string{"manage_security"}, RunAs: []string{"bob", "x*"}},
		descriptor.Role{Name: "apps", Global: &descriptor.Global{ManageApplications: []string{"app-*"}}},
	)
	runAs := func(target, realm string) identity.Identity {
		by := user("boss", "admin")
		id := user(target, "monitor")
		id.Realm.Name = realm
		id.RunBy = &by.Subject
		return id
	}
	account := identity.Identity{Type: identity.ByToken, Subject: identity.Subject{User: identity.User{Username: "elastic/one"}, Realm: identity.Realm{Name: "_service_account", Type: "_service_account"}}}
	monitor, admin := descriptor.Role{Name: "m", Cluster: []string{"monitor"}}, descriptor.Role{Name: "a", Cluster: []string{"all"}}
	for name, c := range map[string]struct {
		id     identity.Identity
		action string
		target identity.Target
		denied string // empty: allowed
	}{
		"nobody may nothing":               {identity.Identity{}, "cluster:admin/xpack/security/user/authenticate", identity.Target{}, "is unauthorized"},
		"an empty action is denied":        {user("ana", "admin"), "", identity.Target{}, "is unauthorized"},
		"an index action is denied":        {user("ana", "admin"), "indices:data/read/search", identity.Target{}, "action [indices:data/read/search] is unauthorized for user [ana] with effective roles [admin], this action is granted by the index privileges [read,all]"},
		"a privilege allows":               {user("ana", "monitor"), health, identity.Target{}, ""},
		"roles are sorted, missing told":   {user("ana", "own", "monitor", "zz", "yy"), getUsers, identity.Target{}, "user [ana] with effective roles [monitor,own] (assigned roles [yy,zz] were not found), this action is granted by the cluster privileges [read_security,manage_security,all]"},
		"everybody may ask who he is":      {user("ana"), "cluster:admin/xpack/security/user/authenticate", identity.Target{}, ""},
		"own password":                     {user("ana"), "cluster:admin/xpack/security/user/change_password", identity.Target{Username: "ana"}, ""},
		"another's password":               {user("ana"), "cluster:admin/xpack/security/user/change_password", identity.Target{Username: "bob"}, "is unauthorized"},
		"own keys":                         {user("ana", "own"), getKeys, identity.Target{Own: true}, ""},
		"own keys by name and realm":       {user("ana", "own"), getKeys, identity.Target{Username: "ana", Realm: "default_native"}, ""},
		"same name in another realm":       {user("ana", "own"), getKeys, identity.Target{Username: "ana", Realm: "other"}, "[read_security,manage_api_key,manage_security,all]"},
		"the list follows the request":     {user("ana"), getKeys, identity.Target{Own: true}, "[manage_own_api_key,read_security,manage_api_key,manage_security,all]"},
		"a key sees itself":                {key(t, nil, nil), getKeys, identity.Target{KeyIDs: []string{"k1"}}, ""},
		"but not its limits":               {key(t, nil, nil), getKeys, identity.Target{KeyIDs: []string{"k1"}, LimitedBy: true}, "API key id [k1] of user [ana], this action"},
		"a key owns no keys":               {key(t, nil, []descriptor.Role{{Name: "o", Cluster: []string{"manage_own_api_key"}}}), getKeys, identity.Target{Own: true}, "is unauthorized"},
		"a key has what its owner had":     {key(t, nil, []descriptor.Role{monitor}), health, identity.Target{}, ""},
		"a key has no more than its owner": {key(t, []descriptor.Role{admin}, []descriptor.Role{monitor}), getUsers, identity.Target{}, "is unauthorized"},
		"a key has no more than assigned":  {key(t, []descriptor.Role{monitor}, []descriptor.Role{admin}), getUsers, identity.Target{}, "is unauthorized"},
		"both layers allow":                {key(t, []descriptor.Role{admin}, []descriptor.Role{admin}), getUsers, identity.Target{}, ""},
		"a workflow that is not here":      {key(t, []descriptor.Role{{Name: "w", Cluster: []string{"all"}, Workflows: []string{"search_application_query"}}}, []descriptor.Role{admin}), health, identity.Target{}, "access restricted by workflow"},
		"service accounts have no roles":   {account, getUsers, identity.Target{}, "service account [elastic/one], this action is granted"},
		"and their own rights":             {account, health, identity.Target{}, ""},
		"run as":                           {runAs("bob", "default_native"), health, identity.Target{}, ""},
		"run as one out of bounds":         {runAs("eve", "default_native"), health, identity.Target{}, "for user [boss] with effective roles [admin], because user [boss] is unauthorized to run as [eve]"},
		"run as nobody":                    {runAs("xx", ""), health, identity.Target{}, "is unauthorized to run as [xx]"},
		"the effective subject counts":     {runAs("bob", "default_native"), getUsers, identity.Target{}, "user [boss] run as [bob] with effective roles [monitor]"},
		"global allows its applications":   {user("ana", "apps"), "cluster:admin/xpack/security/privilege/put", identity.Target{Applications: []string{"app-1"}}, ""},
		"and no others":                    {user("ana", "apps"), "cluster:admin/xpack/security/privilege/put", identity.Target{Applications: []string{"app-1", "x"}}, "is unauthorized"},
		"nor all":                          {user("ana", "apps"), "cluster:admin/xpack/security/privilege/get", identity.Target{}, "is unauthorized"},
	} {
		err := s.Authorize(t.Context(), c.id, c.action, c.target)
		switch {
		case c.denied == "" && err != nil:
			t.Errorf("%s: %v, want nil", name, err)
		case c.denied != "" && (!fault.Is(err, fault.Forbidden) || !strings.Contains(err.Error(), c.denied)):
			t.Errorf("%s: %v, want a Forbidden fault with %q", name, err, c.denied)
		}
	}
}

func TestRolesMayBeWrittenOnlyWithinGlobal(t *testing.T) {
	t.Parallel()
	s := service(t, descriptor.Role{Name: "g", Global: &descriptor.Global{ManageRoles: []descriptor.ManageIndices{{Names: []string{"z-*"}, Privileges: []string{"read", "index"}}}}})
	for name, c := range map[string]struct {
		role *identity.Role
		want bool
	}{
		"no role is known":        {nil, false},
		"an empty role":           {&identity.Role{OnlyIndices: true}, true},
		"inside":                  {&identity.Role{OnlyIndices: true, Indices: []identity.RoleIndices{{Names: []string{"z-a"}, Privileges: []string{"read", "create"}}}}, true},
		"another index":           {&identity.Role{OnlyIndices: true, Indices: []identity.RoleIndices{{Names: []string{"y-*"}, Privileges: []string{"read"}}}}, false},
		"another privilege":       {&identity.Role{OnlyIndices: true, Indices: []identity.RoleIndices{{Names: []string{"z-*"}, Privileges: []string{"delete"}}}}, false},
		"more than indices":       {&identity.Role{}, false},
		"a privilege of no index": {&identity.Role{OnlyIndices: true, Indices: []identity.RoleIndices{{Names: []string{"z-*"}, Privileges: []string{"nope"}}}}, false},
	} {
		err := s.Authorize(t.Context(), user("ana", "g"), "cluster:admin/xpack/security/role/put", identity.Target{Role: c.role})
		if got := err == nil; got != c.want {
			t.Errorf("%s: allowed = %v (%v), want %v", name, got, err, c.want)
		}
	}
}

func TestHasPrivileges(t *testing.T) {
	t.Parallel()
	s := service(t,
		descriptor.Role{Name: "r", Cluster: []string{"monitor"}, Indices: []descriptor.Indices{
			{Names: []string{"logs-*"}, Privileges: []string{"read"}},
			{Names: []string{"logs-a*"}, Privileges: []string{"write"}},
			{Names: []string{"b1", "b2"}, Privileges: []string{"delete"}},
			{Names: []string{"/b[3-9]/"}, Privileges: []string{"delete"}},
			{Names: []string{".security*"}, Privileges: []string{"monitor"}, AllowRestricted: true},
		}},
		descriptor.Role{Name: "fields", Indices: []descriptor.Indices{{Names: []string{"*"}, Privileges: []string{"read"}}}},
	)
	got, err := s.HasPrivileges(t.Context(), user("ana", "r"), descriptor.Check{
		Cluster: []string{"monitor", "all"},
		Indices: []descriptor.Indices{
			{Names: []string{"logs-a1", "logs-x", "b?", "/b[1-5]/", "/b[3-5]/", ".security-7", ".security-7*"}, Privileges: []string{"read", "write", "delete", "monitor"}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	row := func(read, write, del, monitor bool) map[string]bool {
		return map[string]bool{"read": read, "write": write, "delete": del, "monitor": monitor}
	}
	want := map[string]map[string]bool{
		"logs-a1":      row(true, true, true, false), // two groups add up
		"logs-x":       row(true, false, false, false),
		"b?":           row(false, false, false, false),
		"/b[1-5]/":     row(false, false, false, false), // two groups cover it together, but neither alone
		"/b[3-5]/":     row(false, false, true, false),
		".security-7":  row(false, false, false, true),
		".security-7*": row(false, false, false, false), // restricted, and not allowed
	}
	if diff := cmp.Diff(want, map[string]map[string]bool(got.Index)); diff != "" {
		t.Errorf("index (-want +got):\n%s", diff)
	}
	cluster := map[string]bool{}
	for _, name := range []string{"monitor", "all"} {
		cluster[name], _ = got.Cluster.Get(name)
	}
	if diff := cmp.Diff(map[string]bool{"monitor": true, "all": false}, cluster); diff != "" || got.All {
		t.Errorf("cluster, all = %v (-want +got):\n%s", got.All, diff)
	}
	for text, check := range map[string]descriptor.Check{
		"unknown cluster privilege [nope]": {Cluster: []string{"nope"}},
		"unknown index privilege [nope]":   {Indices: []descriptor.Indices{{Names: []string{"a"}, Privileges: []string{"nope"}}}},
		"invalid pattern [/a]":             {Indices: []descriptor.Indices{{Names: []string{"/a"}, Privileges: []string{"read"}}}},
		"is too complex to be evaluated":   {Indices: []descriptor.Indices{{Names: []string{"/(a|b)*a(a|b){25}/"}, Privileges: []string{"read"}}}},
	} {
		if _, err := s.HasPrivileges(t.Context(), user("ana", "r"), check); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), text) {
			t.Errorf("HasPrivileges = %v, want an Invalid fault with %q", err, text)
		}
	}
}

// A key may do what both its descriptors and its limits allow, never more.
func TestAKeyIsTheIntersection(t *testing.T) {
	t.Parallel()
	s := service(t)
	names := []string{"all", "manage", "monitor", "manage_security", "read_security", "manage_api_key", "none"}
	actions := []string{health, getUsers, getKeys, "cluster:admin/ilm/get", "cluster:admin/xpack/security/api_key/grant"}
	rapid.Check(t, func(rt *rapid.T) {
		draw := func(name string) []descriptor.Role {
			return []descriptor.Role{{Name: "d", Cluster: rapid.SliceOfN(rapid.SampledFrom(names), 1, 3).Draw(rt, name)}}
		}
		assigned, limited := draw("assigned"), draw("limited")
		action := rapid.SampledFrom(actions).Draw(rt, "action")
		may := func(id identity.Identity) bool {
			return s.Authorize(context.Background(), id, action, identity.Target{}) == nil
		}
		both, one, other := may(key(t, assigned, limited)), may(key(t, nil, assigned)), may(key(t, nil, limited))
		if both != (one && other) {
			rt.Fatalf("%s: key %v, assigned alone %v, limits alone %v", action, both, one, other)
		}
	})
}

// A request that was authenticated before its key was changed must neither use nor
// leave behind anything for those that come after.
func TestAnIdentityHasOnlyItsOwnDescriptors(t *testing.T) {
	t.Parallel()
	s := service(t)
	limits := []descriptor.Role{{Name: "l", Cluster: []string{"all"}}}
	before := key(t, []descriptor.Role{{Name: "d", Cluster: []string{"manage_security"}}}, limits)
	after := key(t, []descriptor.Role{{Name: "d", Cluster: []string{"monitor"}}}, limits)
	for range 2 {
		for name, c := range map[string]struct {
			id   identity.Identity
			want bool
		}{"before": {before, true}, "after": {after, false}} {
			if err := s.Authorize(t.Context(), c.id, getUsers, identity.Target{}); (err == nil) != c.want {
				t.Errorf("%s the change: %v, want allowed = %v", name, err, c.want)
			}
		}
	}
	narrowed := key(t, nil, []descriptor.Role{{Name: "l", Cluster: []string{"monitor"}}})
	if err := s.Authorize(t.Context(), narrowed, getUsers, identity.Target{}); err == nil {
		t.Error("other limits are not seen")
	}
}

func TestRolesAreCompiledOnceUntilOneChanges(t *testing.T) {
	t.Parallel()
	resolved, privileges := 0, "monitor"
	o := optionsWith(t, func([]string) ([]descriptor.Role, []string) {
		resolved++
		return []descriptor.Role{{Name: "r", Cluster: []string{privileges}}}, nil
	})
	s := authz.New(o)
	for range 3 {
		if err := s.Authorize(t.Context(), user("ana", "r"), health, identity.Target{}); err != nil {
			t.Fatal(err)
		}
	}
	if resolved != 1 {
		t.Errorf("the role was resolved %d times, want once", resolved)
	}
	privileges = "none"
	if err := o.DB.Write(t.Context(), func(tx *sqlite.Tx) error { return tx.Bump("role") }); err != nil {
		t.Fatal(err)
	}
	if err := s.Authorize(t.Context(), user("ana", "r"), health, identity.Target{}); err == nil {
		t.Error("a role that changed still grants what it did")
	}
}

func TestTheAnonymousUserMayBeAskedToLogIn(t *testing.T) {
	t.Parallel()
	o := options(t, descriptor.Role{Name: "r", Cluster: []string{"monitor"}})
	id := user("_anonymous", "r")
	id.Type = identity.Anonymous
	if err := authz.New(o).Authorize(t.Context(), id, getUsers, identity.Target{}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("by default: %v, want Forbidden", err)
	}
	o.AnonymousDenied = func(action string) error {
		return &fault.Error{Kind: fault.Unauthorized, Reason: "action [" + action + "] requires authentication"}
	}
	s := authz.New(o)
	if err := s.Authorize(t.Context(), id, getUsers, identity.Target{}); !fault.Is(err, fault.Unauthorized) {
		t.Errorf("with authz_exception false: %v, want Unauthorized", err)
	}
	if err := s.Authorize(t.Context(), id, health, identity.Target{}); err != nil {
		t.Errorf("what he may do: %v", err)
	}
	if err := s.Authorize(t.Context(), user("ana"), getUsers, identity.Target{}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("another user: %v, want Forbidden", err)
	}
}

func TestSnapshot(t *testing.T) {
	t.Parallel()
	r := descriptor.Role{Name: "r", Cluster: []string{"monitor"}}
	s := service(t, r)
	for name, c := range map[string]struct {
		id   identity.Identity
		want []string
	}{
		"a user has his roles":        {user("ana", "r", "gone"), []string{"r"}},
		"an API key hands on nothing": {key(t, nil, []descriptor.Role{r}), nil},
		"a user without roles":        {user("ana"), nil},
	} {
		got, err := s.Snapshot(t.Context(), c.id)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, d := range got {
			names = append(names, d.Name)
		}
		if !slices.Equal(names, c.want) {
			t.Errorf("%s: %v, want %v", name, names, c.want)
		}
	}
}

func BenchmarkAuthorize(b *testing.B) {
	s := service(b, descriptor.Role{Name: "monitor", Cluster: []string{"monitor"}})
	byUser, byKey := user("ana", "monitor"), key(b, nil, []descriptor.Role{{Name: "m", Cluster: []string{"monitor"}}})
	for name, id := range map[string]identity.Identity{"user": byUser, "key": byKey} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := s.Authorize(b.Context(), id, health, identity.Target{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

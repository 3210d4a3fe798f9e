package authz

import (
	"slices"
	"strings"

	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/role/descriptor"
)

// The actions that are named in rules.
const (
	security       = "cluster:admin/xpack/security/"
	keys           = security + "api_key/"
	authenticate   = security + "user/authenticate"
	hasPrivileges  = security + "user/has_privileges"
	listPrivileges = security + "user/list_privileges"
	changePassword = security + "user/change_password"
	putProfileData = security + "profile/put/data"
)

// sameUser are the actions that everybody may do about himself, whatever his roles
// (RBACEngine.checkSameUserPermissions).
func sameUser(id identity.Identity, action string, t identity.Target) bool {
	switch action {
	case authenticate:
		return true
	case hasPrivileges, listPrivileges:
		return t.Username == id.User.Username
	case changePassword:
		return t.Username == id.User.Username && id.Type == identity.ByRealm && (id.Realm.Type == "native" || id.Realm.Type == "reserved")
	case keys + "get":
		return itself(id, t) && !t.LimitedBy
	}
	return false
}

// itself reports whether an API key asks about itself, by its id.
func itself(id identity.Identity, t identity.Target) bool {
	return id.APIKey != nil && len(t.KeyIDs) == 1 && t.KeyIDs[0] == id.APIKey.ID
}

// ownKeys is the condition of manage_own_api_key (ManageOwnApiKeyClusterPrivilege).
func ownKeys(id identity.Identity, action string, t identity.Target) bool {
	verb, ok := strings.CutPrefix(action, keys)
	if !ok {
		return false
	}
	switch verb {
	case "create", "update", "bulk_update", "query":
		return true
	case "get", "invalidate":
		return aboutOwn(id, t) && (id.APIKey == nil || verb == "invalidate" || !t.LimitedBy)
	}
	return false
}

// aboutOwn reports whether a request names only keys of the caller. An API key owns
// no other keys, so it may name itself alone.
func aboutOwn(id identity.Identity, t identity.Target) bool {
	if id.APIKey != nil {
		return itself(id, t)
	}
	return t.Own || t.Username != "" && t.Username == id.User.Username && t.Realm == id.Realm.Name
}

// allowedByGlobal is what global grants (ConfigurableClusterPrivileges).
func allowedByGlobal(g descriptor.Global, action string, t identity.Target) bool {
	switch action {
	case security + "privilege/get", security + "privilege/put", security + "privilege/delete":
		if len(t.Applications) == 0 {
			return slices.Contains(g.ManageApplications, "*") // literally, not as a pattern that means the same
		}
		return covers(g.ManageApplications, t.Applications)
	case putProfileData:
		return g.WriteProfiles != nil && covers(g.WriteProfiles, t.Applications)
	case security + "role/put", security + "role/bulk_put":
		return g.ManageRoles != nil && t.Role != nil && t.Role.OnlyIndices && mayManage(g.ManageRoles, t.Role.Indices)
	case security + "role/delete", security + "role/bulk_delete":
		// The names of the roles count as names of indices that are to be deleted.
		return g.ManageRoles != nil && mayManage(g.ManageRoles, []identity.RoleIndices{{Names: t.RoleNames, Privileges: []string{"delete_index"}}})
	}
	return false
}

// covers reports whether patterns hold all the names.
func covers(patterns, names []string) bool {
	a := patternsOrNone(patterns)
	return !slices.ContainsFunc(names, func(name string) bool { return !a.Match(name) })
}

// mayManage reports whether entries of roles grant no more than role.manage names
// (ManageRolesPrivilege).
func mayManage(granted []descriptor.ManageIndices, entries []identity.RoleIndices) bool {
	var p permission
	for _, g := range granted {
		one := newGroup(g.Names, false)
		one.Privileges = g.Privileges
		p.groups = append(p.groups, one)
	}
	for _, e := range entries {
		verdicts, err := p.checkIndices(descriptor.Indices{Names: e.Names, Privileges: e.Privileges}, true)
		if err != nil || slices.ContainsFunc(verdicts, func(v verdict) bool { return !v.granted }) {
			return false
		}
	}
	return true
}

package authz

import (
	"slices"
	"strings"

	"github.com/realmctl/realmctl/internal/automaton"
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
	putRole        = security + "role/put"
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
		return covers(g.ManageApplications, t.Applications)
	case putProfileData:
		return covers(g.WriteProfiles, t.Applications)
	case putRole:
		return t.Role != nil && len(g.ManageRoles) > 0 && t.Role.OnlyIndices && mayWrite(g.ManageRoles, *t.Role)
	}
	return false
}

// covers reports whether patterns hold all the names; no names are any name.
func covers(patterns, names []string) bool {
	a, err := automaton.Patterns(patterns...)
	if err != nil || len(patterns) == 0 {
		return false
	}
	if len(names) == 0 {
		return a.Total()
	}
	return !slices.ContainsFunc(names, func(name string) bool { return !a.Match(name) })
}

// mayWrite reports whether a role grants no more than role.manage names
// (ManageRolesPrivilege).
func mayWrite(granted []descriptor.ManageIndices, r identity.Role) bool {
	var p permission
	for _, g := range granted {
		p.addIndices(descriptor.Indices{Names: g.Names, Privileges: g.Privileges})
	}
	for _, e := range r.Indices {
		verdicts, err := p.checkIndices(descriptor.Indices{Names: e.Names, Privileges: e.Privileges})
		if err != nil || slices.ContainsFunc(verdicts, func(v verdict) bool { return !v.granted }) {
			return false
		}
	}
	return true
}

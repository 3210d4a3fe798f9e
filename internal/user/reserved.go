package user

import (
	"encoding/json"

	"github.com/realmctl/realmctl/internal/identity"
)

// Elastic is the reserved superuser.
const Elastic = "elastic"

// reservedUser is a user that exists in every cluster; only his password and
// whether he is enabled can be changed (ClientReservedRealm, ReservedRealm).
type reservedUser struct {
	name     string
	roles    []string
	metadata string
}

// theReserved are in the order of their names.
func theReserved() []reservedUser {
	const plain = `{"_reserved":true}`
	const deprecated = `{"_reserved":true,"_deprecated":true,"_deprecated_reason":"Please use the [kibana_system] user instead."}`
	return []reservedUser{
		{"apm_system", []string{"apm_system"}, plain},
		{"beats_system", []string{"beats_system"}, plain},
		{Elastic, []string{"superuser"}, plain},
		{"kibana", []string{"kibana_system"}, deprecated},
		{"kibana_system", []string{"kibana_system"}, plain},
		{"logstash_system", []string{"logstash_system"}, plain},
		{"remote_monitoring_user", []string{"remote_monitoring_collector", "remote_monitoring_agent"}, plain},
	}
}

// reserved is the reserved user of that name as he is before anything was changed.
func reserved(name string) (identity.User, bool) {
	for _, r := range theReserved() {
		if r.name == name {
			return r.user(), true
		}
	}
	return identity.User{}, false
}

func (r reservedUser) user() identity.User {
	return identity.User{Username: r.name, Roles: r.roles, Metadata: json.RawMessage(r.metadata), Enabled: true}
}

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
	name    string
	roles   []string
	instead string // of a deprecated one: whom to use
}

// theReserved are in the order of their names.
func theReserved() []reservedUser {
	return []reservedUser{
		{"apm_system", []string{"apm_system"}, ""},
		{"beats_system", []string{"beats_system"}, ""},
		{Elastic, []string{"superuser"}, ""},
		{"kibana", []string{"kibana_system"}, "kibana_system"},
		{"kibana_system", []string{"kibana_system"}, ""},
		{"logstash_system", []string{"logstash_system"}, ""},
		{"remote_monitoring_user", []string{"remote_monitoring_collector", "remote_monitoring_agent"}, ""},
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
	about := `{"_reserved":true}`
	if r.instead != "" {
		about = `{"_reserved":true,"_deprecated":true,"_deprecated_reason":"` + r.reason() + `"}`
	}
	return identity.User{Username: r.name, Roles: r.roles, Metadata: json.RawMessage(about), Enabled: true}
}

func (r reservedUser) reason() string { return "Please use the [" + r.instead + "] user instead." }

// Deprecation is what to tell whoever logs in as a deprecated reserved user; empty
// for the others.
func Deprecation(u identity.User) string {
	for _, r := range theReserved() {
		if r.name == u.Username && r.instead != "" {
			return "The user [" + r.name + "] is deprecated and will be removed in a future version of Elasticsearch. " + r.reason()
		}
	}
	return ""
}

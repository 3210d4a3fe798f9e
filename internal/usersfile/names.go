package usersfile

import (
	"fmt"
	"strings"
)

const maxName = 1024 // characters (FileRealmValidationUtil)

// Rules are the settings that decide which user names the file realm takes.
type Rules struct {
	// ReservedOff is xpack.security.authc.reserved_realm.enabled: false; then
	// the names of its users are names as any other.
	ReservedOff bool
	// Anonymous is xpack.security.authc.anonymous.username, reserved beside the
	// default _anonymous.
	Anonymous string
}

// NameError says why a name cannot be used, in Elasticsearch's words where it
// refuses the name too.
type NameError struct {
	Name, Reason string
	// Hazard: Elasticsearch's tool writes the name, and its reader finds another
	// one in the file.
	Hazard bool
}

// Error implements error with the reason alone, as messages wrap it.
func (e *NameError) Error() string { return e.Reason }

// CheckUser accepts the user names that Elasticsearch reads from a file.
func (r Rules) CheckUser(name string) error {
	if !validName(name) {
		return &NameError{Name: name, Reason: invalidName("User")}
	}
	if r.reserved(name) {
		return &NameError{Name: name, Reason: "Username [" + name + "] is reserved and may not be used."}
	}
	return nil
}

// reserved is ClientReservedRealm.isReserved. Anonymous names always are.
func (r Rules) reserved(name string) bool {
	switch name {
	case "elastic", "kibana", "kibana_system", "logstash_system", "beats_system", "apm_system", "remote_monitoring_user":
		return !r.ReservedOff
	case "_anonymous":
		return true
	}
	return r.Anonymous != "" && name == r.Anonymous
}

// CheckNewUser accepts the names that can be written: those that CheckUser does,
// less the ones that would be read back as something else.
func (r Rules) CheckNewUser(name string) error {
	if err := r.CheckUser(name); err != nil {
		return err
	}
	switch {
	case strings.Contains(name, ":"):
		return hazard(name, "a user name in a file cannot have a colon: the part before it would be the user, and the rest its password")
	case strings.Contains(name, ","):
		return hazard(name, "a user name in a file cannot have a comma: users_roles would split it into two users")
	case strings.HasPrefix(name, "#"):
		return hazard(name, "a user name in a file cannot begin with #: the line would be a comment")
	}
	return nil
}

// CheckRole accepts the role names that Elasticsearch reads from users_roles.
func CheckRole(name string) error {
	if !validName(name) {
		return &NameError{Name: name, Reason: invalidName("Role")}
	}
	return nil
}

// CheckNewRole accepts the role names that can be written.
func CheckNewRole(name string) error {
	if err := CheckRole(name); err != nil {
		return err
	}
	switch {
	case strings.ContainsAny(name, ":,"):
		return hazard(name, "a role name in users_roles cannot have a colon or a comma: the line would be split there")
	case strings.HasPrefix(name, "#"):
		return hazard(name, "a role name in users_roles cannot begin with #: the line would be a comment")
	}
	return nil
}

func hazard(name, reason string) error {
	return &NameError{Name: name, Reason: reason, Hazard: true}
}

// validName is Validation.isValidUserOrRoleName.
func validName(name string) bool {
	if name == "" || len(name) > maxName || name[0] == ' ' || name[len(name)-1] == ' ' {
		return false
	}
	for i := range len(name) {
		if name[i] < ' ' || name[i] > '~' {
			return false
		}
	}
	return true
}

func invalidName(kind string) string {
	return fmt.Sprintf("%s names must be at least 1 and no more than %d characters. They can contain alphanumeric characters "+
		"(a-z, A-Z, 0-9), spaces, punctuation, and printable symbols in the Basic Latin (ASCII) block. "+
		"Leading or trailing whitespace is not allowed.", kind, maxName)
}

package user

import "strings"

// maxName is the longest name of a native user, and of a role that one may have
// (NativeRealmValidationUtil).
const maxName = 507

// validName wants printable ASCII without blanks at the ends.
func validName(name string) bool {
	if len(name) < 1 || len(name) > maxName || strings.TrimSpace(name) != name {
		return false
	}
	return !strings.ContainsFunc(name, func(c rune) bool { return c < ' ' || c > '~' })
}

// badName is the complaint about a name of a User or a Role.
func badName(what string) string {
	return what + " names must be at least 1 and no more than 507 characters. " +
		"They can contain alphanumeric characters (a-z, A-Z, 0-9), spaces, punctuation, and printable symbols in the " +
		"Basic Latin (ASCII) block. Leading or trailing whitespace is not allowed."
}

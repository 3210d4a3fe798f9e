package envfile

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrName is a variable name that cannot be used; callers map it to a usage error.
var ErrName = errors.New("unusable variable name")

// VarName makes the name of the variable that a created secret goes into, such as
// CI_DEPLOY_API_KEY of "ci-deploy" and "API_KEY". A name that realmctl itself
// reads is refused: a person must choose it.
func VarName(parts ...string) (string, error) {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, strings.Join(parts, "_"))
	switch {
	case !strings.ContainsFunc(parts[0], letter):
		return "", fmt.Errorf("%w: %q has no letter to make one of", ErrName, parts[0])
	case name[0] >= '0' && name[0] <= '9':
		return "", fmt.Errorf("%w: %s begins with a digit", ErrName, name)
	case slices.Contains(known(), name):
		return "", fmt.Errorf("%w: %s has a meaning of its own", ErrName, name)
	}
	return name, nil
}

func letter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

// IsVar says whether a text has the form of a variable's name.
func IsVar(name string) bool {
	return name != "" && (name[0] < '0' || name[0] > '9') &&
		strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// CheckVar accepts a variable name that a person chose.
func CheckVar(name string) error {
	if !IsVar(name) {
		return fmt.Errorf("%w: %q", ErrName, name)
	}
	if Forbidden(name) {
		return fmt.Errorf("%w: a .env file may not set %s", ErrName, name)
	}
	return nil
}

// known lists the variables that realmctl reads.
func known() []string {
	return []string{
		"ELASTICSEARCH_URL", "ELASTICSEARCH_USERNAME", "ELASTICSEARCH_PASSWORD", "ELASTICSEARCH_API_KEY",
		"ELASTICSEARCH_BEARER_TOKEN", "ELASTICSEARCH_ES_CLIENT_AUTHENTICATION", "ELASTICSEARCH_CA_FINGERPRINT",
		"ELASTIC_PASSWORD", "CA_CERT", "CLIENT_CERT", "CLIENT_KEY", "CLIENT_KEY_PASSWORD",
		"FILE_USER", "FILE_PASSWORD", "LDAP_USER", "LDAP_PASSWORD", "AD_USER", "AD_PASSWORD", "JWT_TOKEN",
		"KERBEROS_PRINCIPAL", "KRB5_CONFIG", "KRB5CCNAME", "ES_PATH_CONF",
		"REALMCTL_CONTEXT", "REALMCTL_CONFIG", "REALMCTL_DATA", "REALMCTL_OUTPUT", "REALMCTL_TIMEOUT",
		"REALMCTL_ALLOW_PLAINTEXT", "REALMCTL_GRANT_PASSWORD", "REALMCTL_GRANT_TOKEN", "NO_COLOR", "CI",
	}
}

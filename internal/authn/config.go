package authn

import (
	"errors"

	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/settings"
)

// Config is what elasticsearch.yml says about authentication beside the realms.
type Config struct {
	Anonymous  Anonymous
	NoRunAs    bool
	NoReserved bool   // the reserved realm is off
	Hashing    string // of stored passwords, as pwhash.New takes it
}

// defaultAnonymous is the name of the anonymous user, which is taken even while he is
// off (AnonymousUser).
const defaultAnonymous = "_anonymous"

// ReadConfig reads the settings below xpack.security.authc. The error tells all that
// is wrong, each with file, line and setting.
func ReadConfig(s *settings.Settings) (Config, error) {
	g := s.Group("xpack.security.authc")
	roles, _ := g.Strings("anonymous.roles")
	forbidden, errDenied := g.Bool("anonymous.authz_exception", true)
	runAs, errRunAs := g.Bool("run_as.enabled", true)
	reserved, errReserved := g.Bool("reserved_realm.enabled", true)
	hashing := g.Text("password_hashing.algorithm", "bcrypt")
	var errHashing error
	if err := pwhash.Check(pwhash.Passwords, hashing); err != nil {
		errHashing = g.Errorf("password_hashing.algorithm", "%s", err.Error())
	}
	return Config{
		Anonymous:  Anonymous{Username: g.Text("anonymous.username", defaultAnonymous), Roles: roles, Challenge: !forbidden},
		NoRunAs:    !runAs,
		NoReserved: !reserved,
		Hashing:    hashing,
	}, errors.Join(errDenied, errRunAs, errReserved, errHashing)
}

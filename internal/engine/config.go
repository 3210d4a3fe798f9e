package engine

import (
	"context"
	"errors"
	"slices"

	"github.com/realmctl/realmctl/internal/apikey/keyring"
	"github.com/realmctl/realmctl/internal/authn"
	"github.com/realmctl/realmctl/internal/realm/builtin"
	"github.com/realmctl/realmctl/internal/serviceaccount"
	"github.com/realmctl/realmctl/internal/settings"
	"github.com/realmctl/realmctl/internal/token"
	"github.com/realmctl/realmctl/internal/usersfile"
)

// config is what elasticsearch.yml says about the engine as a whole.
type config struct {
	nodeName, clusterName string
	authn                 authn.Config
	files                 builtin.FileOptions
	accounts              serviceaccount.Config
	keys                  keyring.Config
	tokens                token.Config
}

// readConfig reads all of it; the error tells all that is wrong.
func (c *composer) readConfig(context.Context) error {
	s := c.settings
	auth, errAuth := authn.ReadConfig(s)
	files, errFiles := builtin.ReadFileOptions(s)
	accounts, errAccounts := serviceaccount.ReadConfig(s)
	keys, errKeys := keyring.ReadConfig(s)
	tokens, errTokens := token.ReadConfig(s)
	errUnread := unread(s)
	files.Rules = usersfile.Rules{ReservedOff: auth.NoReserved, Anonymous: auth.Anonymous.Username}
	c.config = config{
		nodeName: s.Text("node.name", "realmctl"), clusterName: s.Text("cluster.name", "elasticsearch"),
		authn: auth, files: files, accounts: accounts, keys: keys, tokens: tokens,
	}
	return errors.Join(errAuth, errFiles, errAccounts, errKeys, errTokens, errUnread)
}

// unread complains about settings that keep somebody out of a real node and that this
// engine does not follow: to pass over them would let him in.
func unread(s *settings.Settings) error {
	const security = "xpack.security."
	var set []string
	for name, refused := range map[string]bool{
		"authc.native_users.enabled": false, "authc.native_roles.enabled": false, "operator_privileges.enabled": true, "fips_mode.enabled": true,
	} {
		if on, err := s.Bool(security+name, !refused); err != nil || on == refused {
			set = append(set, security+name)
		}
	}
	if on, err := s.Bool(security+"http.filter.enabled", true); err != nil || on {
		for _, name := range []string{"http.filter.allow", "http.filter.deny"} {
			if s.Has(security + name) {
				set = append(set, security+name)
			}
		}
	}
	slices.Sort(set)
	var errs []error
	for _, key := range set {
		errs = append(errs, s.Errorf(key, "is not supported by this version of realmctl"))
	}
	return errors.Join(errs...)
}

// challenges are the WWW-Authenticate values besides those of the realms.
func (c config) challenges() []string {
	var list []string
	if !c.tokens.Disabled {
		list = append(list, `Bearer realm="security"`)
	}
	if !c.keys.Disabled {
		list = append(list, "ApiKey")
	}
	return list
}

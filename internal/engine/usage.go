package engine

import (
	"context"
	"math"
	"strings"

	"github.com/realmctl/realmctl/internal/realm"
	"github.com/realmctl/realmctl/internal/realm/builtin"
)

// realmUsage is what GET /_xpack/usage tells of one type of realm; the lists have one
// entry a realm.
type realmUsage struct {
	Available bool         `json:"available"`
	Enabled   bool         `json:"enabled"`
	Names     []string     `json:"name,omitempty"`
	Orders    []int        `json:"order,omitempty"`
	Caches    []cacheUsage `json:"cache,omitempty"`
}

type cacheUsage struct {
	Size int `json:"size"`
}

// features are the members of the usage of security that the engine knows about.
func (c *composer) features() map[string]func(context.Context) (any, error) {
	type feature struct {
		Enabled bool `json:"enabled"`
	}
	all := map[string]func(context.Context) (any, error){"roles": c.roles.Usage, "realms": c.usage}
	for name, on := range map[string]bool{
		"anonymous": len(c.config.authn.Anonymous.Roles) > 0, "api_key_service": !c.config.keys.Disabled, "token_service": !c.config.tokens.Disabled,
	} {
		all[name] = func(context.Context) (any, error) { return feature{on}, nil }
	}
	return all
}

// usage tells of the chain by type of realm, as Realms.usageStats does: also of types
// that no realm is of, and not of the reserved realm.
func (c *composer) usage(ctx context.Context) (any, error) {
	all := map[string]*realmUsage{}
	for kind := range builtin.Types(builtin.Deps{}) {
		all[kind] = &realmUsage{Available: true}
	}
	cached := map[string]int{}
	for _, r := range c.chain.Realms(ctx) {
		cached[r.Name] = r.Cached
	}
	for _, r := range c.plan.Realms {
		u := all[r.Type]
		u.Enabled = true
		u.Names = append(u.Names, r.Name)
		u.Orders = append(u.Orders, order(r))
		u.Caches = append(u.Caches, cacheUsage{cached[r.Name]})
	}
	return all, nil
}

// order is the one of the settings; realms that nobody configured come before all.
func order(r realm.Planned) int {
	if strings.HasPrefix(r.Name, "default_") && r.Settings.Line("order") == 0 {
		return math.MinInt32
	}
	return r.Order
}

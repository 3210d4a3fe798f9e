package realm

import (
	"context"
	"fmt"

	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/settings"
)

// Factory makes a realm from its settings. Its errors name the setting they are
// about, as Settings.Errorf does.
type Factory func(ctx context.Context, c Config) (Realm, error)

// Config is what a Factory knows about the realm it makes.
type Config struct {
	Ref

	Settings *settings.Settings // below the realm's prefix
}

// Build makes the chain of a plan: the reserved realm, then the realms in order.
// Options.Smart is the plan's.
func (p Plan) Build(ctx context.Context, types map[string]Type, reserved func(Ref) Realm, o Options) (*Chain, error) {
	first := Ref{Name: reservedName, Type: reservedName, Domain: p.domains[reservedName]}
	kept, err := defaultCache().cache()
	if err != nil {
		return nil, err
	}
	members := []Member{{Realm: reserved(first), Cache: kept}}
	for _, one := range p.Realms {
		r, err := types[one.Type].New(ctx, Config{Ref: one.Ref, Settings: one.Settings})
		if err != nil {
			return nil, err
		}
		kept, err := one.Cache.cache()
		if err != nil {
			return nil, fmt.Errorf("realm %s: %w", one.Name, err)
		}
		members = append(members, Member{Realm: r, Cache: kept, LookupOnly: one.LookupOnly})
	}
	o.Smart = p.Smart
	return NewChain(members, o), nil
}

// cache gives every realm a pool of its own: hashes of this kind are fast.
func (c CacheSettings) cache() (Cache, error) {
	hasher, err := pwhash.New(c.Algorithm, pwhash.Options{})
	if err != nil {
		return Cache{}, err
	}
	return Cache{TTL: c.TTL, MaxUsers: c.MaxUsers, Hasher: hasher}, nil
}

package realm

import (
	"cmp"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/settings"
)

// Type is a kind of realm that settings may name. The zero Type is one that
// Elasticsearch has and this version has not.
type Type struct {
	// Settings are the names of its settings below the realm's prefix, besides
	// enabled and order. "ssl.*" stands for all that begin with "ssl.".
	Settings []string
	// Single is a type of which one realm may be enabled (InternalRealms).
	Single bool
	New    Factory
}

// PasswordSettings are the settings of every realm that takes passwords
// (CachingUsernamePasswordRealmSettings).
func PasswordSettings() []string {
	return []string{"authentication.enabled", "cache.ttl", "cache.max_users", "cache.hash_algo"}
}

// Plan is the realm chain that a settings file describes.
type Plan struct {
	Realms   []Planned // in the order in which they are asked, after the reserved realm
	Smart    SmartOrder
	Warnings []string // about what a later version will refuse

	domains map[string]string // by realm name
}

// Planned is one realm of a Plan.
type Planned struct {
	Ref

	Order      int
	Settings   *settings.Settings // below the realm's prefix
	Cache      CacheSettings
	LookupOnly bool // authentication.enabled: false
}

// CacheSettings are the cache.* settings of a realm.
type CacheSettings struct {
	TTL       time.Duration
	MaxUsers  int
	Algorithm string // as pwhash.New takes it
}

// Elasticsearch's defaults.
const (
	authc           = "xpack.security.authc"
	defaultTTL      = 20 * time.Minute
	defaultMaxUsers = 100_000
	defaultHash     = "ssha256"
	smartSize       = 10_000
	smartTTL        = time.Hour
)

func defaultCache() CacheSettings {
	return CacheSettings{TTL: defaultTTL, MaxUsers: defaultMaxUsers, Algorithm: defaultHash}
}

// ReadPlan reads the chain from settings, following Elasticsearch's Realms and, for
// the older form, the rules of its version 6. The error tells all that is wrong,
// each with file, line and setting.
func ReadPlan(s *settings.Settings, types map[string]Type) (Plan, error) {
	configured, err := s.Realms()
	if err != nil {
		return Plan{}, err
	}
	r := planner{types: types, old: configured.Old, plan: Plan{domains: map[string]string{}}}
	if warning := configured.Warning(); warning != "" {
		r.plan.Warnings = append(r.plan.Warnings, warning)
	}
	r.domains(s)
	for _, one := range configured.List {
		r.add(one)
	}
	r.addDefaults(s, configured.List)
	r.smart(s)
	r.knownDomains(s, configured.List)
	slices.SortStableFunc(r.plan.Realms, func(a, b Planned) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), r.byName(a, b))
	})
	return r.plan, errors.Join(r.errs...)
}

// planner collects a Plan and what is wrong with it.
type planner struct {
	types map[string]Type
	old   bool // the older form
	plan  Plan
	errs  []error
}

func (r *planner) fail(err error) {
	if err != nil {
		r.errs = append(r.errs, err)
	}
}

// byName parts the realms of the older form that have the same order.
func (r *planner) byName(a, b Planned) int {
	if !r.old {
		return 0
	}
	return cmp.Compare(a.Name, b.Name)
}

// add plans a configured realm unless it is disabled or of no use.
func (r *planner) add(one settings.Realm) {
	enabled, err := one.Bool("enabled", true)
	r.fail(err)
	t, ok := r.types[one.Type]
	switch {
	case !ok:
		r.fail(r.unknownType(one))
		return
	case t.New == nil && enabled:
		r.fail(one.Errorf(r.typeKey(), "realms of type [%s] are not supported by this version of realmctl", one.Type))
		return
	case t.New == nil:
		return
	}
	r.checkKeys(one, t)
	p := r.read(one)
	r.checkOrder(one, p, enabled)
	if !enabled {
		return
	}
	r.checkName(one, t)
	r.plan.Realms = append(r.plan.Realms, p)
}

// typeKey is the setting that names the type; empty: the realm's prefix does.
func (r *planner) typeKey() string {
	if r.old {
		return "type"
	}
	return ""
}

func (r *planner) unknownType(one settings.Realm) error {
	text := "unknown realm type [%s] for realm [%s]"
	if near := settings.Nearest(one.Type, slices.Sorted(maps.Keys(r.types))); near != "" {
		text += ", did you mean [" + near + "]?"
	}
	return one.Errorf(r.typeKey(), text, one.Type, one.Type+"."+one.Name)
}

// checkKeys refuses settings that the realm does not have.
func (r *planner) checkKeys(one settings.Realm, t Type) {
	names := append([]string{"enabled", "order"}, t.Settings...)
	if r.old {
		names = append(names, "type")
	}
	r.fail(one.Unknown(func(key string) bool {
		return slices.ContainsFunc(names, func(name string) bool {
			prefix, all := strings.CutSuffix(name, "*")
			return key == name || all && strings.HasPrefix(key, prefix)
		})
	}, names...))
}

// read takes the settings that every realm may have.
func (r *planner) read(one settings.Realm) Planned {
	p := Planned{
		Ref:      Ref{Name: one.Name, Type: one.Type, Domain: r.plan.domains[one.Name]},
		Settings: one.Settings,
		Cache:    defaultCache(),
	}
	var err error
	p.Order, err = one.Int("order", math.MaxInt32)
	r.fail(err)
	p.Cache.TTL, err = one.Duration("cache.ttl", defaultTTL)
	r.fail(err)
	p.Cache.MaxUsers, err = one.Int("cache.max_users", defaultMaxUsers)
	r.fail(err)
	p.Cache.Algorithm = one.Text("cache.hash_algo", defaultHash)
	if err := pwhash.Check(pwhash.Caches, p.Cache.Algorithm); err != nil {
		r.fail(one.Errorf("cache.hash_algo", "%s", err.Error()))
	}
	authenticates, err := one.Bool("authentication.enabled", true)
	r.fail(err)
	p.LookupOnly = !authenticates
	return p
}

// checkOrder wants an order of its own for each realm of the present form.
func (r *planner) checkOrder(one settings.Realm, p Planned, enabled bool) {
	if r.old {
		return
	}
	if !one.Has("order") {
		if enabled {
			r.fail(one.Errorf("", "'order' is a mandatory parameter for realm config"))
		}
		return
	}
	for _, other := range r.plan.Realms {
		if other.Order == p.Order {
			r.fail(one.Errorf("order", "Found multiple realms configured with the same order: %d: [%s, %s]; the other one is in line %d",
				p.Order, other.Type+"."+other.Name, one.Type+"."+one.Name, other.Settings.Line("order")))
		}
	}
}

// checkName wants names of their own, and one realm of an internal type.
func (r *planner) checkName(one settings.Realm, t Type) {
	if one.Name == reservedName {
		r.fail(one.Errorf("", "the name [%s] is that of the realm of the reserved users", reservedName))
	}
	if strings.HasPrefix(one.Name, "_") {
		r.plan.Warnings = append(r.plan.Warnings, one.Errorf("", "realm names that begin with an underscore are reserved").Error())
	}
	for _, other := range r.plan.Realms {
		if other.Name == one.Name {
			r.fail(one.Errorf("", "Found multiple realms configured with the same name: %s: [%s, %s]; the other one begins in line %d",
				one.Name, other.Type+"."+other.Name, one.Type+"."+one.Name, other.Settings.Line("")))
		}
		if other.Type == one.Type && t.Single {
			r.fail(one.Errorf("", "multiple [%[1]s] realms are configured. [%[1]s] is an internal realm and therefore there can only be one such realm configured; "+
				"the other one is [%[2]s]", one.Type, other.Name))
		}
	}
}

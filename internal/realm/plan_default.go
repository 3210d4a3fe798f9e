package realm

import (
	"slices"

	"github.com/realmctl/realmctl/internal/settings"
)

// reservedName is the name and the type of the realm of the reserved users.
const reservedName = "reserved"

// addDefaults plans the file and the native realm when settings leave no realm. Those
// that are switched off in so many words stay off.
func (r *planner) addDefaults(s *settings.Settings, configured []settings.Realm) {
	if len(r.plan.Realms) > 0 || len(r.errs) > 0 {
		return
	}
	for i, kind := range []string{"file", "native"} {
		if slices.ContainsFunc(configured, func(one settings.Realm) bool { return one.Type == kind }) {
			continue
		}
		name := "default_" + kind
		r.plan.Realms = append(r.plan.Realms, Planned{
			Ref:      Ref{Name: name, Type: kind, Domain: r.plan.domains[name]},
			Order:    i,
			Settings: s.Group(authc + ".realms." + kind + "." + name),
			Cache:    defaultCache(),
		})
	}
}

// smart reads xpack.security.authc.success_cache.
func (r *planner) smart(s *settings.Settings) {
	g := s.Group(authc + ".success_cache")
	on, err := g.Bool("enabled", true)
	r.fail(err)
	size, err := g.Int("size", smartSize)
	r.fail(err)
	ttl, err := g.Duration("expire_after_access", smartTTL)
	r.fail(err)
	if on {
		r.plan.Smart = SmartOrder{Size: size, TTL: ttl}
	}
}

// domains reads xpack.security.authc.domains: names of realms that share their users.
func (r *planner) domains(s *settings.Settings) {
	g := s.Group(authc + ".domains")
	for _, domain := range g.Names() {
		realms, _ := g.Strings(domain + ".realms")
		for _, name := range realms {
			if other, taken := r.plan.domains[name]; taken {
				r.fail(g.Errorf(domain+".realms", "realm [%s] is in the domain [%s] already", name, other))
				continue
			}
			r.plan.domains[name] = domain
		}
	}
}

// knownDomains refuses domains of realms that do not exist.
func (r *planner) knownDomains(s *settings.Settings, configured []settings.Realm) {
	g := s.Group(authc + ".domains")
	for _, domain := range g.Names() {
		realms, _ := g.Strings(domain + ".realms")
		for _, name := range realms {
			exists := name == reservedName ||
				slices.ContainsFunc(configured, func(one settings.Realm) bool { return one.Name == name }) ||
				slices.ContainsFunc(r.plan.Realms, func(p Planned) bool { return p.Name == name })
			if !exists {
				r.fail(g.Errorf(domain+".realms", "there is no realm [%s]", name))
			}
		}
	}
}

package settings

import (
	"cmp"
	"slices"
	"strings"
)

// realmsPrefix is where realms are configured.
const realmsPrefix = "xpack.security.authc.realms"

// Realm is what a file says about one realm.
type Realm struct {
	*Settings // below its prefix: order, enabled, ...

	Type, Name string
	Line       int // of its first setting
}

// Realms are the realms of a file in the order of its lines.
type Realms struct {
	List []Realm
	// Old is true for the form that ended with Elasticsearch 7, in which a realm's
	// type is a setting of its own. It has other rules; see Warning.
	Old bool
}

// Warning is what to tell about the old form; empty for the present one.
func (r Realms) Warning() string {
	if !r.Old || len(r.List) == 0 {
		return ""
	}
	first := r.List[0]
	return "realms of the form " + realmsPrefix + ".<name>.type are deprecated; write " +
		realmsPrefix + "." + first.Type + "." + first.Name + ".order and the like (file " + first.File() + ")"
}

// Realms returns the configured realms, in
//
//	xpack.security.authc.realms.<type>.<name>.<setting>
//
// or all of them in the older form, whose setting "type" is the type:
//
//	xpack.security.authc.realms.<name>.<setting>
//
// A mixture is an *Error. So is a setting that belongs to no realm.
func (s *Settings) Realms() (Realms, error) {
	group := s.Group(realmsPrefix)
	var r Realms
	var present, old string // the first name of either form
	for _, name := range group.Names() {
		if group.Has(name + ".type") {
			old = cmp.Or(old, name)
			kind, _ := group.String(name + ".type")
			r.List = append(r.List, Realm{Settings: group.Group(name), Type: kind, Name: name, Line: group.Line(name)})
			continue
		}
		present = cmp.Or(present, name)
		of, err := group.realmsOf(name)
		if err != nil {
			return Realms{}, err
		}
		r.List = append(r.List, of...)
	}
	if old != "" && present != "" {
		return Realms{}, group.Errorf(old+".type", "realms of the older form do not mix with those of the form %s.<type>.<name>, as in line %d",
			realmsPrefix, group.Line(present))
	}
	r.Old = old != ""
	slices.SortStableFunc(r.List, func(a, b Realm) int { return cmp.Compare(a.Line, b.Line) })
	return r, nil
}

// realmsOf returns the realms of a type. The receiver is the group of all realms.
func (s *Settings) realmsOf(kind string) ([]Realm, error) {
	if s.Has(kind) {
		return nil, s.Errorf(kind, "realms are configured as %s.<type>.<name>.<setting>", realmsPrefix)
	}
	var list []Realm
	of := s.Group(kind)
	for _, name := range of.Names() {
		if of.Has(name) {
			return nil, of.Errorf(name, "realms are configured as %s.<type>.<name>.<setting>; in the older form, a realm [%s] has no [type]", realmsPrefix, kind)
		}
		list = append(list, Realm{Settings: of.Group(name), Type: kind, Name: name, Line: of.Line(name)})
	}
	return list, nil
}

// isRealm reports whether a setting is of some realm; which it may have is for the
// realms to say.
func isRealm(key string) bool { return strings.HasPrefix(key, realmsPrefix+".") }

package realmlint

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/realmctl/realmctl/internal/settings"
)

// The types of realms that Elasticsearch has.
const (
	reserved  = "reserved"
	file      = "file"
	native    = "native"
	ldap      = "ldap"
	directory = "active_directory"
	pki       = "pki"
	saml      = "saml"
	oidc      = "oidc"
	jwt       = "jwt"
	kerberos  = "kerberos"
)

// Types lists the types that can be configured.
func Types() []string { return []string{file, native, ldap, directory, pki, saml, oidc, jwt, kerberos} }

// The levels of a licence, the lowest first.
const (
	Basic    = "basic"
	Gold     = "gold"
	Platinum = "platinum"
)

// License is the lowest licence with which realms of a type take part. Types of
// plugins need the highest.
func License(kind string) string {
	switch kind {
	case reserved, file, native:
		return Basic
	case ldap, directory, pki:
		return Gold
	}
	return Platinum
}

// Licensed reports whether a licence allows what needs the level given. An unknown
// licence allows everything.
func Licensed(license, needs string) bool {
	switch strings.ToLower(license) {
	case "basic", "standard":
		return needs == Basic
	case "gold":
		return needs != Platinum
	}
	return true
}

// external realms ask somebody else.
func external(kind string) bool { return kind != reserved && kind != file && kind != native }

func takesPasswords(kind string) bool {
	return !slices.Contains([]string{pki, saml, oidc, jwt, kerberos}, kind)
}

// Takes says what a realm of a type looks at.
func Takes(kind string) string {
	switch kind {
	case pki:
		return "client certificates"
	case saml, oidc:
		return "answers of the identity provider"
	case jwt:
		return "JSON web tokens"
	case kerberos:
		return "tickets; a refused one ends the chain"
	case reserved, file, native, ldap, directory:
		return "passwords"
	}
	return "what its plugin says"
}

// Entry is a realm of the chain.
type Entry struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Order    *int   `json:"order"` // nil: the node's own, before all others
	Enabled  bool   `json:"enabled"`
	Implicit bool   `json:"implicit"` // in no file: the node adds it by itself
	License  string `json:"license"`  // that it needs
	Line     int    `json:"line,omitempty"`
}

// Chain is the order in which a node asks: the built-in users, then the file and
// native realms that it adds by itself when they are not configured, then the
// configured ones by order. Disabled ones come last.
func Chain(s *settings.Settings) ([]Entry, error) {
	realms, err := s.Realms()
	if err != nil {
		return nil, err
	}
	list := []Entry{{Name: reserved, Type: reserved, Enabled: true, Implicit: true, License: Basic}}
	if on, err := s.Bool("xpack.security.authc.reserved_realm.enabled", true); err != nil || !on {
		list[0].Enabled = false
	}
	for _, kind := range []string{file, native} {
		has := func(r settings.Realm) bool { return r.Type == kind }
		if realms.Old && len(realms.List) > 0 || slices.ContainsFunc(realms.List, has) {
			continue
		}
		list = append(list, Entry{Name: "default_" + kind, Type: kind, Enabled: true, Implicit: true, License: Basic})
	}
	for _, r := range realms.List {
		order, err := r.Int("order", math.MaxInt32) // what the older form has for none
		if err != nil {
			return nil, err
		}
		on, err := r.Bool("enabled", true)
		if err != nil {
			return nil, err
		}
		list = append(list, Entry{Name: r.Name, Type: r.Type, Order: &order, Enabled: on, License: License(r.Type), Line: r.Line})
	}
	slices.SortStableFunc(list, compare)
	return list, nil
}

func compare(a, b Entry) int {
	if a.Enabled != b.Enabled {
		if a.Enabled {
			return -1
		}
		return 1
	}
	if a.Order == nil || b.Order == nil {
		return rank(a) - rank(b)
	}
	return cmp.Or(cmp.Compare(*a.Order, *b.Order), cmp.Compare(a.Name, b.Name))
}

func rank(e Entry) int {
	if e.Order == nil {
		return 0
	}
	return 1
}

package realmlint

import (
	"slices"
	"strings"

	"github.com/realmctl/realmctl/internal/settings"
)

// realm looks at one realm: its type, its settings one by one, and what its type
// wants of them together.
func (l *linter) realm(r settings.Realm) {
	if !slices.Contains(Types(), r.Type) {
		text := "unknown realm type [" + r.Type + "] for realm [" + l.full(r, "") + "]"
		if near := settings.Nearest(r.Type, Types()); near != "" {
			text += ", did you mean [" + near + "]?"
		}
		l.errorf(r, "", "unknown-type", "%s", text)
		return
	}
	l.license(r, License(r.Type), "realms of the type ["+r.Type+"]", "")
	known := schema(r.Type)
	for _, key := range r.Keys() {
		if l.old && key == "type" {
			continue
		}
		s, ok := find(known, key)
		if !ok {
			l.unknown(r, key, known)
			continue
		}
		l.value(r, key, s)
	}
	if !enabled(r) {
		return // what is missing is not missed
	}
	for _, s := range known {
		if s.needed && r.Text(s.name, "") == "" {
			l.errorf(r, "", "missing-setting", "The configuration setting [%s] is required", l.full(r, s.name))
		}
	}
	l.together(r)
}

func (l *linter) unknown(r settings.Realm, key string, known []setting) {
	text := "unknown setting [" + l.full(r, key) + "]"
	if near := settings.Nearest(key, namesOf(known)); near != "" {
		text += ", did you mean [" + l.full(r, near) + "]?"
	}
	l.errorf(r, key, "unknown-setting", "%s", text)
}

// license compares what is needed with the licence that is known.
func (l *linter) license(r settings.Realm, needs, what, key string) {
	license := l.o.License
	if license == "" {
		license = l.s.Text("xpack.license.self_generated.type", "")
	}
	if enabled(r) && !Licensed(license, needs) {
		l.warnf(r, key, "license", "%s need at least a %s licence: with a %s licence realm [%s] is left out of the chain", what, needs, license, r.Name)
	}
}

// value checks the value of one setting.
func (l *linter) value(r settings.Realm, key string, s setting) {
	var err error
	switch s.kind {
	case number:
		_, err = r.Int(key, 0)
	case duration:
		_, err = r.Duration(key, 0)
	case boolean:
		_, err = r.Bool(key, false)
	case enum:
		_, err = r.Enum(key, "", s.words...)
	case path:
		l.readable(r, key)
	case secure:
		l.errorf(r, key, "secure-setting", "Setting [%s] is a secure setting and must be stored inside the Elasticsearch keystore, but was found inside elasticsearch.yml", l.full(r, key))
	case filtered:
		l.warnf(r, key, "secret-in-file", "%s has a secret in the file; put it into the keystore as %s", l.full(r, key), l.full(r, secureName(key)))
	case text, list, pattern:
		if strings.TrimSpace(r.Text(key, "")) == "" {
			l.errorf(r, key, "empty", "%s is empty", l.full(r, key))
		}
	}
	l.add(err, "value")
}

// secureName is the name in the keystore of a setting that has a secret in the file.
func secureName(key string) string {
	i := strings.LastIndex(key, ".") + 1
	return key[:i] + "secure_" + key[i:]
}

// readable looks whether a file is there.
func (l *linter) readable(r settings.Realm, key string) {
	name := r.Text(key, "")
	switch {
	case strings.HasPrefix(name, "https://"):
		return
	case strings.HasPrefix(name, "http://"):
		l.errorf(r, key, "plaintext", "%s: The [http] protocol is not supported as it is insecure. Use [https] instead", l.full(r, key))
		return
	case l.o.Check == nil || name == "":
		return
	}
	if err := l.o.Check(strings.TrimPrefix(name, "file:")); err != nil {
		l.errorf(r, key, "missing-file", "%s: %v", l.full(r, key), err)
	}
}

// secret wants a setting in the keystore.
func (l *linter) secret(r settings.Realm, key, why string) {
	switch {
	case l.o.Secure == nil:
		l.warnf(r, "", "keystore-unknown", "%s has to be in the keystore, which was not looked into: %s", l.full(r, key), why)
	case !l.hasSecure(r, key):
		l.errorf(r, "", "missing-secure-setting", "%s is not in the keystore: %s", l.full(r, key), why)
	}
}

func (l *linter) hasSecure(r settings.Realm, key string) bool {
	return slices.Contains(l.o.Secure, prefix+"."+r.Type+"."+r.Name+"."+key)
}

// domains follow DomainConfig: a realm is in one domain at most, and there.
func (l *linter) domains() {
	group := l.s.Group("xpack.security.authc.domains")
	in := map[string]string{}
	for _, name := range group.Names() {
		key := name + ".realms"
		realms, _ := group.Strings(key)
		for _, realm := range realms {
			exists := realm == "reserved" || slices.ContainsFunc(l.realms, func(r settings.Realm) bool { return r.Name == realm }) ||
				realm == "default_file" && l.implicit(file) || realm == "default_native" && l.implicit(native)
			switch other := in[realm]; {
			case !exists:
				l.add(group.Errorf(key, "realm [%s] is not configured", realm), "domain")
			case other != "":
				l.add(group.Errorf(key, "realm [%s] is in domain [%s] already: a realm is in one domain at most", realm, other), "domain")
			}
			in[realm] = name
		}
	}
}

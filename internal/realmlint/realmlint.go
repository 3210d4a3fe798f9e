// Package realmlint finds what is wrong with the realms in an elasticsearch.yml
// before a node does, which refuses to start, and what a node accepts and people
// regret. It only looks at settings: nothing is connected to.
package realmlint

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/realmctl/realmctl/internal/linefile"
	"github.com/realmctl/realmctl/internal/settings"
)

// prefix is where realms are configured.
const prefix = "xpack.security.authc.realms"

// Options say what is known besides the file.
type Options struct {
	// License of the cluster: basic, standard, gold, platinum, enterprise or trial;
	// empty: what the file says of the self-generated one, else not looked at.
	License string
	// Secure are the names of the settings in the node's keystore; nil: not known, so
	// that what has to be there is a warning.
	Secure []string
	// Check says why a file that the settings name cannot be read; paths are as they
	// stand there. Nil: files are not looked at.
	Check func(path string) error
}

// Lint finds what is wrong in the settings of a file, in the order of its lines.
func Lint(s *settings.Settings, o Options) []linefile.Finding {
	l := &linter{s: s, o: o}
	l.out.File = s.File()
	l.add(s.Unknown(func(key string) bool { return settings.Known(key) || own(key) }, settings.SecurityNames()...), "unknown-setting")
	for _, key := range s.Keys() {
		if own(key) {
			l.out.Add(s.Line(key), 1, linefile.Warning, "own-setting", "%s is a setting of realmctl's engine: Elasticsearch does not start with it", key)
		}
	}
	realms, err := s.Realms()
	if err != nil {
		l.add(err, "form")
		return l.out.List()
	}
	l.realms, l.old = realms.List, realms.Old
	if text := realms.Warning(); text != "" {
		l.out.Add(realms.List[0].Line, 1, linefile.Error, "old-form", "%s; Elasticsearch 7 and later do not start with them", text)
	}
	l.names()
	l.orders()
	l.counts()
	l.recovery()
	l.keystoreOnly()
	for _, r := range l.realms {
		l.realm(r)
	}
	l.domains()
	return l.out.List()
}

// own settings are those that only realmctl's engine knows.
func own(key string) bool { return strings.HasPrefix(key, "realmctl.") }

// Complaints are the findings for errors of package settings, such as those of a
// file that cannot be parsed.
func Complaints(file string, err error) []linefile.Finding {
	l := &linter{}
	l.out.File = file
	l.add(err, "syntax")
	return l.out.List()
}

// linter collects findings.
type linter struct {
	s      *settings.Settings
	o      Options
	out    linefile.Findings
	realms []settings.Realm
	old    bool
}

// add turns errors of package settings into findings.
func (l *linter) add(err error, code string) {
	if err == nil {
		return
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range many.Unwrap() {
			l.add(e, code)
		}
		return
	}
	place, ok := errors.AsType[*settings.Error](err)
	if !ok {
		l.out.Add(0, 0, linefile.Error, code, "%v", err)
		return
	}
	text := place.Text
	if place.Setting != "" {
		text = place.Setting + ": " + text
	}
	l.out.Add(place.Line, 1, linefile.Error, code, "%s", text)
}

// errorf and warnf add a finding at a setting of a realm, or at its first one.
func (l *linter) errorf(r settings.Realm, key, code, format string, args ...any) {
	l.at(r, key, linefile.Error, code, format, args)
}

func (l *linter) warnf(r settings.Realm, key, code, format string, args ...any) {
	l.at(r, key, linefile.Warning, code, format, args)
}

func (l *linter) at(r settings.Realm, key string, s linefile.Severity, code, format string, args []any) {
	line := r.Line
	if key != "" && r.Settings.Line(key) > 0 {
		line = r.Settings.Line(key)
	}
	l.out.Add(line, 1, s, code, "%s", fmt.Sprintf(format, args...))
}

// full is the whole name of a setting of a realm.
func (l *linter) full(r settings.Realm, key string) string {
	name := prefix + "." + r.Type + "." + r.Name
	if l.old {
		name = prefix + "." + r.Name
	}
	if key == "" {
		return name
	}
	return name + "." + key
}

// enabled reports whether a realm takes part; a setting that is no boolean is told
// of elsewhere.
func enabled(r settings.Realm) bool {
	on, err := r.Bool("enabled", true)
	return on || err != nil
}

// names follow the rules of Realms. Realms that are disabled do not count.
func (l *linter) names() {
	first := map[string]settings.Realm{}
	for _, r := range l.realms {
		switch {
		case strings.HasPrefix(r.Name, "_"):
			l.warnf(r, "", "reserved-name", "realm name [%s] begins with an underscore, which is reserved: a later version will refuse it", r.Name)
		case r.Name == reserved:
			l.errorf(r, "", "reserved-name", "realm name [%s] is that of the realm of the built-in users", r.Name)
		case l.takesDefault(r):
			l.errorf(r, "", "reserved-name", "realm name [%s] is that of a realm which the node adds by itself, as the file has none of that type and does not disable it", r.Name)
		}
		if !enabled(r) {
			continue
		}
		if other, taken := first[r.Name]; taken {
			l.errorf(r, "", "duplicate-name", "Found multiple realms configured with the same name: %s: [%s, %s]; the other one begins in line %d",
				r.Name, l.full(other, ""), l.full(r, ""), other.Line)
			continue
		}
		first[r.Name] = r
	}
}

// takesDefault reports whether a realm has the name of one that the node will add.
func (l *linter) takesDefault(r settings.Realm) bool {
	kind, ok := strings.CutPrefix(r.Name, "default_")
	return ok && (kind == file || kind == native) && kind != r.Type && l.implicit(kind) && enabled(r)
}

// implicit reports whether a node adds a realm of this internal type by itself.
func (l *linter) implicit(kind string) bool {
	return !l.old && !slices.ContainsFunc(l.realms, func(r settings.Realm) bool { return r.Type == kind })
}

// orders must be there and be distinct, in the present form.
func (l *linter) orders() {
	first := map[int]settings.Realm{}
	for _, r := range l.realms {
		if !r.Has("order") {
			if !l.old {
				l.errorf(r, "", "missing-order", "'order' is a mandatory parameter for realm config: %s is missing", l.full(r, "order"))
			}
			continue
		}
		order, err := r.Int("order", 0)
		if err != nil || !enabled(r) {
			continue // told with the other values
		}
		other, taken := first[order]
		switch {
		case !taken:
			first[order] = r
		case l.old:
			l.warnf(r, "order", "duplicate-order", "realms [%s] and [%s] have the same order [%d]: the one whose name comes first is asked first", other.Name, r.Name, order)
		default:
			l.errorf(r, "order", "duplicate-order", "Found multiple realms configured with the same order: %d: [%s, %s]; the other one is in line %d",
				order, other.Type+"."+other.Name, r.Type+"."+r.Name, other.Settings.Line("order"))
		}
	}
}

// counts are those that InternalRealms and KerberosRealm allow.
func (l *linter) counts() {
	byType := map[string][]settings.Realm{}
	for _, r := range l.realms {
		if enabled(r) {
			byType[r.Type] = append(byType[r.Type], r)
		}
	}
	for _, kind := range []string{file, native, kerberos} {
		all := byType[kind]
		if len(all) < 2 {
			continue
		}
		names := make([]string, len(all))
		for i, r := range all {
			names[i] = r.Name
		}
		text := fmt.Sprintf("multiple [%s] realms are configured. [%s] is an internal realm and therefore there can only be one such realm configured", kind, kind)
		if kind == kerberos {
			text = fmt.Sprintf("multiple realms [%s] configured of type [%s], [%s] can only have one such realm configured", strings.Join(names, ", "), kind, kind)
		}
		for _, r := range all[1:] {
			l.errorf(r, "", "one-of-type", "%s", text)
		}
	}
}

// recovery is about who can still log in when something else is down.
func (l *linter) recovery() {
	for _, r := range l.realms {
		switch {
		case r.Type == file && !enabled(r):
			l.warnf(r, "enabled", "no-file-realm", "without the file realm nobody can log in while the security index is unavailable, and elasticsearch-reset-password does not work")
		case r.Type == native && !enabled(r):
			l.warnf(r, "enabled", "no-native-realm", "without the native realm the users of the API cannot log in")
		}
	}
	chain, err := Chain(l.s)
	if err != nil {
		return
	}
	slow := ""
	for _, e := range chain {
		if e.Type == file && slow != "" {
			l.warnf(l.named(e.Name), "order", "file-realm-late", "the file realm comes after [%s]: a login for recovery waits for that one first", slow)
		}
		if slices.Contains(Types(), e.Type) && external(e.Type) && takesPasswords(e.Type) && slow == "" {
			slow = e.Name
		}
	}
}

// named is the realm of a name.
func (l *linter) named(name string) settings.Realm {
	for _, r := range l.realms {
		if r.Name == name {
			return r
		}
	}
	return settings.Realm{Settings: l.s}
}

// keystoreOnly are realms of which only secure settings exist.
func (l *linter) keystoreOnly() {
	told := map[string]bool{}
	for _, name := range l.o.Secure {
		rest, ok := strings.CutPrefix(name, prefix+".")
		parts := strings.SplitN(rest, ".", 3)
		if !ok || len(parts) < 3 || told[parts[1]] {
			continue
		}
		there := slices.ContainsFunc(l.realms, func(r settings.Realm) bool { return r.Name == parts[1] && r.Type == parts[0] })
		if !there {
			told[parts[1]] = true
			l.out.Add(0, 0, linefile.Error, "keystore-only", "the keystore has %s, but there is no such realm in the file", name)
		}
	}
}

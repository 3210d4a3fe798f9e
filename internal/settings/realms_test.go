package settings_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/settings"
)

func TestRealms(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want []string // type/name:line:order
		old  bool
	}{
		"none": {"xpack.security.enabled: true\n", nil, false},
		"the present form": {`
xpack.security.authc.realms:
  ldap.ldap1:
    order: 2
    user_search.base_dn: dc=x
  native:
    n1.order: 0
    n-2: {enabled: false}
xpack.security.authc.realms.file.file1.order: 1
`, []string{"ldap/ldap1:4:2", "native/n1:7:0", "native/n-2:8:", "file/file1:9:1"}, false},
		"a type and a setting called type": {`
xpack.security.authc.realms:
  type.type.order: 0
`, []string{"type/type:3:0"}, false},
		"the older form": {`
xpack:
  security:
    authc:
      realms:
        zeta: {type: native}
        alpha:
          order: 3
          cache.ttl: 1h
          type: ldap
`, []string{"native/zeta:6:", "ldap/alpha:8:3"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := parse(t, c.text).Realms()
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, realm := range r.List {
				got = append(got, fmt.Sprintf("%s/%s:%d:%s", realm.Type, realm.Name, realm.Line, realm.Text("order", "")))
			}
			if diff := cmp.Diff(c.want, got); diff != "" || r.Old != c.old {
				t.Errorf("Realms() old: %v, want %v; differ (-want +got):\n%s", r.Old, c.old, diff)
			}
			if hint := r.Warning(); c.old != strings.Contains(hint, "xpack.security.authc.realms.native.zeta.order") {
				t.Errorf("Warning() = %s", hint)
			}
		})
	}
}

func TestRealmsThatAreNone(t *testing.T) {
	t.Parallel()
	const prefix = "elasticsearch.yml:%d: xpack.security.authc.realms."
	for name, c := range map[string]struct{ text, want string }{
		"both forms": {
			"xpack.security.authc.realms:\n  ldap.l1.order: 1\n  old: {type: native}\n",
			fmt.Sprintf(prefix, 3) + "old.type: realms of the older form do not mix with those of the form xpack.security.authc.realms.<type>.<name>, as in line 2",
		},
		"no type": {
			"xpack.security.authc.realms.l1.order: 1\n",
			fmt.Sprintf(prefix, 1) + "l1.order: realms are configured as xpack.security.authc.realms.<type>.<name>.<setting>; in the older form, a realm [l1] has no [type]",
		},
		"a text": {
			"xpack.security.authc.realms:\n  native: yes\n",
			fmt.Sprintf(prefix, 2) + "native: realms are configured as xpack.security.authc.realms.<type>.<name>.<setting>",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := parse(t, c.text).Realms(); fmt.Sprint(err) != c.want {
				t.Errorf("Realms() = %v, want %s", err, c.want)
			}
		})
	}
}

func TestUnknownSettings(t *testing.T) {
	t.Parallel()
	s := parse(t, `
cluster.name: c1
node: {name: n1, roles: [master]}
path.data: /x
xpack.ml.enabled: false
http.port: 9200
logger.org.elasticsearch: debug
xpack.security:
  enabled: true
  authc:
    api_key.enable: true
    realms.native.n1.order: 0
    domains.d1.realms: [n1]
    domains.d1.relms: [n1]
    token.enabled: true
  http.ssl:
    enabled: true
    certificate: x
    certifcate_authorities: y
    secure_key_passphrase: ${SECRET}
  audit.logfile.events.ignore_filters.p1.users: [a]
  nonsense: 1
clustername: c1
`)
	err := s.Unknown(settings.Known, settings.SecurityNames()...)
	want := `elasticsearch.yml:23: clustername: unknown setting
elasticsearch.yml:11: xpack.security.authc.api_key.enable: unknown setting, did you mean [xpack.security.authc.api_key.enabled]?
elasticsearch.yml:14: xpack.security.authc.domains.d1.relms: unknown setting
elasticsearch.yml:19: xpack.security.http.ssl.certifcate_authorities: unknown setting, did you mean [xpack.security.http.ssl.certificate_authorities]?
elasticsearch.yml:22: xpack.security.nonsense: unknown setting`
	if diff := cmp.Diff(want, fmt.Sprint(err)); diff != "" {
		t.Errorf("Unknown() differs (-want +got):\n%s", diff)
	}
	if err := s.Unknown(func(string) bool { return true }); err != nil {
		t.Errorf("Unknown() of known ones = %v, want nil", err)
	}
}

// TestWhatElasticsearchRegistersIsKnown: a setting that is refused here although a real
// node takes it keeps a good file from starting.
func TestWhatElasticsearchRegistersIsKnown(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join("testdata", "registered.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.Lines(string(data)) {
		name = strings.TrimSuffix(strings.ReplaceAll(strings.TrimSpace(name), "*", "some"), ".")
		if !strings.HasPrefix(name, "#") && !settings.Known(name) {
			t.Errorf("%s is not known", name)
		}
	}
	for _, slip := range []string{"xpack.securty.enabled", "xpack.Security.enabled", "xpack.secuirty.http.ssl.enabled"} {
		if settings.Known(slip) {
			t.Errorf("%s is known", slip)
		}
	}
}

func TestEverySecurityNameIsKnownAndItsOwnNearest(t *testing.T) {
	t.Parallel()
	names := settings.SecurityNames()
	for _, name := range names {
		if !settings.Known(name) || settings.Nearest(name, names) != name {
			t.Errorf("%s: known %v, nearest %s", name, settings.Known(name), settings.Nearest(name, names))
		}
	}
	for _, name := range []string{"", "xpack.security", "xpack.security.", "xpack.security.authc.realms", "xpack.security.http.ssl", "xpack.security.http.ssl.x.enabled", "xpack.security.transport.profiles.p"} {
		if settings.Known(name) {
			t.Errorf("Known(%q) = true", name)
		}
	}
	if got := settings.Nearest("", []string{""}); got != "" {
		t.Errorf("Nearest of nothing = %q", got)
	}
}

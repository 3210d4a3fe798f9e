package realm_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/realmctl/realmctl/internal/realm"
	"github.com/realmctl/realmctl/internal/settings"
)

func parse(t *testing.T, text string) *settings.Settings {
	t.Helper()
	s, err := settings.Loader{}.Parse("elasticsearch.yml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// types are two that exist, one with settings of its own, and one for later.
func types() map[string]realm.Type {
	build := func(_ context.Context, c realm.Config) (realm.Realm, error) {
		if c.Settings.Has("fail") {
			return nil, c.Settings.Errorf("fail", "no")
		}
		s := newSource(c.Name, "pw", c.Name)
		s.ref = c.Ref
		return s, nil
	}
	return map[string]realm.Type{
		"native": {Settings: realm.PasswordSettings(), Single: true, New: build},
		"file":   {Settings: realm.PasswordSettings(), Single: true, New: build},
		"test":   {Settings: append(realm.PasswordSettings(), "url", "ssl.*", "fail"), New: build},
		"ldap":   {},
	}
}

const prefix = "xpack.security.authc.realms."

func TestChainsAreReadFromSettings(t *testing.T) {
	t.Parallel()
	twenty := realm.CacheSettings{TTL: 20 * time.Minute, MaxUsers: 100_000, Algorithm: "ssha256"}
	for _, c := range []struct {
		name, text string
		want       []realm.Planned
		warnings   int
	}{
		{"without realms there are file and native", "", []realm.Planned{
			{Ref: realm.Ref{Name: "default_file", Type: "file"}, Order: 0, Cache: twenty},
			{Ref: realm.Ref{Name: "default_native", Type: "native"}, Order: 1, Cache: twenty},
		}, 0},
		{"only those that are configured, in order", prefix + "test:\n  b.order: 3\n  a: {order: -2, url: x, ssl.key: k}\n" + prefix + "native.n.order: 1\n", []realm.Planned{
			{Ref: realm.Ref{Name: "a", Type: "test"}, Order: -2, Cache: twenty},
			{Ref: realm.Ref{Name: "n", Type: "native"}, Order: 1, Cache: twenty},
			{Ref: realm.Ref{Name: "b", Type: "test"}, Order: 3, Cache: twenty},
		}, 0},
		{"a disabled realm is left out, and needs no order", prefix + "file.f.enabled: false\n" + prefix + "native.n.order: 1\n", []realm.Planned{
			{Ref: realm.Ref{Name: "n", Type: "native"}, Order: 1, Cache: twenty},
		}, 0},
		{"what is switched off is no default", prefix + "file.f.enabled: false\n", []realm.Planned{
			{Ref: realm.Ref{Name: "default_native", Type: "native"}, Order: 1, Cache: twenty},
		}, 0},
		{"a type for later does no harm while it is off", prefix + "ldap.l: {enabled: false, order: 1, whatever: x}\n", []realm.Planned{
			{Ref: realm.Ref{Name: "default_file", Type: "file"}, Order: 0, Cache: twenty},
			{Ref: realm.Ref{Name: "default_native", Type: "native"}, Order: 1, Cache: twenty},
		}, 0},
		{"settings of the cache", prefix + "native.n: {order: 0, cache.ttl: 1h, cache.max_users: 5, cache.hash_algo: MD5, authentication.enabled: false}\n", []realm.Planned{
			{Ref: realm.Ref{Name: "n", Type: "native"}, Cache: realm.CacheSettings{TTL: time.Hour, MaxUsers: 5, Algorithm: "MD5"}, LookupOnly: true},
		}, 0},
		{"domains", prefix + "native.n.order: 0\nxpack.security.authc.domains.d.realms: [n, reserved]\n", []realm.Planned{
			{Ref: realm.Ref{Name: "n", Type: "native", Domain: "d"}, Cache: twenty},
		}, 0},
		{"domains of defaults", "xpack.security.authc.domains.d.realms: default_file\n", []realm.Planned{
			{Ref: realm.Ref{Name: "default_file", Type: "file", Domain: "d"}, Order: 0, Cache: twenty},
			{Ref: realm.Ref{Name: "default_native", Type: "native"}, Order: 1, Cache: twenty},
		}, 0},
		{"a name that is going to be refused", prefix + "native._n.order: 0\n", []realm.Planned{
			{Ref: realm.Ref{Name: "_n", Type: "native"}, Cache: twenty},
		}, 1},
		{"the older form: no order is the last, ties in the order of names", prefix + "z: {type: native}\n" + prefix + "m: {type: test, order: 1}\n" +
			prefix + "b: {type: test, order: 1}\n" + prefix + "a: {type: file}\n" + prefix + "off: {type: test, enabled: false}\n", []realm.Planned{
			{Ref: realm.Ref{Name: "b", Type: "test"}, Order: 1, Cache: twenty},
			{Ref: realm.Ref{Name: "m", Type: "test"}, Order: 1, Cache: twenty},
			{Ref: realm.Ref{Name: "a", Type: "file"}, Order: 1<<31 - 1, Cache: twenty},
			{Ref: realm.Ref{Name: "z", Type: "native"}, Order: 1<<31 - 1, Cache: twenty},
		}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			plan, err := realm.ReadPlan(parse(t, c.text), types())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, plan.Realms, cmpopts.IgnoreFields(realm.Planned{}, "Settings")); diff != "" {
				t.Errorf("realms (-want +got):\n%s", diff)
			}
			if len(plan.Warnings) != c.warnings {
				t.Errorf("warnings %q, want %d", plan.Warnings, c.warnings)
			}
			if want := (realm.SmartOrder{Size: 10_000, TTL: time.Hour}); plan.Smart != want {
				t.Errorf("smart order %+v, want %+v", plan.Smart, want)
			}
		})
	}
}

func TestTheOlderFormIsWarnedAboutWithThePresentOne(t *testing.T) {
	t.Parallel()
	plan, err := realm.ReadPlan(parse(t, prefix+"n1.type: native\n"), types())
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Warnings) != 1 || !strings.Contains(plan.Warnings[0], "xpack.security.authc.realms.native.n1") {
		t.Errorf("warnings %q, want one that shows the present form", plan.Warnings)
	}
}

func TestChainsThatCannotStart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       []string // each a complaint, in their order
	}{
		{
			"an unknown type", prefix + "natve.n.order: 0\n",
			[]string{"elasticsearch.yml:1: " + prefix + "natve.n: unknown realm type [natve] for realm [natve.n], did you mean [native]?"},
		},
		{
			"even of a disabled realm", prefix + "nope.n.enabled: false\n",
			[]string{"elasticsearch.yml:1: " + prefix + "nope.n: unknown realm type [nope] for realm [nope.n]"},
		},
		{
			"the reserved realm cannot be configured", prefix + "reserved.r.order: 0\n",
			[]string{"elasticsearch.yml:1: " + prefix + "reserved.r: unknown realm type [reserved] for realm [reserved.r]"},
		},
		{
			"an unknown type in the older form", "a: 1\n" + prefix + "n.type: nope\n",
			[]string{"elasticsearch.yml:2: " + prefix + "n.type: unknown realm type [nope] for realm [nope.n]"},
		},
		{
			"a type for later", prefix + "ldap.l.order: 0\n",
			[]string{"elasticsearch.yml:1: " + prefix + "ldap.l: realms of type [ldap] are not supported by this version of realmctl"},
		},
		{"an unknown setting", prefix + "native.n: {order: 0, cache.max_user: 1, zzz: 1}\n", []string{
			"elasticsearch.yml:1: " + prefix + "native.n.cache.max_user: unknown setting, did you mean [cache.max_users]?",
			"elasticsearch.yml:1: " + prefix + "native.n.zzz: unknown setting",
		}},
		{
			"the older form has no setting that only the type's name is like", prefix + "native.n: {order: 0, type.x: native}\n",
			[]string{"elasticsearch.yml:1: " + prefix + "native.n.type.x: unknown setting"},
		},
		{
			"no order", prefix + "native.n.cache.ttl: 1h\n",
			[]string{"elasticsearch.yml:1: " + prefix + "native.n: 'order' is a mandatory parameter for realm config"},
		},
		{
			"an order that is no number", prefix + "native.n.order: first\n",
			[]string{"elasticsearch.yml:1: " + prefix + "native.n.order: [first] is not a whole number"},
		},
		{
			"the same order twice", prefix + "native.n.order: 1\n" + prefix + "test.t.order: 1\n",
			[]string{"elasticsearch.yml:2: " + prefix + "test.t.order: Found multiple realms configured with the same order: 1: [native.n, test.t]; the other one is in line 1"},
		},
		{
			"the same name twice", prefix + "native.n.order: 1\n" + prefix + "test.n.order: 2\n",
			[]string{"elasticsearch.yml:2: " + prefix + "test.n: Found multiple realms configured with the same name: n: [native.n, test.n]; the other one begins in line 1"},
		},
		{
			"two file realms", prefix + "file.f1.order: 1\n" + prefix + "file.f2.order: 2\n",
			[]string{"elasticsearch.yml:2: " + prefix + "file.f2: multiple [file] realms are configured. [file] is an internal realm and therefore there can only be one such realm configured; the other one is [f1]"},
		},
		{
			"two native realms in the older form", prefix + "a.type: native\n" + prefix + "b.type: native\n",
			[]string{"elasticsearch.yml:2: " + prefix + "b: multiple [native] realms are configured. [native] is an internal realm and therefore there can only be one such realm configured; the other one is [a]"},
		},
		{
			"a name that is taken", prefix + "native.reserved.order: 1\n",
			[]string{"elasticsearch.yml:1: " + prefix + "native.reserved: the name [reserved] is that of the realm of the reserved users"},
		},
		{
			"both forms", prefix + "a.type: native\n" + prefix + "test.t.order: 2\n",
			[]string{"elasticsearch.yml:1: " + prefix + "a.type: realms of the older form do not mix with those of the form xpack.security.authc.realms.<type>.<name>, as in line 2"},
		},
		{"values of the wrong kind", prefix + "native.n:\n  order: 0\n  enabled: maybe\n  cache.ttl: soon\n  cache.max_users: many\n  cache.hash_algo: rot13\n  authentication.enabled: on\n", []string{
			"elasticsearch.yml:3: " + prefix + "native.n.enabled: [maybe] is neither [true] nor [false]",
			"elasticsearch.yml:4: " + prefix + "native.n.cache.ttl: [soon] is not a duration such as 30s, 20m or 7d",
			"elasticsearch.yml:5: " + prefix + "native.n.cache.max_users: [many] is not a whole number",
			"elasticsearch.yml:6: " + prefix + "native.n.cache.hash_algo: unknown hash function [rot13]",
			"elasticsearch.yml:7: " + prefix + "native.n.authentication.enabled: [on] is neither [true] nor [false]",
		}},
		{
			"a domain without realm", "xpack.security.authc.domains.d.realms: [nope]\n",
			[]string{"elasticsearch.yml:1: xpack.security.authc.domains.d.realms: there is no realm [nope]"},
		},
		{
			"a realm in two domains", "xpack.security.authc.domains.a.realms: [reserved]\nxpack.security.authc.domains.b.realms: [reserved]\n",
			[]string{"elasticsearch.yml:2: xpack.security.authc.domains.b.realms: realm [reserved] is in the domain [a] already"},
		},
		{"a smart order of nonsense", "xpack.security.authc.success_cache: {enabled: x, size: y, expire_after_access: z}\n", []string{
			"elasticsearch.yml:1: xpack.security.authc.success_cache.enabled: [x] is neither [true] nor [false]",
			"elasticsearch.yml:1: xpack.security.authc.success_cache.size: [y] is not a whole number",
			"elasticsearch.yml:1: xpack.security.authc.success_cache.expire_after_access: [z] is not a duration such as 30s, 20m or 7d",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := realm.ReadPlan(parse(t, c.text), types())
			if err == nil {
				t.Fatal("it starts")
			}
			if diff := cmp.Diff(strings.Join(c.want, "\n"), err.Error()); diff != "" {
				t.Errorf("complaints (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAPlanBecomesAChain(t *testing.T) {
	t.Parallel()
	text := prefix + "native.n.order: 1\n" + prefix + "test.t: {order: 0, authentication.enabled: false}\n" +
		"xpack.security.authc:\n  domains.d.realms: [n, reserved]\n  success_cache.enabled: false\n"
	plan, err := realm.ReadPlan(parse(t, text), types())
	if err != nil {
		t.Fatal(err)
	}
	var first realm.Ref
	reserved := func(ref realm.Ref) realm.Realm {
		first = ref
		s := newSource("reserved", "pw", "elastic")
		s.ref = ref
		return s
	}
	chain, err := plan.Build(t.Context(), types(), reserved, realm.Options{Now: (&clock{}).now})
	if err != nil {
		t.Fatal(err)
	}
	if want := (realm.Ref{Name: "reserved", Type: "reserved", Domain: "d"}); first != want {
		t.Errorf("the reserved realm is %+v, want %+v", first, want)
	}
	var names []string
	for _, s := range chain.Realms(t.Context()) {
		names = append(names, s.Name)
	}
	if diff := cmp.Diff([]string{"reserved", "t", "n"}, names); diff != "" {
		t.Errorf("realms (-want +got):\n%s", diff)
	}
	if res, _ := chain.Authenticate(t.Context(), password("n", "pw")); res.Verdict != realm.Success || res.User.Realm.Domain != "d" {
		t.Errorf("%+v, want success in domain d", res)
	}
	if res, _ := chain.Authenticate(t.Context(), password("t", "pw")); res.Verdict != realm.Continue {
		t.Errorf("a realm for look-ups only: verdict %d", res.Verdict)
	}
}

func TestAFactoryMayRefuse(t *testing.T) {
	t.Parallel()
	plan, err := realm.ReadPlan(parse(t, "a: 1\n"+prefix+"test.t: {order: 0, fail: x}\n"), types())
	if err != nil {
		t.Fatal(err)
	}
	reserved := func(realm.Ref) realm.Realm { return newSource("reserved", "") }
	_, err = plan.Build(t.Context(), types(), reserved, realm.Options{Now: (&clock{}).now})
	if bad, ok := errors.AsType[*settings.Error](err); !ok || bad.Line != 2 {
		t.Errorf("Build = %v, want the place of the setting", err)
	}
}

package realmlint_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/realmlint"
	"github.com/realmctl/realmctl/internal/settings"
)

func parse(t *testing.T, yml string) *settings.Settings {
	t.Helper()
	s, err := settings.Loader{}.Parse("es.yml", []byte(yml))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// lint gives the findings as lines "line severity code: text".
func lint(t *testing.T, yml string, o realmlint.Options) []string {
	t.Helper()
	got := []string{}
	for _, f := range realmlint.Lint(parse(t, yml), o) {
		got = append(got, strings.TrimPrefix(f.String(), "es.yml"))
	}
	return got
}

// realms makes a file of lines below xpack.security.authc.realms; other lines begin
// with a slash.
func realms(lines ...string) string {
	var b strings.Builder
	for _, l := range lines {
		if rest, ok := strings.CutPrefix(l, "/"); ok {
			b.WriteString(rest + "\n")
			continue
		}
		b.WriteString("xpack.security.authc.realms." + l + "\n")
	}
	return b.String()
}

const p = "xpack.security.authc.realms."

func TestLint(t *testing.T) {
	t.Parallel()
	tokens := "/xpack.security.authc.token.enabled: true"
	for _, c := range []struct {
		about, yml string
		want       []string
	}{
		{"nothing is configured", "", []string{}},
		{"a file realm and a native one", realms("file.f1.order: 0", "native.n1.order: 1"), []string{}},
		{
			"a realm without an order", realms("native.n1.enabled: true"),
			[]string{":1:1: error: 'order' is a mandatory parameter for realm config: " + p + "native.n1.order is missing [missing-order]"},
		},
		{
			"an order twice", realms("file.f1.order: 1", "native.n1.order: 1"),
			[]string{":2:1: error: Found multiple realms configured with the same order: 1: [file.f1, native.n1]; the other one is in line 1 [duplicate-order]"},
		},
		{"an order twice, of a realm that is disabled", realms("file.f1.order: 1", "saml.s1.order: 1", "saml.s1.enabled: false"), []string{}},
		{
			"an order that is no number", realms("file.f1.order: first"),
			[]string{":1:1: error: " + p + "file.f1.order: [first] is not a whole number [value]"},
		},
		{
			"a name of two types", realms("file.one.order: 0", "native.one.order: 1"),
			[]string{":2:1: error: Found multiple realms configured with the same name: one: [" + p + "file.one, " + p + "native.one]; the other one begins in line 1 [duplicate-name]"},
		},
		{
			"names that are reserved", realms("file._f.order: 0", "native.reserved.order: 1"),
			[]string{
				":1:1: warning: realm name [_f] begins with an underscore, which is reserved: a later version will refuse it [reserved-name]",
				":2:1: error: realm name [reserved] is that of the realm of the built-in users [reserved-name]",
			},
		},
		{
			"the name of a realm that the node adds", realms("native.default_file.order: 0"),
			[]string{":1:1: error: realm name [default_file] is that of a realm which the node adds by itself, as the file has none of that type and does not disable it [reserved-name]"},
		},
		{
			"two native realms", realms("native.n1.order: 0", "native.n2.order: 1"),
			[]string{":2:1: error: multiple [native] realms are configured. [native] is an internal realm and therefore there can only be one such realm configured [one-of-type]"},
		},
		{
			"two Kerberos realms", realms("kerberos.k1.order: 2", "kerberos.k1.keytab.path: a", "kerberos.k2.order: 3", "kerberos.k2.keytab.path: a", tokens),
			[]string{":3:1: error: multiple realms [k1, k2] configured of type [kerberos], [kerberos] can only have one such realm configured [one-of-type]"},
		},
		{
			"a type that nobody has", realms("kerbros.l1.order: 2"),
			[]string{":1:1: error: unknown realm type [kerbros] for realm [" + p + "kerbros.l1], did you mean [kerberos]? [unknown-type]"},
		},
		{
			"a setting that the type does not have", realms("native.n1.order: 0", "native.n1.cache.max_user: 5", "native.n1.url: x"),
			[]string{
				":2:1: error: unknown setting [" + p + "native.n1.cache.max_user], did you mean [" + p + "native.n1.cache.max_users]? [unknown-setting]",
				":3:1: error: unknown setting [" + p + "native.n1.url] [unknown-setting]",
			},
		},
		{
			"settings outside of realms", "xpack.security.authc.tokn.enabled: true\nnode.name: a\nclustr.name: b\nxpack.securty.enabled: true\nxpack.ml.enabled: false\n",
			[]string{
				":1:1: error: xpack.security.authc.tokn.enabled: unknown setting, did you mean [xpack.security.authc.token.enabled]? [unknown-setting]",
				":3:1: error: clustr.name: unknown setting [unknown-setting]",
				":4:1: error: xpack.securty.enabled: unknown setting, did you mean [xpack.security.enabled]? [unknown-setting]",
			},
		},
		{
			"a setting of our own engine", "realmctl.files.strict: true\n",
			[]string{":1:1: warning: realmctl.files.strict is a setting of realmctl's engine: Elasticsearch does not start with it [own-setting]"},
		},
		{
			"values of the wrong kind", realms("native.n1.order: 0", "native.n1.enabled: yes", "native.n1.cache.ttl: long", "native.n1.cache.hash_algo: ''"),
			[]string{
				":2:1: error: " + p + "native.n1.enabled: [yes] is neither [true] nor [false] [value]",
				":3:1: error: " + p + "native.n1.cache.ttl: [long] is not a duration such as 30s, 20m or 7d [value]",
			},
		},
		{
			"the older form", "xpack.security.authc.realms.one.type: native\nxpack.security.authc.realms.two.type: file\n",
			[]string{":1:1: error: realms of the form xpack.security.authc.realms.<name>.type are deprecated; write xpack.security.authc.realms.native.one.order and the like (file es.yml); Elasticsearch 7 and later do not start with them [old-form]"},
		},
		{
			"both forms at once", "xpack.security.authc.realms.one.type: native\nxpack.security.authc.realms.file.two.order: 1\n",
			[]string{":1:1: error: xpack.security.authc.realms.one.type: realms of the older form do not mix with those of the form xpack.security.authc.realms.<type>.<name>, as in line 2 [form]"},
		},
		{
			"no file realm", realms("file.f1.order: 0", "file.f1.enabled: false", "native.n1.order: 1", "native.n1.enabled: false"),
			[]string{
				":2:1: warning: without the file realm nobody can log in while the security index is unavailable, and elasticsearch-reset-password does not work [no-file-realm]",
				":4:1: warning: without the native realm the users of the API cannot log in [no-native-realm]",
			},
		},
		{
			"a file realm behind a directory", realms("ldap.l1.order: 0", "ldap.l1.url: ldaps://a", "ldap.l1.user_dn_templates: [ 'cn={0}' ]", "file.f1.order: 1"),
			[]string{":4:1: warning: the file realm comes after [l1]: a login for recovery waits for that one first [file-realm-late]"},
		},
		{
			"a file realm without an order behind a type that does not exist", realms("file.f1.enabled: true", "natve.n1.order: 1"),
			[]string{
				":1:1: error: 'order' is a mandatory parameter for realm config: " + p + "file.f1.order is missing [missing-order]",
				":2:1: error: unknown realm type [natve] for realm [" + p + "natve.n1], did you mean [native]? [unknown-type]",
			},
		},
		{
			"domains", realms("file.f1.order: 0", "native.n1.order: 1", "/xpack.security.authc.domains.d1.realms: [ f1, n1 ]", "/xpack.security.authc.domains.d2.realms: [ n1, gone, reserved ]"),
			[]string{
				":4:1: error: xpack.security.authc.domains.d2.realms: realm [n1] is in domain [d1] already: a realm is in one domain at most [domain]",
				":4:1: error: xpack.security.authc.domains.d2.realms: realm [gone] is not configured [domain]",
			},
		},
		{
			"authorization realms", realms("pki.p1.order: 2", "pki.p1.authorization_realms: [ gone, default_native, l1, p2 ]",
				"ldap.l1.order: 3", "ldap.l1.url: ldaps://a", "ldap.l1.user_search.base_dn: dc=a", "ldap.l1.authorization_realms: default_native", "pki.p2.order: 4",
				"/xpack.security.http.ssl.enabled: true", "/xpack.security.http.ssl.client_authentication: optional"),
			[]string{
				":2:1: error: configured authorization realm [gone] does not exist (or is not enabled) [authorization-realms]",
				":2:1: error: cannot use realm [ldap/l1] as an authorization realm - it is already delegating authorization to [default_native] [authorization-realms]",
				":2:1: warning: realms of the type [pki] cannot look users up: realm [p2] will find nobody [authorization-realms]",
			},
		},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, lint(t, c.yml, realmlint.Options{})); diff != "" {
				t.Errorf("findings differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLintOfTypes(t *testing.T) {
	t.Parallel()
	const tokens = "/xpack.security.authc.token.enabled: true"
	saml := []string{
		tokens, "saml.s1.order: 2", "saml.s1.idp.entity_id: i", "saml.s1.idp.metadata.path: https://idp/metadata", "saml.s1.sp.entity_id: s",
		"saml.s1.sp.acs: https://kibana/api", "saml.s1.attributes.principal: nameid",
	}
	oidc := []string{
		tokens, "oidc.o1.order: 2", "oidc.o1.rp.client_id: c", "oidc.o1.rp.redirect_uri: https://kibana", "oidc.o1.rp.response_type: code", "oidc.o1.op.issuer: i",
		"oidc.o1.op.authorization_endpoint: https://op/a", "oidc.o1.op.token_endpoint: https://op/t", "oidc.o1.op.jwkset_path: https://op/k", "oidc.o1.claims.principal: sub",
	}
	jwt := []string{
		"jwt.j1.order: 2", "jwt.j1.allowed_issuer: i", "jwt.j1.allowed_audiences: a", "jwt.j1.pkc_jwkset_path: keys.json", "jwt.j1.claims.principal: sub",
	}
	ldap := []string{"ldap.l1.order: 2", "ldap.l1.url: ldaps://a", "ldap.l1.user_search.base_dn: dc=a"}
	with := func(base []string, more ...string) string {
		return realms(append(append([]string{}, base...), more...)...)
	}
	for _, c := range []struct {
		about, yml string
		want       []string // without the place, which the rules share
	}{
		{"LDAP as it should be", with(ldap), nil},
		{"SAML as it should be", with(saml), nil},
		{"OpenID Connect as it should be", with(oidc), nil},
		{"JWT as it should be", with(jwt, "jwt.j1.required_claims.team: [ a, b ]"), nil},
		{"LDAP without anything", realms("ldap.l1.order: 2"), []string{
			"error: The configuration setting [" + p + "ldap.l1.url] is required [missing-setting]",
			"error: settings were not found for either user search [" + p + "ldap.l1.user_search.base_dn] or user template [" + p + "ldap.l1.user_dn_templates] [missing-setting]",
		}},
		{"LDAP that is disabled may be incomplete", realms("ldap.l1.order: 2", "ldap.l1.enabled: false"), nil},
		{"LDAP with two ways", with(ldap, "ldap.l1.user_dn_templates: 'cn={0}'"), []string{
			"error: settings were found for both user search [" + p + "ldap.l1.user_search.base_dn] and user template [" + p + "ldap.l1.user_dn_templates] [exclusive]",
		}},
		{"LDAP with half a search", realms("ldap.l1.order: 2", "ldap.l1.url: ldaps://a", "ldap.l1.user_search.filter: (uid={0})"), []string{
			"error: [" + p + "ldap.l1.user_search.base_dn] must be specified [missing-setting]",
		}},
		{"LDAP in the clear, and not", with(ldap[:1], "ldap.l1.url: [ 'ldap://a', 'ldaps://b', 'http://c' ]", "ldap.l1.user_search.base_dn: dc=a"), []string{
			"error: " + p + "ldap.l1.url: [http://c] is no address of the form ldap://host:port or ldaps://host:port [value]",
			"error: configured LDAP protocols are not all equal (ldaps://.. and ldap://..): [ldap://a,ldaps://b,http://c] [exclusive]",
		}},
		{"LDAP with a password in the file", with(ldap, "ldap.l1.bind_dn: cn=a", "ldap.l1.bind_password: x", "ldap.l1.ssl.verification_mode: none", "ldap.l1.hostname_verification: false"), []string{
			"warning: " + p + "ldap.l1.bind_password has a secret in the file; put it into the keystore as " + p + "ldap.l1.secure_bind_password [secret-in-file]",
			"error: [" + p + "ldap.l1.hostname_verification] and [" + p + "ldap.l1.ssl.verification_mode] may not be used at the same time [exclusive]",
			"warning: realm [l1] trusts whoever answers: passwords and tokens go to anybody in between [unverified]",
		}},
		{"LDAP with unknown words", with(ldap, "ldap.l1.user_search.scope: all", "ldap.l1.load_balance.type: random"), []string{
			"error: " + p + "ldap.l1.user_search.scope: [all] is not one of [sub_tree, one_level, base, object] [value]",
			"error: " + p + "ldap.l1.load_balance.type: [random] is not one of [failover, dns_failover, round_robin, dns_round_robin] [value]",
		}},
		{"Active Directory without a domain", realms("active_directory.a1.order: 2", "active_directory.a1.authorization_realms: x"), []string{
			"warning: realm [a1] sends every password in the clear: use ldaps:// [plaintext]",
			"error: The configuration setting [" + p + "active_directory.a1.domain_name] is required [missing-setting]",
			"error: unknown setting [" + p + "active_directory.a1.authorization_realms] [unknown-setting]",
		}},
		{"PKI without TLS", realms("pki.p1.order: 2"), []string{
			"warning: realm [p1] sees no certificates: the node asks for none; set xpack.security.http.ssl.enabled and xpack.security.http.ssl.client_authentication: optional [client-certificates]",
		}},
		{"PKI that delegates without trust", realms("pki.p1.order: 2", "pki.p1.delegation.enabled: true", tokens), []string{
			"error: PKI realms with delegation enabled require a trust configuration (" + p + "pki.p1.certificate_authorities or " + p + "pki.p1.truststore.path) and that the token service be also enabled (xpack.security.authc.token.enabled) [delegation]",
		}},
		{"SAML without tokens, over http", with(saml[1:5], "saml.s1.sp.acs: http://kibana", "saml.s1.attributes.principal: nameid"), []string{
			"error: SAML requires that the token service be enabled (xpack.security.authc.token.enabled) [token-service]",
			"warning: " + p + "saml.s1.sp.acs: assertions come to the browser's address in the clear [plaintext]",
		}},
		{"SAML with half of things", with(saml, "saml.s1.attribute_patterns.mail: (.*)", "saml.s1.attribute_delimiters.groups: ';'", "saml.s1.signing.saml_messages: '*'"), []string{
			"error: Setting [" + p + "saml.s1.attribute_patterns.mail] cannot be set unless [" + p + "saml.s1.attributes.mail] is also set [incomplete]",
			"error: Setting [" + p + "saml.s1.attribute_delimiters.groups] cannot be set unless [" + p + "saml.s1.attributes.groups] is also set [incomplete]",
			"error: Setting [" + p + "saml.s1.signing.saml_messages] is there, and no key to sign with [incomplete]",
		}},
		{"metadata in the clear", with(append(append([]string{}, saml[:3]...), saml[4:]...), "saml.s1.idp.metadata.path: http://idp"), []string{
			"error: " + p + "saml.s1.idp.metadata.path: The [http] protocol is not supported as it is insecure. Use [https] instead [plaintext]",
		}},
		{"OpenID Connect with an unknown flow", with(append(append([]string{}, oidc[:4]...), oidc[5:]...), "oidc.o1.rp.response_type: hybrid"), []string{
			"error: " + p + "oidc.o1.rp.response_type: [hybrid] is not one of [code, id_token, id_token token] [value]",
		}},
		{"OpenID Connect without a place for the code", with(append(append([]string{}, oidc[:7]...), oidc[8:]...)), []string{
			"error: The configuration setting [" + p + "oidc.o1.op.token_endpoint] is required [missing-setting]",
		}},
		{"a secret that belongs into the keystore", with(oidc, "oidc.o1.rp.client_secret: x"), []string{
			"error: Setting [" + p + "oidc.o1.rp.client_secret] is a secure setting and must be stored inside the Elasticsearch keystore, but was found inside elasticsearch.yml [secure-setting]",
		}},
		{"JWT with a wrong algorithm", with(jwt, "jwt.j1.allowed_signature_algorithms: [ RS256, none ]"), []string{
			"error: " + p + "jwt.j1.allowed_signature_algorithms: [none] is not one of [RS256, RS384, RS512, ES256, ES384, ES512, PS256, PS384, PS512, HS256, HS384, HS512] [value]",
		}},
		{"JWT without its keys", with(append(append([]string{}, jwt[:3]...), jwt[4:]...)), []string{
			"error: The configuration setting [" + p + "jwt.j1.pkc_jwkset_path] is required: tokens may be signed with the algorithms [RS256] [missing-setting]",
		}},
		{"JWT with keys that nobody uses", with(jwt, "jwt.j1.allowed_signature_algorithms: HS256"), []string{
			"error: [" + p + "jwt.j1.pkc_jwkset_path] is there, and no algorithm that would use it [exclusive]",
		}},
		{"access tokens of everybody", with(jwt, "jwt.j1.token_type: access_token"), []string{
			"error: One of either [" + p + "jwt.j1.allowed_subjects] or [" + p + "jwt.j1.allowed_subject_patterns] must be specified and not be empty [missing-setting]",
		}},
		{"Kerberos without a keytab", realms("kerberos.k1.order: 2"), []string{
			"error: The configuration setting [" + p + "kerberos.k1.keytab.path] is required [missing-setting]",
			"warning: Kibana's login needs the token service as well (xpack.security.authc.token.enabled) [token-service]",
		}},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, f := range realmlint.Lint(parse(t, c.yml), realmlint.Options{}) {
				if f.Code == "keystore-unknown" {
					continue // TestLintLooksIntoTheKeystore has these
				}
				got = append(got, string(f.Severity)+": "+f.Text+" ["+f.Code+"]")
			}
			slices.Sort(got)
			slices.Sort(c.want)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("findings differ (-want +got):\n%s", diff)
			}
		})
	}
}

package realmlint_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/realmlint"
	"github.com/realmctl/realmctl/internal/settings"
)

func TestLintLooksIntoTheKeystore(t *testing.T) {
	t.Parallel()
	yml := realms("/xpack.security.authc.token.enabled: true", "ldap.l1.order: 2", "ldap.l1.url: ldaps://a", "ldap.l1.user_search.base_dn: dc=a", "ldap.l1.bind_dn: cn=b",
		"oidc.o1.order: 3", "oidc.o1.rp.client_id: c", "oidc.o1.rp.redirect_uri: https://kibana", "oidc.o1.rp.response_type: code", "oidc.o1.op.issuer: i",
		"oidc.o1.op.authorization_endpoint: https://op/a", "oidc.o1.op.token_endpoint: https://op/t", "oidc.o1.op.jwkset_path: https://op/k", "oidc.o1.claims.principal: sub",
		"jwt.j1.order: 4", "jwt.j1.allowed_issuer: i", "jwt.j1.allowed_audiences: a", "jwt.j1.allowed_signature_algorithms: HS256", "jwt.j1.claims.principal: sub")
	secure := []string{p + "ldap.l1.secure_bind_password", p + "oidc.o1.rp.client_secret", p + "jwt.j1.hmac_key", p + "jwt.j1.client_authentication.shared_secret"}
	if got := lint(t, yml, realmlint.Options{Secure: secure}); len(got) != 0 {
		t.Errorf("with all secure settings: %q, want nothing", got)
	}
	const unknown = " has to be in the keystore, which was not looked into: "
	got := lint(t, yml, realmlint.Options{})
	if len(got) != 4 || got[1] != ":6:1: warning: "+p+"oidc.o1.rp.client_secret"+unknown+"the code flow needs it [keystore-unknown]" {
		t.Errorf("when the keystore is not known: %q, want four warnings", got)
	}
	want := []string{
		": error: the keystore has " + p + "saml.s9.signing.secure_key_passphrase, but there is no such realm in the file [keystore-only]",
		":2:1: error: " + p + "ldap.l1.secure_bind_password is not in the keystore: [bind_dn] is there, and without a password it binds as nobody [missing-secure-setting]",
		":6:1: error: " + p + "oidc.o1.rp.client_secret is not in the keystore: the code flow needs it [missing-secure-setting]",
		":15:1: error: " + p + "jwt.j1.hmac_key is not in the keystore: it, or hmac_jwkset, is the key that tokens are signed with [missing-secure-setting]",
		":15:1: error: " + p + "jwt.j1.client_authentication.shared_secret is not in the keystore: clients prove with it that they may send tokens; without one set client_authentication.type: none [missing-secure-setting]",
	}
	if diff := cmp.Diff(want, lint(t, yml, realmlint.Options{Secure: []string{p + "saml.s9.signing.secure_key_passphrase"}})); diff != "" {
		t.Errorf("without them (-want +got):\n%s", diff)
	}
}

func TestLintKnowsLicences(t *testing.T) {
	t.Parallel()
	yml := realms("native.n1.order: 0", "ldap.l1.order: 2", "ldap.l1.url: ldaps://a", "ldap.l1.user_search.base_dn: dc=a", "ldap.l1.authorization_realms: n1",
		"kerberos.k1.order: 3", "kerberos.k1.keytab.path: a", "/xpack.security.authc.token.enabled: true")
	directory := ":2:1: warning: realms of the type [ldap] need at least a gold licence: with a basic licence realm [l1] is left out of the chain [license]"
	for license, want := range map[string][]string{
		"": {}, "trial": {}, "platinum": {}, "enterprise": {},
		"gold": {
			":5:1: warning: authorization realms need at least a platinum licence: with a gold licence realm [l1] is left out of the chain [license]",
			":6:1: warning: realms of the type [kerberos] need at least a platinum licence: with a gold licence realm [k1] is left out of the chain [license]",
		},
		"basic": {
			directory,
			":5:1: warning: authorization realms need at least a platinum licence: with a basic licence realm [l1] is left out of the chain [license]",
			":6:1: warning: realms of the type [kerberos] need at least a platinum licence: with a basic licence realm [k1] is left out of the chain [license]",
		},
	} {
		if diff := cmp.Diff(want, lint(t, yml, realmlint.Options{License: license})); diff != "" {
			t.Errorf("with licence %q (-want +got):\n%s", license, diff)
		}
	}
	if got := lint(t, yml+"xpack.license.self_generated.type: basic\n", realmlint.Options{}); len(got) != 3 || got[0] != directory {
		t.Errorf("with a basic licence in the file: %q", got)
	}
}

func TestLintLooksAtFiles(t *testing.T) {
	t.Parallel()
	yml := realms("kerberos.k1.order: 3", "kerberos.k1.keytab.path: es.keytab", "ldap.l1.order: 2", "ldap.l1.url: ldaps://a", "ldap.l1.user_search.base_dn: dc=a",
		"ldap.l1.files.role_mapping: there.yml", "/xpack.security.authc.token.enabled: true")
	check := func(path string) error {
		if path == "there.yml" {
			return nil
		}
		return errors.New(path + " is not there")
	}
	want := []string{":2:1: error: " + p + "kerberos.k1.keytab.path: es.keytab is not there [missing-file]"}
	if diff := cmp.Diff(want, lint(t, yml, realmlint.Options{Check: check})); diff != "" {
		t.Errorf("findings differ (-want +got):\n%s", diff)
	}
}

func TestComplaintsHavePlaces(t *testing.T) {
	t.Parallel()
	_, err := settings.Loader{}.Parse("es.yml", []byte("a: 1\nb: [\n"))
	got := realmlint.Complaints("es.yml", err)
	if len(got) != 1 || got[0].Line == 0 || got[0].Code != "syntax" || got[0].File != "es.yml" {
		t.Errorf("Complaints(%v) = %v", err, got)
	}
	_, err = settings.Loader{}.Parse("es.yml", []byte("a: 1\na: 2\nb: 1\nb: 2\n"))
	if got := realmlint.Complaints("es.yml", err); len(got) != 2 || got[0].Line != 2 || got[1].Line != 4 {
		t.Errorf("Complaints(%v) = %v, want lines 2 and 4", err, got)
	}
	if got := realmlint.Complaints("es.yml", errors.New("no")); len(got) != 1 || got[0].String() != "es.yml: error: no [syntax]" {
		t.Errorf("Complaints of another error = %v", got)
	}
}

func TestChain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		about, yml string
		want       []string
	}{
		{"nothing is configured", "", []string{"reserved", "default_file", "default_native"}},
		{"a directory alone", realms("ldap.l1.order: -1"), []string{"reserved", "default_file", "default_native", "l1"}},
		{"all by order", realms("ldap.l1.order: 2", "native.n1.order: 3", "file.f1.order: 1"), []string{"reserved", "f1", "l1", "n1"}},
		{"a disabled file realm", realms("file.f1.order: 1", "file.f1.enabled: false", "ldap.l1.order: 2"), []string{"reserved", "default_native", "l1", "(f1)"}},
		{"no built-in users", "xpack.security.authc.reserved_realm.enabled: false", []string{"default_file", "default_native", "(reserved)"}},
		{
			"the older form", "xpack.security.authc.realms.b.type: native\nxpack.security.authc.realms.a.type: file\nxpack.security.authc.realms.c.type: ldap\nxpack.security.authc.realms.c.order: 1\n",
			[]string{"reserved", "c", "a", "b"},
		},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			chain, err := realmlint.Chain(parse(t, c.yml))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range chain {
				name := e.Name
				if !e.Enabled {
					name = "(" + name + ")"
				}
				got = append(got, name)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("chain differs (-want +got):\n%s", diff)
			}
		})
	}
	if _, err := realmlint.Chain(parse(t, realms("ldap.l1.order: x"))); err == nil || err.Error() != "es.yml:1: "+p+"ldap.l1.order: [x] is not a whole number" {
		t.Errorf("Chain with a bad order: %v", err)
	}
}

func TestEveryTypeHasSettingsAndALicence(t *testing.T) {
	t.Parallel()
	for _, kind := range realmlint.Types() {
		if got := lint(t, realms(kind+".x.enabled: false", kind+".x.order: 1"), realmlint.Options{}); len(got) > 1 {
			t.Errorf("%s: %q, want no finding about its settings", kind, got)
		}
		if l := realmlint.License(kind); !realmlint.Licensed("platinum", l) || !realmlint.Licensed("", l) {
			t.Errorf("%s is not licensed by any licence", kind)
		}
	}
}

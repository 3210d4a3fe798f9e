package realmlint

import (
	"slices"
	"strings"

	"github.com/realmctl/realmctl/internal/settings"
)

// together looks at settings of a realm that concern each other.
func (l *linter) together(r settings.Realm) {
	l.delegates(r)
	l.tls(r)
	switch r.Type {
	case ldap:
		l.directory(r)
		l.ldap(r)
	case directory:
		l.directory(r)
	case pki:
		l.pki(r)
	case saml:
		l.saml(r)
	case oidc:
		l.oidc(r)
	case jwt:
		l.jwt(r)
	case kerberos:
		if !l.tokens() {
			l.warnf(r, "", "token-service", "Kibana's login needs the token service as well (xpack.security.authc.token.enabled)")
		}
	}
}

// exclude complains about two settings that exclude each other.
func (l *linter) exclude(r settings.Realm, a, b, format string) {
	if r.Has(a) && r.Has(b) {
		format = strings.ReplaceAll(format, "$a", l.full(r, a))
		l.errorf(r, b, "exclusive", "%s", strings.ReplaceAll(format, "$b", l.full(r, b)))
	}
}

const bothText = "[$a] and [$b] may not be used at the same time"

// tokens reports whether the token service is on.
func (l *linter) tokens() bool {
	https, err := l.s.Bool("xpack.security.http.ssl.enabled", false)
	if err != nil {
		return true // told elsewhere
	}
	on, err := l.s.Bool("xpack.security.authc.token.enabled", https)
	return on || err != nil
}

// delegates checks authorization_realms (DelegatedAuthorizationSupport).
func (l *linter) delegates(r settings.Realm) {
	const key = "authorization_realms"
	realms, _ := r.Strings(key)
	if len(realms) == 0 || r.Type == directory {
		return
	}
	l.license(r, Platinum, "authorization realms", key)
	for _, name := range realms {
		other := l.named(name)
		implicit := name == "default_file" && l.implicit(file) || name == "default_native" && l.implicit(native)
		switch {
		case implicit || name == reserved:
		case other.Name == "" || !enabled(other):
			l.errorf(r, key, "authorization-realms", "configured authorization realm [%s] does not exist (or is not enabled)", name)
		case other.Has(key):
			l.errorf(r, key, "authorization-realms", "cannot use realm [%s/%s] as an authorization realm - it is already delegating authorization to [%s]",
				other.Type, name, other.Text(key, ""))
		case slices.Contains([]string{pki, saml, oidc, jwt, kerberos}, other.Type):
			l.warnf(r, key, "authorization-realms", "realms of the type [%s] cannot look users up: realm [%s] will find nobody", other.Type, name)
		}
	}
}

// tls checks the ssl block, or the trust half of it that PKI realms have.
func (l *linter) tls(r settings.Realm) {
	block := "ssl."
	if r.Type == pki {
		block = ""
	}
	const trusted = "cannot specify both [$a] and [$b]"
	l.exclude(r, block+"certificate_authorities", block+"truststore.path", trusted)
	if block == "" {
		return
	}
	l.exclude(r, "ssl.key", "ssl.keystore.path", trusted)
	if r.Has("ssl.key") != r.Has("ssl.certificate") {
		l.errorf(r, "ssl.key", "incomplete", "[%s] and [%s] belong together", l.full(r, "ssl.key"), l.full(r, "ssl.certificate"))
	}
	if strings.EqualFold(r.Text("ssl.verification_mode", ""), "none") {
		l.warnf(r, "ssl.verification_mode", "unverified", "realm [%s] trusts whoever answers: passwords and tokens go to anybody in between", r.Name)
	}
}

// directory is what LDAP and Active Directory have in common.
func (l *linter) directory(r settings.Realm) {
	l.exclude(r, "timeout.tcp_read", "timeout.response", bothText)
	l.exclude(r, "hostname_verification", "ssl.verification_mode", bothText)
	urls, _ := r.Strings("url")
	secure, plain := 0, 0
	for _, u := range urls {
		switch {
		case strings.HasPrefix(strings.ToLower(u), "ldaps://"):
			secure++
		case strings.HasPrefix(strings.ToLower(u), "ldap://"):
			plain++
		default:
			l.errorf(r, "url", "value", "%s: [%s] is no address of the form ldap://host:port or ldaps://host:port", l.full(r, "url"), u)
		}
	}
	switch {
	case secure > 0 && plain > 0:
		l.errorf(r, "url", "exclusive", "configured LDAP protocols are not all equal (ldaps://.. and ldap://..): [%s]", strings.Join(urls, ","))
	case plain > 0 || len(urls) == 0 && r.Type == directory:
		l.warnf(r, "url", "plaintext", "realm [%s] sends every password in the clear: use ldaps://", r.Name)
	}
	if r.Has("bind_password") && l.hasSecure(r, "secure_bind_password") {
		l.errorf(r, "bind_password", "exclusive", "You cannot specify both [%s] and [%s]", l.full(r, "bind_password"), l.full(r, "secure_bind_password"))
	}
	if r.Has("bind_dn") && !r.Has("bind_password") {
		l.secret(r, "secure_bind_password", "[bind_dn] is there, and without a password it binds as nobody")
	}
}

// ldap follows LdapRealm.getSessionFactory.
func (l *linter) ldap(r settings.Realm) {
	search := ""
	for _, key := range []string{"user_search.base_dn", "user_search.attribute", "user_search.scope", "user_search.filter", "user_search.pool.enabled"} {
		if r.Has(key) && search == "" {
			search = key
		}
	}
	templates := r.Has("user_dn_templates")
	switch {
	case search != "" && templates:
		l.errorf(r, "user_dn_templates", "exclusive", "settings were found for both user search [%s] and user template [%s]", l.full(r, search), l.full(r, "user_dn_templates"))
	case search == "" && !templates:
		l.errorf(r, "", "missing-setting", "settings were not found for either user search [%s] or user template [%s]", l.full(r, "user_search.base_dn"), l.full(r, "user_dn_templates"))
	case search != "" && !r.Has("user_search.base_dn"):
		l.errorf(r, search, "missing-setting", "[%s] must be specified", l.full(r, "user_search.base_dn"))
	}
	l.exclude(r, "user_search.attribute", "user_search.filter", "search attribute setting [$a] and filter setting [$b] cannot be combined!")
}

func (l *linter) pki(r settings.Realm) {
	l.exclude(r, "username_rdn_name", "username_rdn_oid", bothText)
	const auth = "xpack.security.http.ssl.client_authentication"
	on, err := l.s.Bool("xpack.security.http.ssl.enabled", false)
	asked := slices.Contains([]string{"optional", "required"}, strings.ToLower(l.s.Text(auth, "none")))
	delegated, bad := r.Bool("delegation.enabled", false)
	if err != nil || bad != nil {
		return // told elsewhere
	}
	if delegated && (!r.Has("certificate_authorities") && !r.Has("truststore.path") || !l.tokens()) {
		l.errorf(r, "delegation.enabled", "delegation", "PKI realms with delegation enabled require a trust configuration (%s or %s) and that the token service be also enabled (xpack.security.authc.token.enabled)",
			l.full(r, "certificate_authorities"), l.full(r, "truststore.path"))
	}
	if !delegated && (!on || !asked) {
		l.warnf(r, "", "client-certificates", "realm [%s] sees no certificates: the node asks for none; set xpack.security.http.ssl.enabled and %s: optional", r.Name, auth)
	}
}

func (l *linter) tokensFor(r settings.Realm, what string) {
	if !l.tokens() {
		l.errorf(r, "", "token-service", "%s requires that the token service be enabled (xpack.security.authc.token.enabled)", what)
	}
}

func (l *linter) saml(r settings.Realm) {
	l.tokensFor(r, "SAML")
	l.exclude(r, "attribute_patterns.groups", "attribute_delimiters.groups", bothText)
	l.patterns(r, "attribute_patterns.", "attributes.")
	if r.Has("attribute_delimiters.groups") && !r.Has("attributes.groups") {
		l.errorf(r, "attribute_delimiters.groups", "incomplete", "Setting [%s] cannot be set unless [%s] is also set", l.full(r, "attribute_delimiters.groups"), l.full(r, "attributes.groups"))
	}
	for _, use := range []string{"signing", "encryption"} {
		l.exclude(r, use+".key", use+".keystore.path", "cannot specify both [$a] and [$b]")
	}
	if r.Has("signing.saml_messages") && !r.Has("signing.key") && !r.Has("signing.keystore.path") {
		l.errorf(r, "signing.saml_messages", "incomplete", "Setting [%s] is there, and no key to sign with", l.full(r, "signing.saml_messages"))
	}
	for _, key := range []string{"sp.acs", "sp.logout"} {
		if strings.HasPrefix(r.Text(key, ""), "http://") {
			l.warnf(r, key, "plaintext", "%s: assertions come to the browser's address in the clear", l.full(r, key))
		}
	}
}

// patterns want the setting whose value they match.
func (l *linter) patterns(r settings.Realm, patterns, values string) {
	for _, key := range r.Keys() {
		name, ok := strings.CutPrefix(key, patterns)
		if ok && !r.Has(values+name) {
			l.errorf(r, key, "incomplete", "Setting [%s] cannot be set unless [%s] is also set", l.full(r, key), l.full(r, values+name))
		}
	}
}

func (l *linter) oidc(r settings.Realm) {
	l.tokensFor(r, "OpenID Connect")
	l.patterns(r, "claim_patterns.", "claims.")
	response := r.Text("rp.response_type", "")
	if response != "" && !slices.Contains([]string{"code", "id_token", "id_token token"}, response) {
		l.errorf(r, "rp.response_type", "value", "%s: [%s] is not one of [code, id_token, id_token token]", l.full(r, "rp.response_type"), response)
	}
	if response == "code" && !r.Has("op.token_endpoint") {
		l.errorf(r, "", "missing-setting", "The configuration setting [%s] is required", l.full(r, "op.token_endpoint"))
	}
	switch {
	case response == "code":
		l.secret(r, "rp.client_secret", "the code flow needs it")
	case strings.HasPrefix(r.Text("rp.signature_algorithm", ""), "HS"):
		l.secret(r, "rp.client_secret", "it is the key that tokens are signed with")
	}
	for _, key := range []string{"op.authorization_endpoint", "op.token_endpoint", "op.userinfo_endpoint", "op.endsession_endpoint"} {
		if strings.HasPrefix(r.Text(key, ""), "http://") {
			l.warnf(r, key, "plaintext", "%s: tokens and secrets travel in the clear", l.full(r, key))
		}
	}
}

func (l *linter) jwt(r settings.Realm) {
	l.patterns(r, "claim_patterns.", "claims.")
	signing, set := r.Strings("allowed_signature_algorithms")
	if !set {
		signing = []string{"RS256"}
	}
	hmac, public := false, false
	for _, a := range signing {
		switch {
		case !slices.Contains(strings.Fields(algorithms), a):
			l.errorf(r, "allowed_signature_algorithms", "value", "%s: [%s] is not one of [%s]", l.full(r, "allowed_signature_algorithms"), a, strings.ReplaceAll(algorithms, " ", ", "))
		case strings.HasPrefix(a, "HS"):
			hmac = true
		default:
			public = true
		}
	}
	if public && !r.Has("pkc_jwkset_path") {
		l.errorf(r, "", "missing-setting", "The configuration setting [%s] is required: tokens may be signed with the algorithms [%s]", l.full(r, "pkc_jwkset_path"), strings.Join(signing, ", "))
	}
	if !public && r.Has("pkc_jwkset_path") {
		l.errorf(r, "pkc_jwkset_path", "exclusive", "[%s] is there, and no algorithm that would use it", l.full(r, "pkc_jwkset_path"))
	}
	if hmac && !l.hasSecure(r, "hmac_jwkset") {
		l.secret(r, "hmac_key", "it, or hmac_jwkset, is the key that tokens are signed with")
	}
	switch strings.ToLower(r.Text("client_authentication.type", "shared_secret")) {
	case "shared_secret":
		l.secret(r, "client_authentication.shared_secret", "clients prove with it that they may send tokens; without one set client_authentication.type: none")
	case "none":
		if l.hasSecure(r, "client_authentication.shared_secret") {
			l.errorf(r, "client_authentication.type", "exclusive", "[%s] is in the keystore, and [%s] is none", l.full(r, "client_authentication.shared_secret"), l.full(r, "client_authentication.type"))
		}
	}
	if strings.EqualFold(r.Text("token_type", ""), "access_token") && !r.Has("allowed_subjects") && !r.Has("allowed_subject_patterns") {
		l.errorf(r, "token_type", "missing-setting", "One of either [%s] or [%s] must be specified and not be empty", l.full(r, "allowed_subjects"), l.full(r, "allowed_subject_patterns"))
	}
}

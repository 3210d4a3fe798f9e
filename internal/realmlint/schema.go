package realmlint

import (
	"slices"
	"strings"
)

// kind of a setting's value.
type kind string

const (
	text     kind = "text"
	list     kind = "list"
	number   kind = "int"
	duration kind = "time"
	boolean  kind = "bool"
	enum     kind = "enum"   // with its words behind it
	path     kind = "path"   // a file, or a URL where the setting allows it
	pattern  kind = "regex"  // Java's
	secure   kind = "secure" // stands in the keystore
	filtered kind = "secret" // a secret in the file, which is deprecated
)

// setting is one that a type of realm has.
type setting struct {
	name   string
	kind   kind
	words  []string // of an enum
	needed bool
	open   bool // the name goes on with a part of one's own choice
}

// schema are the settings of a type, below <type>.<name>; nil for types of plugins.
//
// The tables follow the classes *RealmSettings of Elasticsearch 9.5: a name, the
// kind of its value, ! when a realm of the type cannot do without it.
func schema(realm string) []setting {
	switch realm {
	case file, native:
		return parse("", common, passwordCache)
	case ldap:
		return append(parse("", common, passwordCache, directoryServer, ldapOnly, delegation, mappingFile), parse("ssl.", ssl, trust)...)
	case directory:
		return append(parse("", common, passwordCache, directoryServer, directoryOnly, mappingFile), parse("ssl.", ssl, trust)...)
	case pki:
		return parse("", common, userCache, pkiOnly, delegation, mappingFile, trust)
	case saml:
		return append(parse("", common, samlOnly, delegation), parse("ssl.", ssl, trust)...)
	case oidc:
		return append(parse("", common, oidcOnly, claims, httpClient, delegation), parse("ssl.", ssl, trust)...)
	case jwt:
		return append(parse("", common, jwtOnly, claims, httpClient, delegation), parse("ssl.", ssl, trust)...)
	case kerberos:
		return parse("", common, userCache, kerberosOnly, delegation)
	}
	return nil
}

// parse reads tables; the prefix goes before every name.
func parse(prefix string, tables ...string) []setting {
	var all []setting
	for _, table := range tables {
		for row := range strings.Lines(table) {
			words := strings.Fields(row)
			if len(words) == 0 {
				continue
			}
			s := setting{name: prefix + words[0], kind: kind(words[1])}
			s.name, s.open = strings.CutSuffix(s.name, "*")
			for _, w := range words[2:] {
				if w == "!" {
					s.needed = true
					continue
				}
				s.words = append(s.words, w)
			}
			all = append(all, s)
		}
	}
	return all
}

// find is the setting of a name.
func find(schema []setting, name string) (setting, bool) {
	i := slices.IndexFunc(schema, func(s setting) bool {
		return s.name == name || s.open && strings.HasPrefix(name, s.name) && len(name) > len(s.name)
	})
	if i < 0 {
		return setting{}, false
	}
	return schema[i], true
}

func namesOf(schema []setting) []string {
	var names []string
	for _, s := range schema {
		if !s.open {
			names = append(names, s.name)
		}
	}
	return names
}

const (
	algorithms = `RS256 RS384 RS512 ES256 ES384 ES512 PS256 PS384 PS512 HS256 HS384 HS512`

	common = `
order int
enabled bool`

	userCache = `
cache.ttl time
cache.max_users int`

	passwordCache = userCache + `
cache.hash_algo text
authentication.enabled bool`

	delegation = `
authorization_realms list`

	mappingFile = `
files.role_mapping path`

	ssl = `
key path
key_passphrase secret
secure_key_passphrase secure
certificate path
keystore.path path
keystore.type text
keystore.algorithm text
keystore.password secret
keystore.secure_password secure
keystore.key_password secret
keystore.secure_key_password secure
verification_mode enum full certificate none
supported_protocols list
cipher_suites list
client_authentication enum none optional required
handshake_timeout time
trust_restrictions.path path
trust_restrictions.x509_fields list
truststore.type text`

	trust = `
certificate_authorities list
truststore.path path
truststore.algorithm text
truststore.password secret
truststore.secure_password secure`

	directoryServer = `
bind_dn text
bind_password secret
secure_bind_password secure
load_balance.type enum failover dns_failover round_robin dns_round_robin
load_balance.cache_ttl time
user_search.base_dn text
user_search.scope enum sub_tree one_level base object
user_search.filter text
user_search.pool.enabled bool
user_search.pool.size int
user_search.pool.initial_size int
user_search.pool.health_check.enabled bool
user_search.pool.health_check.dn text
user_search.pool.health_check.interval time
group_search.base_dn text
group_search.scope enum sub_tree one_level base object
metadata list
user_full_name_attribute text
user_email_attribute text
timeout.tcp_connect time
timeout.tcp_read time
timeout.response time
timeout.ldap_search time
timeout.execution time
follow_referrals bool
ignore_referral_errors bool
hostname_verification bool
unmapped_groups_as_roles bool`

	ldapOnly = `
url list !
user_dn_templates list
user_search.attribute text
group_search.filter text
group_search.user_attribute text
user_group_attribute text`

	directoryOnly = `
url list
domain_name text !
port.ldap int
port.ldaps int
port.gc_ldap int
port.gc_ldaps int
user_search.upn_filter text
user_search.down_level_filter text`

	pkiOnly = `
username_pattern regex
username_rdn_name text
username_rdn_oid text
delegation.enabled bool
unmapped_groups_as_roles bool`

	samlOnly = `
idp.entity_id text !
idp.metadata.path path !
idp.metadata.http.refresh time
idp.metadata.http.minimum_refresh time
idp.metadata.http.fail_on_error bool
idp.metadata.http.connect_timeout time
idp.metadata.http.read_timeout time
idp.use_single_logout bool
sp.entity_id text !
sp.acs text !
sp.logout text
nameid_format text
nameid.allow_create bool
nameid.sp_qualifier text
force_authn bool
populate_user_metadata bool
req_authn_context_class_ref list
attributes.principal text !
attributes.groups text
attributes.name text
attributes.mail text
attributes.dn text
attribute_patterns.principal regex
attribute_patterns.groups regex
attribute_patterns.name regex
attribute_patterns.mail regex
attribute_patterns.dn regex
attribute_delimiters.groups text
private_attributes list
allowed_clock_skew time
signing.saml_messages list
signing.key path
signing.secure_key_passphrase secure
signing.certificate path
signing.keystore.path path
signing.keystore.type text
signing.keystore.alias text
signing.keystore.algorithm text
signing.keystore.secure_password secure
signing.keystore.secure_key_password secure
encryption.key path
encryption.secure_key_passphrase secure
encryption.certificate path
encryption.keystore.path path
encryption.keystore.type text
encryption.keystore.alias text
encryption.keystore.algorithm text
encryption.keystore.secure_password secure
encryption.keystore.secure_key_password secure`

	claims = `
claims.principal text !
claims.groups text
claims.name text
claims.mail text
claims.dn text
claim_patterns.principal regex
claim_patterns.groups regex
claim_patterns.name regex
claim_patterns.mail regex
claim_patterns.dn regex
populate_user_metadata bool
allowed_clock_skew time`

	httpClient = `
http.connect_timeout time
http.connection_read_timeout time
http.socket_timeout time
http.max_connections int
http.max_endpoint_connections int
http.proxy.host text
http.proxy.port int
http.proxy.scheme enum http https`

	oidcOnly = `
rp.client_id text !
rp.client_secret secure
rp.redirect_uri text !
rp.response_type text !
rp.requested_scopes list
http.connection_pool_ttl time
http.tcp.keep_alive bool
rp.signature_algorithm enum ` + algorithms + `
rp.client_auth_method enum client_secret_basic client_secret_post client_secret_jwt
rp.client_auth_jwt_signature_algorithm enum HS256 HS384 HS512
rp.post_logout_redirect_uri text
op.issuer text !
op.authorization_endpoint text !
op.token_endpoint text
op.userinfo_endpoint text
op.endsession_endpoint text
op.jwkset_path path !`

	jwtOnly = `
token_type enum id_token access_token
allowed_issuer text !
allowed_audiences list !
allowed_subjects list
allowed_subject_patterns list
fallback_claims.sub text
fallback_claims.aud text
required_claims.* list
allowed_signature_algorithms list
pkc_jwkset_path path
pkc_jwkset_reload.enabled bool
pkc_jwkset_reload.file_interval time
pkc_jwkset_reload.url_interval_min time
pkc_jwkset_reload.url_interval_max time
hmac_jwkset secure
hmac_key secure
client_authentication.type enum shared_secret none
client_authentication.shared_secret secure
client_authentication.rotation_grace_period time
jwt.cache.ttl time
jwt.cache.size int`

	kerberosOnly = `
keytab.path path !
remove_realm_name bool
krb.debug bool`
)

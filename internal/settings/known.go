package settings

import (
	"errors"
	"slices"
	"strings"
)

// Unknown complains about every setting for which known is false, as Elasticsearch
// does at its start, with the names that come near. It returns nil or the *Errors
// joined.
func (s *Settings) Unknown(known func(key string) bool, names ...string) error {
	var errs []error
	for _, key := range s.Keys() {
		if known(key) {
			continue
		}
		if near := Nearest(key, names); near != "" {
			errs = append(errs, s.Errorf(key, "unknown setting, did you mean [%s]?", near))
			continue
		}
		errs = append(errs, s.Errorf(key, "unknown setting"))
	}
	return errors.Join(errs...)
}

// Nearest is the name most like the given one, if it is like enough that a slip of
// the pen is likely. The parts that two names begin with in common do not count.
func Nearest(name string, names []string) string {
	best, near := 0.7, ""
	for _, other := range names {
		common := 0
		for i := 0; i < min(len(name), len(other)) && name[i] == other[i]; i++ {
			if name[i] == '.' {
				common = i + 1
			}
		}
		longest := max(len(name), len(other)) - common
		if score := 1 - float64(distance(name[common:], other[common:]))/float64(longest); score > best {
			best, near = score, other
		}
	}
	return near
}

// distance is Levenshtein's.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

// Known reports whether Elasticsearch 9.5 knows a setting. Those that are not about
// security are told by their first part: they say nothing to us, and a file that
// serves a real node is to serve us as well. Settings of realms all pass.
func Known(key string) bool {
	if rest, ok := strings.CutPrefix(key+".", "xpack.security."); ok {
		return isRealm(key) || knownSecurity(strings.TrimSuffix(rest, "."))
	}
	first, rest, _ := strings.Cut(key, ".")
	second, _, _ := strings.Cut(rest, ".")
	if first == "xpack" && Nearest(second, []string{"security"}) != "" {
		return false // a slip of the pen, as no other plugin has such a name
	}
	return slices.Contains(strings.Fields(foreign), first)
}

// foreign are the first parts of the settings of the server and of its other
// modules and plugins.
const foreign = `
action azure bootstrap breaker cache client cloud cluster cluster_info_write_load_forecaster cluster_state
data_stream data_streams discovery elasticsearch enrich esql gateway gcs health health_node
http indexing_pressure indices ingest ingest_node logger master_history metrics monitor network node node_shutdown path
persistent_tasks plugin plugins processors readiness reindex remote_cluster remote_cluster_server repositories
request resource rest s3 script search security serverless slm snapshot snapshots stack stateless synonyms telemetry thread_pool
time_series tracing transport xpack`

func knownSecurity(rest string) bool {
	if slices.Contains(strings.Fields(security), rest) {
		return true
	}
	for block := range strings.FieldsSeq(sslBlocks) {
		if setting, ok := strings.CutPrefix(rest, block+"."); ok {
			return slices.Contains(strings.Fields(ssl), setting)
		}
	}
	if domain, ok := strings.CutPrefix(rest, "authc.domains."); ok {
		_, setting, _ := strings.Cut(domain, ".")
		return slices.Contains([]string{"realms", "uid_generation.literal_username", "uid_generation.suffix"}, setting)
	}
	if policy, ok := strings.CutPrefix(rest, "audit.logfile.events.ignore_filters."); ok {
		_, setting, _ := strings.Cut(policy, ".")
		return slices.Contains([]string{"users", "realms", "roles", "indices", "actions"}, setting)
	}
	profile, ok := strings.CutPrefix(rest, "transport.profiles.")
	return ok && strings.Contains(profile, ".")
}

// SecurityNames lists the names of settings below xpack.security that have no part
// of one's own choice in them, for Unknown to suggest.
func SecurityNames() []string {
	var names []string
	for name := range strings.FieldsSeq(security) {
		names = append(names, "xpack.security."+name)
	}
	for block := range strings.FieldsSeq(sslBlocks) {
		for name := range strings.FieldsSeq(ssl) {
			names = append(names, "xpack.security."+block+"."+name)
		}
	}
	return names
}

// security lists the settings below xpack.security of Elasticsearch 9.5.3 and of
// its documentation, without realms, domains and ssl.*.
const security = `
audit.enabled audit.logfile.emit_cluster_name audit.logfile.emit_cluster_uuid audit.logfile.emit_node_host_address
audit.logfile.emit_node_host_name audit.logfile.emit_node_id audit.logfile.emit_node_name
audit.logfile.events.emit_request_body audit.logfile.events.exclude audit.logfile.events.include
audit.logfile.events.max_request_body_size
authc.anonymous.authz_exception authc.anonymous.roles authc.anonymous.username
authc.api_key.cache.hash_algo authc.api_key.cache.max_keys authc.api_key.cache.ttl
authc.api_key.certificate_identity_pattern_cache.max_keys authc.api_key.certificate_identity_pattern_cache.ttl
authc.api_key.delete.interval authc.api_key.delete.retention_period authc.api_key.delete.timeout
authc.api_key.doc_cache.ttl authc.api_key.enabled authc.api_key.hashing.algorithm
authc.cluster_state_role_mappings.enabled authc.native_role_mappings.enabled authc.native_roles.enabled
authc.native_users.enabled authc.password_hashing.algorithm authc.reserved_realm.enabled authc.run_as.enabled
authc.service_token.cache.hash_algo authc.service_token.cache.max_tokens authc.service_token.cache.ttl
authc.service_token_hashing.algorithm
authc.success_cache.enabled authc.success_cache.expire_after_access authc.success_cache.size
authc.token.delete.interval authc.token.delete.timeout authc.token.enabled authc.token.thread_pool.queue_size
authc.token.thread_pool.size authc.token.timeout
authz.store.privileges.cache.max_size authz.store.privileges.cache.ttl
authz.store.role_mappings.last_load_cache.enabled authz.store.roles.cache.max_size
authz.store.roles.field_permissions.cache.max_size_in_bytes
authz.store.roles.has_privileges.cache.max_size authz.store.roles.negative_lookup_cache.max_size
authz.timer.indices.enabled authz.timer.indices.threshold.debug authz.timer.indices.threshold.info
authz.timer.indices.threshold.warn
autoconfiguration.enabled automata.cache.enabled automata.cache.size automata.cache.ttl automata.max_determinized_states
crypto.thread_pool.queue_size crypto.thread_pool.size dls.bitset.cache.size dls.bitset.cache.ttl dls_fls.enabled enabled enrollment.enabled
filter.allow filter.always_allow_bound_address filter.deny fips_mode.enabled fips_mode.required_providers hide_settings
http.filter.allow http.filter.deny http.filter.enabled operator_privileges.enabled profile.max_size
remote_cluster.filter.allow remote_cluster.filter.deny ssl.diagnose.trust
transport.filter.allow transport.filter.deny transport.filter.enabled user`

// sslBlocks are the places of a set of TLS settings, ssl are its members.
const (
	sslBlocks = `http.ssl transport.ssl remote_cluster_client.ssl remote_cluster_server.ssl`
	ssl       = `
certificate certificate_authorities cipher_suites client_authentication enabled handshake_timeout
key key_passphrase keystore.algorithm keystore.key_password keystore.password keystore.path
keystore.secure_key_password keystore.secure_password keystore.type secure_key_passphrase
supported_protocols trust_restrictions.path trust_restrictions.x509_fields
truststore.algorithm truststore.password truststore.path truststore.secure_password truststore.type
verification_mode`
)

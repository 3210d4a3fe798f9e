package engine_test

import "github.com/realmctl/realmctl/internal/wiretest"

// waiting are the recordings that wait for later work. The list may only shrink: a
// step that passes while it is listed fails the test.
func waiting() []wiretest.Wait {
	return []wiretest.Wait{
		{File: "apikey-cross-cluster.jsonl", Step: "query by type", Why: "the Query API"},
		{File: "apikey-query.jsonl", Why: "the Query API"},
		{File: "authorization.jsonl", Step: "no privilege, GET /_security/_query/user", Why: "the Query API"},
		{File: "authorization.jsonl", Step: "no privilege, GET /_security/_query/role", Why: "the Query API"},
		{File: "authorization.jsonl", Step: "no privilege, GET /_security/role_mapping", Why: "role mappings"},
		{File: "authorization.jsonl", Step: "no privilege, DELETE /_security/role_mapping/x", Why: "role mappings"},
		{File: "authorization.jsonl", Step: "no privilege, GET /_security/_query/api_key", Why: "the Query API"},
		{File: "authorization.jsonl", Step: "no privilege, GET /_security/profile/u_x_0", Why: "user profiles"},
		{File: "authorization.jsonl", Step: "no privilege, POST /_security/profile/_suggest", Why: "user profiles"},
		{File: "authorization.jsonl", Step: "no privilege, PUT /_security/profile/u_x_0/_enable", Why: "user profiles"},
		{File: "authorization.jsonl", Step: "no privilege, PUT /_security/profile/u_x_0/_disable", Why: "user profiles"},
		{File: "authorization.jsonl", Step: "no privilege: PUT /_security/role_mapping/x with a body", Why: "role mappings"},
		{File: "authorization.jsonl", Step: "no privilege: POST /_security/profile/_activate with a body", Why: "user profiles"},
		{File: "authorization.jsonl", Step: "no privilege: PUT /_security/profile/u_x_0/_data with a body", Why: "user profiles"},
		{File: "authorization.jsonl", Step: "no privilege: POST /_security/profile/_has_privileges with a body", Why: "user profiles"},
		{File: "authorization.jsonl", Step: "a profile", Why: "user profiles"},
		{File: "authorization.jsonl", Step: "read_security reads, GET /_security/role_mapping/nope-${run}", Why: "role mappings"},
		{File: "authorization.jsonl", Step: "read_security reads, GET /_security/profile/u_x_0", Why: "user profiles"},
		{File: "authorization.jsonl", Step: "read_security queries, POST /_security/_query/api_key", Why: "the Query API"},
		{File: "authorization.jsonl", Step: "read_security queries, POST /_security/_query/user", Why: "the Query API"},
		{File: "authorization.jsonl", Step: "read_security writes nothing, PUT /_security/profile/u_x_0/_enable", Why: "user profiles"},
		{File: "authorization.jsonl", Step: "read_security and a user's privileges", Why: "user profiles"},
		{File: "authorization.jsonl", Step: "manage_security is not delegate_pki", Why: "delegated PKI"},
		{File: "authorization.jsonl", Step: "grant_api_key, GET /_security/_query/api_key", Why: "the Query API"},
		{File: "authorization.jsonl", Step: "manage_user_profile, GET /_security/profile/u_x_0", Why: "user profiles"},
		{File: "authorization.jsonl", Step: "manage_user_profile, PUT /_security/profile/u_x_0/_enable", Why: "user profiles"},
		{File: "generic.jsonl", Step: "wrong method PUT /_security/profile/_activate", Why: "user profiles"},
		{File: "generic.jsonl", Step: "wrong method PUT /_security/_query/role", Why: "the Query API"},
		{File: "generic.jsonl", Step: "GET /_security/role_mapping?names=x", Why: "role mappings"},
		{File: "generic.jsonl", Step: "GET /_security/profile/u_x_0?dta=x", Why: "user profiles"},
		{File: "generic.jsonl", Step: "body on GET /_security/role_mapping", Why: "role mappings"},
		{File: "generic.jsonl", Step: "body on GET /_security/profile/u_x_0", Why: "user profiles"},
		{File: "profiles.jsonl", Why: "user profiles"},
		{File: "role-mappings.jsonl", Why: "role mappings"},
		{File: "roles-query.jsonl", Why: "the Query API"},
		{File: "sso.jsonl", Why: "SAML, OpenID Connect and delegated PKI"},
		{File: "users-query.jsonl", Why: "the Query API"},
	}
}

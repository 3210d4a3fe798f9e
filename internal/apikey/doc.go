// Package apikey is the API of API keys: who may have what key, and what can be
// asked about keys.
//
//	create, grant, clone -> Service -> keyring.Ring.Issue
//	get, invalidate      -> Selector -> keyring.Filter
//	update               -> keyring.Change
//
// A key acts for its owner as he was known when it was made. What it may do is the
// intersection of its own descriptors and of the owner's at that time (limited_by);
// package authz builds that from identity.APIKey.
package apikey

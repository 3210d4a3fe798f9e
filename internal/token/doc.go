// Package token issues and checks OAuth2 tokens (RFC 6749). An access token acts for
// a subject, as it was at the grant, for some minutes. A refresh token is exchanged
// once, by the client that it was given to, for a new pair.
//
//	POST /_security/oauth2/token -> Service.Issue, Refresh -> table token
//	Authorization: Bearer ...    -> Service (an authn.Authenticator) -> cache -> table token
//
// Rules and texts are those of Elasticsearch's TokenService. Tokens are random and
// only their digests are stored.
package token

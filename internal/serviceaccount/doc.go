// Package serviceaccount has the accounts that Elastic's own programs use, which
// are part of the program, and the tokens they authenticate with: those of the
// database, made over the API, and those of the file service_tokens.
//
//	Authorization: Bearer <token> -> Service (an authn.Authenticator) -> file, then database
package serviceaccount

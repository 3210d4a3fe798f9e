// Package role knows what a role is: its descriptor as the API reads and writes
// it, the rules for a valid one, the built-in roles, the file roles and the store
// of native ones, and how a list of role names becomes descriptors.
//
//	body -> ParseDescriptor -> Validate -> Service.Put -> store
//	names -> Service.Resolve -> built-in, file, native (cached) -> []Descriptor
//
// Packages authz, apikey and serviceaccount build on Descriptor.
package role

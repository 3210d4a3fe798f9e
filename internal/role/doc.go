// Package role has the built-in roles, the roles of roles.yml and the store of
// native ones, and turns a list of role names into descriptors.
//
//	body -> descriptor.Parse -> Validate -> Service.Put -> store
//	names -> Service.Resolve -> built-in, file, native (cached) -> []Descriptor
package role

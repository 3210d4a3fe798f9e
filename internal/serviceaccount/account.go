package serviceaccount

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/realmctl/realmctl/internal/role/descriptor"
)

// realmName is the realm of service accounts, and its type.
const realmName = "_service_account"

// accountsJSON are the accounts as GET /_security/service shows them.
//
//go:embed accounts.json
var accountsJSON []byte

// accounts are the descriptors by principal, such as elastic/kibana.
func accounts() (map[string]descriptor.Role, error) {
	var all map[string]struct {
		Role descriptor.Role `json:"role_descriptor"`
	}
	if err := json.Unmarshal(accountsJSON, &all); err != nil {
		return nil, fmt.Errorf("decode service accounts: %w", err)
	}
	out := make(map[string]descriptor.Role, len(all))
	for name, a := range all {
		a.Role.Name = name
		out[name] = a.Role
	}
	return out, nil
}

// Principals are the names of the accounts, sorted.
func (s *Service) Principals() []string { return slices.Sorted(maps.Keys(s.accounts)) }

// Roles are the descriptors of an account; false: there is no such account.
func (s *Service) Roles(principal string) ([]descriptor.Role, bool) {
	d, ok := s.accounts[principal]
	return []descriptor.Role{d}, ok
}

// selectAccounts are the principals of a namespace, or of one service in it. An
// empty text selects all.
func (s *Service) selectAccounts(ns, service string) []string {
	return slices.DeleteFunc(s.Principals(), func(principal string) bool {
		n, sv, _ := strings.Cut(principal, "/")
		return ns != "" && n != ns || service != "" && sv != service
	})
}

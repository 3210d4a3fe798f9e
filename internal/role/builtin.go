package role

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// builtinJSON are the built-in roles as GET /_security/role shows them.
//
//go:embed builtin.json
var builtinJSON []byte

// builtin is a role that is part of the program.
type builtin struct {
	Descriptor

	transient json.RawMessage // {} for superuser, else as every role's
}

// MarshalJSON gives the form that answers of the API have.
func (b builtin) MarshalJSON() ([]byte, error) { return b.JSON(b.transient) }

// builtins are the built-in roles by name.
func builtins() (map[string]builtin, error) {
	var all map[string]struct {
		Transient json.RawMessage `json:"transient_metadata"`
	}
	var roles map[string]Descriptor
	if err := json.Unmarshal(builtinJSON, &all); err != nil {
		return nil, fmt.Errorf("decode built-in roles: %w", err)
	}
	if err := json.Unmarshal(builtinJSON, &roles); err != nil {
		return nil, fmt.Errorf("decode built-in roles: %w", err)
	}
	out := make(map[string]builtin, len(roles))
	for name, d := range roles {
		d.Name = name
		out[name] = builtin{Descriptor: d, transient: all[name].Transient}
	}
	return out, nil
}

// Builtin lists the built-in roles, sorted by name.
func Builtin() ([]Descriptor, error) {
	all, err := builtins()
	if err != nil {
		return nil, err
	}
	out := make([]Descriptor, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		out = append(out, all[name].Descriptor)
	}
	return out, nil
}

// deprecated is why a role should not be used any more; false: it is all right.
func deprecated(d Descriptor) (reason string, yes bool) {
	var m struct {
		Deprecated bool   `json:"_deprecated"`
		Reason     string `json:"_deprecated_reason"`
	}
	if len(d.Metadata) == 0 || json.Unmarshal(d.Metadata, &m) != nil {
		return "", false
	}
	return m.Reason, m.Deprecated
}

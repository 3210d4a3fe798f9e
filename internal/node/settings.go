package node

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/rest"
	"github.com/realmctl/realmctl/internal/sqlite"
	"github.com/realmctl/realmctl/internal/xcontent"
)

// The settings that security indices may have.
const (
	autoExpand     = "index.auto_expand_replicas"
	replicas       = "index.number_of_replicas"
	tierPreference = "index.routing.allocation.include._tier_preference"
)

func permitted() []string { return []string{autoExpand, replicas, tierPreference} }

// indices are the members of the settings, one for each security index.
func indices() []string { return []string{"security", "security-tokens", "security-profile"} }

// settings are the values by index and flat key.
type settings map[string]map[string]string

// defaults are those of Elasticsearch's security indices.
func defaults() settings {
	out := settings{}
	for _, index := range indices() {
		out[index] = map[string]string{autoExpand: "0-1", replicas: "0", tierPreference: "data_hot,data_content"}
	}
	return out
}

func (s *Service) settings(ctx context.Context) (settings, error) {
	all, err := values(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	out := defaults()
	return out, out.read(all["settings"])
}

// read merges what is stored; empty: nothing was ever changed.
func (c settings) read(text string) error {
	if text == "" {
		return nil
	}
	var changed settings
	if err := json.Unmarshal([]byte(text), &changed); err != nil {
		return fmt.Errorf("decode settings: %w", err)
	}
	c.merge(changed)
	return nil
}

func (c settings) merge(changed settings) {
	for index, m := range changed {
		if c[index] == nil {
			c[index] = map[string]string{}
		}
		maps.Copy(c[index], m)
	}
}

// nested shows flat keys as objects inside each other.
func nested(flat map[string]string) map[string]any {
	out := map[string]any{}
	for key, value := range flat {
		m := out
		parts := strings.Split(key, ".")
		for _, part := range parts[:len(parts)-1] {
			next, ok := m[part].(map[string]any)
			if !ok {
				next = map[string]any{}
				m[part] = next
			}
			m = next
		}
		m[parts[len(parts)-1]] = value
	}
	return out
}

func (s *Service) parseGetSettings(r *rest.Request) (rest.Call, error) {
	if _, err := duration(r, "master_timeout", 0); err != nil {
		return rest.Call{}, err
	}
	return rest.Call{
		Action: "cluster:admin/xpack/security/settings/get",
		Do: func(ctx context.Context) (any, error) {
			all, err := s.settings(ctx)
			if err != nil {
				return nil, err
			}
			out := map[string]any{}
			for index, flat := range all {
				out[index] = nested(flat)
			}
			return out, nil
		},
	}, nil
}

func (s *Service) parsePutSettings(r *rest.Request) (rest.Call, error) {
	for _, name := range []string{"master_timeout", "timeout"} {
		if _, err := duration(r, name, 0); err != nil {
			return rest.Call{}, err
		}
	}
	given := map[string]json.RawMessage{}
	o := xcontent.Object{Name: "update_security_settings_request"}
	for _, index := range indices() {
		o.Fields = append(o.Fields, xcontent.Func(index, xcontent.Set(xcontent.StartObject), func(r *xcontent.Reader) error {
			raw, err := r.Raw()
			given[index] = raw
			return err
		}))
	}
	if err := r.Object(o); err != nil {
		return rest.Call{}, err
	}
	changed, invalid, err := validateSettings(given)
	if err != nil {
		return rest.Call{}, err
	}
	return rest.Call{
		Action: "cluster:admin/xpack/security/settings/update", Invalid: invalid,
		Do: func(ctx context.Context) (any, error) {
			if err := s.update(ctx, changed); err != nil {
				return nil, err
			}
			return map[string]bool{"acknowledged": true}, nil
		},
	}, nil
}

// validateSettings follows UpdateSecuritySettingsAction.Request.validate, which
// names one forbidden key of each index.
func validateSettings(given map[string]json.RawMessage) (changed settings, invalid, err error) {
	changed = settings{}
	var p fault.Problems
	none := true
	for _, index := range indices() {
		if given[index] == nil {
			continue
		}
		var m map[string]any
		if err := json.Unmarshal(given[index], &m); err != nil {
			return nil, nil, fmt.Errorf("decode settings of %s: %w", index, err)
		}
		none = none && len(m) == 0
		changed[index] = map[string]string{}
		for _, key := range slices.Sorted(maps.Keys(m)) {
			if !slices.Contains(permitted(), key) {
				p.Addf("illegal setting for index [%s]: [%s], this setting may not be configured. Only the following settings may be configured for that index: [%s]",
					index, key, strings.Join(permitted(), ", "))
				break
			}
			switch value := m[key].(type) {
			case nil:
				changed[index][key] = defaults()[index][key]
			case map[string]any, []any: // which hold no setting of that name
			default:
				changed[index][key] = fmt.Sprint(value)
			}
		}
		checkTiers(&p, changed[index][tierPreference])
	}
	if none {
		p.Addf("No settings given to update")
	}
	return changed, p.Err(), nil
}

// update checks the values, which is no matter of validation in Elasticsearch, and
// stores them.
func (s *Service) update(ctx context.Context, changed settings) error {
	none := true
	for _, index := range indices() {
		for _, key := range slices.Sorted(maps.Keys(changed[index])) {
			none = false
			if err := checkSetting(key, changed[index][key]); err != nil {
				return err
			}
		}
	}
	if none {
		return fault.Invalidf("No settings to update")
	}
	return s.DB.Write(ctx, func(tx *sqlite.Tx) error {
		text, err := get(tx, "settings")
		if err != nil {
			return err
		}
		all := settings{}
		if err := all.read(text); err != nil {
			return err
		}
		all.merge(changed)
		next, err := json.Marshal(all)
		if err != nil {
			return fmt.Errorf("encode settings: %w", err)
		}
		return set(tx, "settings", string(next))
	})
}

// checkTiers refuses data tiers that security indices may not be on.
func checkTiers(p *fault.Problems, preference string) {
	allowed := []string{"data_hot", "data_cold", "data_warm", "data_content"}
	bad := slices.DeleteFunc(strings.Split(preference, ","), func(tier string) bool { return tier == "" || slices.Contains(allowed, tier) })
	if len(bad) > 0 {
		p.Addf("disallowed data tiers [%s] found, allowed tiers are [%s", strings.Join(bad, ","), strings.Join(allowed, ","))
	}
}

func checkSetting(key, value string) error {
	switch key {
	case replicas:
		n, err := strconv.Atoi(value)
		if err != nil {
			f := fault.Invalidf("Failed to parse value [%s] for setting [%s]", value, key)
			f.Cause = noNumber(value)
			return f
		}
		if n < 0 {
			return fault.Invalidf("Failed to parse value [%d] for setting [%s] must be >= 0", n, key)
		}
	case autoExpand:
		return checkAutoExpand(value)
	}
	return nil
}

// checkAutoExpand follows AutoExpandReplicas.parse: false, 0-1, 0-all.
func checkAutoExpand(value string) error {
	if value == "false" {
		return nil
	}
	dash := strings.IndexByte(value, '-')
	wrong := fault.Invalidf("failed to parse [%s] from value: [%s] at index %d", autoExpand, value, dash)
	if dash < 0 {
		return wrong
	}
	low, err := strconv.Atoi(value[:dash])
	if err != nil {
		wrong.Cause = noNumber(value[:dash])
		return wrong
	}
	if value[dash+1:] == "all" {
		return nil
	}
	high, err := strconv.Atoi(value[dash+1:])
	if err != nil {
		wrong.Cause = noNumber(value[dash+1:])
		return wrong
	}
	if low > high {
		return fault.Invalidf("[%s] minReplicas must be =< maxReplicas but wasn't %d > %d", autoExpand, low, high)
	}
	return nil
}

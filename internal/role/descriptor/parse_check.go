package descriptor

import (
	"slices"
	"strings"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/xcontent"
)

// Check is the body of a _has_privileges request: what is asked for.
type Check struct {
	Cluster      []string
	Indices      []Indices
	Applications []Application
}

// ParseCheck reads a check as RoleDescriptor.parsePrivilegesToCheck does. Its texts
// name a role called after the user.
func ParseCheck(r *xcontent.Reader, username string) (Check, error) {
	p := parser{Reader: r, role: username + "/has_privileges"}
	wrong := func(format string, args ...any) error {
		return fault.Parsef("failed to parse privileges check [%s]. "+format, append([]any{p.role}, args...)...)
	}
	t := r.Token()
	if t == xcontent.None {
		var err error
		if t, err = r.Next(); err != nil {
			return Check{}, err
		}
	}
	if t != xcontent.StartObject {
		return Check{}, wrong("expected an object but found [%s] instead", t)
	}
	var c Check
	given := false
	err := p.members(func(field string, t xcontent.Token) (err error) {
		given = true
		switch field {
		case "index":
			c.Indices, err = p.indices(field, t)
		case "cluster":
			c.Cluster, err = p.texts(required)
		case "application", "applications":
			c.Applications, err = p.applications(field, t)
		default:
			err = wrong("unexpected field [%s]", field)
		}
		return err
	})
	if err == nil && !given {
		err = wrong("All privilege fields [cluster,index,applications] are missing")
	}
	if err != nil {
		return Check{}, err
	}
	return c, c.unsupported()
}

// unsupported complains about what only roles may say of indices.
func (c Check) unsupported() error {
	for _, e := range c.Indices {
		if e.FieldSecurity != nil {
			return fault.Parsef("Field [field_security] is not supported in a has_privileges request")
		}
		if e.Query != "" {
			return fault.Parsef("Field [query] is not supported in a has_privileges request")
		}
	}
	return nil
}

// Validate follows HasPrivilegesRequest.validate.
func (c Check) Validate(p *fault.Problems, application func(name string) error) {
	if len(c.Cluster) == 0 && len(c.Indices) == 0 && len(c.Applications) == 0 {
		p.Addf("must specify at least one privilege")
	}
	for _, e := range c.Indices {
		if i := slices.IndexFunc(e.Names, hasSelector); i >= 0 {
			p.Addf("may only check index privileges without selectors in index patterns [%s]", e.Names[i])
		}
	}
	for _, a := range c.Applications {
		complain(p, application(a.Name))
	}
}

// hasSelector is IndexNameExpressionResolver.hasSelectorSuffix.
func hasSelector(name string) bool {
	return strings.HasSuffix(name, "::data") || strings.HasSuffix(name, "::failures")
}

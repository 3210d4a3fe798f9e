package descriptor

import (
	"slices"
	"strings"

	"github.com/realmctl/realmctl/internal/automaton"
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/javahash"
	"github.com/realmctl/realmctl/internal/privilege"
	"github.com/realmctl/realmctl/internal/xcontent"
)

// global follows ConfigurableClusterPrivileges.parse, which wants every token in
// its place and says which one it wanted. Categories without a privilege leave nil.
func (p parser) global() (*Global, error) {
	var g Global
	err := p.category([]string{"application", "profile", "role", "data_source"}, func(name string) (err error) {
		switch name {
		case "application":
			return p.privilege("manage", "applications", func() (err error) {
				g.ManageApplications, err = p.distinct()
				return err
			}, func() error { return checkPatterns(g.ManageApplications) })
		case "profile":
			return p.privilege("write", "applications", func() (err error) {
				g.WriteProfiles, err = p.distinct()
				return err
			}, func() error { return checkPatterns(g.WriteProfiles) })
		case "role":
			return p.privilege("manage", "indices", func() (err error) {
				g.ManageRoles, err = p.manageRoles()
				return err
			}, func() error { return checkManageRoles(g.ManageRoles) })
		}
		g.DataSources, err = p.dataSources()
		return err
	})
	if err != nil || g.empty() {
		return nil, err
	}
	return &g, nil
}

// expect wants the current token to be of a kind.
func (p parser) expect(want xcontent.Token) error {
	if t := p.Token(); t != want {
		return xcontent.Errorf(p.Location(), "failed to parse privilege. expected [%s] but found [%s] instead", want, t)
	}
	return nil
}

// next moves on and expects.
func (p parser) next(want xcontent.Token) error {
	if _, err := p.Next(); err != nil {
		return err
	}
	return p.expect(want)
}

// expectName wants the current member to have one of the names.
func (p parser) expectName(separator string, allowed ...string) error {
	if slices.Contains(allowed, p.Name()) {
		return nil
	}
	kind := "field name"
	if len(allowed) > 1 {
		kind = "one of"
	}
	return xcontent.Errorf(p.Location(), "failed to parse privilege. expected %s [%s] but found [%s] instead", kind, strings.Join(allowed, separator), p.Name())
}

// category reads an object whose members have allowed names. each stands on the
// name and reads the value.
func (p parser) category(allowed []string, each func(name string) error) error {
	if err := p.expect(xcontent.StartObject); err != nil {
		return err
	}
	for {
		t, err := p.Next()
		if err != nil || t == xcontent.EndObject {
			return err
		}
		if err := p.expectName(",", allowed...); err != nil {
			return err
		}
		if err := each(p.Name()); err != nil {
			return err
		}
	}
}

// privilege reads {"verb":{"of":[...]}} from before its START_OBJECT; list reads
// the array from its START_ARRAY, and check looks at it once the object has ended.
func (p parser) privilege(verb, of string, list, check func() error) error {
	if _, err := p.Next(); err != nil {
		return err
	}
	return p.category([]string{verb}, func(string) error {
		if err := p.next(xcontent.StartObject); err != nil {
			return err
		}
		if err := p.next(xcontent.FieldName); err != nil {
			return err
		}
		if err := p.expectName(",", of); err != nil {
			return err
		}
		if err := p.next(xcontent.StartArray); err != nil {
			return err
		}
		if err := list(); err != nil {
			return err
		}
		if err := p.next(xcontent.EndObject); err != nil {
			return err
		}
		return check()
	})
}

// distinct is an array without repetitions, as of a LinkedHashSet.
func (p parser) distinct() ([]string, error) {
	list, err := p.Strings()
	if err != nil {
		return nil, err
	}
	return javahash.Distinct(list), nil
}

// manageRoles is an array of objects with exactly names and privileges.
func (p parser) manageRoles() ([]ManageIndices, error) {
	out := []ManageIndices{}
	for {
		t, err := p.Next()
		if err != nil || t == xcontent.EndArray {
			return out, err
		}
		m, err := p.manageEntry()
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
}

func (p parser) manageEntry() (ManageIndices, error) {
	var m ManageIndices
	if err := p.expect(xcontent.StartObject); err != nil {
		return m, err
	}
	for range 2 { // duplicates are refused by the reader, so these are the two
		if err := p.next(xcontent.FieldName); err != nil {
			return m, err
		}
		if err := p.expectName(", ", "privileges", "names"); err != nil {
			return m, err
		}
		if err := p.list(&m.Names, &m.Privileges); err != nil {
			return m, err
		}
	}
	return m, p.next(xcontent.EndObject)
}

// checkManageRoles follows the constructors of ManageRolesPrivilege.
func checkManageRoles(entries []ManageIndices) error {
	for _, m := range entries {
		switch {
		case len(m.Names) == 0:
			return fault.Invalidf("Indices privileges must refer to at least one index name or index name pattern")
		case len(m.Privileges) == 0:
			return fault.Invalidf("Indices privileges must define at least one privilege")
		}
		if err := privilege.CheckIndex(m.Privileges...); err != nil {
			return fault.Invalidf("%s", err)
		}
	}
	return nil
}

// list reads the array of the member names or privileges; the reader stands on
// its name.
func (p parser) list(names, privileges *[]string) (err error) {
	into := names
	if p.Name() == "privileges" {
		into = privileges
	}
	if err := p.next(xcontent.StartArray); err != nil {
		return err
	}
	*into, err = p.Strings()
	return err
}

// dataSources follows the declared parser of data source privileges. The reader
// stands on the member's name.
func (p parser) dataSources() ([]DataSource, error) {
	if err := p.next(xcontent.StartArray); err != nil {
		return nil, err
	}
	var out []DataSource
	for {
		t, err := p.Next()
		if err != nil || t == xcontent.EndArray {
			return out, err
		}
		s, err := p.dataSource()
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
}

func (p parser) dataSource() (DataSource, error) {
	var s DataSource
	if err := p.expect(xcontent.StartObject); err != nil {
		return s, err
	}
	for {
		t, err := p.Next()
		if err != nil {
			return s, err
		}
		if t == xcontent.EndObject {
			return s, s.check()
		}
		if name := p.Name(); name != "names" && name != "privileges" {
			return s, xcontent.Errorf(p.Location(), "unknown field [%s]", name)
		}
		if err := p.list(&s.Names, &s.Privileges); err != nil {
			return s, err
		}
	}
}

func (s DataSource) check() error {
	if len(s.Names) == 0 {
		return fault.Invalidf("datasource privileges must refer to at least one datasource name or pattern")
	}
	if len(s.Privileges) == 0 {
		return fault.Invalidf("datasource privileges must define at least one privilege")
	}
	for _, name := range s.Privileges {
		if !slices.Contains([]string{"create", "delete", "manage", "read", "read_metadata"}, name) {
			return fault.Invalidf("unsupported datasource privilege [%s]", name)
		}
	}
	return checkPatterns(s.Names)
}

// checkPatterns is StringMatcher's complaint, which is a 400 all the same.
func checkPatterns(list []string) error {
	_, err := automaton.Patterns(list...)
	if err == nil {
		return nil
	}
	return &fault.Error{
		Kind: fault.Forbidden, Status: fault.Invalid.Status(), Cause: fault.Invalidf("%s", err),
		Reason: "The set of patterns [" + strings.Join(list, ", ") + "] is invalid",
	}
}

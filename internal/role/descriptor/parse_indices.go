package descriptor

import (
	"slices"
	"strings"

	"github.com/realmctl/realmctl/internal/automaton"
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/xcontent"
)

// entryKind is what an index entry may hold: privileges and clusters depend on it.
type entryKind uint8

const (
	local  entryKind = iota // privileges required
	remote                  // privileges and clusters required
	access                  // of a cross-cluster API key: privileges are implied
)

// ParseAccess reads one entry of the access of a cross-cluster API key: an index
// entry that must not name privileges; it gets the given ones. The reader stands
// on its START_OBJECT.
func ParseAccess(r *xcontent.Reader, role string, privileges []string) (Indices, error) {
	p := parser{Reader: r, role: role}
	if t := r.Token(); t != xcontent.StartObject {
		return Indices{}, p.wrong("expected field [null] value to be an array of objects, but found an array element of type [%s]", t)
	}
	e, err := p.entry(access)
	e.Privileges = privileges
	return e.Indices, err
}

func (p parser) indices(field string, t xcontent.Token) ([]Indices, error) {
	out := []Indices{}
	err := p.objects("indices privileges", field, t, func() error {
		e, err := p.entry(local)
		out = append(out, e.Indices)
		return err
	})
	return out, err
}

func (p parser) remoteIndices(field string, t xcontent.Token) ([]RemoteIndices, error) {
	var out []RemoteIndices
	err := p.objects("remote indices privileges", field, t, func() error {
		e, err := p.entry(remote)
		out = append(out, e)
		return err
	})
	return out, err
}

// wrong is a fault in an index entry.
func (p parser) wrong(format string, args ...any) error {
	return fault.Parsef("failed to parse indices privileges for role [%s]. "+format, append([]any{p.role}, args...)...)
}

// entry reads an index entry of any kind.
func (p parser) entry(kind entryKind) (RemoteIndices, error) {
	var e RemoteIndices
	err := p.members(func(field string, t xcontent.Token) (err error) {
		switch {
		case field == "names":
			e.Names, err = p.indexNames(t)
		case field == "privileges" && kind == access:
			return p.wrong("field [privileges] must not present")
		case field == "privileges":
			e.Privileges, err = p.texts(nullable)
		case field == "query":
			e.Query, err = p.query(t)
		case field == "field_security":
			e.FieldSecurity, err = p.fieldSecurity(t)
		case field == "clusters" && kind == remote:
			e.Clusters, err = p.texts(required)
		default:
			return p.rarerOfEntry(&e, field, t)
		}
		return err
	})
	if err == nil {
		err = p.complete(e, kind)
	}
	return e, err
}

func (p parser) rarerOfEntry(e *RemoteIndices, field string, t xcontent.Token) error {
	switch field {
	case "allow_restricted_indices":
		if t != xcontent.Boolean {
			return p.wrong("expected field [%s] value to be a boolean, but found [%s] instead", field, t)
		}
		yes, err := p.Bool()
		e.AllowRestricted = yes
		return err
	case "transient_metadata":
		if t != xcontent.StartObject {
			return fault.Parsef("failed to parse transient metadata for role [%s]. expected START_OBJECT but got %s in \"transient_metadata\".", p.role, t)
		}
		return p.Skip()
	case "fields":
		return fault.Parsef(`["fields": [...]] format has changed for field permissions in role [%s], `+
			`use ["field_security": {"grant":[...],"except":[...]}] instead`, p.role)
	}
	return p.wrong("unexpected field [%s]", field)
}

func (p parser) indexNames(t xcontent.Token) ([]string, error) {
	switch t {
	case xcontent.String:
		name, err := p.Text()
		return []string{name}, err
	case xcontent.StartArray:
		list, err := p.texts(required)
		if err == nil && len(list) == 0 {
			err = p.wrong("[names] cannot be an empty array")
		}
		return list, err
	default:
		return nil, p.wrong("expected field [names] value to be a string or an array of strings, but found [%s] instead", t)
	}
}

// query is kept as text, whatever its form: DSL and template are read later.
func (p parser) query(t xcontent.Token) (string, error) {
	switch t {
	case xcontent.Null:
		return "", nil
	case xcontent.String:
		return p.Text()
	case xcontent.StartObject:
		raw, err := p.Raw()
		return string(raw), err
	default:
		return "", p.wrong("expected field [query] value to be null, a string, an array, or an object, but found [%s] instead", t)
	}
}

func (p parser) fieldSecurity(t xcontent.Token) (*FieldSecurity, error) {
	if t != xcontent.StartObject {
		return nil, p.wrong("expected START_OBJECT but got %s in \"field_security\".", t)
	}
	var fs FieldSecurity
	empty := true
	for {
		t, err := p.Next()
		switch {
		case err != nil:
			return nil, err
		case t == xcontent.EndObject && empty:
			return nil, p.wrong("\"field_security\" must not be empty.")
		case t == xcontent.EndObject:
			return &fs, nil
		}
		empty = false
		into, option := &fs.Grant, p.Name()
		switch option {
		case "grant":
		case "except":
			into = &fs.Except
		default:
			return nil, p.wrong("\"field_security\" only accepts options grant and except, but got: %s", option)
		}
		if _, err = p.Next(); err != nil {
			return nil, err
		}
		if *into, err = p.texts(nullable); err != nil {
			return nil, err
		}
		if *into == nil {
			return nil, p.wrong("%s must not be null.", option)
		}
	}
}

// complete checks an entry as a whole, after its last member.
func (p parser) complete(e RemoteIndices, kind entryKind) error {
	fs := e.FieldSecurity
	switch {
	case e.Names == nil:
		return p.wrong("missing required [names] field")
	case e.Privileges == nil && kind != access:
		return p.wrong("missing required [privileges] field")
	case fs != nil && fs.Except != nil && fs.Grant == nil:
		return p.wrong("field_security requires grant if except is given")
	}
	if err := exceptInGrant(fs); err != nil {
		return &fault.Error{
			Kind: fault.Invalid, Type: "parse_exception", Cause: err,
			Reason: "failed to parse indices privileges for role [" + p.role + "] - " + err.Reason,
		}
	}
	if len(e.Privileges) == 0 && kind != access {
		return fault.Invalidf("indices privileges must define at least one privilege")
	}
	if e.Clusters == nil && kind == remote {
		return fault.Parsef("failed to parse remote indices privileges for role [%s]. missing required [clusters] field", p.role)
	}
	return nil
}

// exceptInGrant wants except inside grant, which always holds the metadata fields
// (FieldPermissions.initializePermittedFieldsAutomaton).
func exceptInGrant(fs *FieldSecurity) *fault.Error {
	if fs == nil {
		return nil
	}
	granted := []string{"*"}
	if !slices.Contains(fs.Grant, "*") {
		granted = append(slices.Clone(fs.Grant), "_*")
	}
	grant, err := automaton.Patterns(granted...)
	if err != nil {
		return badFieldPattern(err)
	}
	except, err := automaton.Patterns(fs.Except...)
	if err != nil {
		return badFieldPattern(err)
	}
	if except.SubsetOf(grant) {
		return nil
	}
	return &fault.Error{Kind: fault.Forbidden, Status: fault.Invalid.Status(), Reason: "Exceptions for field permissions must be a subset of the granted fields but " +
		strings.Join(fs.Except, ",") + " is not a subset of " + strings.Join(fs.Grant, ",")}
}

// badFieldPattern is a pattern's fault as the cache of field permissions reports it.
func badFieldPattern(err error) *fault.Error {
	return &fault.Error{
		Kind: fault.Forbidden, Status: fault.Invalid.Status(), Reason: "unable to compute field permissions",
		Cause: &fault.Error{
			Kind: fault.Invalid, Type: "execution_exception", Reason: "java.lang.IllegalArgumentException: " + err.Error(),
			Cause: fault.Invalidf("%s", err),
		},
	}
}

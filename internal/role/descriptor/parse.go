package descriptor

import (
	"errors"
	"strconv"
	"strings"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/xcontent"
)

// Options says what may stand in a descriptor besides the common members.
type Options struct {
	Description bool // roles: they are kept; API keys drop descriptions, so they refuse them
	Restriction bool // API keys only
	AnyName     bool // bulk put: the name is not checked
}

// maxNameLen is Validation.Roles' limit, in characters.
const maxNameLen = 1024

// Parse reads a role as Elasticsearch's RoleDescriptor.Parser does. The
// reader stands on the first token of the role, or before it. The errors are
// faults with Elasticsearch's texts.
//
// It checks form only; see Role.Validate.
func Parse(r *xcontent.Reader, name string, o Options) (Role, error) {
	if !o.AnyName {
		if err := validateName(name); err != nil {
			return Role{}, err
		}
	}
	t := r.Token()
	if t == xcontent.None {
		var err error
		if t, err = r.Next(); err != nil {
			return Role{}, err
		}
	}
	if t != xcontent.StartObject {
		return Role{}, fault.Parsef("failed to parse role [%s]. expected an object but found [%s] instead", name, t)
	}
	p := parser{Reader: r, role: name}
	d := Role{Name: name}
	err := p.members(func(field string, t xcontent.Token) error { return p.member(&d, field, t, o) })
	if err != nil {
		return Role{}, err
	}
	return d, nil
}

// ValidName reports whether a role may have that name (Validation.Roles).
func ValidName(name string) bool {
	if name == "" || len(name) > maxNameLen || name != strings.TrimSpace(name) {
		return false
	}
	for i := range len(name) {
		if name[i] < ' ' || name[i] > '~' {
			return false
		}
	}
	return true
}

// NameRule is what Elasticsearch says about a name that is not valid or longer than a
// limit.
func NameRule(limit int) string {
	return "Role names must be at least 1 and no more than " + strconv.Itoa(limit) + " characters. They can contain alphanumeric characters (a-z, A-Z, 0-9), " +
		"spaces, punctuation, and printable symbols in the Basic Latin (ASCII) block. Leading or trailing whitespace is not allowed."
}

func validateName(name string) error {
	if ValidName(name) {
		return nil
	}
	var p fault.Problems
	p.Addf("%s", NameRule(maxNameLen))
	return p.LateErr()
}

// parser reads the parts of one role. Each method but members stands on the first
// token of its value and ends on the last one.
type parser struct {
	*xcontent.Reader

	role string // for error texts
}

// members calls on at the value of each member, to the end of the object.
func (p parser) members(on func(field string, t xcontent.Token) error) error {
	field := ""
	for {
		t, err := p.Next()
		switch {
		case err != nil:
			return err
		case t == xcontent.EndObject, t == xcontent.None:
			return nil
		case t == xcontent.FieldName:
			field = p.Name()
			continue
		}
		if err := on(field, t); err != nil {
			return err
		}
	}
}

func (p parser) member(d *Role, field string, t xcontent.Token, o Options) (err error) {
	switch field {
	case "indices", "index":
		d.Indices, err = p.indices(field, t)
	case "run_as":
		d.RunAs, err = p.texts(nullable)
	case "cluster":
		d.Cluster, err = p.texts(nullable)
	case "applications", "application":
		d.Applications, err = p.applications(field, t)
	case "remote_indices":
		d.RemoteIndices, err = p.remoteIndices(field, t)
	case "remote_cluster":
		d.RemoteCluster, err = p.remoteCluster(field, t)
	case "global":
		d.Global, err = p.global()
	case "metadata":
		if t != xcontent.StartObject {
			return fault.Parsef("expected field [%s] to be of type object, but found [%s] instead", field, t)
		}
		d.Metadata, err = p.Raw()
	default:
		return p.rarer(d, field, t, o)
	}
	return err
}

// rarer are the members that not every descriptor may have, or that mean nothing.
func (p parser) rarer(d *Role, field string, t xcontent.Token, o Options) (err error) {
	switch {
	case field == "transient_metadata" && t == xcontent.StartObject:
		return p.Skip()
	case field == "restriction" && o.Restriction:
		d.Workflows, err = p.restriction(t)
	case field == "description" && o.Description:
		d.Description, err = p.Text()
	case field == "type": // kept by older versions; Elasticsearch does not even look at it
	default:
		return fault.Parsef("failed to parse role [%s]. unexpected field [%s]", p.role, field)
	}
	return err
}

func (p parser) restriction(t xcontent.Token) (workflows []string, err error) {
	wrong := func(format string, args ...any) *fault.Error {
		return fault.Parsef("failed to parse restriction for role [%s]. "+format, append([]any{p.role}, args...)...)
	}
	if t != xcontent.StartObject {
		return nil, wrong("expected field [restriction] value to be an object, but found an element of type [%s]", t)
	}
	given := false
	err = p.members(func(field string, _ xcontent.Token) (err error) {
		if field != "workflows" {
			return wrong("unexpected field [%s]", field)
		}
		given = true
		workflows, err = p.Strings()
		if cause, ok := errors.AsType[*fault.Error](err); ok && cause.Type == "parse_exception" {
			f := wrong("%s", cause.Reason)
			f.Cause = cause
			return f
		}
		return err
	})
	if err == nil && given && len(workflows) == 0 {
		err = wrong("[workflows] cannot be an empty array")
	}
	return workflows, err
}

// nullness says whether a list of texts may be null.
type nullness bool

const (
	required nullness = false
	nullable nullness = true
)

// texts is an array of strings; null, where allowed, is nil and not an empty list.
// Faults name the role around XContentUtils.readStringArray's own text.
func (p parser) texts(null nullness) ([]string, error) {
	if p.Token() == xcontent.Null && bool(null) {
		return nil, nil
	}
	list, err := p.Strings()
	cause, ok := errors.AsType[*fault.Error](err)
	if ok && cause.Type == "parse_exception" {
		return nil, &fault.Error{Kind: fault.Invalid, Type: "parse_exception", Reason: "failed to parse role [" + p.role + "]", Cause: cause}
	}
	return list, err
}

// objects calls each at the START_OBJECT of every element of an array of objects.
// about begins the texts of its faults.
func (p parser) objects(about, field string, t xcontent.Token, each func() error) error {
	if t != xcontent.StartArray {
		return fault.Parsef("failed to parse %s for role [%s]. expected field [%s] value to be an array, but found [%s] instead", about, p.role, field, t)
	}
	for {
		t, err := p.Next()
		if err != nil || t == xcontent.EndArray {
			return err
		}
		if t != xcontent.StartObject {
			return fault.Parsef("failed to parse %s for role [%s]. expected field [null] value to be an array of objects, but found an array element of type [%s]",
				strings.TrimPrefix(about, "remote "), p.role, t)
		}
		if err := each(); err != nil {
			return err
		}
	}
}

package xcontent

import (
	"slices"
	"strings"

	"github.com/realmctl/realmctl/internal/fault"
)

// Object declares how a JSON object is read, as Elasticsearch's ObjectParser and,
// with Required or Build, ConstructingObjectParser do.
type Object struct {
	Name   string // of the parser, in error texts
	Fields []Field

	// Required names fields that must arrive, in the order in which the missing
	// ones are told: Required [name, access]. A null does not count.
	Required []string

	// Build runs once, when every field has arrived or at the end of the object.
	// Its fault becomes the cause of Failed to build [..] after last required
	// field arrived.
	Build func() error

	// Unknown reads the value of a field that is not declared. Nil refuses such
	// fields, with a suggestion.
	Unknown func(name string, r *Reader) error
}

// Parse reads one object: the reader stands on its START_OBJECT, or before it. It
// ends on the END_OBJECT.
func (o Object) Parse(r *Reader) error {
	if r.Token() != StartObject {
		token, err := r.Next()
		if err != nil {
			return err
		}
		if token != StartObject {
			return Errorf(r.Location(), "[%s] Expected START_OBJECT but was: %s", o.Name, token)
		}
	}
	p := objectParse{Object: o, arrived: make([]bool, len(o.Fields))}
	for {
		token, err := r.Next()
		if err != nil {
			return err
		}
		if token == EndObject {
			return p.finish()
		}
		if err := p.member(r); err != nil {
			return err
		}
	}
}

// objectParse is the state of one Parse.
type objectParse struct {
	Object

	arrived []bool // by field: came with a value other than null
	count   int    // fields that came
	built   bool
}

// member reads one member; the reader stands on its name.
func (p *objectParse) member(r *Reader) error {
	name, at := r.Name(), r.Location()
	token, err := r.Next()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(p.Fields, func(f Field) bool { return f.Name == name || slices.Contains(f.Aliases, name) })
	switch {
	case i < 0 && p.Unknown != nil:
		return p.Unknown(name, r)
	case i < 0:
		return Errorf(at, "[%s] unknown field [%s]%s", p.Name, name, didYouMean(name, p.names()))
	case !p.Fields[i].Accepts.Has(token):
		return Errorf(r.Location(), "[%s] %s doesn't support values of type: %s", p.Name, name, token)
	}
	err = p.Fields[i].Parse(r)
	if err == nil {
		err = p.arrive(i, token)
	}
	if err != nil {
		return Wrap(r.Location(), err, "[%s] failed to parse field [%s]", p.Name, name)
	}
	return nil
}

// arrive counts a field and builds when it was the last one, as
// ConstructingObjectParser.Target.constructorArg does.
func (p *objectParse) arrive(i int, token Token) error {
	p.arrived[i] = p.arrived[i] || token != Null
	p.count++
	if p.count == len(p.Fields) {
		return p.build()
	}
	return nil
}

// finish is ConstructingObjectParser.Target.finish.
func (p *objectParse) finish() error {
	var missing []string
	for _, name := range p.Required {
		i := slices.IndexFunc(p.Fields, func(f Field) bool { return f.Name == name })
		if i < 0 || !p.arrived[i] {
			missing = append(missing, name)
		}
	}
	if missing != nil && !p.built {
		return fault.Invalidf("Required [%s]", strings.Join(missing, ", "))
	}
	return p.build()
}

func (p *objectParse) build() error {
	if p.Build == nil || p.built {
		return nil
	}
	p.built = true
	err := p.Build()
	if err == nil {
		return nil
	}
	if at, ok := LocationOf(err); ok {
		return Wrap(at, err, "failed to build [%s] after last required field arrived", p.Name)
	}
	return Wrap(Location{}, err, "Failed to build [%s] after last required field arrived", p.Name)
}

func (p *objectParse) names() []string {
	var all []string
	for _, f := range p.Fields {
		all = append(append(all, f.Name), f.Aliases...)
	}
	return all
}

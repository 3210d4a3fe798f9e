package xcontent

import (
	"encoding/json"

	"github.com/realmctl/realmctl/internal/fault"
)

// Field is a member that an Object knows.
type Field struct {
	Name    string
	Aliases []string // other names that are accepted, and suggested
	Accepts Tokens   // of the value's first token; others: doesn't support values of type

	// Parse reads the value on whose first token the reader stands, and ends on
	// its last one. Its fault becomes the cause of failed to parse field [name].
	Parse func(r *Reader) error
}

// Also returns the field with further names.
func (f Field) Also(aliases ...string) Field {
	f.Aliases = append(f.Aliases, aliases...)
	return f
}

// Text is a string.
func Text(name string, into *string) Field {
	return TextFunc(name, func(text string) error {
		*into = text
		return nil
	})
}

// TextFunc is a string that set takes or refuses.
func TextFunc(name string, set func(text string) error) Field {
	return Field{Name: name, Accepts: Set(String), Parse: func(r *Reader) error {
		text, err := r.Text()
		if err != nil {
			return err
		}
		return set(text)
	}}
}

// OptionalText is a string whose absence matters: into stays nil.
func OptionalText(name string, into **string) Field {
	return TextFunc(name, func(text string) error {
		*into = &text
		return nil
	})
}

// NullableText is a string or null, which sets nil.
func NullableText(name string, into **string) Field {
	return Field{Name: name, Accepts: Set(String, Null), Parse: func(r *Reader) error {
		text, err := r.TextOrNull()
		*into = text
		return err
	}}
}

// Texts is a string or an array whose elements have a text: strings, numbers and
// booleans.
func Texts(name string, into *[]string) Field {
	return Field{Name: name, Accepts: Set(StartArray, String), Parse: func(r *Reader) error {
		return r.Each(func() error {
			text, err := r.Text()
			*into = append(*into, text)
			return err
		})
	}}
}

// Bool is a boolean or one of the strings "true" and "false".
func Bool(name string, into *bool) Field {
	return Field{Name: name, Accepts: Set(Boolean, String), Parse: func(r *Reader) error {
		v, err := r.Bool()
		*into = v
		return err
	}}
}

// OptionalBool is a Bool whose absence matters: into stays nil.
func OptionalBool(name string, into **bool) Field {
	var v bool
	f := Bool(name, &v)
	parse := f.Parse
	f.Parse = func(r *Reader) error {
		*into = &v
		return parse(r)
	}
	return f
}

// Int is a 32-bit number or a string that holds one; fractions are cut off.
func Int(name string, into *int) Field {
	return Field{Name: name, Accepts: Set(Number, String), Parse: func(r *Reader) error {
		v, err := r.Int()
		*into = v
		return err
	}}
}

// Raw is an object, kept as compact JSON; see Reader.Raw.
func Raw(name string, into *json.RawMessage) Field {
	return Func(name, Set(StartObject), func(r *Reader) error {
		raw, err := r.Raw()
		*into = raw
		return err
	})
}

// Sub is an object with a parser of its own.
func Sub(name string, o Object) Field {
	return Func(name, Set(StartObject), o.Parse)
}

// Objects is an object or an array of objects; each is called with the reader on
// the START_OBJECT of an element and must read to its end.
func Objects(name string, each func(r *Reader) error) Field {
	return Func(name, Set(StartObject, StartArray), func(r *Reader) error {
		return r.Each(func() error { return each(r) })
	})
}

// Named is an object of named values, as declareNamedObjects: each is called with
// the key and the reader on the value, and must read to its end. Its fault is told
// as [name] failed to parse field [key]. Arrays are refused.
func Named(name string, each func(key string, r *Reader) error) Field {
	return Func(name, Set(StartObject, StartArray), func(r *Reader) error {
		if r.Token() == StartArray {
			return fault.Invalidf("[%s] doesn't support arrays. Use a single object with multiple fields.", name)
		}
		for {
			token, err := r.Next()
			if err != nil || token == EndObject {
				return err
			}
			key := r.Name()
			if _, err = r.Next(); err == nil {
				err = each(key, r)
			}
			if err != nil {
				return Wrap(r.Location(), err, "[%s] failed to parse field [%s]", name, key)
			}
		}
	})
}

// Func is a field with a parser by hand.
func Func(name string, accepts Tokens, parse func(r *Reader) error) Field {
	return Field{Name: name, Accepts: accepts, Parse: parse}
}

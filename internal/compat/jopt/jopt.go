// Package jopt parses options as Elasticsearch's command-line tools do, with their
// texts: it follows jopt-simple 5.0.2, which they use.
//
// Options may stand anywhere among the operands, long names may be cut short where
// they stay unambiguous and may begin with one dash, letters may be joined.
package jopt

import (
	"slices"
	"strings"
)

// Arg says whether an option takes an argument.
type Arg uint8

// The ways to take an argument.
const (
	None Arg = iota
	Required
	Optional // only one that does not look like an option
)

// Option is one that a tool has.
type Option struct {
	Names    []string // letters before words, as messages join them
	Help     string
	Arg      Arg
	Kind     string  // of the argument, for help; empty: a text
	Default  *string // for help; nil: none
	Needed   bool    // the tool does nothing without it, unless asked for help
	Unless   string  // an option that excludes this one; empty: none
	IsHelp   bool    // lifts Needed and Unless
	Unlisted bool    // recognized by its whole name alone, and not in help
}

// label is how messages call the option.
func (o *Option) label() string { return strings.Join(o.Names, "/") }

// Parser knows the options of a tool.
type Parser struct {
	Options  []Option
	Operands string // what they are, for help; empty: not said
	// Posix ends the options at the first operand, which names a sub-command.
	Posix bool
}

// Error is a line that cannot be parsed, in jopt-simple's words.
type Error struct{ text string }

// Error implements error.
func (e *Error) Error() string { return e.text }

// Set is a parsed line.
type Set struct {
	Operands []string

	parser *Parser
	seen   map[*Option][]string // the arguments of each option that was there
}

// Has reports whether an option was there; name is one of its names.
func (s *Set) Has(name string) bool {
	_, ok := s.seen[s.parser.exact(name)]
	return ok
}

// Values are the arguments of an option in order.
func (s *Set) Values(name string) []string { return s.seen[s.parser.exact(name)] }

// Value is the argument of an option that may be there once; empty when it was not
// there or had none. It is an *Error when there are several.
func (s *Set) Value(name string) (string, error) {
	o := s.parser.exact(name)
	return single(s.seen[o], o.label())
}

// Operand is the only operand, empty when there is none. It is an *Error when there
// are several.
func (s *Set) Operand() (string, error) { return single(s.Operands, "[arguments]") }

func single(values []string, label string) (string, error) {
	switch len(values) {
	case 0:
		return "", nil
	case 1:
		return values[0], nil
	}
	return "", &Error{"Found multiple arguments for option " + label + ", but you asked for only one"}
}

// exact is the option that has the name.
func (p *Parser) exact(name string) *Option {
	for i := range p.Options {
		if slices.Contains(p.Options[i].Names, name) {
			return &p.Options[i]
		}
	}
	return nil
}

// find is the option that has the name, or the only one whose name begins so.
func (p *Parser) find(name string) *Option {
	if o := p.exact(name); o != nil || name == "" {
		return o
	}
	var found *Option
	for i := range p.Options {
		for _, n := range p.Options[i].Names {
			if p.Options[i].Unlisted || !strings.HasPrefix(n, name) {
				continue
			}
			if found != nil {
				return nil
			}
			found = &p.Options[i]
		}
	}
	return found
}

// Parse reads the arguments of a tool. Errors are *Error.
func (p *Parser) Parse(args []string) (*Set, error) {
	l := line{Set: Set{parser: p, seen: map[*Option][]string{}}, rest: args}
	for len(l.rest) > 0 {
		arg := l.next()
		var err error
		switch {
		case l.ended:
			l.Operands = append(l.Operands, arg)
		case arg == "--":
			l.ended = true
		case strings.HasPrefix(arg, "--"):
			err = l.long(arg[2:])
		case looksLikeOption(arg):
			err = l.short(arg[1:])
		default:
			l.ended = p.Posix
			l.Operands = append(l.Operands, arg)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := l.complete(); err != nil {
		return nil, err
	}
	return &l.Set, nil
}

// line is a line while it is parsed.
type line struct {
	Set

	rest  []string
	ended bool // what follows are operands
}

func (l *line) next() string {
	arg := l.rest[0]
	l.rest = l.rest[1:]
	return arg
}

// looksLikeOption reports whether an argument is an option by its form: not "-",
// which is an operand.
func looksLikeOption(arg string) bool { return len(arg) > 1 && arg[0] == '-' }

// long handles what follows two dashes.
func (l *line) long(text string) error {
	name, value, _ := strings.Cut(text, "=")
	o := l.parser.find(name)
	if o == nil {
		return unknown(name)
	}
	return l.take(o, value)
}

// short handles what follows one dash: a name, or letters of which the last one may
// have its argument joined to it.
func (l *line) short(text string) error {
	name, value, _ := strings.Cut(text, "=")
	if o := l.parser.find(name); o != nil {
		return l.take(o, value)
	}
	letters := []rune(text)
	for _, c := range letters {
		o := l.parser.find(string(c))
		if o == nil {
			return unknown(string(c))
		}
		if o.Arg != None {
			break
		}
	}
	for i, c := range letters {
		o := l.parser.find(string(c))
		if o.Arg != None && i+1 < len(letters) {
			return l.take(o, string(letters[i+1:]))
		}
		if err := l.take(o, ""); err != nil {
			return err
		}
	}
	return nil
}

// take notes an option with the argument that was joined to it. An empty one counts
// as none.
func (l *line) take(o *Option, joined string) error {
	if l.seen[o] == nil {
		l.seen[o] = []string{}
	}
	switch {
	case o.Arg == None:
	case joined != "":
		l.seen[o] = append(l.seen[o], joined)
	case o.Arg == Required && len(l.rest) == 0:
		return &Error{"Option " + o.label() + " requires an argument"}
	case o.Arg == Required, len(l.rest) > 0 && !looksLikeOption(l.rest[0]):
		l.seen[o] = append(l.seen[o], l.next())
	}
	return nil
}

func unknown(name string) error { return &Error{name + " is not a recognized option"} }

// complete checks what only the whole line tells.
func (l *line) complete() error {
	var missing, excluded []string
	for i := range l.parser.Options {
		o := &l.parser.Options[i]
		_, there := l.seen[o]
		switch {
		case o.IsHelp && there:
			return nil
		case o.Needed && !there:
			missing = append(missing, o.label())
		case o.Unless != "" && there && l.Has(o.Unless):
			excluded = append(excluded, o.label())
		}
	}
	if len(missing) > 0 {
		return &Error{"Missing required option(s) [" + strings.Join(missing, ", ") + "]"}
	}
	if len(excluded) > 0 {
		return &Error{"Option(s) [" + strings.Join(excluded, ", ") + "] are unavailable given other options on the command line"}
	}
	return nil
}

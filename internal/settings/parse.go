package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Parse reads the text of a settings file; file is its name in errors.
func (l Loader) Parse(file string, data []byte) (*Settings, error) {
	p := parser{file: file, all: map[string]value{}}
	root, err := p.root(data)
	if err != nil {
		return nil, err
	}
	if root != nil {
		p.mapping("", root)
	}
	p.joinLists()
	if err := errors.Join(p.errs...); err != nil {
		return nil, err
	}
	if err := l.expand(file, p.all); err != nil {
		return nil, err
	}
	return &Settings{file: file, all: p.all}, nil
}

// parser flattens a YAML document. It goes on after a complaint, so that one run
// tells them all.
type parser struct {
	file string
	all  map[string]value
	errs []error
}

func (p *parser) errorf(line int, setting, format string, args ...any) {
	p.errs = append(p.errs, &Error{File: p.file, Line: line, Setting: setting, Text: fmt.Sprintf(format, args...)})
}

// root returns the one mapping of the file, nil if it is empty.
func (p *parser) root(data []byte) (*yaml.Node, error) {
	if line := badText(data); line > 0 {
		return nil, &Error{File: p.file, Line: line, Text: "not UTF-8 text"}
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	var doc, more yaml.Node
	switch err := d.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, p.invalid(err, data)
	}
	switch err := d.Decode(&more); {
	case err == nil:
		return nil, &Error{File: p.file, Line: more.Line, Text: "a second YAML document begins here; a settings file has one"}
	case !errors.Is(err, io.EOF):
		return nil, p.invalid(err, data)
	}
	root := doc.Content[0]
	switch {
	case root.Kind == yaml.MappingNode:
		return root, nil
	case root.Tag == "!!null":
		return nil, nil
	}
	return nil, &Error{File: p.file, Line: root.Line, Text: "settings are lines of the form name: value"}
}

// mapping adds what is in a mapping whose names begin with prefix.
func (p *parser) mapping(prefix string, m *yaml.Node) {
	lines := map[string]int{}
	for i := 0; i+1 < len(m.Content); i += 2 {
		k, v := m.Content[i], m.Content[i+1]
		if k.Kind != yaml.ScalarNode || k.Tag == "!!merge" || k.Value == "" {
			p.errorf(k.Line, strings.TrimSuffix(prefix, "."), "a name must be plain text")
			continue
		}
		name := prefix + k.Value
		if first, twice := lines[k.Value]; twice {
			p.errorf(k.Line, name, "already set in line %d", first)
			continue
		}
		lines[k.Value] = k.Line
		switch v.Kind {
		case yaml.MappingNode:
			p.mapping(name+".", v)
		case yaml.SequenceNode:
			p.list(name, k.Line, v)
		case yaml.ScalarNode:
			p.scalar(name, k.Line, v)
		default:
			p.errorf(v.Line, name, "YAML aliases are not supported; put quotes around a value that begins with *")
		}
	}
}

func (p *parser) scalar(name string, line int, v *yaml.Node) {
	if v.Tag == "!!null" {
		p.errorf(line, name, "has no value; remove the line or write one (null-valued setting)")
		return
	}
	text := v.Value
	if v.Tag == "!!bool" { // True and TRUE are true
		text = strings.ToLower(text)
	}
	p.set(name, value{line: line, raw: []string{text}})
}

func (p *parser) list(name string, line int, v *yaml.Node) {
	items := make([]string, 0, len(v.Content))
	for _, item := range v.Content {
		if item.Kind != yaml.ScalarNode || item.Tag == "!!null" {
			p.errorf(item.Line, name, "only plain values may stand in a list")
			return
		}
		items = append(items, item.Value)
	}
	p.set(name, value{line: line, raw: items, isList: true})
}

func (p *parser) set(name string, v value) {
	if first, twice := p.all[name]; twice {
		p.errorf(v.line, name, "already set in line %d", first.line)
		return
	}
	p.all[name] = v
}

// joinLists turns key.0, key.1, ... into a list (Settings.Builder.processLegacyLists).
func (p *parser) joinLists() {
	for _, head := range slices.Sorted(maps.Keys(p.all)) {
		name, ok := strings.CutSuffix(head, ".0")
		if !ok {
			continue
		}
		if other, twice := p.all[name]; twice {
			p.errorf(p.all[head].line, head, "already set as [%s] in line %d", name, other.line)
			continue
		}
		list := value{line: p.all[head].line, isList: true}
		for i := 0; ; i++ {
			key := name + "." + strconv.Itoa(i)
			item, ok := p.all[key]
			if !ok || item.isList {
				break
			}
			list.raw = append(list.raw, item.raw...)
			delete(p.all, key)
		}
		p.all[name] = list
	}
}

// badText returns the line of the first byte that is not UTF-8 or a control
// character that YAML forbids; 0: there is none.
func badText(data []byte) int {
	line := 1
	for rest := data; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		if r == utf8.RuneError && n == 1 || r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f {
			return line
		}
		rest = rest[n:]
		if r == '\n' || r == '\r' && !bytes.HasPrefix(rest, []byte("\n")) {
			line++
		}
	}
	return 0
}

// invalid words what the YAML reader says. Its line is one too small for errors of
// its parser, as against its scanner.
func (p *parser) invalid(err error, data []byte) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 1
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		number, what, _ := strings.Cut(rest, ": ")
		if n, err := strconv.Atoi(number); err == nil {
			line, text = n, what
			if ofParser(what) {
				line++
			}
		}
	}
	if rest, ok := strings.CutPrefix(text, "unknown anchor '"); ok { // quotes what may be a password
		name, _, _ := strings.Cut(rest, "'")
		before, _, _ := strings.Cut(string(data), "*"+name)
		line = 1 + strings.Count(before, "\n")
		text = "YAML aliases are not supported; put quotes around a value that begins with *"
	}
	if indentedByTab(data, line) {
		text = "a line is indented with blanks, not with a tab"
	}
	return &Error{File: p.file, Line: line, Text: "invalid YAML: " + text}
}

func indentedByTab(data []byte, line int) bool {
	for text := range bytes.Lines(data) {
		if line--; line == 0 {
			indent := text[:len(text)-len(bytes.TrimLeft(text, " \t"))]
			return bytes.IndexByte(indent, '\t') >= 0
		}
	}
	return false
}

func ofParser(text string) bool {
	switch strings.TrimPrefix(text, "did not find expected ") {
	case "<document start>", "node content", "key", "',' or ']'", "',' or '}'", "'-' indicator":
		return true
	}
	return false
}

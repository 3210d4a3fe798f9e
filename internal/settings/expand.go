package settings

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

const (
	// maxText bounds what placeholders can blow a value up to.
	maxText = 1 << 20
	// maxOpen bounds the placeholders inside of each other.
	maxOpen = 100
)

// expand replaces ${NAME} and ${NAME:default} in every value, by a variable or
// else by another setting, also in what these hold
// (org.elasticsearch.common.settings.PropertyPlaceholder). A text that becomes
// empty is not set.
func (l Loader) expand(file string, all map[string]value) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(all)) {
		v := all[name]
		v.texts = make([]string, len(v.raw))
		for i, raw := range v.raw {
			e := expander{l: l, all: all, open: map[string]bool{}}
			text, err := e.expand(raw)
			if err != nil {
				errs = append(errs, &Error{File: file, Line: v.line, Setting: name, Text: err.Error()})
			}
			v.texts[i] = text
		}
		all[name] = v
	}
	for name, v := range all {
		if !v.isList && v.texts[0] == "" {
			delete(all, name)
		}
	}
	return errors.Join(errs...)
}

type expander struct {
	l    Loader
	all  map[string]value
	open map[string]bool // the placeholders that are being resolved
	size int
}

func (e *expander) expand(text string) (string, error) {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "${")
		end := closing(rest)
		if !ok || end < 0 {
			b.WriteString(text)
			return b.String(), nil
		}
		b.WriteString(before)
		part, err := e.resolve(rest[:end])
		if err != nil {
			return "", err
		}
		b.WriteString(part)
		text = rest[end+1:]
	}
}

// closing finds the brace that ends a placeholder, which may hold others; -1: none.
func closing(text string) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '}' && depth == 0:
			return i
		case text[i] == '}':
			depth--
		case strings.HasPrefix(text[i:], "${"):
			depth++
			i++
		}
	}
	return -1
}

// resolve returns what stands for the inside of a placeholder.
func (e *expander) resolve(inside string) (string, error) {
	if e.open[inside] {
		return "", errors.New("the placeholders refer to each other in a circle")
	}
	if len(e.open) == maxOpen {
		return "", errors.New("the placeholders are nested too deeply")
	}
	e.open[inside] = true
	defer delete(e.open, inside)
	name, err := e.expand(inside)
	if err != nil {
		return "", err
	}
	name, def, hasDefault := strings.Cut(name, ":")
	text, ok := e.lookup(name)
	if !ok {
		switch {
		case hasDefault:
		case len(e.open) > 1: // it came out of a variable, and may be part of a secret
			return "", errors.New("a variable refers to another one that is not set")
		default:
			return "", fmt.Errorf("there is no variable for ${%s}", inside)
		}
		text = def
	}
	if e.size += len(text); e.size > maxText {
		return "", errors.New("the placeholders make the value too long")
	}
	return e.expand(text)
}

func (e *expander) lookup(name string) (string, bool) {
	if e.l.Lookup != nil {
		if text, ok := e.l.Lookup(name); ok {
			return text, true
		}
	}
	v, ok := e.all[name]
	return strings.Join(v.raw, ","), ok
}

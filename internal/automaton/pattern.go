package automaton

import (
	"fmt"
	"strings"
)

// maxPattern bounds a pattern, in bytes.
const maxPattern = 16 << 10

// pattern adds a wildcard or, between slashes, a regular expression
// (Automatons.buildAutomaton).
func (b *builder) pattern(p string) (fragment, error) {
	if len(p) > maxPattern {
		return fragment{}, ErrTooComplex
	}
	if !strings.HasPrefix(p, "/") {
		return b.wildcard(p), nil
	}
	if len(p) == 1 || !strings.HasSuffix(p, "/") {
		return fragment{}, fmt.Errorf("invalid pattern [%s]. patterns starting with '/' indicate regular expression pattern and therefore must also end with '/'."+
			" other patterns (those that do not start with '/') will be treated as simple wildcard patterns", p)
	}
	return b.regexp(p[1 : len(p)-1])
}

// wildcard knows `*`, `?` and `\`; a backslash at the end stands for itself.
func (b *builder) wildcard(p string) fragment {
	f := b.text("")
	escaped := false
	for _, r := range p {
		switch {
		case escaped:
			f, escaped = b.concat(f, b.span(r, r)), false
		case r == '\\':
			escaped = true
		case r == '*':
			f = b.concat(f, b.anyText())
		case r == '?':
			f = b.concat(f, b.anyCharacter())
		default:
			f = b.concat(f, b.span(r, r))
		}
	}
	if escaped {
		f = b.concat(f, b.span('\\', '\\'))
	}
	return f
}

// IsPattern reports whether p may hold more than the text that it is.
func IsPattern(p string) bool {
	return strings.HasPrefix(p, "/") || strings.ContainsAny(p, `*?\`)
}

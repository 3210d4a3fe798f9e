package render

import (
	"slices"
	"strings"
)

// filter keeps or drops parts of a document by their paths, after
// org.elasticsearch.xcontent.support.filtering.FilterPath: dots part the segments
// of a pattern, * stands for anything within a name, ** for one name or more, and
// patterns that begin with - drop what they match.
type filter struct {
	include, exclude []pattern
}

// pattern is what remains of a path after the names that were met.
type pattern struct {
	segments []string
	double   bool // the last segment met was **, which may go on
}

// state is where a value stands: which patterns may still match what it holds.
type state struct {
	include, exclude []pattern
	partly           bool // only what include matches is kept
	drop             bool
}

// keeps reports whether a scalar here goes out, and an object or array that is
// empty from the start.
func (s state) keeps() bool { return !s.drop && !s.partly }

// newFilter gives nil when there is nothing to filter.
func newFilter(text string) *filter {
	var f filter
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		p, drop := strings.CutPrefix(part, "-")
		switch {
		case !drop:
			f.include = append(f.include, split(part))
		case p != "":
			f.exclude = append(f.exclude, split(p))
		}
	}
	if f.include == nil && f.exclude == nil {
		return nil
	}
	return &f
}

// split parts a pattern at its dots; a backslash before a dot makes it a part of
// the name, and so does the beginning of a segment, for all that follows.
func split(text string) pattern {
	var p []string
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text) && text[i+1] == '.':
			b.WriteByte('.')
			i++
		case text[i] == '.' && b.Len() == 0:
			return pattern{segments: append(p, text[i:])}
		case text[i] == '.':
			p = append(p, b.String())
			b.Reset()
		default:
			b.WriteByte(text[i])
		}
	}
	return pattern{segments: append(p, b.String())}
}

// root is the state of the document.
func (f *filter) root() state {
	if f == nil {
		return state{}
	}
	return state{include: f.include, exclude: f.exclude, partly: f.include != nil}
}

// step is the state of the member name of an object in state s.
func (f *filter) step(s state, name string) state {
	if f == nil || s.drop {
		return s
	}
	next := state{partly: s.partly}
	if s.partly {
		rest, whole := advance(s.include, name)
		switch {
		case whole:
			next.partly = false
		case rest == nil:
			return state{drop: true}
		}
		next.include = rest
	}
	rest, whole := advance(s.exclude, name)
	if whole {
		return state{drop: true}
	}
	next.exclude = rest
	return next
}

// advance follows patterns into the member name: what remains of them, and whether
// one of them ends there.
func advance(patterns []pattern, name string) (rest []pattern, whole bool) {
	for _, p := range patterns {
		if matches(p.segments[0], name) {
			if len(p.segments) == 1 {
				return nil, true
			}
			rest = add(rest, pattern{segments: p.segments[1:], double: p.segments[0] == "**"})
		}
		if p.double {
			rest = add(rest, p)
		}
	}
	return rest, false
}

// add keeps what remains a set: ** after ** would multiply it at each level.
func add(all []pattern, p pattern) []pattern {
	same := func(q pattern) bool { return &q.segments[0] == &p.segments[0] && q.double == p.double }
	if slices.ContainsFunc(all, same) {
		return all
	}
	return append(all, p)
}

// matches compares a name with a segment in which * stands for anything.
func matches(segment, name string) bool {
	before, after, star := strings.Cut(segment, "*")
	if !star {
		return segment == name
	}
	name, ok := strings.CutPrefix(name, before)
	if !ok {
		return false
	}
	for {
		var part string
		part, after, star = strings.Cut(after, "*")
		if !star {
			return strings.HasSuffix(name, part)
		}
		i := strings.Index(name, part)
		if i < 0 {
			return false
		}
		name = name[i+len(part):]
	}
}

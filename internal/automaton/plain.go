package automaton

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// plain is a set of names and of all texts that begin with some prefix.
type plain struct {
	names map[string]bool // none of which has one of the prefixes
	heads []string        // sorted prefixes, none of which begins with another
	table func() (*table, error)
}

// readPlain takes patterns without wildcards but for one at the end; false: some are
// of another kind, or too long.
func readPlain(patterns []string) (*plain, bool) {
	var names, heads []string
	for _, p := range patterns {
		head, open := strings.CutSuffix(p, "*")
		if IsPattern(head) || len(p) > maxPattern || !utf8.ValidString(p) {
			return nil, false
		}
		if open {
			heads = append(heads, head)
		} else {
			names = append(names, p)
		}
	}
	return newPlain(names, heads), true
}

func newPlain(names, heads []string) *plain {
	p := &plain{names: make(map[string]bool, len(names))}
	heads = slices.Sorted(slices.Values(heads))
	for _, head := range heads {
		if !p.covers(head) { // by what is shorter, which came before
			p.heads = append(p.heads, head)
		}
	}
	for _, name := range names {
		if !p.covers(name) {
			p.names[name] = true
		}
	}
	p.table = sync.OnceValues(p.build)
	return p
}

// covers reports whether text begins with one of the prefixes. That can only be the
// last one that does not come after it: what stands between begins with it too.
func (p *plain) covers(text string) bool {
	i, found := slices.BinarySearch(p.heads, text)
	return found || i > 0 && strings.HasPrefix(text, p.heads[i-1])
}

func (p *plain) match(s string) bool { return p.names[s] || p.covers(s) }

func (p *plain) empty() bool { return len(p.names) == 0 && len(p.heads) == 0 }

func (p *plain) total() bool { return len(p.heads) == 1 && p.heads[0] == "" }

// subsetOf needs no automaton of p: a name is in b or not, and from the end of a
// prefix on b must hold everything.
func (p *plain) subsetOf(b *Automaton) bool {
	for name := range p.names {
		if !b.Match(name) {
			return false
		}
	}
	for _, head := range p.heads {
		if b.plain != nil && !b.plain.covers(head) || b.plain == nil && !b.table.totalFrom(b.table.walk(head)) {
			return false
		}
	}
	return true
}

func (p *plain) join(o *plain) *plain {
	names := make([]string, 0, len(p.names)+len(o.names))
	for name := range p.names {
		names = append(names, name)
	}
	for name := range o.names {
		names = append(names, name)
	}
	return newPlain(names, slices.Concat(p.heads, o.heads))
}

// build makes a trie: deterministic as it is.
func (p *plain) build() (*table, error) {
	t := table{bounds: p.classes()}
	t.fillASCII()
	size := 3
	for name := range p.names {
		size += len(name)
	}
	for _, head := range p.heads {
		size += len(head)
	}
	if size > maxStates || size*len(t.bounds) > maxCells {
		return nil, ErrTooComplex
	}
	t.grow() // dead
	t.grow() // start
	every := t.grow()
	t.accept[every] = true
	for class := range t.bounds {
		t.next[int(every)*len(t.bounds)+class] = every
	}
	for name := range p.names {
		t.accept[t.insert(start, name)] = true
	}
	for _, head := range p.heads {
		if head == "" {
			return &table{bounds: []rune{0}, next: []int32{dead, start}, accept: []bool{false, true}}, nil
		}
		last, width := utf8.DecodeLastRuneInString(head)
		from := t.insert(start, head[:len(head)-width])
		t.next[int(from)*len(t.bounds)+t.class(last)] = every
	}
	return &t, nil
}

// insert walks along text and makes the states that are missing.
func (t *table) insert(state int32, text string) int32 {
	for _, r := range text {
		cell := int(state)*len(t.bounds) + t.class(r)
		if t.next[cell] == dead {
			t.next[cell] = t.grow()
		}
		state = t.next[cell]
	}
	return state
}

// classes has one for each character that occurs, and the ones between.
func (p *plain) classes() []rune {
	seen := map[rune]bool{}
	bounds := []rune{0}
	note := func(text string) {
		for _, r := range text {
			if !seen[r] {
				seen[r] = true
				bounds = append(bounds, r, r+1)
			}
		}
	}
	for name := range p.names {
		note(name)
	}
	for _, head := range p.heads {
		note(head)
	}
	slices.Sort(bounds)
	return slices.Compact(bounds)
}

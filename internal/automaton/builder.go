package automaton

import "unicode/utf8"

// builder makes a nondeterministic automaton (Thompson's construction). It stops
// growing at maxStates; what would go beyond is remembered as an error.
type builder struct {
	budget *budget // shared with the builders of parts that are made alone

	eps   [][]int32
	edges [][]edge
	full  bool
}

// edge leads to a state with every code point from lo to hi.
type edge struct {
	lo, hi rune
	to     int32
}

// fragment is a part with one way in and one way out.
type fragment struct{ in, out int32 }

func (b *builder) state() int32 {
	if len(b.eps) >= maxStates {
		b.full = true
		return int32(len(b.eps) - 1)
	}
	b.eps = append(b.eps, nil)
	b.edges = append(b.edges, nil)
	return int32(len(b.eps) - 1)
}

func (b *builder) epsilon(from, to int32) { b.eps[from] = append(b.eps[from], to) }

func (b *builder) edge(from int32, lo, hi rune, to int32) {
	b.edges[from] = append(b.edges[from], edge{lo, hi, to})
}

// nothing is the empty set; its way out is never reached.
func (b *builder) nothing() fragment { return fragment{b.state(), b.state()} }

// text is the set of one text.
func (b *builder) text(s string) fragment {
	f := fragment{in: b.state()}
	f.out = f.in
	for _, r := range s {
		to := b.state()
		b.edge(f.out, r, r, to)
		f.out = to
	}
	return f
}

// span is one code point from lo to hi.
func (b *builder) span(lo, hi rune) fragment {
	f := b.nothing()
	b.edge(f.in, lo, hi, f.out)
	return f
}

// spans is one code point of any of some ranges.
func (b *builder) spans(list []charRange) fragment {
	f := b.nothing()
	for _, r := range list {
		b.edge(f.in, r.lo, r.hi, f.out)
	}
	return f
}

func (b *builder) anyCharacter() fragment { return b.span(0, utf8.MaxRune) }

// anyText is one state that leads back to itself, which determinize looks for.
func (b *builder) anyText() fragment {
	f := b.nothing()
	b.edge(f.in, 0, utf8.MaxRune, f.in)
	b.epsilon(f.in, f.out)
	return f
}

func (b *builder) concat(x, y fragment) fragment {
	b.epsilon(x.out, y.in)
	return fragment{x.in, y.out}
}

func (b *builder) union(x, y fragment) fragment {
	f := b.nothing()
	for _, part := range []fragment{x, y} {
		b.epsilon(f.in, part.in)
		b.epsilon(part.out, f.out)
	}
	return f
}

func (b *builder) star(x fragment) fragment {
	f := b.nothing()
	b.epsilon(f.in, x.in)
	b.epsilon(x.out, f.in)
	b.epsilon(f.in, f.out)
	return f
}

// embed makes a fragment of a finished automaton.
func (b *builder) embed(t *table) fragment {
	f := b.nothing()
	if t.empty() || b.full {
		return f
	}
	base := int32(len(b.eps))
	for range t.accept {
		b.state()
	}
	if b.full || !b.budget.spend(len(t.next)) {
		b.full = true
		return f
	}
	b.epsilon(f.in, base+start)
	for state := start; state < len(t.accept); state++ {
		if t.accept[state] {
			b.epsilon(base+int32(state), f.out)
		}
		b.embedEdges(t, state, base)
	}
	return f
}

// embedEdges adds the edges of a state; neighbouring classes with one target are one.
func (b *builder) embedEdges(t *table, state int, base int32) {
	width := len(t.bounds)
	row := t.next[state*width : (state+1)*width]
	for c := 0; c < width; c++ {
		to, from := row[c], t.bounds[c]
		for c+1 < width && row[c+1] == to {
			c++
		}
		if to == dead {
			continue
		}
		hi := rune(utf8.MaxRune)
		if c+1 < width {
			hi = t.bounds[c+1] - 1
		}
		b.edge(base+int32(state), from, hi, base+to)
	}
}

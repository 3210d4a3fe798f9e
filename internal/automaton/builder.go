package automaton

import (
	"encoding/binary"
	"slices"
	"unicode/utf8"
)

// builder makes a nondeterministic automaton (Thompson's construction). It stops
// growing at maxStates; what would go beyond is remembered as an error.
type builder struct {
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

func (b *builder) anyCharacter() fragment { return b.span(0, utf8.MaxRune) }

func (b *builder) anyText() fragment { return b.star(b.anyCharacter()) }

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
func (b *builder) embed(a *Automaton) fragment {
	f := b.nothing()
	if a.Empty() || b.full {
		return f
	}
	base := int32(len(b.eps))
	for range a.accept {
		b.state()
	}
	if b.full {
		return f
	}
	b.epsilon(f.in, base+start)
	width := len(a.bounds)
	for state := start; state < len(a.accept); state++ {
		if a.accept[state] {
			b.epsilon(base+int32(state), f.out)
		}
		for c, to := range a.next[state*width : (state+1)*width] {
			if to == dead {
				continue
			}
			hi := rune(utf8.MaxRune)
			if c+1 < width {
				hi = a.bounds[c+1] - 1
			}
			b.edge(base+int32(state), a.bounds[c], hi, base+to)
		}
	}
	return f
}

// determinize is the subset construction. Its work is the sum of the sizes of the
// sets it meets, as Lucene counts it.
func (b *builder) determinize(f fragment, limit int) (*Automaton, error) {
	if b.full {
		return nil, ErrTooComplex
	}
	d := subset{builder: b, bounds: b.classes(), number: map[string]int32{"": dead}, final: f.out}
	d.add(nil)
	d.add(d.closure([]int32{f.in}))
	work := 0
	for n := start; n < len(d.sets); n++ {
		work += len(d.sets[n])
		if len(d.sets) > maxStates || len(d.next) > maxCells || work > limit {
			return nil, ErrTooComplex
		}
		d.leave(n)
	}
	return seal(&Automaton{bounds: d.bounds, next: d.next, accept: d.accept}), nil
}

// classes splits the code points so that all of one class take the same edges.
func (b *builder) classes() []rune {
	bounds := []rune{0}
	for _, edges := range b.edges {
		for _, e := range edges {
			bounds = append(bounds, e.lo)
			if e.hi < utf8.MaxRune {
				bounds = append(bounds, e.hi+1)
			}
		}
	}
	slices.Sort(bounds)
	return slices.Compact(bounds)
}

// subset is a determinization under way. A state of it is a sorted set of the
// builder's states.
type subset struct {
	*builder

	bounds []rune
	number map[string]int32
	sets   [][]int32
	next   []int32
	accept []bool
	final  int32
}

// add numbers a set, unless it has a number already.
func (d *subset) add(set []int32) int32 {
	key := make([]byte, 0, 4*len(set))
	for _, s := range set {
		key = binary.LittleEndian.AppendUint32(key, uint32(s))
	}
	if n, known := d.number[string(key)]; known && len(d.sets) > 0 {
		return n
	}
	n := int32(len(d.sets))
	d.number[string(key)] = n
	d.sets = append(d.sets, set)
	d.accept = append(d.accept, slices.Contains(set, d.final))
	d.next = append(d.next, make([]int32, len(d.bounds))...)
	return n
}

// leave computes where set n goes with each class.
func (d *subset) leave(n int) {
	targets := make([][]int32, len(d.bounds))
	for _, s := range d.sets[n] {
		for _, e := range d.edges[s] {
			first, _ := slices.BinarySearch(d.bounds, e.lo)
			for c := first; c < len(d.bounds) && d.bounds[c] <= e.hi; c++ {
				targets[c] = append(targets[c], e.to)
			}
		}
	}
	for c, to := range targets {
		if len(to) > 0 {
			d.next[n*len(d.bounds)+c] = d.add(d.closure(to))
		}
	}
}

// closure is the sorted set of states reached from some without reading.
func (d *subset) closure(from []int32) []int32 {
	seen := make(map[int32]bool, len(from))
	var set []int32
	todo := slices.Clone(from)
	for len(todo) > 0 {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[s] {
			continue
		}
		seen[s] = true
		set = append(set, s)
		todo = append(todo, d.eps[s]...)
	}
	slices.Sort(set)
	return set
}

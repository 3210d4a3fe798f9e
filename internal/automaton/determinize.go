package automaton

import (
	"encoding/binary"
	"slices"
	"unicode/utf8"
)

// determinize is the subset construction.
func (b *builder) determinize(f fragment) (table, error) {
	if b.full {
		return table{}, ErrTooComplex
	}
	d := subsets{builder: b, number: map[string]int32{}, moves: map[string]int32{}, mark: make([]int32, len(b.eps)), final: f.out}
	d.bounds = b.classes()
	first := d.closure([]int32{f.in})
	if len(first) == 0 {
		return table{}, nil
	}
	d.add(nil)
	d.add(first)
	for n := start; n < len(d.sets); n++ {
		if len(d.sets) > maxStates || len(d.next) > maxCells || !d.leave(n) {
			return table{}, ErrTooComplex
		}
	}
	return d.seal(), nil
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

// subsets is a determinization under way. A state of its table is a sorted set of
// the builder's states, of those that lead on or accept.
type subsets struct {
	*builder
	table

	number map[string]int32 // of a set
	moves  map[string]int32 // of the states that a class leads to, before their closure
	sets   [][]int32
	final  int32
	every  []int32 // a set from which every text is accepted; nil: none was met

	mark []int32 // the round in which a state was last seen
	turn int32
	key  []byte
}

// name spells a set as a key; it is overwritten by the next call.
func (d *subsets) name(set []int32) []byte {
	d.key = d.key[:0]
	for _, s := range set {
		d.key = binary.LittleEndian.AppendUint32(d.key, uint32(s))
	}
	return d.key
}

// add numbers a set, unless it has a number already.
func (d *subsets) add(set []int32) int32 {
	if n, known := d.number[string(d.name(set))]; known {
		return n
	}
	n := d.grow()
	d.number[string(d.key)] = n
	d.sets = append(d.sets, set)
	d.accept[n] = d.accepts(set)
	return n
}

// leave computes where set n goes: it sweeps over the classes at which the edges in
// force change. False: there is too much to do.
func (d *subsets) leave(n int) bool {
	var edges []edge
	for _, s := range d.sets[n] {
		edges = append(edges, d.edges[s]...)
	}
	slices.SortFunc(edges, func(a, b edge) int { return int(a.lo - b.lo) })
	var open []edge // those that hold at the class
	for class := 0; class < len(d.bounds); {
		from := d.bounds[class]
		open = slices.DeleteFunc(open, func(e edge) bool { return e.hi < from })
		for len(edges) > 0 && edges[0].lo <= from {
			open = append(open, edges[0])
			edges = edges[1:]
		}
		if !d.budget.spend(1 + len(open)) {
			return false
		}
		until := d.change(open, edges)
		to := d.target(open)
		for ; class < len(d.bounds) && d.bounds[class] < until; class++ {
			d.next[n*len(d.bounds)+class] = to
		}
	}
	return true
}

// change is the first code point at which other edges hold.
func (*subsets) change(open, later []edge) rune {
	until := rune(utf8.MaxRune + 1)
	for _, e := range open {
		until = min(until, e.hi+1)
	}
	if len(later) > 0 {
		until = min(until, later[0].lo)
	}
	return until
}

// target is the number of the set that edges lead to.
func (d *subsets) target(edges []edge) int32 {
	if len(edges) == 0 {
		return dead
	}
	to := make([]int32, 0, len(edges))
	for _, e := range edges {
		to = append(to, e.to)
	}
	slices.Sort(to)
	to = slices.Compact(to)
	if n, known := d.moves[string(d.name(to))]; known {
		return n
	}
	move := string(d.key)
	n := d.add(d.closure(to))
	d.moves[move] = n
	return n
}

// closure is the sorted set of states reached from some without reading. Those that
// only pass on are left out.
func (d *subsets) closure(from []int32) []int32 {
	d.turn++
	var set []int32
	todo := slices.Clone(from)
	for len(todo) > 0 {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if d.mark[s] == d.turn {
			continue
		}
		d.mark[s] = d.turn
		d.budget.left -= 1 + len(d.eps[s])
		if len(d.edges[s]) > 0 || s == d.final {
			set = append(set, s)
		}
		todo = append(todo, d.eps[s]...)
	}
	if d.accepts(set) {
		if i := slices.IndexFunc(set, d.universal); i >= 0 {
			return d.every
		}
	}
	slices.Sort(set)
	return set
}

func (d *subsets) accepts(set []int32) bool { return slices.Contains(set, d.final) }

// universal reports whether every text is accepted from s on, as after the last `*`
// of a wildcard. What else is in a set with such a state adds nothing; d.every takes
// its place, so that lists of *infixes* stay small.
func (d *subsets) universal(s int32) bool {
	loops := slices.Contains(d.edges[s], edge{0, utf8.MaxRune, s})
	if !loops || !d.reaches(s, d.final) {
		return false
	}
	if d.every == nil {
		d.every = []int32{min(s, d.final), max(s, d.final)}
	}
	return true
}

// reaches reports whether one state leads to another without reading.
func (d *subsets) reaches(from, to int32) bool {
	todo, seen := []int32{from}, map[int32]bool{}
	for len(todo) > 0 {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if s == to {
			return true
		}
		d.budget.left--
		if !seen[s] {
			seen[s] = true
			todo = append(todo, d.eps[s]...)
		}
	}
	return false
}

package automaton

import "slices"

// pair is a state of two automata that read the same text.
type pair struct{ a, b int32 }

// side is an automaton seen through the classes of two.
type side struct {
	*table

	column []int // by common class
}

// sides finds classes that serve both automata.
func sides(a, b *table) (bounds []rune, x, y side) {
	bounds = append(slices.Clone(a.bounds), b.bounds...)
	if len(bounds) == 0 {
		bounds = []rune{0}
	}
	slices.Sort(bounds)
	bounds = slices.Compact(bounds)
	return bounds, a.through(bounds), b.through(bounds)
}

func (t *table) through(bounds []rune) side {
	s := side{t, make([]int, len(bounds))}
	if t.empty() {
		return s
	}
	for i, r := range bounds {
		s.column[i] = t.class(r)
	}
	return s
}

// step is where state goes with a character of a common class.
func (s side) step(state int32, class int) int32 {
	if state == dead {
		return dead
	}
	return s.next[int(state)*len(s.bounds)+s.column[class]]
}

func (s side) accepts(state int32) bool { return state != dead && s.accept[state] }

// product runs two automata side by side; keep says what both verdicts make.
func product(a, b *table, keep func(x, y bool) bool, work *budget) (table, error) {
	bounds, x, y := sides(a, b)
	out := table{bounds: bounds}
	first := pair{x.first(), y.first()}
	number := map[pair]int32{{dead, dead}: out.grow(), first: start}
	out.grow()
	todo := []pair{first}
	for len(todo) > 0 {
		p := todo[0]
		todo = todo[1:]
		from := int(number[p])
		out.accept[from] = keep(x.accepts(p.a), y.accepts(p.b))
		if !work.spend(len(bounds)) || len(out.accept) > maxStates || len(out.next) > maxCells {
			return table{}, ErrTooComplex
		}
		for class := range bounds {
			to := pair{x.step(p.a, class), y.step(p.b, class)}
			n, known := number[to]
			if !known {
				n = out.grow()
				number[to] = n
				todo = append(todo, to)
			}
			out.next[from*len(bounds)+class] = n
		}
	}
	return out.seal(), nil
}

// subset reports whether b accepts every text that a accepts; also false when that
// takes more work than there is. It stops at the first difference.
func subset(a, b *table, work *budget) bool {
	bounds, x, y := sides(a, b)
	todo := []pair{{x.first(), y.first()}}
	seen := map[pair]bool{todo[0]: true}
	for len(todo) > 0 {
		p := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if x.accepts(p.a) && !y.accepts(p.b) || !work.spend(len(bounds)) {
			return false
		}
		for class := range bounds {
			to := pair{x.step(p.a, class), y.step(p.b, class)}
			if to.a == dead || seen[to] {
				continue
			}
			if to.b == dead {
				return false // every state of a leads to a text that it accepts
			}
			seen[to] = true
			todo = append(todo, to)
		}
	}
	return true
}

package automaton

import "slices"

// pair is a state of two automata that read the same text.
type pair struct{ a, b int32 }

// side is an automaton seen through the classes of two.
type side struct {
	*Automaton

	column []int // by common class
}

// sides finds classes that serve both automata.
func sides(a, b *Automaton) (bounds []rune, x, y side) {
	bounds = append(slices.Clone(a.bounds), b.bounds...)
	if len(bounds) == 0 {
		bounds = []rune{0}
	}
	slices.Sort(bounds)
	bounds = slices.Compact(bounds)
	return bounds, a.through(bounds), b.through(bounds)
}

func (a *Automaton) through(bounds []rune) side {
	s := side{a, make([]int, len(bounds))}
	if a.Empty() {
		return s
	}
	for i, r := range bounds {
		s.column[i] = a.class(r)
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

// first is the state before any text.
func (s side) first() int32 {
	if s.Empty() {
		return dead
	}
	return start
}

// product runs two automata side by side; keep says what both verdicts make.
func product(a, b *Automaton, keep func(x, y bool) bool) (*Automaton, error) {
	bounds, x, y := sides(a, b)
	out := &Automaton{bounds: bounds, next: make([]int32, 2*len(bounds)), accept: make([]bool, 2)}
	number := map[pair]int32{{dead, dead}: dead}
	todo := []pair{{x.first(), y.first()}}
	number[todo[0]] = start
	for len(todo) > 0 {
		p := todo[0]
		todo = todo[1:]
		from := int(number[p])
		out.accept[from] = keep(x.accepts(p.a), y.accepts(p.b))
		for class := range bounds {
			to := pair{x.step(p.a, class), y.step(p.b, class)}
			n, known := number[to]
			if !known {
				n = int32(len(out.accept))
				if len(out.accept) >= maxStates || len(out.next)+len(bounds) > maxCells {
					return nil, ErrTooComplex
				}
				number[to] = n
				todo = append(todo, to)
				out.accept = append(out.accept, false)
				out.next = append(out.next, make([]int32, len(bounds))...)
			}
			out.next[from*len(bounds)+class] = n
		}
	}
	return seal(out), nil
}

// differ reports whether a holds a text that b does not. It visits no more pairs of
// states than there are, and stops at the first difference.
func differ(a, b *Automaton) bool {
	bounds, x, y := sides(a, b)
	todo := []pair{{x.first(), y.first()}}
	seen := map[pair]bool{todo[0]: true}
	for len(todo) > 0 {
		p := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if x.accepts(p.a) && !y.accepts(p.b) {
			return true
		}
		for class := range bounds {
			to := pair{x.step(p.a, class), y.step(p.b, class)}
			if to.a != dead && !seen[to] {
				seen[to] = true
				todo = append(todo, to)
			}
		}
	}
	return false
}

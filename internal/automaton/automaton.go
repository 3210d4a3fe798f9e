// Package automaton decides over sets of names written as Lucene patterns: index
// names, actions, applications and resources of roles (Elasticsearch's Automatons).
//
// A pattern is a wildcard (`*` any text, `?` one character, `\` takes the next one
// as it is) or, between slashes, a regular expression in the syntax of Lucene's
// RegExp with all its flags. Patterns become deterministic automata over code
// points, so that beside matching they can be joined, cut and compared.
package automaton

import (
	"errors"
	"slices"
)

// ErrTooComplex says that a pattern needs more states than anyone should compute.
var ErrTooComplex = errors.New("the pattern is too complex to be evaluated")

// The bounds of every automaton. Lucene allows 100,000 determinized states.
const (
	maxStates = 100_000
	maxCells  = 8 << 20 // of the transition table

	// The work of a determinization; less where expressions may nest it.
	maxWork    = 10 * maxStates
	nestedWork = maxWork / 10
)

// dead is the state that no text leaves; start is where every text begins.
const (
	dead  = 0
	start = 1
)

// Automaton is a set of texts. The zero Automaton is the empty set. It does not
// change once it is made, so it may be shared.
type Automaton struct {
	bounds []rune      // class i holds the code points from bounds[i] to before bounds[i+1]
	ascii  [128]uint16 // the class of each ASCII character
	next   []int32     // by state and class
	accept []bool      // by state
}

// Patterns returns the union of patterns. The error is a pattern's syntax in
// Elasticsearch's words, or ErrTooComplex.
func Patterns(patterns ...string) (*Automaton, error) {
	if slices.Contains(patterns, "*") {
		return All(), nil
	}
	var b builder
	first := b.state()
	last := b.state()
	for _, p := range patterns {
		f, err := b.pattern(p)
		if err != nil {
			return nil, err
		}
		b.epsilon(first, f.in)
		b.epsilon(f.out, last)
	}
	return b.determinize(fragment{first, last}, maxWork)
}

// All is the set of every text.
func All() *Automaton {
	return seal(&Automaton{bounds: []rune{0}, next: []int32{dead, start}, accept: []bool{false, true}})
}

// Match reports whether s is in the set.
func (a *Automaton) Match(s string) bool {
	if len(a.accept) == 0 {
		return false
	}
	state, width := int32(start), len(a.bounds)
	for _, r := range s {
		state = a.next[int(state)*width+a.class(r)]
		if state == dead {
			return false
		}
	}
	return a.accept[state]
}

// class finds the column of r.
func (a *Automaton) class(r rune) int {
	if r < 128 {
		return int(a.ascii[r])
	}
	i, found := slices.BinarySearch(a.bounds, r)
	if found {
		return i
	}
	return i - 1
}

// Empty reports whether the set holds no text at all.
func (a *Automaton) Empty() bool { return len(a.accept) == 0 }

// Total reports whether the set holds every text.
func (a *Automaton) Total() bool {
	return len(a.accept) > 0 && !slices.Contains(a.accept[start:], false) && !slices.Contains(a.next[len(a.bounds):], dead)
}

// SubsetOf reports whether every text of a is in b.
func (a *Automaton) SubsetOf(b *Automaton) bool {
	if a.Empty() || a == b {
		return true
	}
	return !differ(a, b)
}

// Union is the set of texts that any of the sets holds.
func Union(as ...*Automaton) (*Automaton, error) {
	all := &Automaton{}
	for _, a := range as {
		switch {
		case a.Empty():
		case all.Empty():
			all = a
		default:
			joined, err := product(all, a, func(x, y bool) bool { return x || y })
			if err != nil {
				return nil, err
			}
			all = joined
		}
	}
	return all, nil
}

// Minus is the set of texts of a that b does not hold.
func Minus(a, b *Automaton) (*Automaton, error) {
	if a.Empty() || b.Empty() {
		return a, nil
	}
	return product(a, b, func(x, y bool) bool { return x && !y })
}

// Intersect is the set of texts that both sets hold.
func Intersect(a, b *Automaton) (*Automaton, error) {
	if a.Empty() || b.Empty() {
		return &Automaton{}, nil
	}
	return product(a, b, func(x, y bool) bool { return x && y })
}

// seal drops the states from which no text is accepted any more, and fills in the
// classes of ASCII. What is left of an empty set is the zero Automaton.
func seal(a *Automaton) *Automaton {
	live := a.live()
	if !live[start] {
		return &Automaton{}
	}
	renamed, kept := make([]int32, len(a.accept)), int32(1)
	for state := start; state < len(live); state++ {
		if live[state] {
			renamed[state] = kept
			kept++
		}
	}
	width := len(a.bounds)
	out := &Automaton{bounds: a.bounds, next: make([]int32, int(kept)*width), accept: make([]bool, kept)}
	for state, to := range renamed {
		if to == dead {
			continue
		}
		out.accept[to] = a.accept[state]
		for c, target := range a.next[state*width : (state+1)*width] {
			out.next[int(to)*width+c] = renamed[target]
		}
	}
	class := 0
	for r := range out.ascii {
		for class+1 < width && out.bounds[class+1] <= rune(r) {
			class++
		}
		out.ascii[r] = uint16(class)
	}
	return out
}

// live finds the states from which an accepting one can be reached.
func (a *Automaton) live() []bool {
	back := a.back()
	live := slices.Clone(a.accept)
	var todo []int32
	for state, yes := range a.accept {
		if yes {
			todo = append(todo, int32(state))
		}
	}
	for len(todo) > 0 {
		state := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, from := range back[state] {
			if !live[from] {
				live[from] = true
				todo = append(todo, from)
			}
		}
	}
	return live
}

// back lists for each state those that lead to it.
func (a *Automaton) back() [][]int32 {
	back := make([][]int32, len(a.accept))
	for i, to := range a.next {
		from := int32(i / len(a.bounds))
		if b := back[to]; from != dead && (len(b) == 0 || b[len(b)-1] != from) {
			back[to] = append(b, from)
		}
	}
	return back
}

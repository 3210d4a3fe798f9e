// Package automaton decides over sets of names written as Lucene patterns: index
// names, actions, applications and resources of roles (Elasticsearch's Automatons).
//
// A pattern is a wildcard (`*` any text, `?` one character, `\` takes the next one
// as it is) or, between slashes, a regular expression in the syntax of Lucene's
// RegExp with all its flags. Patterns become deterministic automata over code
// points, so that beside matching they can be joined, cut and compared. Names and
// prefixes, the commonest patterns, are matched as they are; they become an
// automaton only when they are cut, or compared with something else.
package automaton

import (
	"errors"
	"slices"
)

// ErrTooComplex says that a pattern needs more states or work than anyone should
// spend on it.
var ErrTooComplex = errors.New("the pattern is too complex to be evaluated")

// Automaton is a set of texts. The zero Automaton is the empty set. It does not
// change once it is made, so it may be shared.
type Automaton struct {
	plain *plain // not nil: the set is names and prefixes, and table is made of them
	table table
}

// Patterns returns the union of patterns. The error is a pattern's syntax in
// Elasticsearch's words, or ErrTooComplex.
//
// Beside other patterns `**` matches nothing, as in Elasticsearch, which takes the
// stars off both ends and finds nothing between them. By itself it matches everything.
func Patterns(patterns ...string) (*Automaton, error) {
	if slices.ContainsFunc(patterns, func(p string) bool { return p != stars }) {
		patterns = slices.DeleteFunc(slices.Clone(patterns), func(p string) bool { return p == stars })
	}
	if p, ok := readPlain(patterns); ok {
		return &Automaton{plain: p}, nil
	}
	b := builder{budget: newBudget()}
	first, last := b.state(), b.state()
	for _, p := range patterns {
		f, err := b.pattern(p)
		if err != nil {
			return nil, err
		}
		b.epsilon(first, f.in)
		b.epsilon(f.out, last)
	}
	t, err := b.determinize(fragment{first, last})
	if err != nil {
		return nil, err
	}
	return &Automaton{table: t}, nil
}

// stars is the pattern that means two things.
const stars = "**"

// All is the set of every text.
func All() *Automaton { return &Automaton{plain: newPlain(nil, []string{""})} }

// Match reports whether s is in the set.
func (a *Automaton) Match(s string) bool {
	if a.plain != nil {
		return a.plain.match(s)
	}
	return a.table.match(s)
}

// Empty reports whether the set holds no text at all.
func (a *Automaton) Empty() bool {
	if a.plain != nil {
		return a.plain.empty()
	}
	return a.table.empty()
}

// Total reports whether the set holds every text.
func (a *Automaton) Total() bool {
	if a.plain != nil {
		return a.plain.total()
	}
	return a.table.totalFrom(a.table.first())
}

// SubsetOf reports whether every text of a is in b. Where that would take more work
// than is reasonable the answer is no, as that grants nothing.
func (a *Automaton) SubsetOf(b *Automaton) bool {
	switch {
	case a == b || a.Empty():
		return true
	case b.Empty():
		return false
	case a.plain != nil:
		return a.plain.subsetOf(b)
	}
	to, err := b.compiled()
	return err == nil && subset(&a.table, to, newBudget())
}

// Union is the set of texts that any of the sets holds.
func Union(as ...*Automaton) (*Automaton, error) {
	all, work := &Automaton{}, newBudget()
	for _, a := range as {
		switch {
		case a.Empty() || a == all:
		case all.Empty():
			all = a
		case all.plain != nil && a.plain != nil:
			all = &Automaton{plain: all.plain.join(a.plain)}
		default:
			joined, err := combine(all, a, func(x, y bool) bool { return x || y }, work)
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
	return combine(a, b, func(x, y bool) bool { return x && !y }, newBudget())
}

// Intersect is the set of texts that both sets hold.
func Intersect(a, b *Automaton) (*Automaton, error) {
	if a.Empty() || b.Empty() {
		return &Automaton{}, nil
	}
	return combine(a, b, func(x, y bool) bool { return x && y }, newBudget())
}

func combine(a, b *Automaton, keep func(x, y bool) bool, work *budget) (*Automaton, error) {
	x, errX := a.compiled()
	y, errY := b.compiled()
	if err := errors.Join(errX, errY); err != nil {
		return nil, ErrTooComplex
	}
	t, err := product(x, y, keep, work)
	if err != nil {
		return nil, err
	}
	return &Automaton{table: t}, nil
}

// compiled is the automaton proper, also of names and prefixes.
func (a *Automaton) compiled() (*table, error) {
	if a.plain != nil {
		return a.plain.table()
	}
	return &a.table, nil
}

// budget bounds the work of one call, whatever the patterns ask for. A unit is a
// step of a few nanoseconds; Lucene's bound is 100,000 of its own, larger ones.
type budget struct{ left int }

// The bounds of every automaton and of the work to make one.
const (
	maxStates = 100_000 // as xpack.security.automata.max_determinized_states
	maxCells  = 4 << 20 // of the transition table
	maxWork   = 4 << 20
)

func newBudget() *budget { return &budget{maxWork} }

// spend reports whether there is still enough left.
func (b *budget) spend(units int) bool {
	b.left -= units
	return b.left >= 0
}

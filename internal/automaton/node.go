package automaton

import (
	"strconv"
	"unicode/utf8"
)

// unbounded is the upper end of a repetition that has none.
const unbounded = -1

func span(lo, hi rune) node {
	return func(b *builder) (fragment, error) { return b.span(lo, hi), nil }
}

func text(s string) node {
	return func(b *builder) (fragment, error) { return b.text(s), nil }
}

func either(x, y node) node {
	return func(b *builder) (fragment, error) { return two(b, x, y, b.union) }
}

func after(x, y node) node {
	return func(b *builder) (fragment, error) { return two(b, x, y, b.concat) }
}

func two(b *builder, x, y node, join func(x, y fragment) fragment) (fragment, error) {
	f, err := x(b)
	if err != nil {
		return f, err
	}
	g, err := y(b)
	if err != nil {
		return g, err
	}
	return join(f, g), nil
}

// times repeats n: at least so often, and at most so often unless that is unbounded.
func times(n node, least, most int) node {
	return func(b *builder) (fragment, error) {
		all := b.text("")
		for i := range max(least, most) {
			part, err := n(b)
			if err != nil || b.full {
				return part, err
			}
			if i >= least {
				part = b.union(part, b.text(""))
			}
			all = b.concat(all, part)
		}
		if most != unbounded {
			return all, nil
		}
		part, err := n(b)
		if err != nil {
			return part, err
		}
		return b.concat(all, b.star(part)), nil
	}
}

// alone builds n by itself, as a finished automaton.
func (n node) alone(*builder) (*Automaton, error) {
	var b builder
	f, err := n(&b)
	if err != nil {
		return nil, err
	}
	return b.determinize(f, nestedWork)
}

// both is the intersection. Like the complement it exists only between finished
// automata.
func both(x, y node) node {
	return finished(func(b *builder) (*Automaton, error) { return combine(b, x.alone, y.alone, Intersect) })
}

func except(all func(*builder) (*Automaton, error), n node) node {
	return finished(func(b *builder) (*Automaton, error) { return combine(b, all, n.alone, Minus) })
}

func exceptCharacters(n node) node { return except(span(0, utf8.MaxRune).alone, n) }

func combine(b *builder, x, y func(*builder) (*Automaton, error), op func(x, y *Automaton) (*Automaton, error)) (*Automaton, error) {
	a, err := x(b)
	if err != nil {
		return nil, err
	}
	c, err := y(b)
	if err != nil {
		return nil, err
	}
	return op(a, c)
}

// finished embeds an automaton that is made once, however often it is repeated.
func finished(build func(*builder) (*Automaton, error)) node {
	var made *Automaton
	return func(b *builder) (fragment, error) {
		if made == nil {
			a, err := build(b)
			if err != nil {
				return fragment{}, err
			}
			made = a
		}
		return b.embed(made), nil
	}
}

// decimals are the numbers from lo to hi, of exactly width digits, or for width 0
// with any number of leading zeros.
func decimals(lo, hi uint64, width int) node {
	zeros := width == 0
	if zeros {
		width = len(strconv.FormatUint(hi, 10))
	}
	n := digits(pad(lo, width), pad(hi, width))
	if !zeros {
		return n
	}
	// Shorter numbers were padded with zeros that need not be there.
	for short := width - 1; short > 0; short-- {
		if top := pad(^uint64(0), short); lo < power(short) {
			n = either(n, digits(pad(lo, short), top))
		}
	}
	return after(times(span('0', '0'), 0, unbounded), n)
}

func power(n int) uint64 {
	p := uint64(1)
	for range n {
		p *= 10
	}
	return p
}

// pad writes n with so many digits; what does not fit is the largest that does.
func pad(n uint64, width int) string {
	if width == 0 {
		return ""
	}
	s := strconv.FormatUint(min(n, power(width)-1), 10)
	for len(s) < width {
		s = "0" + s
	}
	return s
}

// digits are the texts of equal length between two, digit by digit.
func digits(lo, hi string) node {
	if lo == "" {
		return text("")
	}
	first, last := rune(lo[0]), rune(hi[0])
	nine, zero := pad(^uint64(0), len(lo)-1), pad(0, len(lo)-1)
	if first == last {
		return after(span(first, first), digits(lo[1:], hi[1:]))
	}
	n := either(after(span(first, first), digits(lo[1:], nine)), after(span(last, last), digits(zero, hi[1:])))
	if first+1 < last {
		n = either(n, after(span(first+1, last-1), digits(zero, nine)))
	}
	return n
}

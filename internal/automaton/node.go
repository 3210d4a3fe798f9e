package automaton

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// unbounded is the upper end of a repetition that has none.
const unbounded = -1

// charRange holds the code points from lo to hi.
type charRange struct{ lo, hi rune }

func span(lo, hi rune) node { return spans(charRange{lo, hi}) }

func spans(list ...charRange) node {
	return func(b *builder) (fragment, error) { return b.spans(list), nil }
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
func (n node) alone(work *budget) (*table, error) {
	b := builder{budget: work}
	f, err := n(&b)
	if err != nil {
		return nil, err
	}
	t, err := b.determinize(f)
	return &t, err
}

// both is the intersection, except the difference. They exist only between finished
// automata.
func both(x, y node) node {
	return finished(x, y, func(x, y bool) bool { return x && y })
}

func except(x, y node) node {
	return finished(x, y, func(x, y bool) bool { return x && !y })
}

// finished embeds an automaton that is made once, however often it is repeated.
func finished(x, y node, keep func(x, y bool) bool) node {
	var made *table
	return func(b *builder) (fragment, error) {
		if made == nil {
			s, err := x.alone(b.budget)
			if err != nil {
				return fragment{}, err
			}
			t, err := y.alone(b.budget)
			if err != nil {
				return fragment{}, err
			}
			both, err := product(s, t, keep, b.budget)
			if err != nil {
				return fragment{}, err
			}
			made = &both
		}
		return b.embed(made), nil
	}
}

func anyText() node {
	return func(b *builder) (fragment, error) { return b.anyText(), nil }
}

func anyCharacter() node { return span(0, utf8.MaxRune) }

// decimals are the numbers from lo to hi, of exactly width digits, or for width 0
// with any number of leading zeros.
func decimals(lo, hi uint64, width int) node {
	if width > 0 {
		return digits(pad(lo, width), pad(hi, width))
	}
	width = len(strconv.FormatUint(hi, 10))
	n := digits(pad(lo, width), pad(hi, width))
	// Shorter numbers were padded with zeros that need not be there.
	for short := width - 1; short > 0; short-- {
		if text := strconv.FormatUint(lo, 10); len(text) <= short {
			n = either(n, digits(pad(lo, short), strings.Repeat("9", short)))
		}
	}
	return after(times(span('0', '0'), 0, unbounded), n)
}

// pad writes n with so many digits, which are enough.
func pad(n uint64, width int) string {
	s := strconv.FormatUint(n, 10)
	return strings.Repeat("0", width-len(s)) + s
}

// digits are the texts between two of equal length, digit by digit.
func digits(lo, hi string) node {
	same := 0
	for same < len(lo) && lo[same] == hi[same] {
		same++
	}
	head := text(lo[:same])
	if same == len(lo) {
		return head
	}
	lo, hi = lo[same:], hi[same:]
	first, last := rune(lo[0]), rune(hi[0])
	nines, zeros := strings.Repeat("9", len(lo)-1), strings.Repeat("0", len(lo)-1)
	n := either(after(span(first, first), digits(lo[1:], nines)), after(span(last, last), digits(zeros, hi[1:])))
	if first+1 < last {
		n = either(n, after(span(first+1, last-1), digits(zeros, nines)))
	}
	return after(head, n)
}

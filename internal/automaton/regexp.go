package automaton

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds the nesting of a regular expression.
const maxDepth = 250

// errEnd is Lucene's word for an expression that stops too early.
var errEnd = errors.New("unexpected end-of-string")

// node is a part of an expression, built as often as repetitions ask for it.
type node func(b *builder) (fragment, error)

// regexp adds an expression in the syntax of org.apache.lucene.util.automaton.RegExp
// with the flags ALL and DEPRECATED_COMPLEMENT. Errors are Lucene's.
func (b *builder) regexp(s string) (fragment, error) {
	if s == "" {
		return b.text(""), nil
	}
	p := parser{text: []rune(s)}
	n, err := p.union()
	if err != nil {
		return fragment{}, err
	}
	if p.more() {
		return fragment{}, fmt.Errorf("end-of-string expected at position %d", p.at())
	}
	return n(b)
}

// parser reads a regular expression from left to right.
type parser struct {
	text  []rune
	pos   int
	depth int
}

// at is the position as Java counts it.
func (p *parser) at() int { return len(utf16.Encode(p.text[:p.pos])) }

func (p *parser) more() bool { return p.pos < len(p.text) }

func (p *parser) peek(of string) bool { return p.more() && strings.ContainsRune(of, p.text[p.pos]) }

func (p *parser) match(r rune) bool {
	if p.more() && p.text[p.pos] == r {
		p.pos++
		return true
	}
	return false
}

func (p *parser) union() (node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, ErrTooComplex
	}
	defer func() { p.depth-- }()
	return p.list(p.intersection, func() bool { return p.match('|') }, either)
}

func (p *parser) intersection() (node, error) {
	return p.list(p.concat, func() bool { return p.match('&') }, both)
}

func (p *parser) concat() (node, error) {
	return p.list(p.repeat, func() bool { return p.more() && !p.peek(")|&") }, after)
}

// list reads parts for as long as another one follows, and joins them two by two.
func (*parser) list(part func() (node, error), another func() bool, join func(x, y node) node) (node, error) {
	n, err := part()
	for err == nil && another() {
		var next node
		if next, err = part(); err == nil {
			n = join(n, next)
		}
	}
	return n, err
}

func (p *parser) repeat() (node, error) {
	n, err := p.complement()
	for err == nil && p.peek("?*+{") {
		switch {
		case p.match('?'):
			n = times(n, 0, 1)
		case p.match('*'):
			n = times(n, 0, unbounded)
		case p.match('+'):
			n = times(n, 1, unbounded)
		default:
			p.pos++
			var least, most int
			if least, most, err = p.counts(); err == nil {
				n = times(n, least, most)
			}
		}
	}
	return n, err
}

// counts reads the rest of {n}, {n,} or {n,m}.
func (p *parser) counts() (least, most int, err error) {
	if !p.peek("0123456789") {
		return 0, 0, fmt.Errorf("integer expected at position %d", p.at())
	}
	least = p.integer()
	most = least
	if p.match(',') {
		most = unbounded
		if p.peek("0123456789") {
			most = p.integer()
		}
	}
	if !p.match('}') {
		return 0, 0, fmt.Errorf("expected '}' at position %d", p.at())
	}
	if most != unbounded && least > most {
		return 0, 0, fmt.Errorf("invalid repetition range(out of order): %d..%d", least, most)
	}
	return least, most, nil
}

// integer reads digits; more than an automaton can repeat is one too many.
func (p *parser) integer() int {
	n := 0
	for p.peek("0123456789") {
		n = min(n*10+int(p.text[p.pos]-'0'), maxStates+1)
		p.pos++
	}
	return n
}

func (p *parser) complement() (node, error) {
	if !p.match('~') {
		return p.class()
	}
	if p.depth++; p.depth > maxDepth {
		return nil, ErrTooComplex
	}
	defer func() { p.depth-- }()
	n, err := p.complement()
	if err != nil {
		return nil, err
	}
	return except(anyText(), n), nil
}

// class reads a bracket expression.
func (p *parser) class() (node, error) {
	if !p.match('[') {
		return p.simple()
	}
	negated := p.match('^')
	var all []charRange
	for first := true; first || p.more() && !p.peek("]"); first = false {
		member, err := p.member()
		if err != nil {
			return nil, err
		}
		all = append(all, member...)
	}
	if !p.match(']') {
		return nil, fmt.Errorf("expected ']' at position %d", p.at())
	}
	if negated {
		return spans(others(all)...), nil
	}
	return spans(merged(all)...), nil
}

// member reads one character, range or predefined class within brackets.
func (p *parser) member() ([]charRange, error) {
	if class, err := p.predefined(); class != nil || err != nil {
		return class, err
	}
	lo, err := p.character()
	if err != nil || !p.match('-') {
		return []charRange{{lo, lo}}, err
	}
	hi, err := p.character()
	if err != nil {
		return nil, err
	}
	if lo > hi {
		return nil, fmt.Errorf("invalid range: from (%d) cannot be > to (%d)", lo, hi)
	}
	return []charRange{{lo, hi}}, nil
}

// merged sorts ranges and joins those that touch.
func merged(list []charRange) []charRange {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b charRange) int { return int(a.lo - b.lo) })
	out := list[:0]
	for _, r := range list {
		if n := len(out); n > 0 && r.lo <= out[n-1].hi+1 {
			out[n-1].hi = max(out[n-1].hi, r.hi)
			continue
		}
		out = append(out, r)
	}
	return out
}

// others is what ranges leave out.
func others(list []charRange) []charRange {
	var out []charRange
	from := rune(0)
	for _, r := range merged(list) {
		if r.lo > from {
			out = append(out, charRange{from, r.lo - 1})
		}
		from = r.hi + 1
	}
	if from <= utf8.MaxRune {
		out = append(out, charRange{from, utf8.MaxRune})
	}
	return out
}

// predefined reads \d, \s, \w and their negations; nil if something else comes.
// Another letter after a backslash is an error, anything else stands for itself.
func (p *parser) predefined() ([]charRange, error) {
	if !p.peek(`\`) || p.pos+1 == len(p.text) {
		return nil, nil
	}
	letter := p.text[p.pos+1]
	var class []charRange
	switch letter {
	case 'd', 'D':
		class = []charRange{{'0', '9'}}
	case 's', 'S':
		class = []charRange{{'\t', '\n'}, {'\r', '\r'}, {' ', ' '}}
	case 'w', 'W':
		class = []charRange{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}
	default:
		if letter >= 'a' && letter <= 'z' || letter >= 'A' && letter <= 'Z' {
			return nil, fmt.Errorf(`invalid character class \%d`, letter)
		}
		return nil, nil
	}
	p.pos += 2
	if letter < 'a' {
		class = others(class)
	}
	return class, nil
}

func (p *parser) character() (rune, error) {
	p.match('\\')
	if !p.more() {
		return 0, errEnd
	}
	p.pos++
	return p.text[p.pos-1], nil
}

func (p *parser) simple() (node, error) {
	switch {
	case p.match('.'):
		return anyCharacter(), nil
	case p.match('#'):
		return func(b *builder) (fragment, error) { return b.nothing(), nil }, nil
	case p.match('@'):
		return anyText(), nil
	case p.match('"'):
		s, err := p.until('"')
		return text(s), err
	case p.match('('):
		return p.group()
	case p.match('<'):
		return p.interval()
	}
	if class, err := p.predefined(); class != nil || err != nil {
		return spans(class...), err
	}
	r, err := p.character()
	return span(r, r), err
}

// until reads up to a closing character and past it.
func (p *parser) until(end rune) (string, error) {
	from := p.pos
	for p.more() && p.text[p.pos] != end {
		p.pos++
	}
	s := string(p.text[from:p.pos])
	if !p.match(end) {
		return "", fmt.Errorf("expected '%c' at position %d", end, p.at())
	}
	return s, nil
}

func (p *parser) group() (node, error) {
	if p.match(')') {
		return text(""), nil
	}
	n, err := p.union()
	if err != nil {
		return nil, err
	}
	if !p.match(')') {
		return nil, fmt.Errorf("expected ')' at position %d", p.at())
	}
	return n, nil
}

// interval reads <n-m>: the numbers from n to m, of as many digits as both have, or
// with any number of leading zeros. Named automata, <name>, are none that exist.
func (p *parser) interval() (node, error) {
	s, err := p.until('>')
	if err != nil {
		return nil, err
	}
	from, to, ok := strings.Cut(s, "-")
	if !ok {
		return nil, fmt.Errorf("'%s' not found", s)
	}
	lo, errLo := strconv.ParseInt(from, 10, 32) // as Java: a + may stand before it
	hi, errHi := strconv.ParseInt(to, 10, 32)
	if errLo != nil || errHi != nil || strings.HasPrefix(to, "-") {
		return nil, fmt.Errorf("interval syntax error at position %d", p.at()-1)
	}
	width := 0
	if len(from) == len(to) {
		width = len(from)
	}
	return decimals(uint64(min(lo, hi)), uint64(max(lo, hi)), width), nil
}

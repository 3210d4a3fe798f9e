package render

import (
	"bytes"

	"github.com/realmctl/realmctl/internal/xcontent"
)

// compactJSON is JSON without blanks.
type compactJSON struct {
	out   *bytes.Buffer
	comma bool // before the next name or value
}

func (p *compactJSON) before() {
	if p.comma {
		p.out.WriteByte(',')
	}
}

func (p *compactJSON) start(array bool) {
	p.before()
	p.comma = false
	p.out.WriteByte(opening(array))
}

func (p *compactJSON) end(array, _ bool) {
	p.comma = true
	p.out.WriteByte(closing(array))
}

func (p *compactJSON) name(text string) {
	p.before()
	p.comma = false
	quote(p.out, text)
	p.out.WriteByte(':')
}

func (p *compactJSON) scalar(t xcontent.Token, text string) {
	p.before()
	p.comma = true
	writeScalar(p.out, t, text)
}

func (p *compactJSON) raw(value []byte) {
	p.before()
	p.comma = true
	p.out.Write(value)
}

func (p *compactJSON) close() {}

// prettyJSON is JSON as Jackson's DefaultPrettyPrinter writes it.
type prettyJSON struct {
	out   *bytes.Buffer
	depth int
	comma bool
	named bool // a name was written; its value follows on the line
}

// before begins the line of an entry.
func (p *prettyJSON) before() {
	if p.named {
		p.named = false
		return
	}
	if p.comma {
		p.out.WriteByte(',')
	}
	if p.depth > 0 {
		p.line()
	}
}

func (p *prettyJSON) line() {
	p.out.WriteByte('\n')
	for range p.depth {
		p.out.WriteString("  ")
	}
}

func (p *prettyJSON) start(array bool) {
	p.before()
	p.comma = false
	p.depth++
	p.out.WriteByte(opening(array))
}

func (p *prettyJSON) end(array, empty bool) {
	p.comma = true
	p.depth--
	if empty {
		p.out.WriteByte(' ')
	} else {
		p.line()
	}
	p.out.WriteByte(closing(array))
}

func (p *prettyJSON) name(text string) {
	p.before()
	p.comma = false
	p.named = true
	quote(p.out, text)
	p.out.WriteString(" : ")
}

func (p *prettyJSON) scalar(t xcontent.Token, text string) {
	p.before()
	p.comma = true
	writeScalar(p.out, t, text)
}

func (p *prettyJSON) raw([]byte) {}

func (p *prettyJSON) close() { p.out.WriteByte('\n') }

func opening(array bool) byte {
	if array {
		return '['
	}
	return '{'
}

func closing(array bool) byte {
	if array {
		return ']'
	}
	return '}'
}

func writeScalar(out *bytes.Buffer, t xcontent.Token, text string) {
	if t == xcontent.String {
		quote(out, text)
		return
	}
	out.WriteString(text)
}

func quote(out *bytes.Buffer, text string) {
	out.Write(xcontent.AppendQuoted(out.AvailableBuffer(), text))
}

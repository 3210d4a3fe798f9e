package render

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf16"

	"github.com/realmctl/realmctl/internal/xcontent"
)

// yamlWidth is the column after which SnakeYAML folds strings.
const yamlWidth = 80

// yamlPrinter is YAML as Jackson's YAMLGenerator and SnakeYAML write it: block
// style, arrays no deeper than their names, strings in double quotes and folded.
type yamlPrinter struct {
	out    *bytes.Buffer
	levels []yamlLevel
	column int
	// waiting is a start that was not written: empty collections are [] and {}.
	waiting bool
	// after is set when a long name was written, whose value begins as that of a dash.
	after bool
}

type yamlLevel struct {
	array  bool
	indent int
	first  bool // nothing was written in it so far
	inline bool // its first entry goes on the line of a dash
}

func newYAML(out *bytes.Buffer) *yamlPrinter {
	p := &yamlPrinter{out: out}
	p.write("---")
	return p
}

func (p *yamlPrinter) write(text string) {
	p.out.WriteString(text)
	p.column += len(utf16.Encode([]rune(text)))
}

func (p *yamlPrinter) line(indent int) {
	p.out.WriteByte('\n')
	p.column = 0
	p.write(strings.Repeat(" ", indent))
}

// top is the innermost collection, or nil.
func (p *yamlPrinter) top() *yamlLevel {
	if len(p.levels) == 0 {
		return nil
	}
	return &p.levels[len(p.levels)-1]
}

// entry writes the dash of an array's entry.
func (p *yamlPrinter) entry() {
	l := p.top()
	if l == nil || !l.array {
		return
	}
	p.open(l)
	p.write("-")
}

// open begins the line of an entry of l.
func (p *yamlPrinter) open(l *yamlLevel) {
	p.waiting = false
	if l.first && l.inline {
		p.write(" ")
	} else {
		p.line(l.indent)
	}
	l.first = false
}

func (p *yamlPrinter) start(array bool) {
	p.entry()
	next := yamlLevel{array: array, first: true}
	if l := p.top(); l != nil {
		next.inline = l.array || p.after
		next.indent = l.indent + 2
		if array && !next.inline {
			next.indent = l.indent
		}
	}
	p.levels = append(p.levels, next)
	p.waiting, p.after = true, false
}

func (p *yamlPrinter) end(array, empty bool) {
	if empty {
		p.write(" " + string([]byte{opening(array), closing(array)}))
	}
	p.waiting = false
	p.levels = p.levels[:len(p.levels)-1]
}

func (p *yamlPrinter) name(text string) {
	l := p.top()
	p.open(l)
	if p.after = !simpleKey(text); p.after {
		p.write("? ")
	}
	p.key(text)
	if p.after {
		p.line(l.indent)
	}
	p.write(":")
}

// simpleKey is Emitter.checkSimpleKey: other names stand after a question mark.
func simpleKey(text string) bool {
	return text != "" && len(utf16.Encode([]rune(text))) < 128 && !strings.Contains(text, "\n")
}

func (p *yamlPrinter) scalar(t xcontent.Token, text string) {
	p.entry()
	p.after = false
	p.write(" ")
	if t == xcontent.String {
		p.quoted(text, true)
		return
	}
	p.write(text)
}

func (p *yamlPrinter) raw([]byte) {}

func (p *yamlPrinter) close() { p.out.WriteByte('\n') }

// key writes a name: plain if YAML takes it for the same text, else quoted.
func (p *yamlPrinter) key(text string) {
	switch {
	case reserved(text), strings.ContainsFunc(text, special):
		p.quoted(text, p.after)
	case plainKey(text):
		p.words(text)
	default:
		p.write("'")
		p.words(strings.ReplaceAll(text, "'", "''"))
		p.write("'")
	}
}

// words folds a long name at its spaces (Emitter.writePlain, writeSingleQuoted).
func (p *yamlPrinter) words(text string) {
	before := ""
	for i, word := range strings.Split(text, " ") {
		switch {
		case i == 0:
		case p.after && before != "" && word != "" && p.column > yamlWidth:
			p.line(p.foldIndent())
		default:
			p.write(" ")
		}
		p.write(word)
		before = word
	}
}

// quoted is SnakeYAML's Emitter.writeDoubleQuoted.
func (p *yamlPrinter) quoted(text string, split bool) {
	p.write(`"`)
	units := []rune(text)
	start := 0
	indent := p.foldIndent()
	for end := 0; end <= len(units); end++ {
		var c rune = -1
		if end < len(units) {
			c = units[end]
		}
		if c < 0 || needsEscape(c) {
			p.write(string(units[start:end]) + escaped(c))
			start = min(end+1, len(units))
		}
		mayFold := split && end > 0 && end < len(units)-1 && (c == ' ' || start >= end)
		if mayFold && p.column+end-start > yamlWidth {
			start = p.fold(units, start, max(start, end), indent)
		}
	}
	p.write(`"`)
}

// fold ends the line within a string, and gives where the next one begins.
func (p *yamlPrinter) fold(units []rune, start, end, indent int) int {
	p.write(string(units[start:end]) + `\`)
	p.line(indent)
	if units[end] == ' ' {
		p.write(`\`)
	}
	return end
}

// foldIndent is the indentation of the further lines of a string.
func (p *yamlPrinter) foldIndent() int {
	if l := p.top(); l != nil {
		return l.indent + 2
	}
	return 2
}

func needsEscape(c rune) bool {
	return c == '"' || c == '\\' || c == 0x85 || c == 0x2028 || c == 0x2029 || c == 0xFEFF || c < ' ' || c > '~'
}

// escaped shows printable characters as they are and others by code.
func escaped(c rune) string {
	if c < 0 {
		return ""
	}
	const named = "\x00\a\b\t\n\v\f\r\x1b\"\\\u0085\u00a0\u2028\u2029"
	const letters = "0abtnvfre\"\\N_LP"
	if i := strings.IndexRune(named, c); i >= 0 {
		return `\` + string(letters[len([]rune(named[:i]))])
	}
	switch {
	case c > '~' && c != 0xFEFF && printable(c):
		return string(c)
	case c <= 0xFF:
		return fmt.Sprintf(`\x%02x`, c)
	case c <= 0xFFFF:
		return fmt.Sprintf(`\u%04x`, c)
	}
	return fmt.Sprintf(`\U%08x`, c)
}

// printable is StreamReader.isPrintable.
func printable(c rune) bool {
	return c >= 0xA0 && c <= 0xD7FF || c >= 0xE000 && c <= 0xFFFD || c >= 0x10000 && c <= 0x10FFFF
}

// reserved is StringQuotingChecker.needToQuoteName: words that YAML 1.1 takes for
// something else.
func reserved(name string) bool {
	if name == "" {
		return true
	}
	if name == strings.ToLower(name) || name == strings.ToUpper(name) || name == capital(name) {
		switch strings.ToLower(name) {
		case "false", "n", "no", "null", "on", "off", "true", "y", "yes":
			return true
		}
	}
	return strings.ContainsAny(name[:1], "~+-.0123456789")
}

// capital is a word with its first letter in upper case.
func capital(word string) string {
	return strings.ToUpper(word[:1]) + strings.ToLower(word[1:])
}

// plainKey is Emitter.analyzeScalar for names.
func plainKey(text string) bool {
	if strings.ContainsAny(text[:1], `#,[]{}&*!|>'"%@`+"`") || strings.HasPrefix(text, " ") || strings.HasSuffix(text, " ") {
		return false
	}
	if strings.ContainsAny(text[:1], "?:") && (len(text) == 1 || text[1] == ' ') {
		return false
	}
	if strings.Contains(text, ": ") || strings.HasSuffix(text, ":") || strings.Contains(text, " #") {
		return false
	}
	return true
}

// special are the characters that need an escape, and so double quotes.
func special(r rune) bool {
	return r < ' ' || r > '~' && !printable(r) || r == 0x2028 || r == 0x2029
}

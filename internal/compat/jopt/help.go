package jopt

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// What jopt-simple's BuiltinHelpFormatter is built with.
const (
	helpWidth = 80
	helpGap   = 2 // between the columns
)

// Help is the table of operands and options that follows a tool's description.
func (p *Parser) Help() string {
	var b strings.Builder
	if p.Operands != "" {
		width := max(len("Non-option arguments:"), len(p.Operands))
		b.WriteString(pad("Non-option arguments:", width) + "\n" + pad(p.Operands, width) + "\n\n")
	}
	rows := [][2]string{{"Option", "Description"}}
	for _, o := range p.listed() {
		if o.Needed {
			rows[0][0] = "Option (* = required)"
		}
		rows = append(rows, [2]string{o.usage(), o.description()})
	}
	rows = slices.Insert(rows, 1, [2]string{strings.Repeat("-", len(rows[0][0])), "-----------"})
	writeTable(&b, rows)
	return b.String()
}

// listed are the options of help in the order of their first names.
func (p *Parser) listed() []Option {
	list := slices.DeleteFunc(slices.Clone(p.Options), func(o Option) bool { return o.Unlisted })
	slices.SortFunc(list, func(a, b Option) int { return strings.Compare(a.Names[0], b.Names[0]) })
	return list
}

// usage is how the option is written.
func (o *Option) usage() string {
	var names []string
	for _, n := range o.Names {
		dashes := "--"
		if len(n) == 1 {
			dashes = "-"
		}
		names = append(names, dashes+n)
	}
	text := strings.Join(names, ", ")
	if o.Kind != "" {
		text += " <" + o.Kind + ">"
	}
	if o.Needed {
		text = "* " + text
	}
	return text
}

func (o *Option) description() string {
	if o.Default == nil {
		return o.Help
	}
	return strings.TrimSpace(o.Help + " (default: " + *o.Default + ")")
}

// writeTable writes two columns that together are no wider than a terminal, and no
// wider than their lines.
func writeTable(b *strings.Builder, rows [][2]string) {
	left := min((helpWidth-helpGap)/2, widest(rows, 0))
	right := min(helpWidth-left-helpGap, widest(rows, 1))
	var lines [][2]string
	for _, r := range rows {
		a, c := wrap(r[0], left), wrap(r[1], right)
		for i := range max(len(a), len(c)) {
			lines = append(lines, [2]string{at(a, i), at(c, i)})
		}
	}
	left, right = widest(lines, 0), widest(lines, 1)
	for _, l := range lines {
		b.WriteString(pad(l[0], left) + strings.Repeat(" ", helpGap) + pad(l[1], right) + "\n")
	}
}

func widest(rows [][2]string, column int) int {
	width := 0
	for _, r := range rows {
		width = max(width, utf8.RuneCountInString(r[column]))
	}
	return width
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}

func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text)))
}

// wrap breaks a text at spaces; lines but the first are indented (Columns.java).
func wrap(text string, width int) []string {
	var lines []string
	var line strings.Builder
	for word := range strings.SplitAfterSeq(text, " ") {
		if line.Len()+len(word) > width {
			lines = append(lines, strings.TrimRight(line.String(), " "))
			line.Reset()
			line.WriteString("  ")
		}
		line.WriteString(word)
	}
	if line.Len() > 0 {
		lines = append(lines, line.String())
	}
	return lines
}

package linefile

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// BOM is the byte order mark, which Elasticsearch does not strip.
const BOM = "\ufeff"

// Severity says how bad a finding is.
type Severity string

// The severities.
const (
	Error   Severity = "error"   // something does not work, or is unsafe now
	Warning Severity = "warning" // it works, and will hurt later
)

// Finding is what lint tells about a place in a file.
type Finding struct {
	File     string   `json:"file"`
	Line     int      `json:"line,omitempty"`   // 0: the file as a whole
	Column   int      `json:"column,omitempty"` // in characters, from 1
	Severity Severity `json:"severity"`
	Code     string   `json:"code"` // stable, for scripts
	Text     string   `json:"text"`
}

// String is the form "file:line:col: severity: text [code]" that editors know.
func (f Finding) String() string {
	place := f.File
	if f.Line > 0 {
		place += fmt.Sprintf(":%d:%d", f.Line, f.Column)
	}
	return fmt.Sprintf("%s: %s: %s [%s]", place, f.Severity, f.Text, f.Code)
}

// Sort orders findings by line and column within each file; files keep the order
// in which they first turn up.
func Sort(findings []Finding) {
	rank := map[string]int{}
	for _, f := range findings {
		if _, ok := rank[f.File]; !ok {
			rank[f.File] = len(rank)
		}
	}
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(rank[a.File], rank[b.File]), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// LintText finds what is wrong with a text before any line is understood: a byte
// order mark, bytes that are not UTF-8, and lone carriage returns, which end a
// line in Elasticsearch but in no editor.
func (f *Findings) LintText(text string) {
	if strings.HasPrefix(text, BOM) {
		f.Add(1, 1, Error, "byte-order-mark", "the file begins with a byte order mark, which Elasticsearch takes for a part of the first line")
	}
	loneCR := strings.Count(text, "\r") != strings.Count(text, "\r\n") && strings.Contains(text, "\n")
	valid := utf8.ValidString(text)
	if valid && !loneCR {
		return
	}
	for line := range Lines(text) {
		if i := invalidAt(line.Text); !valid && i >= 0 {
			f.Add(line.Number, Column(line.Text, i), Error, "not-utf8", "a byte that is not UTF-8: Elasticsearch refuses the whole file because of it")
		}
		if end := line.Start + len(line.Text); loneCR && line.Next == end+1 && text[end] == '\r' {
			f.Add(line.Number, Column(line.Text, len(line.Text)), Warning, "carriage-return",
				"a lone carriage return ends this line for Elasticsearch, but not in an editor")
		}
	}
}

// YAMLFault takes the line out of an error of the YAML package, which has it in its
// text alone.
func YAMLFault(err error) (line int, text string) {
	text, line = strings.TrimPrefix(err.Error(), "yaml: "), 1
	if number, what, ok := strings.Cut(strings.TrimPrefix(text, "line "), ": "); ok {
		if n, err := strconv.Atoi(number); err == nil {
			line, text = n, what
		}
	}
	return line, "broken YAML (" + text + ")"
}

// invalidAt is the offset of the first byte that is not UTF-8, or -1.
func invalidAt(s string) int {
	if utf8.ValidString(s) {
		return -1
	}
	for i, r := range s {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return i
			}
		}
	}
	return -1
}

package cli

import (
	"fmt"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/realmctl/realmctl/internal/linefile"
	"github.com/realmctl/realmctl/internal/output"
)

// showFindings writes lines that editors know for people, uncut, and columns for
// programs.
func (a *App) showFindings(findings []linefile.Finding) error {
	if a.table() && len(a.flags.Columns) == 0 && a.flags.Sort == "" {
		for _, f := range findings {
			f.File = a.short(f.File)
			fmt.Fprintln(a.Out, a.paint(f))
		}
		return nil
	}
	v := output.View{Data: append([]linefile.Finding{}, findings...), Header: []string{"file", "line", "column", "severity", "code", "text"}}
	for _, f := range findings {
		v.Rows = append(v.Rows, []string{f.File, position(f.Line), position(f.Column), string(f.Severity), f.Code, f.Text})
	}
	return a.Show(v)
}

// short is a path as seen from the working directory, if it is below it.
func (a *App) short(path string) string {
	if short, err := filepath.Rel(a.world.Dir, path); err == nil && filepath.IsLocal(short) {
		return short
	}
	return path
}

// paint is a finding as one line, its severity in colour on a terminal.
func (a *App) paint(f linefile.Finding) string {
	text := printable(f.String())
	if a.OutTTY {
		text = wrapped(text, a.TermWidth)
	}
	if !a.coloured() {
		return text
	}
	colour := "\x1b[33m" // yellow
	if f.Severity == linefile.Error {
		colour = "\x1b[31m" // red
	}
	mark := ": " + string(f.Severity) + ": "
	return strings.Replace(text, mark, ": "+colour+string(f.Severity)+"\x1b[0m: ", 1)
}

// wrapped breaks a text between words, so that a line fits a terminal.
func wrapped(text string, width int) string {
	const indent = "    "
	if width <= len(indent) {
		return text
	}
	var b strings.Builder
	column := 0
	for i, word := range strings.Split(text, " ") {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case column+1+n > width:
			b.WriteString("\n" + indent)
			column = len(indent)
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	return b.String()
}

// printable keeps what a file holds from moving the cursor.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(text, string(unicode.ReplacementChar)))
}

func position(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// countFindings is "2 errors and 1 warning".
func countFindings(findings []linefile.Finding) string {
	errs := 0
	for _, f := range findings {
		if f.Severity == linefile.Error {
			errs++
		}
	}
	warnings := len(findings) - errs
	switch {
	case errs == 0:
		return plural(warnings, "warning")
	case warnings == 0:
		return plural(errs, "error")
	}
	return plural(errs, "error") + " and " + plural(warnings, "warning")
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

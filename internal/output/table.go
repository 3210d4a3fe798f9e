package output

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/pkg/twwidth"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// nothing stands for an empty cell, so that columns stay countable.
const nothing = "-"

// writeTable aligns the columns without borders. On a terminal a line is cut at
// its width; elsewhere nothing is.
func (o Options) writeTable(w io.Writer, v View) error {
	if len(v.Rows) > bulk {
		return o.writeBulk(w, v)
	}
	var b bytes.Buffer
	t := tablewriter.NewTable(&b,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders:  tw.BorderNone,
			Settings: tw.Settings{Separators: tw.SeparatorsNone, Lines: tw.LinesNone},
		})),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAlignment(tw.AlignLeft),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithRowAlignment(tw.AlignLeft),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithPadding(tw.Padding{Right: "  ", Overwrite: true}),
		tablewriter.WithTrimSpace(tw.Off),
	)
	heads, rows := headings(v.Header), o.fit(v)
	if !o.NoHeaders {
		t.Header(heads)
	}
	for _, cells := range rows {
		if err := t.Append(cells); err != nil {
			return fmt.Errorf("lay out the table: %w", err)
		}
	}
	if len(v.Rows) == 0 && o.NoHeaders {
		return nil
	}
	if err := t.Render(); err != nil {
		return fmt.Errorf("lay out the table: %w", err)
	}
	return o.copyLines(w, &b)
}

// gap is what stands between two columns; enough is how wide a column stays.
const (
	gap    = 2
	enough = 12
)

// fit makes the cells printable and, on a terminal, cuts those of the widest columns
// until a line fits or no column has more than enough: the last columns tell as much
// as the first ones.
func (o Options) fit(v View) [][]string {
	rows := make([][]string, len(v.Rows))
	for r, row := range v.Rows {
		rows[r] = make([]string, len(row))
		for i, cell := range row {
			rows[r][i] = printable(cell)
		}
	}
	if o.Width <= 0 {
		return rows
	}
	var heads []string
	if !o.NoHeaders {
		heads = headings(v.Header)
	}
	widths := measure(append([][]string{heads}, rows...))
	shrink(widths, o.Width)
	for _, row := range rows {
		for i, cell := range row {
			if twwidth.Width(cell) > widths[i] {
				row[i] = twwidth.Truncate(cell, widths[i], "…")
			}
		}
	}
	return rows
}

// measure finds how wide each column is.
func measure(rows [][]string) []int {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], twwidth.Width(cell))
		}
	}
	return widths
}

// shrink takes from the widest column until all fit side by side.
func shrink(widths []int, room int) {
	total := gap * (len(widths) - 1)
	for _, w := range widths {
		total += w
	}
	for ; total > room; total-- {
		widest := 0
		for i, w := range widths {
			if w > widths[widest] {
				widest = i
			}
		}
		if len(widths) == 0 || widths[widest] <= enough {
			return
		}
		widths[widest]--
	}
}

// copyLines drops the padding at line ends and cuts what a terminal cannot show.
func (o Options) copyLines(w io.Writer, b *bytes.Buffer) error {
	out := bufio.NewWriter(w)
	for first := true; ; first = false {
		line, err := b.ReadString('\n')
		if err != nil && line == "" {
			return out.Flush()
		}
		_, _ = out.WriteString(o.finish(line, first)) // Flush reports it
	}
}

// finish makes a line of the table one of the output.
func (o Options) finish(line string, first bool) string {
	line = strings.TrimRight(line, " \n")
	if o.Width > 0 && width(line) > o.Width {
		line = twwidth.Truncate(line, o.Width, "…")
	}
	if first && o.Bold && !o.NoHeaders {
		line = "\x1b[1m" + line + "\x1b[0m"
	}
	return line + "\n"
}

// headings are the column names as people read them.
func headings(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = strings.ToUpper(strings.ReplaceAll(n, "_", " "))
	}
	return out
}

// printable keeps what a server sends from moving the cursor or splitting a row.
func printable(cell string) string {
	if cell == "" {
		return nothing
	}
	if strings.IndexFunc(cell, func(r rune) bool { return r < ' ' || r > '~' }) < 0 {
		return cell
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(cell, "\uFFFD"))
}

package output

import (
	"bufio"
	"io"
	"strings"

	"github.com/olekukonko/tablewriter/pkg/twwidth"
)

// bulk is how many rows are given to the table library, which takes a kilobyte and
// 15 microseconds for each.
const bulk = 10_000

// writeBulk lays out a large table as writeTable does a small one, row by row.
func (o Options) writeBulk(w io.Writer, v View) error {
	heads := headings(v.Header)
	widths := make([]int, len(heads))
	if !o.NoHeaders {
		widths = measure([][]string{heads})
	}
	for _, row := range v.Rows {
		for i, cell := range row {
			widths[i] = max(widths[i], width(printable(cell)))
		}
	}
	if o.Width > 0 {
		shrink(widths, o.Width)
	}
	out := bufio.NewWriter(w)
	if !o.NoHeaders {
		_, _ = out.WriteString(o.finish(aligned(heads, widths), true)) // Flush reports it
	}
	cells := make([]string, len(widths))
	for _, row := range v.Rows {
		for i, cell := range row {
			cells[i] = printable(cell)
			if o.Width > 0 && width(cells[i]) > widths[i] {
				cells[i] = twwidth.Truncate(cells[i], widths[i], "…")
			}
		}
		_, _ = out.WriteString(o.finish(aligned(cells, widths), false))
	}
	return out.Flush()
}

// aligned pads the cells of a row.
func aligned(cells []string, widths []int) string {
	var b strings.Builder
	for i, cell := range cells {
		b.WriteString(cell)
		for range widths[i] - width(cell) + gap {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// width is how many columns a text takes.
func width(text string) int {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return twwidth.Width(text)
		}
	}
	return len(text)
}

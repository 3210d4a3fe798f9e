package output

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// arrange sorts the rows and picks the columns.
func (o Options) arrange(v View) (View, error) {
	if o.Sort != "" {
		if err := o.sortRows(&v); err != nil {
			return View{}, err
		}
	}
	if len(o.Columns) > 0 {
		return o.named(v)
	}
	shown := len(v.Header)
	if o.Format == Table || o.Format == "" || o.Format == Value {
		shown -= v.Wide
	}
	at := make([]int, shown)
	for i := range at {
		at[i] = i
	}
	return pick(v, at), nil
}

// named picks the columns that were asked for; the first is then the name.
func (o Options) named(v View) (View, error) {
	at := make([]int, len(o.Columns))
	for i, name := range o.Columns {
		var err error
		if at[i], err = column(v.Header, name); err != nil {
			return View{}, err
		}
	}
	picked := pick(v, at)
	picked.Key = 0
	return picked, nil
}

func pick(v View, at []int) View {
	out := View{Data: v.Data, Header: cells(v.Header, at), Rows: make([][]string, len(v.Rows)), Key: v.Key, Vertical: v.Vertical}
	for i, row := range v.Rows {
		out.Rows[i] = cells(row, at)
	}
	return out
}

// upright turns the columns of a single row into lines.
func upright(v View) View {
	out := View{Rows: make([][]string, len(v.Header))}
	for i, heading := range headings(v.Header) {
		out.Rows[i] = []string{heading, v.Rows[0][i]}
	}
	return out
}

func cells(row []string, at []int) []string {
	out := make([]string, len(at))
	for i, j := range at {
		out[i] = row[j]
	}
	return out
}

func (o Options) sortRows(v *View) error {
	name, order, _ := strings.Cut(o.Sort, ":")
	if order != "" && order != "asc" && order != "desc" {
		return faultf("--sort takes a column, column:asc or column:desc")
	}
	i, err := column(v.Header, name)
	if err != nil {
		return err
	}
	v.Rows = slices.Clone(v.Rows)
	slices.SortStableFunc(v.Rows, func(a, b []string) int {
		c := compare(a[i], b[i])
		if order == "desc" {
			return -c
		}
		return c
	})
	return nil
}

// compare orders numbers by value and everything else by text. Times in a table
// are RFC 3339, whose text sorts.
func compare(a, b string) int {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX == nil && errY == nil {
		return cmp.Compare(x, y)
	}
	return cmp.Compare(a, b)
}

func column(header []string, name string) (int, error) {
	i := slices.Index(header, name)
	if i < 0 {
		return 0, faultf("no column %q; there are %s", name, strings.Join(header, ", "))
	}
	return i, nil
}

func (o Options) writeCSV(w io.Writer, v View) error {
	c := csv.NewWriter(w)
	if !o.NoHeaders {
		if err := c.Write(v.Header); err != nil {
			return err
		}
	}
	for _, row := range v.Rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = defuse(cell)
		}
		if err := c.Write(cells); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// defuse keeps a spreadsheet from reading a cell as a formula (OWASP, CSV
// injection). A number is left alone.
func defuse(cell string) string {
	if cell == "" || !strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return cell
	}
	if _, err := strconv.ParseFloat(cell, 64); err == nil {
		return cell
	}
	return "'" + cell
}

func writeNames(w io.Writer, v View) error {
	out := bufio.NewWriter(w)
	for _, row := range v.Rows {
		_, _ = out.WriteString(row[v.Key] + "\n") // Flush reports it
	}
	return out.Flush()
}

func writeValues(w io.Writer, v View) error {
	out := bufio.NewWriter(w)
	for _, row := range v.Rows {
		_, _ = out.WriteString(strings.Join(row, "\t") + "\n") // Flush reports it
	}
	return out.Flush()
}

// writeEnv writes assignments that a shell and a .env reader understand alike.
func writeEnv(w io.Writer, v View) error {
	if len(v.Rows) != 1 {
		return faultf("-o env shows a single result; there are %d", len(v.Rows))
	}
	bare := regexp.MustCompile(`^[A-Za-z0-9._~+/=:@-]*$`)
	var b strings.Builder
	for i, cell := range v.Rows[0] {
		if strings.ContainsAny(cell, "'\r\n\x00") {
			return faultf("-o env: the value of %s holds a quote or a line end", v.Header[i])
		}
		if !bare.MatchString(cell) {
			cell = "'" + cell + "'"
		}
		b.WriteString(variable(v.Header[i]) + "=" + cell + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func variable(column string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, column)
}

// Package output shows results: as a table for people, and as JSON, YAML, CSV,
// bare names, bare values or shell assignments for programs, through jq or a
// template where asked. It refuses data whose type has a secret member, so a
// secret cannot be shown by forgetting about it.
package output

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Format is a way to show a result.
type Format string

// The formats. The zero Format is Table.
const (
	Table Format = "table" // aligned columns
	JSON  Format = "json"  // the API's members
	YAML  Format = "yaml"  // the same as YAML
	CSV   Format = "csv"   // the table's columns
	Name  Format = "name"  // one name a line
	Value Format = "value" // the cells alone, a tab between
	Env   Format = "env"   // NAME=value of a single result
)

// Formats lists them in the order that help shows.
func Formats() []Format { return []Format{Table, JSON, YAML, CSV, Name, Value, Env} }

// Options says how a result is shown.
type Options struct {
	Format    Format
	JQ        string   // a jq expression over the JSON form; wins over Format
	Template  string   // a Go template over the JSON form; wins over Format
	Columns   []string // which columns and in which order; nil: the view's own
	Sort      string   // column, or column:desc
	NoHeaders bool
	Pretty    bool // JSON indented, for a terminal
	Bold      bool // the table's header stands out, for a terminal
	Width     int  // of the terminal, where tables are cut; 0: they are not
}

// View is a result and its table.
type View struct {
	Data   any        // marshals to the API's JSON
	Header []string   // column names
	Rows   [][]string // a cell for each column; an empty one is "nothing"
	Wide   int        // so many columns at the end are shown only when named
	Key    int        // the column that -o name prints

	// Vertical shows a single row in a table as a line for each column.
	Vertical bool
}

// Error is a fault of the options, not of the result.
type Error struct{ Text string }

// Error implements error.
func (e *Error) Error() string { return e.Text }

func faultf(format string, args ...any) error { return &Error{Text: fmt.Sprintf(format, args...)} }

// Check finds what is wrong with the options before anything is done. What needs
// the columns of a result is found by Write.
func (o Options) Check() error {
	if o.Format != "" && !slices.Contains(Formats(), o.Format) {
		return faultf("unknown output format %q; one of %s", o.Format, list(Formats()))
	}
	if o.JQ != "" && o.Template != "" {
		return faultf("--jq and --template exclude each other")
	}
	if _, err := o.query(); err != nil {
		return err
	}
	_, err := o.template()
	return err
}

func list(formats []Format) string {
	texts := make([]string, len(formats))
	for i, f := range formats {
		texts[i] = string(f)
	}
	return strings.Join(texts, ", ")
}

// Write shows a result.
func Write(w io.Writer, o Options, v View) error {
	if err := refuseSecrets(v.Data); err != nil {
		return err
	}
	switch {
	case o.JQ != "":
		return o.writeJQ(w, v.Data)
	case o.Template != "":
		return o.writeTemplate(w, v.Data)
	case o.Format == JSON:
		return writeJSON(w, v.Data, o.Pretty)
	case o.Format == YAML:
		return writeYAML(w, v.Data)
	}
	v, err := o.arrange(v)
	if err != nil {
		return err
	}
	switch o.Format {
	case CSV:
		return o.writeCSV(w, v)
	case Name:
		return writeNames(w, v)
	case Value:
		return writeValues(w, v)
	case Env:
		return writeEnv(w, v)
	case Table, JSON, YAML:
	}
	if v.Vertical && len(v.Rows) == 1 {
		o.NoHeaders = true
		v = upright(v)
	}
	return o.writeTable(w, v)
}

// encode is v as JSON without HTML escapes, as Elasticsearch answers.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encode the result: %w", err)
	}
	return b.Bytes(), nil
}

func writeJSON(w io.Writer, v any, pretty bool) error {
	data, err := encode(v)
	if err != nil {
		return err
	}
	if !pretty {
		_, err = w.Write(data)
		return err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, data, "", "  "); err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}

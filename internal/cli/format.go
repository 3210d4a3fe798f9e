package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/realmctl/realmctl/internal/linefile"
	"github.com/realmctl/realmctl/internal/timevalue"
)

// list joins texts for one cell of a table.
func list(texts []string) string { return strings.Join(texts, ", ") }

// yes is a cell for a boolean.
func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// deref is a text that may be absent.
func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// when shows epoch milliseconds as a time with a hint of how far it is.
func (a *App) when(millis int64) string {
	t := time.UnixMilli(millis).UTC()
	return t.Format(time.RFC3339) + " (" + relative(t.Sub(a.Now())) + ")"
}

// expiry is when for an end that may never come.
func (a *App) expiry(millis *int64) string {
	if millis == nil {
		return "never"
	}
	return a.when(*millis)
}

// relative is a rough distance: in 30d, 5m ago.
func relative(d time.Duration) string {
	text := rough(d.Abs())
	if d < 0 {
		return text + " ago"
	}
	return "in " + text
}

func rough(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= 2*day:
		return fmt.Sprintf("%dd", (d+day/2)/day)
	case d >= 2*time.Hour:
		return fmt.Sprintf("%dh", (d+time.Hour/2)/time.Hour)
	case d >= 2*time.Minute:
		return fmt.Sprintf("%dm", (d+time.Minute/2)/time.Minute)
	}
	return fmt.Sprintf("%ds", (d+time.Second/2)/time.Second)
}

// age reads a duration of a flag, such as 14d, in Elasticsearch's units.
func age(flag, text string) (time.Duration, error) {
	v, err := timevalue.Parse(flag, text)
	if err != nil {
		return 0, usagef("%s: %v", flag, err)
	}
	if v.Duration() <= 0 {
		return 0, usagef("%s wants a duration above zero, such as 30d", flag)
	}
	return v.Duration(), nil
}

// metadata makes an object of --metadata k=v. A value that is JSON is taken as such,
// everything else as a text.
func metadata(pairs []string) (map[string]json.RawMessage, error) {
	out := map[string]json.RawMessage{}
	for _, p := range pairs {
		key, value, ok := strings.Cut(p, "=")
		if !ok || key == "" {
			return nil, usagef("--metadata %q: key=value is expected", p)
		}
		raw := json.RawMessage(value)
		if !json.Valid(raw) {
			raw = json.RawMessage(quoteJSON(value))
		}
		out[key] = raw
	}
	return out, nil
}

// quoteJSON is a text as a JSON string.
func quoteJSON(s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return []byte(strconv.Quote(s))
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// object is a map as a JSON object with sorted members; nil when it is empty.
func object(m map[string]json.RawMessage) json.RawMessage {
	if len(m) == 0 {
		return nil
	}
	data, err := json.Marshal(m)
	if err != nil { // values were valid JSON when they came in
		return nil
	}
	return data
}

// readDocument reads a file that holds JSON or YAML and returns it as JSON. JSON
// is returned as it stands, so that the server's complaints quote the file's lines.
// The name "-" is standard input.
func (a *App) readDocument(path string) (json.RawMessage, error) {
	data, err := a.readFile(path)
	if err != nil {
		return nil, err
	}
	if json.Valid(data) {
		return data, nil
	}
	var v any
	if err := yaml.Unmarshal(data, &v); err != nil {
		return nil, failf(exitData, "%s is neither JSON nor YAML: %w", path, err)
	}
	out, err := json.Marshal(v)
	if err != nil {
		return nil, failf(exitData, "%s: %w", path, err)
	}
	return out, nil
}

// maxInput bounds an input file, in bytes: Elasticsearch takes bodies of 100 MB.
const maxInput = 100 << 20

func (a *App) readFile(path string) ([]byte, error) {
	r := a.In
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, linefile.Denied(err)
		}
		defer func() { _ = f.Close() }()
		r = f
	}
	data, err := io.ReadAll(io.LimitReader(r, maxInput+1))
	if err != nil {
		return nil, err // it names the file
	}
	if len(data) > maxInput {
		return nil, failf(exitData, "%s is larger than %d bytes", path, maxInput)
	}
	return data, nil
}

// sortedKeys are the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// both joins two errors, the first as the one that decides the exit code.
func both(first, second error) error {
	if second == nil {
		return first
	}
	return errors.Join(first, second)
}

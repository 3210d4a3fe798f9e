package wiretest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"testing"
)

// step is a line of a transcript.
type step struct {
	Step      string            `json:"step"`
	WaitMS    int               `json:"wait_ms"`
	Request   request           `json:"request"`
	Save      map[string]string `json:"save"`      // name: dotted path into the answer
	Unordered []string          `json:"unordered"` // dotted paths of lists whose order is free
	Response  response          `json:"response"`
}

type request struct {
	Method  string            `json:"method"`
	Path    string            `json:"path"` // escaped, with the query
	As      string            `json:"as"`
	Headers map[string]string `json:"headers"` // empty: not sent
	Body    json.RawMessage   `json:"body"`
	Raw     *string           `json:"raw"` // instead of Body
}

type response struct {
	Status  int                        `json:"status"`
	Headers map[string]json.RawMessage `json:"headers"` // a text or a list of texts
	Body    json.RawMessage            `json:"body"`
	Text    *string                    `json:"text"` // instead of Body
}

// readSteps reads a transcript.
func readSteps(t *testing.T, file string) []step {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var steps []step
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var s step
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			t.Fatalf("%s: line %d: %v", file, len(steps)+1, err)
		}
		steps = append(steps, s)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return steps
}

package rest_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/rest"
	"github.com/realmctl/realmctl/internal/wiretest"
)

func TestRecordedGenericBehaviour(t *testing.T) {
	t.Parallel()
	const recordings = "../wiretest/testdata/"
	wiretest.Run(t, wiretest.Options{
		Files:   []string{recordings + "generic.jsonl", recordings + "legacy.jsonl"},
		Handler: newNode,
		User:    admin, Password: adminPassword,
		Now: time.Now, Sleep: time.Sleep,
		Run: func() string { return "w0rdw0rd" },
	})
}

// TestRecordedErrorObjects renders every recorded error from what a fault would
// hold of it: the cause chain decides which one is the root cause.
func TestRecordedErrorObjects(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../wiretest/testdata/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("recordings = %v, %v", files, err)
	}
	seen := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			var s struct {
				Step     string
				Response struct {
					Status int
					Body   struct {
						Error json.RawMessage `json:"error"`
					}
				}
			}
			var e map[string]any
			if json.Unmarshal([]byte(line), &s) != nil || json.Unmarshal(s.Response.Body.Error, &e) != nil || e["root_cause"] == nil {
				continue
			}
			root, ok := e["root_cause"].([]any)
			if e["type"] == "search_phase_execution_exception" || !ok || len(root) != 1 || strings.Contains(line, `"stack_trace"`) {
				continue // a failed shard's cause is no part of caused_by: such a fault names its Root
			}
			seen++
			h := handler(t, does(http.MethodGet, "/x", nil), failing(recordedFault(t, e, s.Response.Status)))
			_, got := get(t, h, http.MethodGet, "/fail", "")
			var want, have any
			if err := json.Unmarshal([]byte(got), &have); err != nil {
				t.Fatalf("%s: %v", got, err)
			}
			want = map[string]any{"error": e, "status": float64(s.Response.Status)}
			if diff := cmp.Diff(want, have); diff != "" {
				t.Errorf("%s: %s (-want +got):\n%s", filepath.Base(file), s.Step, diff)
			}
		}
	}
	if seen < 900 {
		t.Errorf("%d recorded errors were compared, want more than 900", seen)
	}
}

func failing(err error) rest.Route {
	return rest.Route{Method: http.MethodGet, Path: "/fail", Parse: func(*rest.Request) (rest.Call, error) {
		return rest.Call{}, err
	}}
}

// recordedFault makes the fault that a recorded error tells of.
func recordedFault(t *testing.T, e map[string]any, status int) *fault.Error {
	t.Helper()
	f := &fault.Error{Status: status}
	for name, value := range e {
		switch name {
		case "type":
			f.Type, _ = value.(string)
		case "reason":
			f.Reason, _ = value.(string)
		case "root_cause":
		case "caused_by":
			cause, ok := value.(map[string]any)
			if !ok {
				t.Fatalf("caused_by = %v", value)
			}
			f.Cause = recordedFault(t, cause, status)
		case "header":
			f.Header = recordedHeader(value)
		default:
			f.Meta = append(f.Meta, fault.Field{Name: name, Value: value})
		}
	}
	return f
}

func recordedHeader(value any) http.Header {
	h := http.Header{}
	all, _ := value.(map[string]any)
	for name, v := range all {
		switch v := v.(type) {
		case string:
			h[name] = []string{v}
		case []any:
			for _, one := range v {
				text, _ := one.(string)
				h[name] = append(h[name], text)
			}
		}
	}
	return h
}

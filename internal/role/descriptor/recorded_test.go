package descriptor_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/role/descriptor"
	"github.com/realmctl/realmctl/internal/xcontent"
)

// recorded is a role that was sent to a real node, and what it said.
type recorded struct {
	step, name, body string
	status           int
	kind, reason     string // of the error
}

// recordings are the puts of roles in the transcripts of the API.
func recordings(t *testing.T) []recorded {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "wiretest", "testdata", "roles-crud.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var all []recorded
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var s struct {
			Step    string
			Request struct {
				Method, Path string
				Body         json.RawMessage
				Raw          *string
			}
			Response struct {
				Status int
				Body   struct {
					Error struct{ Type, Reason string }
				}
			}
		}
		if err := json.Unmarshal([]byte(strings.ReplaceAll(lines.Text(), "${run}", "x")), &s); err != nil {
			t.Fatal(err)
		}
		name, put := strings.CutPrefix(s.Request.Path, "/_security/role/")
		body := string(s.Request.Body)
		if s.Request.Raw != nil {
			body = *s.Request.Raw
		}
		if !put || s.Request.Method != http.MethodPut || body == "" || strings.ContainsAny(name, "%?") {
			continue
		}
		e := s.Response.Body.Error
		all = append(all, recorded{step: s.Step, name: name, body: body, status: s.Response.Status, kind: e.Type, reason: e.Reason})
	}
	if len(all) < 80 {
		t.Fatalf("%d recorded roles, want more than 80", len(all))
	}
	return all
}

// elsewhere is what package dls finds, and the service about built-in names.
func elsewhere(r recorded) bool {
	return strings.Contains(r.reason, "field 'query'") || strings.Contains(r.reason, "is reserved")
}

func TestRecordedRolesGetTheRecordedComplaints(t *testing.T) {
	t.Parallel()
	for _, r := range recordings(t) {
		t.Run(r.step, func(t *testing.T) {
			t.Parallel()
			if elsewhere(r) {
				t.Skip("found when the role is stored")
			}
			d, err := descriptor.Parse(xcontent.New([]byte(r.body)), r.name, descriptor.Options{Description: true})
			if err == nil {
				var p fault.Problems
				d.Validate(&p)
				err = p.Err()
			}
			if r.status == 200 {
				if err != nil {
					t.Errorf("Parse(%s) = %v, want a role", r.body, err)
				}
				return
			}
			f, ok := errors.AsType[*fault.Error](err)
			if !ok {
				t.Fatalf("Parse(%s) = %v, want %s: %s", r.body, err, r.kind, r.reason)
			}
			kind := f.Type
			if kind == "" {
				kind = f.Kind.Type()
			}
			if kind != r.kind || f.Reason != r.reason {
				t.Errorf("Parse(%s) = %s: %s\nwant %s: %s", r.body, kind, f.Reason, r.kind, r.reason)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`{}`, `{"cluster":["all"],"run_as":null}`, `{"type":{"cluster":["all"]}}`, `{"indices":[{"names":"a","privileges":["read"],"query":{"a":[1,{}]}}]}`,
		`{"global":{"application":{"manage":{"applications":["a","a"]}},"data_source":[{"names":["x"],"privileges":["manage"]}]}}`,
		`{"remote_indices":[{"clusters":["c"],"names":["a"],"privileges":["read"],"field_security":{"grant":["a*"],"except":["ab"]}}]}`,
		`{"applications":[{"application":"a","privileges":["p"],"resources":["*"]}],"metadata":{"a":1e3},"description":7}`,
		`{"restriction":{"workflows":["search_application_query"]}}`, `{"remote_cluster":[{"clusters":["c"],"privileges":["monitor_enrich"]}]}`, `[`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		d, err := descriptor.Parse(xcontent.New([]byte(body)), "r", descriptor.Options{Description: true, Restriction: true})
		if err != nil {
			if _, ok := errors.AsType[*fault.Error](err); !ok {
				t.Fatalf("Parse(%q) = %v, want a fault", body, err)
			}
			return
		}
		stored, err := d.JSON(nil)
		if err != nil {
			t.Fatalf("JSON of what was parsed from %q: %v", body, err)
		}
		back := descriptor.Role{Name: "r"}
		if err := json.Unmarshal(stored, &back); err != nil {
			t.Fatalf("Unmarshal(%s): %v", stored, err)
		}
		if !back.Equal(d) {
			again, _ := back.JSON(nil)
			t.Errorf("stored as %s\nread as   %s", stored, again)
		}
	})
}

package role_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/role"
)

// journal collects log lines of several goroutines.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.String()
}

// withFile makes a service with a roles.yml.
func withFile(t *testing.T, text string) (*role.Service, *journal) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "roles.yml")
	write(t, path, text)
	log := &journal{}
	s, err := role.New(role.Options{DB: openDB(t, dir), Now: time.Now, Log: slog.New(slog.NewTextHandler(log, nil)), Path: path})
	if err != nil {
		t.Fatal(err)
	}
	return s, log
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestResolveAsksBuiltInThenFileThenNativeRoles(t *testing.T) {
	t.Parallel()
	s, _ := withFile(t, "both:\n  cluster: [ monitor ]\nviewer:\n  cluster: [ monitor ]\n")
	put(t, s, role.Descriptor{Name: "both", Cluster: []string{"all"}})
	put(t, s, role.Descriptor{Name: "native", Cluster: []string{"all"}})
	found, missing := resolve(t, s, "native", "gone", "viewer", "both", "native", "gone")
	if diff := cmp.Diff([]string{"native:all", "viewer:monitor_inference", "both:monitor"}, found); diff != "" {
		t.Errorf("resolved (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"gone"}, missing); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
}

func TestABadFileRoleTakesNoOtherWithIt(t *testing.T) {
	t.Parallel()
	s, log := withFile(t, `# roles of this node
good:
  cluster: [ 'monitor' ]
  indices:
    - names: [ 'a-*' ]
      privileges: [ read, read ]
      query: '{"match_all": {}}'
  run_as: [ bob ]
  description: d
field:
  nope: 1
privilege:
  cluster: [ nope ]
query:
  indices: [ { names: [a], privileges: [read], query: '{' } ]
restricted:
  restriction: { workflows: [ search_application_query ] }
long:
  description: `+strings.Repeat("x", 1001)+`
cluster:
  cluster: 7
empty:
yaml:
  cluster: [ 'monitor'
twice:
  cluster: [ all ]
twice:
  cluster: all
last:
  index: [ { names: a, privileges: [all] } ]
`)
	names := []string{"good", "field", "privilege", "query", "restricted", "long", "cluster", "empty", "yaml", "twice", "last"}
	found, missing := resolve(t, s, names...)
	if diff := cmp.Diff([]string{"good:monitor", "last:"}, found); diff != "" {
		t.Errorf("resolved (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"field", "privilege", "query", "restricted", "long", "cluster", "empty", "yaml", "twice"}, missing); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	// The real node's lines.
	for name, line := range map[string]string{
		"field":      "failed to parse role [field]. unexpected field [nope]. skipping role...",
		"privilege":  "invalid role definition [privilege] in roles file [" + s.Path + "]. skipping role...", // ours alone
		"query":      "invalid role definition [query] in roles file [" + s.Path + "]. failed to validate query field. skipping role...",
		"restricted": "failed to parse role [restricted]. unexpected field [restriction]. skipping role...",
		"long":       "invalid role definition [long] in roles file [" + s.Path + "]. invalid description - Role description must be less than 1000 characters.. skipping role...",
		"cluster":    "failed to parse role [cluster]. skipping role...",
		"empty":      "invalid role definition [empty] in roles file [" + s.Path + "]. skipping role...",
		"yaml":       "invalid role definition [yaml] in roles file [" + s.Path + "]. skipping role...",
		"twice":      "failed to parse role [twice]. skipping role...",
	} {
		if !strings.Contains(log.String(), "level=ERROR msg=\""+line+"\"") {
			t.Errorf("of %s it is not said: %s\n%s", name, line, log)
		}
	}
	if strings.Contains(log.String(), "[good]") || strings.Contains(log.String(), "[last]") {
		t.Errorf("good roles are complained about:\n%s", log)
	}
	ds, _, err := s.Resolve(t.Context(), []string{"good"})
	if err != nil {
		t.Fatal(err)
	}
	want := role.Descriptor{
		Name: "good", Cluster: []string{"monitor"}, RunAs: []string{"bob"}, Description: "d",
		Indices: []role.Indices{{Names: []string{"a-*"}, Privileges: []string{"read"}, Query: `{"match_all": {}}`}},
	}
	if !ds[0].Equal(want) {
		t.Errorf("good = %+v, want %+v", ds[0], want)
	}
}

func TestAChangeOfTheFileIsCounted(t *testing.T) {
	t.Parallel()
	s, _ := withFile(t, "r:\n  cluster: [ monitor ]\n")
	s.Start(t.Context())
	if found, _ := resolve(t, s, "r"); first(found) != "r:monitor" {
		t.Fatalf("before the change: %v", found)
	}
	before, err := s.DB.Generation(t.Context(), "role")
	if err != nil {
		t.Fatal(err)
	}
	write(t, s.Path, "r:\n  cluster: [ all ]\n")
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		now, err := s.DB.Generation(t.Context(), "role")
		if err != nil {
			t.Fatal(err)
		}
		if now != before {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the change of the file was never counted")
		}
	}
	if found, _ := resolve(t, s, "r"); first(found) != "r:all" {
		t.Errorf("after the change: %v", found)
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	s, _ := withFile(t, "f:\n  indices: [ { names: a, privileges: [read], query: '{\"match_all\":{}}' } ]\n")
	put(t, s, role.Descriptor{Name: "a", Indices: []role.Indices{{FieldSecurity: &role.FieldSecurity{}}}})
	put(t, s, role.Descriptor{Name: "b", RemoteIndices: []role.RemoteIndices{{}}, RemoteCluster: []role.RemoteCluster{{}}})
	u, err := s.Usage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(u)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"dls":{"bit_set_cache":{"count":0,"evictions":0,"hits":0,"hits_time_in_millis":0,"memory":"0b","memory_in_bytes":0,"misses":0,"misses_time_in_millis":0}},` +
		`"file":{"size":1,"dls":true,"fls":false,"remote_indices":0,"remote_cluster":0},"native":{"size":2,"dls":false,"fls":true,"remote_indices":1,"remote_cluster":1}}`
	if string(got) != want {
		t.Errorf("Usage() = %s\nwant %s", got, want)
	}
}

package role_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/role"
	"github.com/realmctl/realmctl/internal/sqlite"
)

func openDB(t *testing.T, dir string) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(dir, "engine.db"), sqlite.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// newService makes a service without a roles.yml.
func newService(t *testing.T, db *sqlite.DB) *role.Service {
	t.Helper()
	s, err := role.New(role.Options{DB: db, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t *testing.T, s *role.Service, d role.Descriptor) bool {
	t.Helper()
	isNew, err := s.Put(t.Context(), d)
	if err != nil {
		t.Fatalf("Put(%s): %v", d.Name, err)
	}
	return isNew
}

func resolve(t *testing.T, s *role.Service, names ...string) (found, missing []string) {
	t.Helper()
	ds, missing, err := s.Resolve(t.Context(), names)
	if err != nil {
		t.Fatalf("Resolve(%v): %v", names, err)
	}
	for _, d := range ds {
		found = append(found, d.Name+":"+first(d.Cluster))
	}
	return found, missing
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

func TestRolesAreResolvedInTheirOrder(t *testing.T) {
	t.Parallel()
	s := newService(t, openDB(t, t.TempDir()))
	put(t, s, role.Descriptor{Name: "r"})
	found, missing := resolve(t, s, "r", "viewer", "superuser", "gone", "viewer")
	if diff := cmp.Diff([]string{"r:", "viewer:monitor_inference", "superuser:all"}, found); diff != "" {
		t.Errorf("resolved (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"gone"}, missing); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
}

func TestWhatIsResolvedFollowsEveryChangeAtOnce(t *testing.T) {
	t.Parallel()
	s := newService(t, openDB(t, t.TempDir()))
	if found, missing := resolve(t, s, "r"); found != nil || len(missing) != 1 {
		t.Errorf("before it is made: %v, %v", found, missing)
	}
	if !put(t, s, role.Descriptor{Name: "r", Cluster: []string{"one"}}) {
		t.Error("the first Put did not make the role")
	}
	if found, _ := resolve(t, s, "r"); first(found) != "r:one" {
		t.Errorf("after it was made: %v", found)
	}
	if put(t, s, role.Descriptor{Name: "r", Cluster: []string{"two"}}) {
		t.Error("the second Put made the role")
	}
	if found, _ := resolve(t, s, "r"); first(found) != "r:two" {
		t.Errorf("after it was changed: %v", found)
	}
	if existed, err := s.Delete(t.Context(), "r"); err != nil || !existed {
		t.Errorf("Delete = %v, %v, want true", existed, err)
	}
	if found, missing := resolve(t, s, "r"); found != nil || len(missing) != 1 {
		t.Errorf("after it was deleted: %v, %v", found, missing)
	}
	if existed, err := s.Delete(t.Context(), "r"); err != nil || existed {
		t.Errorf("Delete again = %v, %v, want false", existed, err)
	}
}

func TestAnotherProcessSeesAChangeSoon(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	here, there := newService(t, openDB(t, dir)), newService(t, openDB(t, dir))
	if _, missing := resolve(t, there, "r"); len(missing) != 1 {
		t.Fatal("the role is there already")
	}
	put(t, here, role.Descriptor{Name: "r", Cluster: []string{"one"}})
	for ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second); ; {
		defer cancel()
		if found, _ := resolve(t, there, "r"); first(found) == "r:one" {
			return
		}
		if ctx.Err() != nil {
			t.Fatal("the other connection never saw the role")
		}
	}
}

func TestBuiltInRolesCannotBeDeleted(t *testing.T) {
	t.Parallel()
	s := newService(t, openDB(t, t.TempDir()))
	if _, err := s.Delete(t.Context(), "viewer"); !fault.Is(err, fault.Invalid) {
		t.Errorf("Delete(viewer) = %v, want an Invalid fault", err)
	}
}

func TestBuiltInRolesAreThoseOfARealNode(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("builtin.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]any
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	ds, err := role.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	if len(ds) != 29 || len(want) != 29 {
		t.Fatalf("%d built-in roles of %d, want 29", len(ds), len(want))
	}
	for _, d := range ds {
		body, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		var got any
		if err := json.Unmarshal(body, &got); err != nil {
			t.Fatal(err)
		}
		w := want[d.Name]
		if d.Name == "superuser" { // the one role whose answer is special; see TestGet
			w.(map[string]any)["transient_metadata"] = map[string]any{"enabled": true} //nolint:errcheck // it is an object
		}
		if diff := cmp.Diff(w, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", d.Name, diff)
		}
	}
}

func TestBulkPutWritesWhatIsGood(t *testing.T) {
	t.Parallel()
	s := newService(t, openDB(t, t.TempDir()))
	put(t, s, role.Descriptor{Name: "same", Metadata: json.RawMessage(`{"a":1,"b":2}`)})
	put(t, s, role.Descriptor{Name: "other"})
	out, err := s.PutAll(t.Context(), []role.Descriptor{
		{Name: "new"},
		{Name: "same", Metadata: json.RawMessage(`{"b":2,"a":1}`)},
		{Name: "other", RunAs: []string{"x"}},
		{Name: "viewer"},
		{Name: "bad", Metadata: json.RawMessage(`{"_a":1}`)},
		{Name: "query", Indices: []role.Indices{{Names: []string{"a"}, Privileges: []string{"read"}, Query: "{"}}},
		{Name: "document", Metadata: json.RawMessage(`{"":1}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	var refused []string
	for _, r := range out.Refused {
		refused = append(refused, r.Name)
	}
	for about, c := range map[string]struct{ want, got []string }{
		"created": {[]string{"new"}, out.Created}, "same": {[]string{"same"}, out.Same}, "updated": {[]string{"other"}, out.Updated},
		"refused": {[]string{"viewer", "bad", "query", "document"}, refused},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", about, diff)
		}
	}
	out, err = s.PutAll(t.Context(), []role.Descriptor{{Name: "viewer", Metadata: json.RawMessage(`{"_a":1}`)}})
	if want := "Validation Failed: 1: role descriptor metadata keys may not start with [_];2: Role [viewer] is reserved and may not be used.;"; err != nil || out.Refused[0].Err.Reason != want {
		t.Errorf("a built-in name with bad metadata: %v, %v, want %s", out.Refused, err, want)
	}
	if _, missing := resolve(t, s, "bad", "query", "document"); len(missing) != 3 {
		t.Errorf("missing = %v, want the refused roles", missing)
	}
}

func TestBulkDeleteTellsEveryName(t *testing.T) {
	t.Parallel()
	s := newService(t, openDB(t, t.TempDir()))
	put(t, s, role.Descriptor{Name: "r"})
	out, err := s.DeleteAll(t.Context(), []string{"r", "gone", "superuser", "r"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"r"}, out.Deleted); diff != "" {
		t.Errorf("deleted (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"gone", "r"}, out.NotFound); diff != "" {
		t.Errorf("not found (-want +got):\n%s", diff)
	}
	if len(out.Refused) != 1 || out.Refused[0].Name != "superuser" {
		t.Errorf("refused = %v, want superuser", out.Refused)
	}
}

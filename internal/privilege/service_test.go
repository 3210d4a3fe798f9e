package privilege_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/privilege"
	"github.com/realmctl/realmctl/internal/rest"
	"github.com/realmctl/realmctl/internal/sqlite"
)

func service(t testing.TB) *privilege.Service {
	t.Helper()
	db, err := sqlite.Open(context.Background(), filepath.Join(t.TempDir(), "db"), sqlite.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return privilege.New(db, time.Now, nil)
}

func store(t testing.TB, s *privilege.Service, application, name string, actions ...string) {
	t.Helper()
	if _, err := s.Put(context.Background(), []privilege.Application{{Application: application, Name: name, Actions: actions, Metadata: []byte("{}")}}); err != nil {
		t.Fatal(err)
	}
}

// grants tells which application privileges an entry of a role reaches with an action.
func grants(t *testing.T, s *privilege.Service, application, action string, privileges ...string) []string {
	t.Helper()
	all, err := s.Resolve(t.Context(), application, privileges)
	if err != nil {
		t.Fatal(err)
	}
	list := []string{}
	for _, r := range all {
		if r.Actions.Match(action) {
			list = append(list, r.Application)
		}
	}
	return list
}

func TestResolve(t *testing.T) {
	t.Parallel()
	s := service(t)
	store(t, s, "app1", "read", "data:read/*")
	store(t, s, "app1", "all", "*")
	store(t, s, "app2", "read", "view:*")
	for name, c := range map[string]struct {
		application, action string
		privileges          []string
		want                []string
	}{
		"a stored name means its actions":         {"app1", "data:read/x", []string{"read"}, []string{"app1"}},
		"and no others":                           {"app1", "data:write/x", []string{"read"}, []string{}},
		"an unknown name means nothing":           {"app1", "data:read/x", []string{"nope"}, []string{}},
		"an action means itself":                  {"app1", "x:y", []string{"x:*"}, []string{"app1"}},
		"names and actions add up":                {"app1", "data:read/x", []string{"x:*", "read"}, []string{"app1"}},
		"a wildcard reaches what is stored":       {"app*", "data:read/x", []string{"read"}, []string{"app1"}},
		"each application by its own definition":  {"app*", "view:x", []string{"read"}, []string{"app2"}},
		"actions reach beyond what is stored":     {"app*", "x:y", []string{"x:*"}, []string{"app*"}},
		"with names the stored ones come too":     {"app*", "x:y", []string{"x:*", "all"}, []string{"app*", "app1"}},
		"a wildcard of which nothing is stored":   {"other*", "x:y", []string{"x:*"}, []string{"other*"}},
		"names of another application are theirs": {"app2", "data:read/x", []string{"read"}, []string{}},
	} {
		if got := grants(t, s, c.application, c.action, c.privileges...); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// Roles are compiled with what was resolved, so nothing may be remembered beyond a change.
func TestResolveSeesChanges(t *testing.T) {
	t.Parallel()
	s := service(t)
	if got := grants(t, s, "app", "a:b", "read"); len(got) > 0 {
		t.Fatalf("nothing is stored, and %v grants", got)
	}
	store(t, s, "app", "read", "a:*")
	if got := grants(t, s, "app", "a:b", "read"); len(got) != 1 {
		t.Error("a privilege that was just stored is not seen")
	}
	store(t, s, "app", "read", "b:*")
	if got := grants(t, s, "app", "a:b", "read"); len(got) > 0 {
		t.Error("what a privilege meant before is still granted")
	}
	found, err := s.Delete(t.Context(), "app", []string{"read", "nope"})
	if err != nil || !slices.Equal(found, []bool{true, false}) {
		t.Fatalf("Delete = %v, %v", found, err)
	}
	if got := grants(t, s, "app", "b:b", "read"); len(got) > 0 {
		t.Error("a deleted privilege is still granted")
	}
}

// everybody may do everything.
type everybody struct{}

func (everybody) Authenticate(*http.Request) (identity.Identity, error) {
	return identity.Identity{Type: identity.ByRealm}, nil
}

func (everybody) Authorize(context.Context, string, identity.Target) error { return nil }

func handler(t testing.TB) http.Handler {
	t.Helper()
	h, err := rest.New(service(t).Routes(), rest.Options{Guard: everybody{}, Version: "9.5.3"})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func call(h http.Handler, method, path, body string) (status int, answer string) {
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r := httptest.NewRequestWithContext(context.Background(), method, path, in)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func parseError(reason string) string { return refusal("parse_exception", reason) }

func argumentError(reason string) string { return refusal("illegal_argument_exception", reason) }

func refusal(kind, reason string) string {
	one := `"type":"` + kind + `","reason":"` + reason + `"`
	return `{"error":{"root_cause":[{` + one + `}],` + one + `},"status":400}`
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	const unnamed = `"type":"document_parsing_exception","reason":"[1:68] failed to parse: field name cannot be an empty string"`
	long := strings.Repeat("n", 512-len("application-privilege_app1:")+1)
	h := handler(t)
	type step struct {
		method, path, body string
		status             int
		answer             string
	}
	for _, s := range []step{
		{"PUT", "/_security/privilege", `{"app1":{"read":{"actions":"a:<b>"},"write":{"actions":["w:*"],"metadata":{"z":1,"a":"<"}}}}`, 200, `{"app1":{"read":{"created":true},"write":{"created":true}}}`},
		{"POST", "/_security/privilege?refresh=false", `{"app1":{"read":{"actions":["b:*"]}}}`, 200, `{"app1":{"read":{"created":false}}}`},
		{"GET", "/_security/privilege/app1/read,nope", "", 200, `{"app1":{"read":{"application":"app1","name":"read","actions":["b:*"],"metadata":{}}}}`},
		{"GET", "/_security/privilege/app*/write", "", 200, `{"app1":{"write":{"application":"app1","name":"write","actions":["w:*"],"metadata":{"z":1,"a":"<"}}}}`},
		{"GET", "/_security/privilege/app1/nope", "", 404, `{}`},
		{
			"PUT", "/_security/privilege", `{"cfob":{"read":{"actions":["a:b"]},"all":{"actions":["a:b"]}},"cfoa":{"x":{"actions":["a:b"]}},"cfoc":{"x":{"actions":["a:b"]}}}`,
			200, `{"cfob":{"all":{"created":true},"read":{"created":true}},"cfoc":{"x":{"created":true}},"cfoa":{"x":{"created":true}}}`,
		},
		{"DELETE", "/_security/privilege/cfoa/x", "", 200, `{"cfoa":{"x":{"found":true}}}`},
		{"DELETE", "/_security/privilege/cfob/read,all", "", 200, `{"cfob":{"all":{"found":true},"read":{"found":true}}}`},
		{"DELETE", "/_security/privilege/cfoc/x", "", 200, `{"cfoc":{"x":{"found":true}}}`},
		{"GET", "/_security/privilege/other", "", 200, `{}`},
		{"DELETE", "/_security/privilege/app1/read,nope,read", "", 200, `{"app1":{"read":{"found":true},"nope":{"found":false}}}`},
		{"PUT", "/_security/privilege", `{"cfoapp":{"ok1":{"actions":["a:b"]},"bad":{"actions":["a:b"],"metadata":{"":1}},"ok2":{"actions":["a:b"]}}}`, 500, `{"error":{"root_cause":[{` + unnamed + `}],` +
			`"type":"exception","reason":"Failed to put application privileges","caused_by":{` + unnamed + `,"caused_by":{"type":"illegal_argument_exception","reason":"field name cannot be an empty string"}}},"status":500}`},
		{
			"PUT", "/_security/privilege", `{"cfoapp":{"bad":{"actions":["a:b"],"metadata":{"":1}},"b2":{"actions":["a:b"],"metadata":{" ":1}}}}`, 500, `{"error":{"root_cause":[{` + unnamed + `}],` +
				`"type":"exception","reason":"Failed to put application privileges","caused_by":{` + unnamed + `,"caused_by":{"type":"illegal_argument_exception","reason":"field name cannot be an empty string"}},` +
				`"suppressed":[{"type":"document_parsing_exception","reason":"[1:67] Field name cannot contain only whitespace: [metadata. ]"}]},"status":500}`,
		},
		{"GET", "/_security/privilege/cfoapp/ok1,bad,ok2?filter_path=*.*.name", "", 200, `{"cfoapp":{"ok1":{"name":"ok1"},"ok2":{"name":"ok2"}}}`},
		{"DELETE", "/_security/privilege/app1/read", "", 404, `{"app1":{"read":{"found":false}}}`},
		{"POST", "/_security/privilege/app1,other/_clear_cache", "", 200, `{}`},
		{"GET", "/_security/privilege//read?filter_path=*.*.name", "", 200, `{"app1":{"write":{"name":"write"}},"cfoapp":{"ok1":{"name":"ok1"},"ok2":{"name":"ok2"}}}`},
		{"DELETE", "/_security/privilege//read", "", 400, refusal("action_request_validation_exception", "Validation Failed: 1: application name is missing;")},
		{"PUT", "/_security/privilege", `{"app1":{"ok":{"actions":"a:b"},"` + long + `":{"actions":"a:b"}}}`, 400, refusal("action_request_validation_exception",
			"Validation Failed: 1: id [application-privilege_app1:"+long+"] is too long, must be no longer than 512 bytes but was: 513;")},
		{"GET", "/_security/privilege/app1/ok", "", 404, `{}`},
		{"PUT", "/_security/privilege", `{"":{"":{"actions":["a:b"],"application":"cfoz","name":"n"}}}`, 200, `{"cfoz":{"n":{"created":true}}}`},
		{"PUT", "/_security/privilege", `{"cfoz":{"":{"actions":["a:b"],"name":"n"}}}`, 200, `{"cfoz":{"n":{"created":false}}}`},
		{"PUT", "/_security/privilege", `{"cfoz":{"x":{"actions":["a:b"],"name":""}}}`, 400, argumentError("privilege name [] in source does not match the provided name [x]")},
		{"PUT", "/_security/privilege", `{"cfoz":{"x":{"actions":[" ","a b:"]}}}`, 400, refusal("action_request_validation_exception", "Validation Failed: 1: action [ ] must contain one of [ '/' , '*' , ':' ];"+
			`2: Application privilege names and actions must match the pattern ^\\p{Graph}*$ (found 'a b:');`)},
		{"PUT", "/_security/privilege?refresh=nope", `{"a":7}`, 400, parseError("expected the value for a to be an object, but found VALUE_NUMBER instead")},
		{"PUT", "/_security/privilege?refresh=nope&x=1", `{}`, 400, argumentError("Unknown value for refresh: [nope].")},
		{"DELETE", "/_security/privilege/app1/read?refresh=nope&x=1", "", 400, argumentError("request [/_security/privilege/app1/read] contains unrecognized parameter: [x]")},
		{"DELETE", "/_security/privilege/app1/read?refresh=nope", "", 400, argumentError("Unknown value for refresh: [nope].")},
	} {
		status, answer := call(h, s.method, s.path, s.body)
		if status != s.status {
			t.Errorf("%s %s: status %d, want %d: %s", s.method, s.path, status, s.status, answer)
		}
		if diff := cmp.Diff(s.answer, answer); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", s.method, s.path, diff)
		}
	}
}

// Whatever is put, the answer is a verdict on it and never a fault of ours.
func FuzzPut(f *testing.F) {
	for _, body := range []string{`{"app":{"read":{"actions":["a:*"]}}}`, `{"app":{"read":{"actions":7,"metadata":{"_x":{}}}}}`, `{"app":[]}`, `{`, `{"a":{"b":{"name":"c"}}}`, "{\"app\":{\"read\":{\"actions\":[\"\\u0000:\"]}}}"} {
		f.Add(body)
	}
	h := handler(f)
	f.Fuzz(func(t *testing.T, body string) {
		if status, answer := call(h, http.MethodPut, "/_security/privilege", body); status != 200 && status != 400 && !strings.Contains(answer, "document_parsing_exception") {
			t.Errorf("PUT %q: %d %s", body, status, answer)
		}
	})
}

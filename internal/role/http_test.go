package role_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/rest"
	"github.com/realmctl/realmctl/internal/role"
)

// asker lets everybody in and notes what was asked.
type asker struct {
	action string
	target identity.Target
}

// Authenticate implements rest.Guard.
func (*asker) Authenticate(*http.Request) (identity.Identity, error) { return identity.Identity{}, nil }

// Authorize implements rest.Guard.
func (a *asker) Authorize(_ context.Context, action string, t identity.Target) error {
	a.action, a.target = action, t
	return nil
}

func serve(t *testing.T, s *role.Service, method, path, body string) (*httptest.ResponseRecorder, *asker) {
	t.Helper()
	a := &asker{}
	h, err := rest.New(s.Routes(), rest.Options{Guard: a, Version: "9.5.3", BuildHash: "h"})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w, a
}

func TestGet(t *testing.T) {
	t.Parallel()
	s, _ := withFile(t, "file:\n  cluster: [ all ]\n")
	put(t, s, role.Descriptor{Name: "r"})
	const plain = `{"cluster":[],"indices":[],"applications":[],"run_as":[],"metadata":{},"transient_metadata":{"enabled":true}}`
	for path, want := range map[string]string{
		"/_security/role/r":        `200 {"r":` + plain + `}`,
		"/_security/role/file":     `404 {}`,
		"/_security/role/gone,r*":  `404 {}`,
		"/_security/role/,r,":      `200 {"r":` + plain + `}`,
		"/_security/role/r,gone,r": `200 {"r":` + plain + `}`,
		"/_security/role/superuser?filter_path=*.transient_metadata,*.cluster": `200 {"superuser":{"cluster":["all"],"transient_metadata":{}}}`,
		"/_security/role/viewer?filter_path=*.transient_metadata":              `200 {"viewer":{"transient_metadata":{"enabled":true}}}`,
	} {
		w, a := serve(t, s, http.MethodGet, path, "")
		if got := strconv.Itoa(w.Code) + " " + w.Body.String(); got != want {
			t.Errorf("GET %s = %s, want %s", path, got, want)
		}
		if a.action != "cluster:admin/xpack/security/role/get" {
			t.Errorf("GET %s asked for %s", path, a.action)
		}
	}
	w, _ := serve(t, s, http.MethodGet, "/_security/role?filter_path=r.cluster,superuser.cluster", "")
	if got, want := w.Body.String(), `{"superuser":{"cluster":["all"]},"r":{"cluster":[]}}`; got != want {
		t.Errorf("GET all = %s, want %s", got, want)
	}
}

func TestTheGuardIsToldWhatARoleGrants(t *testing.T) {
	t.Parallel()
	s := newService(t, openDB(t, t.TempDir()))
	indices := []identity.RoleIndices{{Names: []string{"a"}, Privileges: []string{"read"}}}
	for body, want := range map[string]*identity.Role{
		`{"indices":[{"names":"a","privileges":["read"]}]}`:                       {OnlyIndices: true, Indices: indices},
		`{"indices":[{"names":"a","privileges":["read"]}],"cluster":["monitor"]}`: {Indices: indices},
	} {
		_, a := serve(t, s, http.MethodPut, "/_security/role/r", body)
		if diff := cmp.Diff(want, a.target.Role); diff != "" {
			t.Errorf("PUT %s (-want +got):\n%s", body, diff)
		}
		_, a = serve(t, s, http.MethodPost, "/_security/role", `{"roles":{"r":`+body+`}}`)
		if diff := cmp.Diff(want, a.target.Role); diff != "" {
			t.Errorf("bulk PUT %s (-want +got):\n%s", body, diff)
		}
	}
}

func TestADeprecatedRoleWarnsWheneverItIsResolved(t *testing.T) {
	t.Parallel()
	s := newService(t, openDB(t, t.TempDir()))
	probe := rest.Route{Method: http.MethodGet, Path: "/resolve/{names}", Parse: func(r *rest.Request) (rest.Call, error) {
		names := r.List("names")
		return rest.Call{Action: "a", Do: func(ctx context.Context) (any, error) {
			_, _, err := s.Resolve(ctx, names)
			return nil, err
		}}, nil
	}}
	h, err := rest.New([]rest.Route{probe}, rest.Options{Guard: &asker{}, Version: "9.5.3", BuildHash: "h"})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/resolve/kibana_user,viewer", nil))
		want := `299 Elasticsearch-9.5.3-h "The role [kibana_user] is deprecated and will be removed in a future version of Elasticsearch. ` +
			`Please use the [kibana_admin] role instead"`
		if diff := cmp.Diff([]string{want}, w.Header().Values("Warning")); diff != "" {
			t.Errorf("warnings (-want +got):\n%s", diff)
		}
	}
}

// TestWhichComplaintComesFirst has requests with several faults; the one that a real
// node names is not always the first that it could see.
func TestWhichComplaintComesFirst(t *testing.T) {
	t.Parallel()
	const (
		badRefresh = "Unknown value for refresh: [nope]."
		unknown    = "contains unrecognized parameter: [zzz]"
		noBody     = "request body is required"
	)
	s := newService(t, openDB(t, t.TempDir()))
	for _, c := range []struct{ name, method, path, body, want string }{
		{"a put looks at the body before refresh", "PUT", "/r?refresh=nope&zzz=1", `{"y":1}`, "unexpected field [y]"},
		{"which must be there", "PUT", "/r?refresh=nope", "", noBody},
		{"then at refresh, then at other parameters", "PUT", "/r?refresh=nope&zzz=1", `{}`, badRefresh},
		{"and validates last", "PUT", "/r?zzz=1", `{"cluster":["nope"]}`, unknown},
		{"puts of several, too", "POST", "?refresh=nope&zzz=1", `{"y":1}`, "unknown field [y]"},
		{"and then look at refresh", "POST", "?refresh=nope&zzz=1", `{"roles":{}}`, badRefresh},
		{"so do deletions of several", "DELETE", "?refresh=nope&zzz=1", `{"y":1}`, "unknown field [y]"},
		{"and then look at refresh as well", "DELETE", "?refresh=nope&zzz=1", `{"names":[]}`, badRefresh},
		{"a deletion looks at refresh last", "DELETE", "/r?refresh=nope&zzz=1", "", unknown},
		{"but before it runs", "DELETE", "/viewer?refresh=nope", "", badRefresh},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w, _ := serve(t, s, c.method, "/_security/role"+c.path, c.body)
			if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), c.want) {
				t.Errorf("%d %s, want %s", w.Code, w.Body, c.want)
			}
		})
	}
}

// A role that is put among others is updated in part, as a document is; what is
// wanted here is what a 9.5.3 node made of it.
func TestBulkPutUpdatesInPart(t *testing.T) {
	t.Parallel()
	s := newService(t, openDB(t, t.TempDir()))
	const profile = `"global":{"profile":{"write":{"applications":["x"]}}}`
	for _, c := range []struct{ name, before, bulk, outcome, want string }{
		{"metadata are merged", `{"metadata":{"a":1,"n":{"p":1}}}`, `{"metadata":{"b":2,"n":{"q":2}}}`, "updated", `"metadata":{"a":1,"n":{"p":1,"q":2},"b":2}`},
		{"and stay when there are no new ones", `{"metadata":{"a":1},"description":"d"}`, `{}`, "updated", `"metadata":{"a":1}`},
		{"which is no change by itself", `{"metadata":{"a":1}}`, `{"metadata":{}}`, "noop", `"metadata":{"a":1}`},
		{"global stays", `{` + profile + `}`, `{"cluster":["all"]}`, "updated", `"global":{"application":{},"profile":{"write":{"applications":["x"]}},"role":{},"data_source":[]}`},
		{"and is merged", `{` + profile + `}`, `{"global":{"application":{"manage":{"applications":["y"]}}}}`, "updated", `"global":{"application":{"manage":{"applications":["y"]}},"profile":{"write":{"applications":["x"]}},"role":{},"data_source":[]}`},
		{"where nothing new is no change", `{` + profile + `}`, `{"global":{}}`, "noop", `"profile":{"write":{"applications":["x"]}}`},
		{"of data sources the new list is taken", `{"global":{"data_source":[{"names":["a"],"privileges":["read"]}]}}`, `{` + profile + `}`, "updated", `"role":{},"data_source":[]}`},
		{"what is remote is replaced", `{"remote_indices":[{"clusters":["a"],"names":["a"],"privileges":["read"]}]}`, `{}`, "updated", `"metadata":{},"transient_metadata":{"enabled":true}}}`},
	} {
		if w, _ := serve(t, s, http.MethodPut, "/_security/role/r", c.before); w.Code != http.StatusOK {
			t.Fatalf("%s: %s", c.name, w.Body)
		}
		w, _ := serve(t, s, http.MethodPost, "/_security/role", `{"roles":{"r":`+c.bulk+`}}`)
		if want := `{"` + c.outcome + `":["r"]}`; w.Body.String() != want {
			t.Errorf("%s: %s, want %s", c.name, w.Body, want)
		}
		if w, _ = serve(t, s, http.MethodGet, "/_security/role/r", ""); !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s: %s, want %s in it", c.name, w.Body, c.want)
		}
	}
}

func TestMetadataThatTheIndexRefuses(t *testing.T) {
	t.Parallel()
	s := newService(t, openDB(t, t.TempDir()))
	const reason = "failed to parse: field name cannot be an empty string"
	for _, c := range []struct{ method, path, body, want string }{
		{"PUT", "/r", `{"cluster":["monitor"],"metadata":{"":1},"description":"d"}`, `"reason":"[1:79] ` + reason + `","caused_by":{`},
		{"PUT", "/r", `{"indices":[{"names":["a"],"privileges":["read"]}],"metadata":{"":1}}`, `"reason":"[1:140] ` + reason + `","caused_by":{`},
		{"PUT", "/r", `{"run_as":["é"],"metadata":{"a":1,"":1}}`, `"reason":"[1:74] ` + reason + `","caused_by":{`},
		{"PUT", "/r", `{"global":{"profile":{"write":{"applications":["*"]}}},"metadata":{"":1}}`, `"reason":"[1:168] ` + reason + `","caused_by":{`},
		{"PUT", "/r", `{"metadata":{"a":1}}`, `{"role":{"created":true}}`},
		{"POST", "", `{"roles":{"r":{"metadata":{"":1}},"s":{}}}`, `{"created":["s"],"errors":{"count":1,"details":{"r":{"caused_by":{"reason":"field name cannot be an empty string","type":"illegal_argument_exception"},"reason":"[1:76] ` + reason + `","type":"document_parsing_exception"}}}}`},
	} {
		if w, _ := serve(t, s, c.method, "/_security/role"+c.path, c.body); !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s %s: %s, want %s in it", c.method, c.body, w.Body, c.want)
		}
	}
}

// The limits of names are those that a 9.5.3 node has.
func TestNamesThatAreTooLong(t *testing.T) {
	t.Parallel()
	s := newService(t, openDB(t, t.TempDir()))
	long := strings.Repeat("r", 508)
	for _, c := range []struct{ method, path, body, want string }{
		{"PUT", "/" + long[1:], `{}`, `{"role":{"created":true}}`},
		{"PUT", "/" + long, `{"metadata":{"_a":1}}`, "Validation Failed: 1: Role names must be at least 1 and no more than 507 characters. "},
		{"PUT", "/" + long, `{"metadata":{"_a":1}}`, ";2: role descriptor metadata keys may not start with [_];"},
		{"PUT", "/" + long, `{"x":1}`, "unexpected field [x]"},
		{"PUT", "/" + long + long + long, `{"x":1}`, `"validation_exception","reason":"Validation Failed: 1: Role names must be at least 1 and no more than 1024 characters. `},
		{"POST", "", `{"roles":{"` + long + `":{"metadata":{"_a":1}},"s":{}}}`, `{"created":["s"],"errors":{"count":1,"details":{"` + long + `":{"reason":"Validation Failed: 1: role descriptor`},
		{"POST", "", `{"roles":{"` + long + `":{},"v":{}}}`, `"action_request_validation_exception","reason":"Validation Failed: 1: id [role-` + long + `] is too long, must be no longer than 512 bytes but was: 513;"`},
		{"GET", "/v", "", `{}`},
	} {
		if w, _ := serve(t, s, c.method, "/_security/role"+c.path, c.body); !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s %s %s: %s, want %s in it", c.method, c.path, c.body, w.Body, c.want)
		}
	}
}

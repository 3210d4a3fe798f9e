package rest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/rest"
)

// ordered has a route whose every step can be made to fail.
func ordered(t *testing.T) http.Handler {
	t.Helper()
	return handler(t, rest.Route{Method: http.MethodPut, Path: "/o/{name}", Parse: func(r *rest.Request) (rest.Call, error) {
		name := r.Path("name")
		body, err := r.Body()
		if err != nil {
			return rest.Call{}, err
		}
		if strings.Contains(string(body), "bad") {
			return rest.Call{}, fault.Parsef("bad body")
		}
		c := call(func(context.Context) (any, error) { return nil, fault.Invalidf("ran") })
		var p fault.Problems
		if strings.Contains(name, "invalid") {
			p.Addf("invalid name")
		}
		c.Invalid = p.Err()
		if strings.Contains(name, "denied") {
			c.Action = "denied"
		}
		if strings.Contains(name, "actionless") {
			c.Action = ""
		}
		return c, nil
	}})
}

func TestOrderOfComplaints(t *testing.T) {
	t.Parallel()
	h := ordered(t)
	for _, tt := range []struct {
		name, method, path, body string
		headers                  []string
		status                   int
		want                     string
	}{
		{name: "two values of a header come before the login", method: "PUT", path: "/o/x", headers: []string{"Authorization", "none"}, status: 400, want: "multiple values for single-valued header [Authorization]."},
		{name: "a bad escape in the query comes before all that a route says", method: "PUT", path: "/nope?x=%zz", status: 400, want: "java.lang.IllegalArgumentException: invalid escape sequence `%zz' at index 0 of: %zz"},
		{name: "a bad escape in the path is told with the whole path", method: "FOO", path: "/o/%", status: 400, want: "unterminated escape sequence at end of string: /o/%"},
		{name: "a half escape in the path", method: "GET", path: "/o/%4", status: 400, want: "partial escape sequence at end of string: /o/%4"},
		{name: "media types come before the route", method: "GET", path: "/nope", headers: []string{"Accept", "nope"}, status: 400, want: "Invalid media-type value on headers [Accept]"},
		{name: "the route comes before the body's type", method: "PUT", path: "/nope", body: "x", headers: []string{"Content-Type", ""}, status: 400, want: "Invalid media-type value on headers [Content-Type]"},
		{name: "no handler", method: "GET", path: "/nope?a=b", status: 400, want: "no handler found for uri [/nope?a=b] and method [GET]"},
		{name: "another method", method: "GET", path: "/o/x?a", status: 405, want: "Incorrect HTTP method for uri [/o/x?a] and method [GET], allowed: [PUT]"},
		{name: "a method that nobody knows", method: "FOO", path: "/o/x", status: 405, want: "Unexpected http method: FOO, allowed: [PUT]"},
		{name: "a method that nobody knows, anywhere", method: "FOO", path: "/nope", status: 405, want: "Unexpected http method: FOO"},
		{name: "the body comes before unknown parameters", method: "PUT", path: "/o/x?a=1", body: "bad", status: 400, want: "bad body"},
		{name: "unknown parameters come before validation", method: "PUT", path: "/o/invalid?a=1", status: 400, want: "request [/o/invalid] contains unrecognized parameter: [a]"},
		{name: "validation comes before authorization", method: "PUT", path: "/o/invalid+denied", status: 400, want: "Validation Failed: 1: invalid name;"},
		{name: "authorization comes before the call", method: "PUT", path: "/o/denied", status: 403, want: "action [denied] is unauthorized for user [elastic]"},
		{name: "a call without an action is never run", method: "PUT", path: "/o/actionless", status: 500, want: "internal error"},
		{name: "the call", method: "PUT", path: "/o/x", status: 400, want: "ran"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			resp, body := get(t, h, tt.method, tt.path, tt.body, tt.headers...)
			if resp.StatusCode != tt.status || !strings.Contains(body, `"`+strings.ReplaceAll(tt.want, `"`, `\"`)+`"`) {
				t.Errorf("%s %s = %d %s, want %d %q", tt.method, tt.path, resp.StatusCode, body, tt.status, tt.want)
			}
		})
	}
}

func TestLoginComesFirst(t *testing.T) {
	t.Parallel()
	h := ordered(t)
	for _, path := range []string{"/o/x", "/nope", "/o/%", "/o/x?a=%zz", "/o/x?pretty=maybe"} {
		for _, method := range []string{http.MethodGet, http.MethodPut, "FOO"} {
			resp, body := get(t, h, method, path, "bad", "Authorization", "")
			if resp.StatusCode != http.StatusBadRequest { // two values: the login of get and this one
				t.Fatalf("fixture: %d %s", resp.StatusCode, body)
			}
			r := httptest.NewRequestWithContext(t.Context(), method, "http://node/", unread{t})
			r.RequestURI = path
			r.Header.Set("Accept", "application/vnd.elasticsearch+json;compatible-with=9")
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			want := "missing authentication credentials for REST request [" + path + "]"
			if w.Code != http.StatusUnauthorized || !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s %s = %d %s, want 401 %q", method, path, w.Code, w.Body, want)
			}
			if got := w.Header()["Www-Authenticate"]; len(got) != 3 {
				t.Errorf("WWW-Authenticate = %q, want three", got)
			}
			if _, ok := w.Header()["X-Elastic-Product"]; ok {
				t.Error("a 401 carries X-elastic-product")
			}
		}
	}
}

// unread is a body that nobody may read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body was read before the login")
	return 0, io.EOF
}

func TestOptionsNeedsNoLogin(t *testing.T) {
	t.Parallel()
	h := ordered(t)
	for _, tt := range []struct{ path, allow string }{{"/o/x", "PUT"}, {"/nope", ""}} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodOptions, tt.path, http.NoBody))
		if w.Code != http.StatusOK || w.Header().Get("Allow") != tt.allow || w.Body.Len() > 0 || w.Header().Get("Content-Type") != "text/plain; charset=UTF-8" {
			t.Errorf("OPTIONS %s = %d %v %s, want 200 and Allow %q", tt.path, w.Code, w.Header(), w.Body, tt.allow)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodOptions, "/o/x", unread{t}))
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "OPTIONS requests with a payload body are not supported") {
		t.Errorf("OPTIONS with a body = %d %s", w.Code, w.Body)
	}
	for _, tt := range []struct {
		body, accept string
		status       int
		want         string
	}{
		{" ", "application/json", http.StatusOK, ""},
		{"{}", "application/vnd.elasticsearch+json;compatible-with=7", http.StatusBadRequest, "OPTIONS requests with a payload body are not supported"},
		{"", "application/vnd.elasticsearch+json;compatible-with=7", http.StatusBadRequest, "Accept version must be either version 9 or 8, but found 7."},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodOptions, "/o/x", strings.NewReader(tt.body))
		r.Header.Set("Accept", tt.accept)
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
			t.Errorf("OPTIONS with %q, Accept %s = %d %s, want %d %s", tt.body, tt.accept, w.Code, w.Body, tt.status, tt.want)
		}
	}
}

func TestInternalErrorsShowNothing(t *testing.T) {
	t.Parallel()
	const hidden = "disk /dev/sda1 is gone"
	for _, tt := range []struct {
		name string
		err  error
	}{
		{"an error that is no fault", errors.New(hidden)},
		{"an internal fault", &fault.Error{Reason: hidden}},
		{"an internal fault with a cause", &fault.Error{Reason: hidden, Cause: &fault.Error{Kind: fault.Invalid, Reason: hidden}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			resp, body := get(t, handler(t, failing(tt.err)), http.MethodGet, "/fail?error_trace", "")
			const want = `{"error":{"root_cause":[{"type":"exception","reason":"internal error","stack_trace":"exception: internal error"}],"type":"exception","reason":"internal error","stack_trace":"exception: internal error"},"status":500}`
			if resp.StatusCode != http.StatusInternalServerError || body != want {
				t.Errorf("answer = %d %s, want %s", resp.StatusCode, body, want)
			}
		})
	}
}

func TestAnErrorMayHaveAFault(t *testing.T) {
	t.Parallel()
	known := errors.New("known")
	o := rest.Options{Guard: &guard{}, Fault: func(err error) *fault.Error {
		if !errors.Is(err, known) {
			return nil
		}
		return &fault.Error{Kind: fault.Unavailable, Type: "i_o_exception", Reason: "told", Err: err}
	}}
	for err, want := range map[error]string{
		fmt.Errorf("at /dev/sda1: %w", known): `503 {"error":{"root_cause":[{"type":"i_o_exception","reason":"told"}],"type":"i_o_exception","reason":"told"},"status":503}`,
		errors.New("at /dev/sda1"):            `500 {"error":{"root_cause":[{"type":"exception","reason":"internal error"}],"type":"exception","reason":"internal error"},"status":500}`,
	} {
		h, bad := rest.New([]rest.Route{failing(err)}, o)
		if bad != nil {
			t.Fatal(bad)
		}
		resp, body := get(t, h, http.MethodGet, "/fail", "")
		if got := fmt.Sprint(resp.StatusCode, " ", body); got != want {
			t.Errorf("%v: answer = %s, want %s", err, got, want)
		}
	}
}

func TestPanicIsAnInternalError(t *testing.T) {
	t.Parallel()
	h := handler(t, rest.Route{Method: http.MethodGet, Path: "/", Parse: func(*rest.Request) (rest.Call, error) { panic("secret state") }})
	resp, body := get(t, h, http.MethodGet, "/", "")
	if resp.StatusCode != http.StatusInternalServerError || strings.Contains(body, "secret") {
		t.Errorf("answer = %d %s, want 500 without the panic", resp.StatusCode, body)
	}
}

// What parameters say of the answer does not count when they cannot be read; headers do.
func TestFormatOfComplaintsAboutParameters(t *testing.T) {
	t.Parallel()
	const (
		bool400 = "Failed to parse value [x] as only [true] or [false] are allowed."
		inner   = `{"error":{"root_cause":[{"type":"illegal_argument_exception","reason":"` + bool400 + `"}],"type":"illegal_argument_exception","reason":"` + bool400 + `"},"status":400}`
		yaml    = "---\nerror:\n  root_cause:\n  - type: \"illegal_argument_exception\"\n    reason: \"" + bool400 + "\"\n  type: \"illegal_argument_exception\"\n  reason: \"" + bool400 + "\"\nstatus: 400\n"
	)
	h := handler(t, does(http.MethodGet, "/", nil))
	for _, tt := range []struct{ query, accept, contentType, want string }{
		{"format=yaml&pretty=x", "*/*", "application/json", inner},
		{"format=cbor&human=x", "*/*", "application/json", inner},
		{"pretty=x&filter_path=error.type&error_trace", "*/*", "application/json", inner},
		{"pretty=x", "application/yaml", "application/yaml", yaml},
		{"human=x&pretty", "application/vnd.elasticsearch+json;compatible-with=9", "application/vnd.elasticsearch+json;compatible-with=9", inner},
		{"pretty=x", "application/cbor", "application/json", inner},
		{"error_trace=x&format=yaml", "*/*", "application/yaml", "---\nerror: \"" + bool400 + "\"\nstatus: 400\n"},
		{"error_trace=x&pretty", "*/*", "application/json", "{\n  \"error\" : \"" + bool400 + "\",\n  \"status\" : 400\n}\n"},
	} {
		resp, body := get(t, h, http.MethodGet, "/?"+tt.query, "", "Accept", tt.accept)
		if got := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusBadRequest || got != tt.contentType || body != tt.want {
			t.Errorf("?%s, Accept %q = %d %s %q, want %s %q", tt.query, tt.accept, resp.StatusCode, got, body, tt.contentType, tt.want)
		}
	}
	resp, body := get(t, h, http.MethodGet, "/?a=%zz", "", "Accept", "application/yaml")
	if got := resp.Header.Get("Content-Type"); got != "application/yaml" || !strings.Contains(body, "bad_parameter_exception") {
		t.Errorf("a bad escape = %s %q, want YAML", got, body)
	}
}

// Who is not let in is told so in the format that can be made out.
func TestFormatOfRefusedLogins(t *testing.T) {
	t.Parallel()
	const vendor7 = "application/vnd.elasticsearch+json;compatible-with=7"
	h := handler(t, does(http.MethodGet, "/", nil))
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", unread{t})
	r.Header.Set("Content-Type", vendor7)
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("a body of version 7 = %d %s, want plain JSON", w.Code, w.Header())
	}
	for _, tt := range []struct{ query, accept, contentType, begins string }{
		{"", "application/vnd.elasticsearch+json;compatible-with=8", "application/vnd.elasticsearch+json;compatible-with=8", `{"error":{"root`},
		{"", vendor7, "application/json", `{"error":{"root`},
		{"?pretty", vendor7, "application/json", "{\n  \"error\" : {"},
		{"?format=yaml", vendor7, "application/yaml", "---\nerror:\n"},
		{"?filter_path=x", vendor7, "application/json", `{"error":{"root`},
		{"?format=yaml", "bogus", "application/yaml", "---\nerror:\n"},
		{"?pretty", "bogus", "application/json", "{\n  \"error\" : {"},
		{"?pretty=x&format=json", "application/yaml", "application/yaml", "---\nerror:\n"},
		{"?error_trace=x", "application/yaml", "application/yaml", "---\nerror:\n"},
	} {
		r = httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/"+tt.query, http.NoBody)
		r.Header.Set("Accept", tt.accept)
		w = httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Header().Get("Content-Type"); w.Code != http.StatusUnauthorized || got != tt.contentType || !strings.HasPrefix(w.Body.String(), tt.begins) {
			t.Errorf("/%s, Accept %q = %d %s %q, want %s %q", tt.query, tt.accept, w.Code, got, w.Body, tt.contentType, tt.begins)
		}
	}
}

func TestFaultsWithOtherStatus(t *testing.T) {
	t.Parallel()
	f := &fault.Error{Status: http.StatusInternalServerError, Type: "illegal_state_exception", Reason: "told on purpose", Meta: []fault.Field{{Name: "line", Value: 1}, {Name: "resource.id", Value: "x"}}}
	resp, body := get(t, handler(t, failing(f)), http.MethodGet, "/fail", "")
	const want = `{"error":{"root_cause":[{"type":"illegal_state_exception","reason":"told on purpose","line":1,"resource.id":"x"}],"type":"illegal_state_exception","reason":"told on purpose","line":1,"resource.id":"x"},"status":500}`
	if resp.StatusCode != http.StatusInternalServerError || body != want {
		t.Errorf("answer = %d %s, want %s", resp.StatusCode, body, want)
	}
}

func TestOAuthErrorsHaveTheirOwnShape(t *testing.T) {
	t.Parallel()
	resp, body := get(t, handler(t, failing(&rest.OAuthError{Code: "invalid_grant", Description: "no <such> token"})), http.MethodGet, "/fail", "")
	const want = `{"error":"invalid_grant","error_description":"no <such> token"}`
	if resp.StatusCode != http.StatusBadRequest || body != want {
		t.Errorf("answer = %d %s, want 400 %s", resp.StatusCode, body, want)
	}
}

func TestErrorsAreNotEscapedForHTML(t *testing.T) {
	t.Parallel()
	_, body := get(t, handler(t, failing(fault.Invalidf("a<b>&c"))), http.MethodGet, "/fail", "")
	if !strings.Contains(body, "a<b>&c") {
		t.Errorf("body = %s, want <, > and & as they are", body)
	}
}

func TestTheCallSeesTheCaller(t *testing.T) {
	t.Parallel()
	h := handler(t, rest.Route{Method: http.MethodGet, Path: "/", Parse: func(r *rest.Request) (rest.Call, error) {
		caller := r.Caller.User.Username
		return call(func(ctx context.Context) (any, error) {
			return []string{caller, identity.From(ctx).User.Username}, nil
		}), nil
	}})
	if _, body := get(t, h, http.MethodGet, "/", ""); body != `["elastic","elastic"]` {
		t.Errorf("body = %s, want the caller twice", body)
	}
}

func TestNewRefusesBadRoutes(t *testing.T) {
	t.Parallel()
	parse := func(*rest.Request) (rest.Call, error) { return rest.Call{}, nil }
	for _, tt := range []struct {
		name   string
		routes []rest.Route
		guard  rest.Guard
		want   string
	}{
		{name: "no guard", want: "no guard"},
		{name: "no parser", guard: guard{}, routes: []rest.Route{{Method: "GET", Path: "/a"}}, want: "does nothing"},
		{name: "twice", guard: guard{}, routes: []rest.Route{{Method: "GET", Path: "/a/{x}", Parse: parse}, {Method: "GET", Path: "/a/{y}", Parse: parse}}, want: "is there twice"},
		{name: "unknown method", guard: guard{}, routes: []rest.Route{{Method: "FETCH", Path: "/a", Parse: parse}}, want: "bad route FETCH /a"},
		{name: "no path", guard: guard{}, routes: []rest.Route{{Method: "GET", Path: "a", Parse: parse}}, want: "bad route GET a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h, err := rest.New(tt.routes, rest.Options{Guard: tt.guard})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("New = %v, %v, want %q", h, err, tt.want)
			}
		})
	}
}

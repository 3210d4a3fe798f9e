package rest_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/rest"
)

func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		body   any
		path   string
		status int
		want   string
	}{
		{"nothing is an empty object", nil, "/", 200, "{}"},
		{"a structure, not escaped for HTML", struct {
			A string `json:"a"`
		}{"<&>"}, "/", 200, `{"a":"<&>"}`},
		{"JSON goes as it is", json.RawMessage(`{"a": 1}`), "/", 200, `{"a": 1}`},
		{"a result with a status", rest.Result{Status: 404, Body: map[string]bool{"found": false}}, "/", 404, `{"found":false}`},
		{"a result without a body", rest.Result{Status: 404}, "/", 404, `{}`},
		{"a stream with a status", rest.Result{Status: 202, Body: rest.Stream{Name: "l", Items: items(1, nil)}}, "/", 202, `{"l":[0]}`},
		{"pretty", map[string]any{"a": []int{}, "b": map[string]int{}, "c": []int{1}}, "/?pretty", 200, "{\n  \"a\" : [ ],\n  \"b\" : { },\n  \"c\" : [\n    1\n  ]\n}\n"},
		{"YAML", map[string]any{"a": []string{"x"}, "n": nil}, "/?format=yaml", 200, "---\na:\n- \"x\"\n\"n\": null\n"},
		{"filtered", map[string]any{"a": 1, "b": 2}, "/?filter_path=b", 200, `{"b":2}`},
		{"filtered away", map[string]any{"a": 1}, "/?filter_path=b&pretty", 200, "{ }\n"},
		{"what cannot be encoded is an internal error", func() {}, "/", 500, `{"error":{"root_cause":[{"type":"exception","reason":"internal error"}],"type":"exception","reason":"internal error"},"status":500}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			resp, body := get(t, handler(t, does(http.MethodGet, "/", tt.body)), http.MethodGet, tt.path, "")
			if resp.StatusCode != tt.status || body != tt.want {
				t.Errorf("answer = %d %q, want %d %q", resp.StatusCode, body, tt.status, tt.want)
			}
			if got, want := resp.Header.Get("Content-Length"), fmt.Sprint(len(body)); got != want {
				t.Errorf("Content-Length = %s, want %s", got, want)
			}
		})
	}
}

func TestPrettyByDefault(t *testing.T) {
	t.Parallel()
	h := handler(t, rest.Route{Method: http.MethodGet, Path: "/", Parse: func(r *rest.Request) (rest.Call, error) {
		r.PrettyByDefault()
		fail, err := r.Bool("fail", false)
		return call(func(context.Context) (any, error) {
			if fail {
				return nil, fault.Invalidf("no")
			}
			return []int{1}, nil
		}), err
	}})
	const no = `{"error":{"root_cause":[{"type":"illegal_argument_exception","reason":"no"}],"type":"illegal_argument_exception","reason":"no"},"status":400}`
	for path, want := range map[string]string{"/": "[\n  1\n]\n", "/?pretty": "[\n  1\n]\n", "/?pretty=false": "[1]", "/?fail": no} {
		if _, body := get(t, h, http.MethodGet, path, ""); body != want {
			t.Errorf("%s = %q, want %q", path, body, want)
		}
	}
}

func TestAnswerHeaders(t *testing.T) {
	t.Parallel()
	h := handler(t, rest.Route{Method: http.MethodGet, Path: "/{status}", Parse: func(r *rest.Request) (rest.Call, error) {
		status, err := r.Int("status", 0)
		return call(func(ctx context.Context) (any, error) {
			rest.Warn(ctx, `The "x" is 5% é`)
			rest.Warn(ctx, `The "x" is 5% é`)
			rest.Warn(ctx, "second")
			if status >= 400 {
				return nil, &fault.Error{Status: status, Kind: fault.Invalid, Reason: "r", Header: http.Header{"X-Why": {"because"}}}
			}
			return rest.Result{Status: status, Header: http.Header{"X-Why": {"because"}}}, nil
		}), err
	}})
	for _, tt := range []struct {
		status int
		bare   bool // no product, no warnings
	}{{200, false}, {201, false}, {400, false}, {401, true}, {403, true}, {404, false}, {429, false}} {
		resp, _ := get(t, h, http.MethodGet, fmt.Sprint("/", tt.status), "", "X-Opaque-Id", "mine")
		if resp.StatusCode != tt.status || resp.Header.Get("X-Why") != "because" || resp.Header.Get("X-Opaque-Id") != "mine" {
			t.Errorf("%d: answer = %d %v", tt.status, resp.StatusCode, resp.Header)
		}
		product, warnings := resp.Header.Get("X-Elastic-Product"), resp.Header.Values("Warning")
		if tt.bare != (product == "") || tt.bare != (len(warnings) == 0) {
			t.Errorf("%d: product %q, warnings %q, want none of them %v", tt.status, product, warnings, tt.bare)
		}
		const want = `299 Elasticsearch-9.5.3-abc "The \"x\" is 5%25 %C3%A9"`
		if !tt.bare && (product != "Elasticsearch" || len(warnings) != 2 || warnings[0] != want) {
			t.Errorf("%d: product %q, warnings %q, want %q first of two", tt.status, product, warnings, want)
		}
	}
}

func TestWarnElsewhereDoesNothing(t *testing.T) {
	t.Parallel()
	rest.Warn(t.Context(), "nobody hears this") // must not panic
}

func TestOpaqueIDThatIsEmptyIsEchoed(t *testing.T) {
	t.Parallel()
	resp, _ := get(t, handler(t, does(http.MethodGet, "/", nil)), http.MethodGet, "/", "", "X-Opaque-Id", "")
	if _, ok := resp.Header["X-Opaque-Id"]; !ok {
		t.Error("an empty X-Opaque-Id is not echoed")
	}
}

func TestCompressedAnswers(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("word ", 1000)
	h := handler(t, does(http.MethodGet, "/long", long), does(http.MethodHead, "/long", long), does(http.MethodGet, "/short", "x"))
	for _, tt := range []struct {
		method, path, accept string
		zipped               bool
	}{
		{"GET", "/long", "gzip", true},
		{"GET", "/long", "br, GZIP;q=0.5", true},
		{"GET", "/long", "*", true},
		{"GET", "/long", "gzip;q=0", false},
		{"GET", "/long", "gzip; q=0.0", false},
		{"GET", "/long", "gzip; q=0.05", true},
		{"GET", "/long", "gzip; q=often", false},
		{"GET", "/long", "br", false},
		{"GET", "/long", "", false},
		{"GET", "/short", "gzip", false},
		{"HEAD", "/long", "gzip", true},
	} {
		resp, body := get(t, h, tt.method, tt.path, "", "Accept-Encoding", tt.accept)
		if got := resp.Header.Get("Content-Encoding") == "gzip"; got != tt.zipped {
			t.Errorf("%s %s, Accept-Encoding %q: zipped %v, want %v", tt.method, tt.path, tt.accept, got, tt.zipped)
			continue
		}
		if tt.method == http.MethodHead {
			if body != "" {
				t.Errorf("HEAD has a body: %q", body)
			}
			continue
		}
		if got := resp.Header.Get("Content-Length"); got != fmt.Sprint(len(body)) {
			t.Errorf("Content-Length = %s, want %d", got, len(body))
		}
		if tt.zipped && unzip(t, body) != `"`+long+`"` {
			t.Errorf("%s: the body is not what was compressed", tt.path)
		}
	}
}

func unzip(t *testing.T, body string) string {
	t.Helper()
	z, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// items are n numbers, then an error if there is one.
func items(n int, err error) iter.Seq2[any, error] {
	return func(yield func(any, error) bool) {
		for i := range n {
			if !yield(i, nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

func TestStreams(t *testing.T) {
	t.Parallel()
	members := func(yield func(any, error) bool) {
		for _, name := range []string{"a", "b"} {
			if !yield(rest.Member{Name: name, Value: map[string]int{"n": 1}}, nil) {
				return
			}
		}
	}
	for _, tt := range []struct {
		name   string
		stream rest.Stream
		path   string
		want   string
	}{
		{"an array among members", rest.Stream{Before: []fault.Field{{Name: "total", Value: 3}}, Name: "list", Items: items(3, nil), After: []fault.Field{{Name: "end", Value: "x"}}}, "/", `{"total":3,"list":[0,1,2],"end":"x"}`},
		{"an empty array", rest.Stream{Name: "list", Items: items(0, nil)}, "/", `{"list":[]}`},
		{"members", rest.Stream{Items: members}, "/", `{"a":{"n":1},"b":{"n":1}}`},
		{"no members", rest.Stream{Items: items(0, nil)}, "/", `{}`},
		{"filtered", rest.Stream{Items: members}, "/?filter_path=b.n", `{"b":{"n":1}}`},
		{"filtered away", rest.Stream{Name: "list", Items: items(3, nil)}, "/?filter_path=x", `{}`},
		{"pretty", rest.Stream{Name: "list", Items: items(2, nil)}, "/?pretty", "{\n  \"list\" : [\n    0,\n    1\n  ]\n}\n"},
		{"YAML", rest.Stream{Items: members}, "/?format=yaml", "---\na:\n  \"n\": 1\nb:\n  \"n\": 1\n"},
		{"an error before anything went out", rest.Stream{Name: "list", Items: items(3, fault.Invalidf("too bad"))}, "/", `{"error":{"root_cause":[{"type":"illegal_argument_exception","reason":"too bad"}],"type":"illegal_argument_exception","reason":"too bad"},"status":400}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			resp, body := get(t, handler(t, does(http.MethodGet, "/", tt.stream)), http.MethodGet, tt.path, "")
			if body != tt.want || resp.Header.Get("Content-Length") != fmt.Sprint(len(body)) {
				t.Errorf("answer = %q of length %s, want %q", body, resp.Header.Get("Content-Length"), tt.want)
			}
		})
	}
}

func TestLongStreams(t *testing.T) {
	t.Parallel()
	const n = 50_000
	srv := httptest.NewServer(handler(t,
		does(http.MethodGet, "/good", rest.Stream{Name: "list", Items: items(n, nil)}),
		does(http.MethodHead, "/good", rest.Stream{Name: "list", Items: items(n, nil)}),
		does(http.MethodGet, "/result", rest.Result{Body: rest.Stream{Name: "list", Items: items(n, nil)}}),
		does(http.MethodGet, "/bad", rest.Stream{Name: "list", Items: items(n, errors.New("gone"))}),
	))
	t.Cleanup(srv.Close)
	ask := func(method, path, accept string) (string, error) {
		req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth(admin, adminPassword)
		req.Header.Set("Accept-Encoding", accept)
		resp, err := srv.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s %s = %d", method, path, resp.StatusCode)
		}
		b, err := io.ReadAll(resp.Body)
		return string(b), err
	}
	for _, path := range []string{"/good", "/result"} {
		plain, err := ask(http.MethodGet, path, "identity")
		if err != nil || !strings.HasPrefix(plain, `{"list":[0,1,`) || !strings.HasSuffix(plain, fmt.Sprintf(`,%d]}`, n-1)) {
			t.Errorf("%s: %d bytes, %v", path, len(plain), err)
		}
		zipped, err := ask(http.MethodGet, path, "gzip")
		if err != nil || unzip(t, zipped) != plain {
			t.Errorf("%s: the compressed answer differs: %v", path, err)
		}
	}
	if body, err := ask(http.MethodHead, "/good", "identity"); body != "" || err != nil {
		t.Errorf("HEAD = %q, %v, want no body", body, err)
	}
	if body, err := ask(http.MethodGet, "/bad", "identity"); err == nil {
		t.Errorf("%d bytes of a broken list read as a whole answer", len(body))
	}
}

func TestPanicInAStreamBreaksTheConnection(t *testing.T) {
	t.Parallel()
	h := handler(t, does(http.MethodGet, "/", rest.Stream{Name: "list", Items: func(yield func(any, error) bool) {
		for yield(strings.Repeat("x", 100_000), nil) {
			panic("oops")
		}
	}}))
	defer func() {
		if p := recover(); p != http.ErrAbortHandler { //nolint:errorlint // the sentinel is panicked as it is
			t.Errorf("panicked with %v, want http.ErrAbortHandler", p)
		}
	}()
	get(t, h, http.MethodGet, "/", "")
	t.Error("the answer looks complete")
}

func TestCallerThatIsGoneStopsAStream(t *testing.T) {
	t.Parallel()
	read := 0
	h := handler(t, does(http.MethodGet, "/", rest.Stream{Name: "list", Items: func(yield func(any, error) bool) {
		for yield(strings.Repeat("x", 100_000), nil) {
			read++
		}
	}}))
	defer func() {
		if p := recover(); p != http.ErrAbortHandler || read > 2 { //nolint:errorlint // the sentinel is panicked as it is
			t.Errorf("panicked with %v after %d pages, want http.ErrAbortHandler at once", p, read)
		}
	}()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
	r.SetBasicAuth(admin, adminPassword)
	h.ServeHTTP(gone{httptest.NewRecorder()}, r)
}

// gone is a connection that the caller has left.
type gone struct{ *httptest.ResponseRecorder }

func (gone) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

package rest_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/realmctl/realmctl/internal/rest"
	"github.com/realmctl/realmctl/internal/xcontent"
)

// reads is a route at /r/{name} that answers what read gives.
func reads(read func(r *rest.Request) (any, error)) rest.Route {
	return rest.Route{Method: http.MethodPost, Path: "/r/{name}", Parse: func(r *rest.Request) (rest.Call, error) {
		v, err := read(r)
		return call(func(context.Context) (any, error) { return v, nil }), err
	}}
}

func TestParameters(t *testing.T) {
	t.Parallel()
	text := func(r *rest.Request) (any, error) { return r.Text("a"), nil }
	list := func(r *rest.Request) (any, error) { return r.List("a"), nil }
	boolean := func(r *rest.Request) (any, error) { return r.Bool("a", true) }
	number := func(r *rest.Request) (any, error) { return r.Int("a", 7) }
	path := func(r *rest.Request) (any, error) { return r.Path("name"), nil }
	for _, tt := range []struct {
		name string
		read func(r *rest.Request) (any, error)
		path string
		want string // the body, or a part of the error's
	}{
		{"a text", text, "/r/x?a=b", `"b"`},
		{"an absent text", text, "/r/x", `""`},
		{"blanks and escapes", text, "/r/x?a=%2B+%c3%A9%%", `"+ é%"`},
		{"the last of two", text, "/r/x?a=1&a=2", `"2"`},
		{"parts may be parted by semicolons", text, "/r/x?;;a=1;", `"1"`},
		{"a name without a value", text, "/r/x?a", `""`},
		{"nothing after the number sign counts", text, "/r/x?a=1#&a=2", `"1"`},
		{"an equals sign in the value", text, "/r/x?a=b=c", `"b=c"`},
		{"broken UTF-8", text, "/r/x?a=%ff", `"` + "\uFFFD" + `"`},
		{"a list", list, "/r/x?a=1,2,,3", `["1","2","","3"]`},
		{"an empty list", list, "/r/x?a=", `[]`},
		{"no list", list, "/r/x", `null`},
		{"true", boolean, "/r/x?a=true", `true`},
		{"bare is true", boolean, "/r/x?a", `true`},
		{"false", boolean, "/r/x?a=false", `false`},
		{"the default", boolean, "/r/x", `true`},
		{"no boolean", boolean, "/r/x?a=1", `Failed to parse value [1] as only [true] or [false] are allowed.`},
		{"an integer", number, "/r/x?a=-12", `-12`},
		{"the default integer", number, "/r/x", `7`},
		{"no integer", number, "/r/x?a=1.5", `Failed to parse int parameter [a] with value [1.5]`},
		{"an integer that is too large", number, "/r/x?a=2147483648", `Failed to parse int parameter`},
		{"a segment of the path", path, "/r/a%2Fb+c", `"a/b+c"`},
		{"an empty segment is none", path, "/r//", `no handler found`},
		{"the path wins over a parameter", path, "/r/x?name=y", `"x"`},
		{"refresh", func(r *rest.Request) (any, error) { return "ok", r.Refresh() }, "/r/x?refresh=wait_for", `"ok"`},
		{"refresh is case-sensitive", func(r *rest.Request) (any, error) { return "ok", r.Refresh() }, "/r/x?refresh=TRUE", `Unknown value for refresh: [TRUE].`},
		{"unknown ones are sorted and suggest", func(r *rest.Request) (any, error) { return r.Text("refresh") + r.Text("refrain"), nil }, "/r/x?refres=1&b=2", `request [/r/x] contains unrecognized parameters: [b], [refres] -> did you mean any of [refresh, refrain]?`},
		{"a path is shown decoded", func(*rest.Request) (any, error) { return nil, nil }, "/r/%41?b=2", `request [/r/A] contains unrecognized parameter: [b]`},
		{"what every request takes", func(*rest.Request) (any, error) { return nil, nil }, "/r/x?pretty=false&human=true&error_trace=true&format=&filter_path=", `{}`},
		{"a bad error_trace has the small shape", func(*rest.Request) (any, error) { return nil, nil }, "/r/x?error_trace=maybe", `{"error":"Failed to parse value [maybe] as only [true] or [false] are allowed.","status":400}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, body := get(t, handler(t, reads(tt.read)), http.MethodPost, tt.path, "")
			if body != tt.want && (strings.HasPrefix(tt.want, `"`) || !strings.Contains(body, tt.want)) {
				t.Errorf("%s = %s, want %s", tt.path, body, tt.want)
			}
		})
	}
}

func TestParameterOfThePathsName(t *testing.T) {
	t.Parallel()
	h := handler(t, rest.Route{Method: http.MethodGet, Path: "/r", Parse: func(r *rest.Request) (rest.Call, error) {
		name := r.Path("name")
		return call(func(context.Context) (any, error) { return name, nil }), nil
	}})
	if _, body := get(t, h, http.MethodGet, "/r?name=x", ""); body != `"x"` {
		t.Errorf("body = %s, want the query parameter", body)
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	reader := func(r *rest.Request) (any, error) { return raw(r.Reader()) }
	optional := func(r *rest.Request) (any, error) { return raw(r.OptionalReader()) }
	source := func(r *rest.Request) (any, error) { return raw(r.RequiredSource()) }
	for _, tt := range []struct {
		name       string
		read       func(r *rest.Request) (any, error)
		path, body string
		want       string
	}{
		{"a body", reader, "/r/x", `{"a":1}`, `{"a":1}`},
		{"a required one is absent", reader, "/r/x", "", "request body is required"},
		{"an optional one is absent", optional, "/r/x", "", "null"},
		{"an optional one", optional, "/r/x", "[1]", "[1]"},
		{"unwanted", func(*rest.Request) (any, error) { return nil, nil }, "/r/x", "{}", "request [POST /r/x] does not support having a body"},
		{"a source instead of a body", source, "/r/x?source=%5B2%5D&source_content_type=application/json", "", "[2]"},
		{"a source in YAML", source, "/r/x?source=a:%202&source_content_type=application/yaml", "", `{"a":2}`},
		{"a body wins over a source", source, "/r/x?source=%5B2%5D&source_content_type=application/json", "[1]", "[1]"},
		{"neither", source, "/r/x", "", "request body or source parameter is required"},
		{"a source of no type", source, "/r/x?source=1", "", "Validation Failed: 1: source and source_content_type parameters are required;"},
		{"a source of another type", source, "/r/x?source=1&source_content_type=text/html", "", "Validation Failed: 1: Unknown value for source_content_type [text/html];"},
		{"a source of a bad type", source, "/r/x?source=1&source_content_type=nope", "", "invalid Content-Type header [nope]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, body := get(t, handler(t, reads(tt.read)), http.MethodPost, tt.path, tt.body)
			if body != tt.want && (tt.want[0] == '[' || !strings.Contains(body, tt.want)) {
				t.Errorf("%s = %s, want %s", tt.path, body, tt.want)
			}
		})
	}
}

// raw is the first value of a reader; nil for none.
func raw(r *xcontent.Reader, err error) (any, error) {
	if err != nil || r == nil {
		return []string(nil), err
	}
	if _, err := r.Next(); err != nil {
		return nil, err
	}
	return r.Raw()
}

func TestCompressedBodies(t *testing.T) {
	t.Parallel()
	zip := func(w io.WriteCloser, b *bytes.Buffer, text string) string {
		_, _ = io.WriteString(w, text)
		_ = w.Close()
		return b.String()
	}
	var g, z, bomb bytes.Buffer
	zipped := zip(gzip.NewWriter(&g), &g, `{"a":1}`)
	deflated := zip(zlib.NewWriter(&z), &z, `{"a":1}`)
	large := zip(gzip.NewWriter(&bomb), &bomb, strings.Repeat(" ", 2000))
	h := limited(t, 1000)
	for _, tt := range []struct {
		name, encoding, body string
		status               int
		want                 string
	}{
		{"gzip", "gzip", zipped, 200, `{"a":1}`},
		{"GZIP", "X-GZIP", zipped, 200, `{"a":1}`},
		{"deflate", "deflate", deflated, 200, `{"a":1}`},
		{"an unknown encoding is no encoding", "br", `{"a":1}`, 200, `{"a":1}`},
		{"no gzip", "gzip", `{"a":1}`, 400, "cannot read the request body"},
		{"gzip cut short", "gzip", zipped[:15], 400, "cannot read the request body"},
		{"too large once inflated", "gzip", large, 413, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			resp, body := get(t, h, http.MethodPost, "/r/x", tt.body, "Content-Encoding", tt.encoding)
			if resp.StatusCode != tt.status || !strings.Contains(body, tt.want) || tt.want == "" && body != "" {
				t.Errorf("answer = %d %s, want %d %q", resp.StatusCode, body, tt.status, tt.want)
			}
		})
	}
}

// endless is a body that has no end, and counts what is read of it.
type endless struct{ n int64 }

func (e *endless) Read(p []byte) (int, error) {
	e.n += int64(len(p))
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestLargeBodies(t *testing.T) {
	t.Parallel()
	const announced, small = 200 << 20, 1 << 20
	for _, tt := range []struct {
		name            string
		limit           int64 // 0 is the default, 100 MiB
		length, maxRead int64
	}{
		{"of a length that is told are refused unread", 0, announced, 0},
		{"of unknown length are read to the limit", small, -1, small + 64<<10},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body := &endless{}
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/r/x", body)
			r.ContentLength = tt.length
			r.Header.Set("Content-Type", "application/json")
			r.SetBasicAuth(admin, adminPassword)
			w := httptest.NewRecorder()
			limited(t, tt.limit).ServeHTTP(w, r)
			if w.Code != http.StatusRequestEntityTooLarge || w.Body.Len() > 0 || w.Header().Get("Connection") != "close" {
				t.Errorf("answer = %d %v %s, want 413, closed, with no body", w.Code, w.Header(), w.Body)
			}
			if body.n > tt.maxRead {
				t.Errorf("%d bytes were read, want at most %d", body.n, tt.maxRead)
			}
		})
	}
}

// limited is a handler that reads a body of at most limit bytes.
func limited(t *testing.T, limit int64) http.Handler {
	t.Helper()
	h, err := rest.New([]rest.Route{reads(func(r *rest.Request) (any, error) { return raw(r.Reader()) })}, rest.Options{Guard: guard{}, MaxBody: limit})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestServerLivesOnAfterALargeBody(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(limited(t, 1<<20))
	t.Cleanup(srv.Close)
	post := func(body io.Reader) (int, error) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+"/r/x", body)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.SetBasicAuth(admin, adminPassword)
		resp, err := srv.Client().Do(req)
		if err != nil {
			return 0, err
		}
		_ = resp.Body.Close()
		return resp.StatusCode, nil
	}
	// The server closes the connection while the client still sends: either end of
	// that may come first.
	if status, err := post(io.LimitReader(&endless{}, 200<<20)); err == nil && status != http.StatusRequestEntityTooLarge {
		t.Errorf("large body: %d, want 413", status)
	}
	if status, err := post(strings.NewReader("{}")); err != nil || status != http.StatusOK {
		t.Errorf("small body afterwards: %d, %v, want 200", status, err)
	}
}

func TestMediaTypes(t *testing.T) {
	t.Parallel()
	h := handler(t, reads(func(r *rest.Request) (any, error) { return raw(r.OptionalReader()) }))
	for _, tt := range []struct {
		accept, content string
		status          int
		want            string // Content-Type of the answer, or its error
	}{
		{"", "", 200, "application/json"},
		{"*/*", "", 200, "application/json"},
		{"application/*", "", 200, "application/json"},
		{"text/html;charset=x", "", 200, "application/json;charset=x"},
		{"application/json; foo=bar; BAZ=Q", "", 200, "application/json;foo=bar;baz=q"},
		{"application/json;", "", 200, "application/json"},
		{"application/json; foo", "", 400, "invalid parameters for header [application/json; foo]"},
		{"application/json; foo =bar", "", 400, "invalid parameters for header [application/json; foo =bar]"},
		{" ", "", 400, "Header [Accept] cannot be empty."},
		{"application/yaml", "", 200, "application/yaml"},
		{"application/vnd.elasticsearch+json; compatible-with=9", "", 200, "application/vnd.elasticsearch+json;compatible-with=9"},
		{"application/vnd.elasticsearch+json;compatible-with=9,text/plain", "application/vnd.elasticsearch+json;compatible-with=9", 200, "application/vnd.elasticsearch+json"},
		{"application/vnd.elasticsearch+json;compatible-with=x", "", 400, "Accept version must be either version 9 or 8, but found 0."},
		{"", "application/x-ndjson", 200, "application/json"},
		{"", "application/vnd.elasticsearch+x-ndjson", 200, "application/vnd.elasticsearch+json"},
		{"", "text/plain", 200, "application/json"},
		{"application/cbor", "", 406, `{"error":"answers as [application/cbor] are not supported","status":406}`},
		{"", "application/cbor", 200, "application/json"},
	} {
		var headers []string
		if tt.accept != "" {
			headers = append(headers, "Accept", tt.accept)
		}
		if tt.content != "" {
			headers = append(headers, "Content-Type", tt.content)
		}
		resp, body := get(t, h, http.MethodPost, "/r/x", "", headers...)
		got := resp.Header.Get("Content-Type")
		if resp.StatusCode != tt.status || got != tt.want && !strings.Contains(body, tt.want) {
			t.Errorf("Accept %q, Content-Type %q: %d %s %s, want %d %s", tt.accept, tt.content, resp.StatusCode, got, body, tt.status, tt.want)
		}
	}
	resp, body := get(t, h, http.MethodPost, "/r/x?format=smile", "")
	if resp.StatusCode != http.StatusNotAcceptable || !strings.Contains(body, "answers as [smile] are not supported") {
		t.Errorf("format=smile: %d %s, want 406", resp.StatusCode, body)
	}
	resp, body = get(t, h, http.MethodPost, "/r/x", "", "Accept", "application/json", "Accept", "application/yaml")
	if resp.StatusCode != http.StatusBadRequest || !strings.Contains(body, "Incorrect header [Accept]. Only one value should be provided") {
		t.Errorf("two Accepts: %d %s, want 400", resp.StatusCode, body)
	}
}

func TestBinaryBodiesAreRefused(t *testing.T) {
	t.Parallel()
	h := handler(t, reads(func(r *rest.Request) (any, error) { return raw(r.Reader()) }))
	for _, kind := range []string{"application/cbor", "application/smile", "application/vnd.elasticsearch+cbor;compatible-with=9"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/r/x", strings.NewReader("x"))
		r.SetBasicAuth(admin, adminPassword)
		r.Header.Set("Content-Type", kind)
		if strings.Contains(kind, "compatible") {
			r.Header.Set("Accept", "application/vnd.elasticsearch+json;compatible-with=9")
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		want := fmt.Sprintf(`{"error":"Content-Type header [%s] is not supported","status":406}`, kind)
		if w.Code != http.StatusNotAcceptable || w.Body.String() != want {
			t.Errorf("answer = %d %s, want 406 %s", w.Code, w.Body, want)
		}
	}
}

package route_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/rest/route"
)

// security is a table of paths as the engine has them.
func security(t testing.TB) *route.Table[string] {
	t.Helper()
	var table route.Table[string]
	for _, r := range []string{
		"GET /", "HEAD /",
		"GET /_security/_authenticate",
		"GET /_security/user", "GET /_security/user/{username}", "PUT /_security/user/{username}", "DELETE /_security/user/{username}",
		"GET /_security/user/_privileges",
		"POST /_security/user/_password", "POST /_security/user/{username}/_password",
		"GET /_security/user/{user}/_has_privileges",
		"POST /_security/service/{namespace}/{service}/credential/token/{name}",
		"POST /a/b/{c}/d", "POST /a/{b}/c/e",
	} {
		method, path, _ := strings.Cut(r, " ")
		if err := table.Add(method, path, r); err != nil {
			t.Fatal(err)
		}
	}
	return &table
}

// find gives the route and its named segments, as text.
func find(table *route.Table[string], method, path string) string {
	var s route.Segments
	n := table.Find(path, &s)
	if n == nil {
		return "none"
	}
	tg := n.Target(method)
	if tg == nil {
		return fmt.Sprint(n.Methods())
	}
	found := tg.Value
	for i, name := range tg.Names {
		found += " " + name + "=" + s.At(i)
	}
	return found
}

func TestFind(t *testing.T) {
	t.Parallel()
	table := security(t)
	for _, tt := range []struct{ method, path, want string }{
		{"GET", "/", "GET /"},
		{"GET", "", "GET /"},
		{"POST", "/", "[GET HEAD]"},
		{"GET", "/_security/_authenticate", "GET /_security/_authenticate"},
		{"GET", "/_security/_authenticate/", "GET /_security/_authenticate"},
		{"GET", "/_security/_authenticate//", "GET /_security/_authenticate"},
		{"GET", "//_security/_authenticate", "none"},
		{"GET", "/_security//_authenticate", "none"},
		{"GET", "/_Security/_authenticate", "none"},
		{"GET", "/_security", "none"},
		{"GET", "/_security/user", "GET /_security/user"},
		{"GET", "/_security/user/", "GET /_security/user"},
		{"GET", "/_security/user/a%2Fb", "GET /_security/user/{username} username=a%2Fb"},
		{"GET", "/_security/user/_privileges", "GET /_security/user/_privileges"},
		{"PUT", "/_security/user/_privileges", "[GET]"}, // the literal decides, whatever the method
		{"POST", "/_security/user//_password", "POST /_security/user/{username}/_password username="},
		{"POST", "/_security/user/_password", "POST /_security/user/_password"},
		{"POST", "/_security/user/_password/_password", "POST /_security/user/{username}/_password username=_password"}, // back from the literal
		{"GET", "/_security/user/x/_has_privileges", "GET /_security/user/{user}/_has_privileges user=x"},
		{"POST", "/_security/service/a/b/credential/token/c", "POST /_security/service/{namespace}/{service}/credential/token/{name} namespace=a service=b name=c"},
		{"POST", "/a/b/c/d", "POST /a/b/{c}/d c=c"},
		{"POST", "/a/b/c/e", "POST /a/{b}/c/e b=b"}, // back from /a/b/{c}, whose value is forgotten
		{"FOO", "/a/b/c/e", "[POST]"},
	} {
		if got := find(table, tt.method, tt.path); got != tt.want {
			t.Errorf("%s %s = %s, want %s", tt.method, tt.path, got, tt.want)
		}
	}
}

func TestMethodsAreInElasticsearchsOrder(t *testing.T) {
	t.Parallel()
	var table route.Table[int]
	for i, m := range []string{"PATCH", "HEAD", "DELETE", "PUT", "POST", "GET", "OPTIONS", "TRACE", "CONNECT"} {
		if err := table.Add(m, "/x", i); err != nil || !route.Known(m) {
			t.Errorf("%s: %v, known %v", m, err, route.Known(m))
		}
	}
	var s route.Segments
	want := []string{"GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE", "CONNECT"}
	if diff := cmp.Diff(want, table.Find("/x", &s).Methods()); diff != "" {
		t.Errorf("methods (-want +got):\n%s", diff)
	}
	if got := table.Find("/y", &s).Methods(); got != nil {
		t.Errorf("methods of nothing = %v", got)
	}
}

func TestAddRefuses(t *testing.T) {
	t.Parallel()
	table := security(t)
	for _, tt := range []struct{ method, path, want string }{
		{"GET", "/_security/user/{other}", "is there twice"},
		{"GET", "/_security/user/", "is there twice"},
		{"FETCH", "/x", "bad route"},
		{"GET", "x", "bad route"},
		{"GET", "/{a}/{b}/{c}/{d}/{e}", "too many names"},
	} {
		if err := table.Add(tt.method, tt.path, ""); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Add(%s %s) = %v, want %q", tt.method, tt.path, err, tt.want)
		}
	}
}

func FuzzFind(f *testing.F) {
	for _, seed := range []string{"/", "", "//", "/_security/user/a/_password", "/a/b/c/e", "/_security/service/a/b/credential/token/c/", strings.Repeat("/x", 50)} {
		f.Add(seed)
	}
	table := security(f)
	f.Fuzz(func(t *testing.T, path string) {
		var s route.Segments
		n := table.Find(path, &s)
		if n == nil || strings.ContainsAny(path, "{}") {
			return // braces would be taken for names below
		}
		// What was found leads back to the path.
		for _, method := range n.Methods() {
			tg := n.Target(method)
			_, built, _ := strings.Cut(tg.Value, " ")
			for i, name := range tg.Names {
				built = strings.Replace(built, "{"+name+"}", s.At(i), 1)
			}
			if got := strings.TrimRight(built, "/"); got != strings.TrimRight("/"+strings.TrimPrefix(path, "/"), "/") {
				t.Errorf("%q led to %s, which is %q", path, tg.Value, got)
			}
		}
	})
}

func BenchmarkFind(b *testing.B) {
	table := security(b)
	for _, path := range []string{"/_security/_authenticate", "/_security/user/some-user/_password", "/_security/nope"} {
		b.Run(path, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var s route.Segments
				if n := table.Find(path, &s); n != nil && n.Target(http.MethodPatch) != nil {
					b.Fatal("found a method that is not there")
				}
			}
		})
	}
}

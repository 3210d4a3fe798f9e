package node_test

import (
	"net/http"
	"strings"
	"testing"
)

// The answers are those of a 9.5.3 node.
func TestTheAddressOfTheAPIIsNoIndex(t *testing.T) {
	t.Parallel()
	s := newService(t)
	bad := func(name, rule string) string {
		one := `"type":"invalid_index_name_exception","reason":"Invalid index name [` + name + `], must not start with ` + rule + `","index_uuid":"_na_","index":"` + name + `"`
		return `{"error":{"root_cause":[{` + one + `}],` + one + `},"status":400}`
	}
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{http.MethodGet, "/_security", "", 400, bad("_security", "'_'.")},
		{http.MethodDelete, "/_security/", "", 400, bad("_security", "'_'.")},
		{http.MethodPut, "/_Security", `{"settings":{},"mappings":{},"aliases":{}}`, 400, bad("_Security", "'_', '-', or '+'")},
		{http.MethodPut, "/_security", "", 400, bad("_security", "'_', '-', or '+'")},
		{http.MethodPut, "/_security", "[]", 400, bad("_security", "'_', '-', or '+'")},
		{http.MethodPut, "/_security", `{"name":"x"}`, 400, "unknown key [name] for create index"},
		{http.MethodPut, "/_security", `{"settings":1}`, 400, "key [settings] must be an object"},
		{http.MethodPut, "/_security", `{`, 400, "x_content_e_o_f_exception"},
		{http.MethodGet, "/_security?zz=1", "", 400, "contains unrecognized parameter: [zz]"},
		{http.MethodHead, "/_security", "", 400, ""},
		{http.MethodPost, "/_security", "", 405, `{"error":"Incorrect HTTP method for uri [/_security] and method [POST], allowed: [GET, PUT, DELETE, HEAD]","status":405}`},
	} {
		if status, got, _ := serve(t, s, c.method, c.path, c.body); status != c.status || !strings.Contains(got, c.want) {
			t.Errorf("%s %s %s = %d %s, want %d %s", c.method, c.path, c.body, status, got, c.status, c.want)
		}
	}
}

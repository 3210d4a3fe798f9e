package user_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestWhichComplaintComesFirst has requests with several faults; the one that a real
// node names is not always the first that it could see.
func TestWhichComplaintComesFirst(t *testing.T) {
	t.Parallel()
	const (
		badRefresh = "illegal_argument_exception: Unknown value for refresh: [nope]."
		unknown    = "contains unrecognized parameter: [zzz]"
		noBody     = "parse_exception: request body is required"
	)
	a := newAPI(t, nil)
	for _, c := range []struct{ name, method, path, body, want string }{
		{"a put looks at the body before refresh", "PUT", "x?refresh=nope&zzz=1", `{"y":1}`, "parse_exception: failed to parse add user request. unexpected field [y]"},
		{"which must be there", "PUT", "x?refresh=nope&zzz=1", "", noBody},
		{"then at refresh, then at other parameters", "PUT", "x?refresh=nope&zzz=1", `{"roles":[]}`, badRefresh},
		{"and validates last", "PUT", "x?zzz=1", `{"password":"secret"}`, unknown},
		{"a deletion looks at refresh last", "DELETE", "x?refresh=nope&zzz=1", "", unknown},
		{"but before it runs", "DELETE", "elastic?refresh=nope", "", badRefresh},
		{"a new password needs a body", "PUT", "x/_password?refresh=nope&zzz=1", "", noBody},
		{"which is looked at after the parameters", "PUT", "x/_password?refresh=nope&zzz=1", `{"y":1}`, unknown},
		{"but before refresh", "PUT", "x/_password?refresh=nope", `{"y":1}`, "parse_exception: failed to parse change password request. unexpected field [y]"},
		{"which comes before validation", "PUT", "x/_password?refresh=nope", `{}`, badRefresh},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			status, answer := a.do(t, "", c.method, "/_security/user/"+c.path, c.body)
			if got := refused(t, answer); status != http.StatusBadRequest || !strings.Contains(got, c.want) {
				t.Errorf("%d %s, want %s", status, got, c.want)
			}
		})
	}
}

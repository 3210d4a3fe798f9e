package user_test

import (
	"encoding/json"
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

// An update without a password is a partial one of a document, and shows it.
func TestMetadataAreMergedWhileThePasswordStays(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	for _, c := range []struct{ name, body, want string }{
		{"a new user", `"password":"secret","metadata":{"a":1,"n":{"p":1,"l":[1,2]}}`, `{"a":1,"n":{"p":1,"l":[1,2]}}`},
		{"objects are merged", `"metadata":{"b":2,"n":{"q":2,"l":[3]}}`, `{"a":1,"n":{"p":1,"l":[3],"q":2},"b":2}`},
		{"an empty one changes nothing", `"metadata":{}`, `{"a":1,"n":{"p":1,"l":[3],"q":2},"b":2}`},
		{"a password replaces all", `"password":"secret","metadata":{"z":1}`, `{"z":1}`},
		{"null is a value", `"metadata":{"c":null}`, `{"z":1,"c":null}`},
		{"without metadata there are none", `"full_name":"x"`, `{}`},
	} {
		a.must(t, "PUT", "/_security/user/ana", `{"roles":["a"],`+c.body+`}`)
		var got map[string]struct{ Metadata json.RawMessage }
		if err := json.Unmarshal([]byte(a.must(t, "GET", "/_security/user/ana", "")), &got); err != nil {
			t.Fatal(err)
		}
		if string(got["ana"].Metadata) != c.want {
			t.Errorf("%s: %s, want %s", c.name, got["ana"].Metadata, c.want)
		}
	}
}

func TestMetadataThatTheIndexRefuses(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	addNative(t, a, "ana")
	const empty = "failed to parse: field name cannot be an empty string"
	for _, c := range []struct{ name, user, body, want string }{
		{"of a new user", "bo", `{"password":"secret","roles":[],"metadata":{"":1}}`, "[1:145] " + empty},
		{"with names", "bo", `{"password":"secret","roles":["a"],"full_name":"é","email":"e@x","metadata":{"":1}}`, "[1:149] " + empty},
		{"of one that is there", "ana", `{"roles":["a"],"metadata":{"":1}}`, "[1:149] " + empty},
		{"all else comes first", "bo", `{"roles":["a"],"metadata":{"":1}}`, "Validation Failed: 1: password must be specified unless you are updating an existing user;"},
	} {
		status, answer := a.do(t, "", "PUT", "/_security/user/"+c.user, c.body)
		if got := refused(t, answer); status != http.StatusBadRequest || !strings.HasSuffix(got, ": "+c.want) {
			t.Errorf("%s: %d %s, want %s", c.name, status, got, c.want)
		}
	}
	if status, _ := a.do(t, "", "GET", "/_security/user/bo", ""); status != http.StatusNotFound {
		t.Errorf("the refused user exists: %d", status)
	}
}

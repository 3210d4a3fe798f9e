package esapi_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/esapi"
)

// Every recorded answer of these endpoints must survive decoding and encoding
// without losing a member: what a command shows is then what the server said.
func TestRecordedAnswersSurviveARoundTrip(t *testing.T) {
	t.Parallel()
	shapes := []struct {
		method, path string
		into         func() any
	}{
		{"GET", `/_security/_authenticate/?`, into[esapi.Authentication]},
		{"GET", `/_security/user(/[^_/][^/]*)?`, into[esapi.Users]},
		{"GET", `/_security/user/_privileges`, into[esapi.UserPrivileges]},
		{"(GET|POST)", `/_security/user(/[^/]+)?/_has_privileges`, into[esapi.HasPrivilegesResponse]},
		{"GET", `/_security/role(/[^/]+)?`, into[esapi.Roles]},
		{"(PUT|POST)", `/_security/role/[^/]+`, into[esapi.PutRoleResponse]},
		{"GET", `/_security/privilege/_builtin`, into[esapi.BuiltinPrivileges]},
		{"GET", `/_security/privilege(/[^_][^/]*){0,2}`, into[esapi.ApplicationPrivileges]},
		{"(PUT|POST)", `/_security/privilege`, into[esapi.PutPrivilegesResponse]},
		{"DELETE", `/_security/privilege/.*`, into[esapi.DeletePrivilegesResponse]},
		{"GET", `/_security/api_key`, into[esapi.APIKeys]},
		{"DELETE", `/_security/api_key`, into[esapi.InvalidatedAPIKeys]},
		{"POST", `/_security/oauth2/token`, into[struct {
			esapi.CreatedToken
			esapi.TokenSecrets
		}]},
		{"DELETE", `/_security/oauth2/token`, into[esapi.InvalidatedTokens]},
		{"GET", `/_security/service(/[^/]+){0,2}`, into[esapi.ServiceAccounts]},
		{"GET", `/_security/service/[^/]+/[^/]+/credential`, into[esapi.ServiceCredentials]},
	}
	seen := make([]int, len(shapes))
	for _, r := range recorded(t) {
		for i, s := range shapes {
			if !regexp.MustCompile("^"+s.method+"$").MatchString(r.Request.Method) || !regexp.MustCompile(`^`+s.path+`(\?.*)?$`).MatchString(r.Request.Path) {
				continue
			}
			seen[i]++
			v := s.into()
			if err := json.Unmarshal(r.Response.Body, v); err != nil {
				t.Errorf("decode %s of %s %s: %v", r.Response.Body, r.Request.Method, r.Request.Path, err)
				continue
			}
			again, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tree(t, r.Response.Body), tree(t, again)); diff != "" {
				t.Errorf("%s %s (-recorded +round trip):\n%s", r.Request.Method, r.Request.Path, diff)
			}
		}
	}
	for i, n := range seen {
		if n == 0 {
			t.Errorf("no recording of %s %s", shapes[i].method, shapes[i].path)
		}
	}
}

func into[T any]() any { return new(T) }

type recording struct {
	Request  struct{ Method, Path string }
	Response struct {
		Status int
		Body   json.RawMessage
	}
}

// matcher stands in recordings for what differs from run to run; where it is a
// number it is written as a text.
var matcher = regexp.MustCompile(`"<(now[^>]*|int|millis)>"`)

func recorded(t *testing.T) []recording {
	t.Helper()
	files, err := filepath.Glob("../wiretest/testdata/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	var all []recording
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(bytes.NewReader(data))
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			var r recording
			if err := json.Unmarshal(matcher.ReplaceAll(lines.Bytes(), []byte("1")), &r); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if r.Response.Status == 200 && len(r.Response.Body) > 0 && !bytes.Contains([]byte(r.Request.Path), []byte("filter_path")) {
				all = append(all, r)
			}
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func tree(t *testing.T, data []byte) any {
	t.Helper()
	var v any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

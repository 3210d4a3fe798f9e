package realm_test

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/realm"
)

func TestBasicReadsWhatElasticsearchReads(t *testing.T) {
	t.Parallel()
	enc := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for _, c := range []struct {
		name, header string
		want         realm.Credential
		reason       string // of a malformed one
	}{
		{"name and password", "Basic " + enc("ana:pw"), password("ana", "pw"), ""},
		{"the scheme in lower case", "basic " + enc("ana:pw"), password("ana", "pw"), ""},
		{"the scheme in upper case", "BASIC " + enc("ana:pw"), password("ana", "pw"), ""},
		{"a colon in the password", "Basic " + enc("ana:p:w"), password("ana", "p:w"), ""},
		{"an empty password", "Basic " + enc("ana:"), password("ana", ""), ""},
		{"an empty name", "Basic " + enc(":pw"), password("", "pw"), ""},
		{"no padding", "Basic " + strings.TrimRight(enc("ana:p"), "="), password("ana", "p"), ""},
		{"two blanks", "Basic  " + enc("ana:pw"), password("ana", "pw"), ""},
		{"a name that is not UTF-8", "Basic " + enc("a\xff:pw"), password("a\uFFFD", "pw"), ""},
		{"no header", "", nil, ""},
		{"only the scheme", "Basic", nil, ""},
		{"only the scheme and a blank", "Basic ", nil, ""},
		{"another scheme", "Bearer " + enc("ana:pw"), nil, ""},
		{"a scheme that begins like it", "Basically " + enc("ana:pw"), nil, ""},
		{"no base64", "Basic !!!", nil, "invalid basic authentication header encoding"},
		{"no colon", "Basic " + enc("ana"), nil, "invalid basic authentication header value"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			r.Header.Set("Authorization", c.header)
			got, _ := realm.Basic(r)
			if bad, ok := got.(realm.Malformed); ok {
				f, _ := errors.AsType[*fault.Error](bad.Err)
				if f == nil || f.Reason != c.reason || f.Kind != fault.Unauthorized {
					t.Errorf("malformed: %v, want %q", bad.Err, c.reason)
				}
				return
			}
			if diff := cmp.Diff(c.want, got); diff != "" || c.reason != "" {
				t.Errorf("credential (-want +got):\n%s", diff)
			}
		})
	}
}

// The vectors were printed by java.util.Base64 of JDK 25.
func TestBase64IsJavas(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/java-base64.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		in, want, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		text, err := hex.DecodeString(in)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := realm.DecodeBase64(string(text))
		got := "ok " + hex.EncodeToString(plain)
		if f, bad := errors.AsType[*fault.Error](err); bad {
			got = "err " + f.Reason
		}
		if got != want {
			t.Errorf("DecodeBase64(%q) = %s, want %s", text, got, want)
		}
	}
}

func FuzzDecodeBase64(f *testing.F) {
	for _, seed := range []string{"", "YQ==", "YQ", "YQ=", "Y", "!!", "YWJj=", "YR==", "YQ==x", "YWJj"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := realm.DecodeBase64(text)
		want, strict := base64.StdEncoding.DecodeString(text)
		if strict == nil && !strings.ContainsAny(text, "\r\n") && (err != nil || string(got) != string(want)) {
			t.Errorf("DecodeBase64(%q) = %q, %v; want %q", text, got, err, want)
		}
		if err == nil && base64.RawStdEncoding.EncodeToString(got)[:len(got)/3*4] != strings.TrimRight(text, "=")[:len(got)/3*4] {
			t.Errorf("DecodeBase64(%q) = %q, which is something else", text, got)
		}
	})
}

package media_test

import (
	"strings"
	"testing"

	"github.com/realmctl/realmctl/internal/rest/media"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in     string
		format media.Format
		vendor bool
	}{
		{"application/json", media.JSON, false},
		{" Application/JSON ; charset=UTF-8", media.JSON, false},
		{"application/*", media.JSON, false},
		{"application/x-ndjson", media.JSON, false},
		{"application/vnd.elasticsearch+json;compatible-with=9", media.JSON, true},
		{"application/yaml", media.YAML, false},
		{"application/vnd.elasticsearch+yaml", media.YAML, true},
		{"application/smile", media.Binary, false},
		{"application/vnd.elasticsearch+cbor", media.Binary, true},
		{"text/plain", media.Unknown, false},
		{"*/*", media.Unknown, false},
		{"a/b,c/d", media.Unknown, false},
	} {
		m, err := media.Parse(tt.in)
		if err != nil {
			t.Errorf("Parse(%q) = %v", tt.in, err)
			continue
		}
		if f, vendor := m.Format(); f != tt.format || vendor != tt.vendor {
			t.Errorf("Parse(%q).Format() = %v, %v, want %v, %v", tt.in, f, vendor, tt.format, tt.vendor)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"json":             "invalid media-type [json]",
		"application/":     "invalid media-type [application/]",
		"a/b/c":            "invalid media-type [a/b/c]",
		"a/b;c":            "invalid parameters for header [a/b;c]",
		"a/b;c =d":         "invalid parameters for header [a/b;c =d]",
		"a/b;c= d":         "invalid parameters for header [a/b;c= d]",
		"a/b;=d":           "invalid parameters for header [a/b;=d]",
		"a/b;c=":           "invalid parameters for header [a/b;c=]",
		"a/b;c=d=e":        "invalid parameters for header [a/b;c=d=e]",
		"application/jsön": "invalid media-type [application/jsön]",
	} {
		if m, err := media.Parse(in); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("Parse(%q) = %v, %v, want %q", in, m, err, want)
		}
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	const vendor = "application/vnd.elasticsearch+json;compatible-with="
	for _, tt := range []struct {
		accept, content string
		body            bool
		want            string
	}{
		{accept: "", content: "", body: true},
		{accept: vendor + "8", content: vendor + "8", body: true},
		{accept: vendor + "8", content: vendor + "9"},
		{accept: vendor + "7", want: "Accept version must be either version 9 or 8, but found 7. Accept=" + vendor + "7"},
		{accept: vendor + "300", want: "Accept version must be either version 9 or 8, but found 0. Accept=" + vendor + "300"},
		{content: vendor + "10", body: true, want: "Content-Type version must be either version 9 or 8, but found 10. Content-Type=" + vendor + "10"},
		{content: vendor + "8", body: true, want: "A compatible version is required on both Content-Type and Accept headers if either one has requested a compatible version and the compatible versions must match. Accept=null, Content-Type=" + vendor + "8"},
		{content: vendor + "9", body: true, want: "A compatible version is required on both Content-Type and Accept headers if either one has requested a compatible version. Accept=null, Content-Type=" + vendor + "9"},
	} {
		if got := media.Versions(parse(t, tt.accept), parse(t, tt.content), tt.body); got != tt.want {
			t.Errorf("Versions(%q, %q, %v) = %q, want %q", tt.accept, tt.content, tt.body, got, tt.want)
		}
	}
}

// parse is Parse, or nil of an absent header.
func parse(t *testing.T, text string) *media.Type {
	t.Helper()
	if text == "" {
		return nil
	}
	m, err := media.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestNamed(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]media.Format{"json": media.JSON, "YAML": media.YAML, "cbor": media.Binary, "smile": media.Binary, "text": media.Unknown, "": media.Unknown} {
		if got := media.Named(name); got != want {
			t.Errorf("Named(%q) = %v, want %v", name, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"application/json", "a/b; c=d ;e=f;", "*/*", " */*", "a/b;c=d=", ";", "application/vnd.elasticsearch+json; compatible-with=9"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := media.Parse(text)
		if err != nil || m == nil {
			return
		}
		if m.String() != text {
			t.Errorf("String() = %q, want %q", m, text)
		}
		// What was understood is understood again.
		name, _, _ := strings.Cut(strings.ToLower(text), ";")
		again := strings.TrimSpace(name)
		for _, p := range m.Params {
			if p.Name == "" || p.Value == "" {
				t.Errorf("Parse(%q) has an empty parameter: %v", text, m.Params)
			}
			again += ";" + p.Name + "=" + p.Value
		}
		if again == "*/*" {
			return // with blanks it is a type, as for Elasticsearch; without, a wildcard
		}
		n, err := media.Parse(again)
		if err != nil || n == nil || len(n.Params) != len(m.Params) {
			t.Errorf("Parse(%q) = %v, but Parse(%q) = %v, %v", text, m, again, n, err)
		}
		media.Versions(m, n, true)
	})
}

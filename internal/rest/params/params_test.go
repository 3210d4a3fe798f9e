package params_test

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/realmctl/realmctl/internal/rest/params"
)

func TestUnescape(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in    string
		plus  bool
		want  string
		fails string
	}{
		{in: "plain", want: "plain"},
		{in: "a+b", plus: true, want: "a b"},
		{in: "a+b", want: "a+b"},
		{in: "%41%c3%A9", want: "Aé"},
		{in: "%%41", want: "%41"},
		{in: "%c3", want: "\uFFFD"},
		{in: "a%", fails: "unterminated escape sequence at end of string: a%"},
		{in: "a%4", fails: "partial escape sequence at end of string: a%4"},
		{in: "a%4g", fails: "invalid escape sequence `%4g' at index 1 of: a%4g"},
	} {
		got, err := params.Unescape(tt.in, tt.plus)
		if tt.fails != "" {
			if err == nil || !strings.HasSuffix(err.Error(), tt.fails) {
				t.Errorf("Unescape(%q) = %q, %v, want %q", tt.in, got, err, tt.fails)
			}
			continue
		}
		if err != nil || got != tt.want {
			t.Errorf("Unescape(%q) = %q, %v, want %q", tt.in, got, err, tt.want)
		}
	}
}

func TestParseQuery(t *testing.T) {
	t.Parallel()
	var p params.List
	if err := p.ParseQuery("a%3Db=1&a;b&&=&==y&c=%2B+d&a=2"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a=b": "1", "a": "2", "b": "", "y": "", "c": "+ d"} {
		if got, ok := p.Get(name); !ok || got != want {
			t.Errorf("%s = %q, %v, want %q", name, got, ok, want)
		}
	}
	if err := p.Unrecognized("/x"); err != nil {
		t.Errorf("all were asked for: %v", err)
	}
}

func TestUnrecognizedSuggests(t *testing.T) {
	t.Parallel()
	var p params.List
	if err := p.ParseQuery("nam=x&ownr=true&zzz"); err != nil {
		t.Fatal(err)
	}
	p.Get("name")
	p.Get("owner")
	const want = "request [/_security/api_key] contains unrecognized parameters: [nam] -> did you mean [name]?, [ownr] -> did you mean [owner]?, [zzz]"
	if err := p.Unrecognized("/_security/api_key"); err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("Unrecognized = %v, want %s", err, want)
	}
}

// FuzzQuery compares with net/url where both take a query for the same thing.
func FuzzQuery(f *testing.F) {
	for _, seed := range []string{"a=1&b=2", "a", "a=%c3%a9+b", "=x", "a=b=c", "%zz", "a;b", strings.Repeat("x=1&", 40)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		var p params.List
		err := p.ParseQuery(query)
		values, other := url.ParseQuery(query)
		if other != nil || err != nil || strings.ContainsAny(query, "#") || strings.Contains(query, "%%") {
			return
		}
		for name, all := range values {
			if name == "" || !utf8.ValidString(name) {
				continue // several broken names may become one
			}
			if strings.Contains(query, "="+name) || strings.Contains(query, "==") {
				return // names and values that trade places
			}
			want := strings.ToValidUTF8(all[len(all)-1], "\uFFFD")
			if got, ok := p.Get(name); !ok || got != want {
				t.Errorf("%q: %q = %q, %v, want %q", query, name, got, ok, want)
			}
		}
	})
}

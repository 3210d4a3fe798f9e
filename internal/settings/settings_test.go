package settings_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/settings"
)

func lookup(name string) (string, bool) {
	text, ok := map[string]string{
		"HOST": "es1", "EMPTY": "", "LIST": "a, b,,c", "SECRET": "hunter2-hunter2", "OUTER": "<${HOST}>", "LOOP": "${LOOP}", "BAD": "hunter2${GONE}",
	}[name]
	return text, ok
}

func parse(t testing.TB, text string) *settings.Settings {
	t.Helper()
	s, err := settings.Loader{Lookup: lookup}.Parse("elasticsearch.yml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestNestedAndDottedNamesAreTheSame(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nested":     "xpack:\n  security:\n    authc:\n      api_key:\n        enabled: true\n        cache:\n          ttl: 1d\n",
		"dotted":     "xpack.security.authc.api_key.enabled: true\nxpack.security.authc.api_key.cache.ttl: 1d\n",
		"mixed":      "xpack.security:\n  authc.api_key.enabled: true\n  authc:\n    api_key.cache: {ttl: 1d}\n",
		"two places": "xpack.security.authc.api_key:\n  enabled: TRUE\nxpack:\n  security.authc.api_key.cache.ttl: '1d'\n",
		"marks":      "\ufeff---\n# comment\nxpack.security.authc.api_key.enabled: \"true\" # yes\nxpack.security.authc.api_key.cache.ttl: 1d\n...\n",
		"CR LF":      "xpack.security.authc.api_key:\r\n  enabled: true\r\n  cache.ttl: 1d\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := parse(t, text)
			want := []string{"xpack.security.authc.api_key.cache.ttl", "xpack.security.authc.api_key.enabled"}
			if diff := cmp.Diff(want, s.Keys()); diff != "" {
				t.Errorf("Keys() differ (-want +got):\n%s", diff)
			}
			keys := s.Group("xpack.security.authc.api_key")
			if on, err := keys.Bool("enabled", false); !on || err != nil {
				t.Errorf("Bool(enabled) = %v, %v, want true", on, err)
			}
			if ttl, err := keys.Duration("cache.ttl", 0); ttl != 24*time.Hour || err != nil {
				t.Errorf("Duration(cache.ttl) = %v, %v, want 24h", ttl, err)
			}
		})
	}
}

func TestTextsStayAsWritten(t *testing.T) {
	t.Parallel()
	s := parse(t, "a: 010\nb: 1_000\nc: 2024-01-02\nd: yes\ne: 12:30\nF: Upper\ng: |\n  two\n  lines\nh: 1e3\n1: one\ni: True\nj: !!str true\nk: 'null'\n")
	got := map[string]string{}
	for _, key := range s.Keys() {
		got[key], _ = s.String(key)
	}
	want := map[string]string{
		"a": "010", "b": "1_000", "c": "2024-01-02", "d": "yes", "e": "12:30", "F": "Upper", "g": "two\nlines\n", "h": "1e3", "1": "one", "i": "true", "j": "true", "k": "null",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("texts differ (-want +got):\n%s", diff)
	}
}

func TestListsInEveryForm(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"k: [a, b, 'c,d']":           {"a", "b", "c,d"},
		"k:\n- a\n- 2\n- true":       {"a", "2", "true"},
		"k: a, b,,c ":                {"a", "b", "c"},
		"k: a":                       {"a"},
		"k.0: a\nk.1: b\nk.10: x":    {"a", "b"},
		"k:\n  0: a\n  1: b":         {"a", "b"},
		"k: []":                      {},
		"k: ${LIST}":                 {"a", "b", "c"},
		"k: ['${HOST}', 'x${HOST}']": {"es1", "xes1"},
	} {
		got, ok := parse(t, text).Strings("k")
		if !ok || !cmp.Equal(got, want) {
			t.Errorf("Strings of %q = %q, %v, want %q", text, got, ok, want)
		}
	}
	if got, ok := parse(t, "other: 1").Strings("k"); got != nil || ok {
		t.Errorf("Strings of nothing = %q, %v, want none", got, ok)
	}
	if got, _ := parse(t, "k: [a, b]").String("k"); got != "a,b" {
		t.Errorf("String of a list = %q, want a,b", got)
	}
}

func TestPlaceholders(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"${HOST}":                    "es1",
		"x-${HOST}-${HOST}-y":        "x-es1-es1-y",
		"${GONE:fallback}":           "fallback",
		"${GONE:${HOST}}":            "es1",
		"${GONE:${ALSO:deep:er}}":    "deep:er",
		"${HOST:fallback}":           "es1",
		"${other}":                   "of es1",
		"${OUTER}":                   "<es1>",
		"${GONE:HO}ST":               "HOST",
		"${${GONE:HOST}}":            "es1",
		"${unclosed":                 "${unclosed",
		"$HOST {HOST} $${GONE:x}":    "$HOST {HOST} $x",
		"${GONE:a}${GONE:}${GONE:b}": "ab",
	} {
		s := parse(t, fmt.Sprintf("k: '%s'\nother: of ${HOST}\n", text))
		if got, _ := s.String("k"); got != want {
			t.Errorf("%s = %q, want %q", text, got, want)
		}
	}
	if s := parse(t, "a: ${EMPTY}\nb: ''\nc: ${GONE:}\n"); len(s.Keys()) != 0 {
		t.Errorf("empty texts are set: %v", s.Keys())
	}
}

func TestComplaints(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"the same name twice":          {"ok: 1\na.b: 1\nc: 2\na.b: 3\n", "f.yml:4: a.b: already set in line 2"},
		"nested and dotted":            {"a:\n  b: 1\na.b: 2\n", "f.yml:3: a.b: already set in line 2"},
		"a nested part twice":          {"a:\n  b: 1\na:\n  c: 1\n", "f.yml:3: a: already set in line 1"},
		"a value and its items":        {"a: x\na.0: y\n", "f.yml:2: a.0: already set as [a] in line 1"},
		"no value":                     {"ok: 1\na:\n  b:\n", "f.yml:3: a.b: has no value; remove the line or write one (null-valued setting)"},
		"null":                         {"a: ~\n", "f.yml:1: a: has no value; remove the line or write one (null-valued setting)"},
		"a list of lists":              {"a: [b, [c]]\n", "f.yml:1: a: only plain values may stand in a list"},
		"a list with nothing":          {"a:\n- b\n-\n", "f.yml:3: a: only plain values may stand in a list"},
		"a name that is a list":        {"a:\n  ? [b]\n  : c\n", "f.yml:2: a: a name must be plain text"},
		"a merge":                      {"a: &x {b: 1}\nc:\n  <<: *x\n", "f.yml:3: c: a name must be plain text"},
		"an alias":                     {"a: &x b\nc: *x\n", "f.yml:2: c: YAML aliases are not supported; put quotes around a value that begins with *"},
		"an alias to nothing":          {"ok: 1\na: *hunter2\n", "f.yml:2: invalid YAML: YAML aliases are not supported; put quotes around a value that begins with *"},
		"no mapping":                   {"- a\n", "f.yml:1: settings are lines of the form name: value"},
		"a plain text":                 {"\n\nfoo\n", "f.yml:3: settings are lines of the form name: value"},
		"a second document":            {"a: 1\n---\nb: 2\n", "f.yml:2: a second YAML document begins here; a settings file has one"},
		"text after the end":           {"a: 1\n...\nb: 2\n", "f.yml:3: invalid YAML: did not find expected <document start>"},
		"a tab":                        {"a:\n\tb: 1\n", "f.yml:2: invalid YAML: a line is indented with blanks, not with a tab"},
		"a tab later":                  {"a: b\n\tc: d\n", "f.yml:2: invalid YAML: a line is indented with blanks, not with a tab"},
		"a flow that goes on":          {"ok: 1\na: [1,2\nb: 3\n", "f.yml:2: invalid YAML: did not find expected ',' or ']'"},
		"too little indentation":       {"a:\n   b: 1\n  c: 2\n", "f.yml:3: invalid YAML: did not find expected key"},
		"a colon in a value":           {"ok: 1\na: b: c\n", "f.yml:2: invalid YAML: mapping values are not allowed in this context"},
		"an error in the first line":   {"a: }\n", "f.yml:1: invalid YAML: did not find expected node content"},
		"bytes that are not UTF-8":     {"ok: 1\n# \xff\n", "f.yml:2: not UTF-8 text"},
		"a NUL after CR alone":         {"ok: 1\r\ra: \x00", "f.yml:3: not UTF-8 text"},
		"a NUL":                        {"ok: 1\n\na: x\x00y\n", "f.yml:3: not UTF-8 text"},
		"a missing variable":           {"ok: 1\na: x${GONE}\n", "f.yml:2: a: there is no variable for ${GONE}"},
		"a variable missing in one":    {"a: ${BAD}\n", "f.yml:1: a: a variable refers to another one that is not set"},
		"a variable that holds itself": {"a: ${LOOP}\n", "f.yml:1: a: the placeholders refer to each other in a circle"},
		"settings in a circle":         {"a: ${b}\nb: ${a}\n", "f.yml:1: a: the placeholders refer to each other in a circle\nf.yml:2: b: the placeholders refer to each other in a circle"},
		"two complaints":               {"a:\nb: [[]]\n", "f.yml:1: a: has no value; remove the line or write one (null-valued setting)\nf.yml:2: b: only plain values may stand in a list"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := settings.Loader{Lookup: lookup}.Parse("f.yml", []byte(c.text))
			if got := fmt.Sprint(err); got != c.want {
				t.Errorf("Parse(%q) = %s, want %s", c.text, got, c.want)
			}
			if place, ok := errors.AsType[*settings.Error](err); !ok || place.Line == 0 || place.File != "f.yml" {
				t.Errorf("Parse(%q) names no place: %#v", c.text, err)
			}
		})
	}
}

func TestPlaceholdersThatExplode(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 64 {
		_, _ = fmt.Fprintf(&b, "a%d: ${a%d}${a%d}\n", i, i+1, i+1)
	}
	b.WriteString("a64: boom\n")
	_, err := settings.Loader{}.Parse("f.yml", []byte(b.String()))
	if err == nil || !strings.Contains(err.Error(), "f.yml:1: a0: the placeholders make the value too long") {
		t.Errorf("Parse() = %v, want it too long", err)
	}
}

func TestGetters(t *testing.T) {
	t.Parallel()
	s := parse(t, "int: 7\nminus: -1\nbig: 4294967296\nyes: yes\ntrue: true\noff: false\nttl: 20m\nword: Optional\nsecret: ${SECRET}\n")
	for name, c := range map[string]struct {
		get  func() (any, error)
		want any
		err  string
	}{
		"an int":               {func() (any, error) { return s.Int("int", 1) }, 7, ""},
		"a negative int":       {func() (any, error) { return s.Int("minus", 1) }, -1, ""},
		"the int's default":    {func() (any, error) { return s.Int("none", 1) }, 1, ""},
		"no int":               {func() (any, error) { return s.Int("ttl", 1) }, 0, "elasticsearch.yml:7: ttl: [20m] is not a whole number"},
		"too large an int":     {func() (any, error) { return s.Int("big", 1) }, 0, "elasticsearch.yml:3: big: [4294967296] is not a whole number"},
		"a bool":               {func() (any, error) { return s.Bool("true", false) }, true, ""},
		"a false bool":         {func() (any, error) { return s.Bool("off", true) }, false, ""},
		"the bool's default":   {func() (any, error) { return s.Bool("none", true) }, true, ""},
		"yes is no bool":       {func() (any, error) { return s.Bool("yes", true) }, false, "elasticsearch.yml:4: yes: [yes] is neither [true] nor [false]"},
		"a duration":           {func() (any, error) { return s.Duration("ttl", 0) }, 20 * time.Minute, ""},
		"minus one":            {func() (any, error) { return s.Duration("minus", 0) }, -time.Millisecond, ""},
		"the duration's":       {func() (any, error) { return s.Duration("none", time.Hour) }, time.Hour, ""},
		"no duration":          {func() (any, error) { return s.Duration("int", 0) }, time.Duration(0), "elasticsearch.yml:1: int: [7] is not a duration such as 30s, 20m or 7d"},
		"a word":               {func() (any, error) { return s.Enum("word", "none", "none", "optional") }, "optional", ""},
		"the word's default":   {func() (any, error) { return s.Enum("none", "x", "y") }, "x", ""},
		"another word":         {func() (any, error) { return s.Enum("word", "x", "x", "y") }, "", "elasticsearch.yml:8: word: [Optional] is not one of [x, y]"},
		"a variable's content": {func() (any, error) { return s.Int("secret", 0) }, 0, "elasticsearch.yml:9: secret: [${SECRET}] is not a whole number"},
		"a text":               {func() (any, error) { return s.Text("secret", ""), nil }, "hunter2-hunter2", ""},
		"the text's default":   {func() (any, error) { return s.Text("none", "def"), nil }, "def", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := c.get()
			if got != c.want || err == nil && c.err != "" || err != nil && err.Error() != c.err {
				t.Errorf("= %v, %v, want %v, %s", got, err, c.want, c.err)
			}
		})
	}
}

func TestGroupsNameTheWholeSetting(t *testing.T) {
	t.Parallel()
	s := parse(t, "ok: 1\na:\n  b:\n    c: x\n    d: 1\n  e: 2\nab: 3\n")
	g := s.Group("a").Group("b")
	if got, want := g.Keys(), []string{"c", "d"}; !cmp.Equal(got, want) {
		t.Errorf("Keys() = %v, want %v", got, want)
	}
	if got, want := s.Names(), []string{"a", "ab", "ok"}; !cmp.Equal(got, want) {
		t.Errorf("Names() = %v, want %v", got, want)
	}
	if _, err := g.Int("c", 0); err == nil || err.Error() != "elasticsearch.yml:4: a.b.c: [x] is not a whole number" {
		t.Errorf("Int(c) = %v", err)
	}
	if got, want := s.Errorf("a.b", "%s", "no good").Error(), "elasticsearch.yml:4: a.b: no good"; got != want {
		t.Errorf("Errorf of a group = %s, want %s", got, want)
	}
	if got, want := g.Errorf("z", "is missing").Error(), "elasticsearch.yml: a.b.z: is missing"; got != want {
		t.Errorf("Errorf of nothing = %s, want %s", got, want)
	}
	if s.Has("a.b") || !s.Has("a.e") || s.Group("none").Has("x") {
		t.Error("Has mistakes groups for settings")
	}
	var none settings.Settings
	if _, ok := none.String("a"); ok || len(none.Keys()) != 0 || len(none.Group("a").Names()) != 0 {
		t.Error("the zero Settings have some")
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "elasticsearch.yml")
	if _, err := settings.Load(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Load of nothing = %v, want %v", err, fs.ErrNotExist)
	}
	if _, err := settings.Load(dir); err == nil {
		t.Error("Load of a directory = nil, want an error")
	}
	for _, text := range []string{"", "# only a comment\n", "---\n", "a: {}\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if s, err := settings.Load(path); err != nil || len(s.Keys()) != 0 || s.File() != path {
			t.Errorf("Load of %q = %v, %v, want no settings", text, s, err)
		}
	}
}

func TestDeepNestingEnds(t *testing.T) {
	t.Parallel()
	const n = 50_000
	for name, text := range map[string]string{
		"lists": strings.Repeat("[", n), "mappings": strings.Repeat("{a: ", n), "placeholders": "x" + strings.Repeat("${", n) + strings.Repeat("}", n),
	} {
		if _, err := (settings.Loader{}).Parse("f.yml", []byte("a: "+text)); err == nil {
			t.Errorf("%d %s inside of each other = nil, want an error", n, name)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"a: 1\nb: [x, y]\nc: {d: '${HOST:z}'}\n", "a.0: 1\na.1: 2\n", "a: *x\n", "a: &x 1\n<<: *x\n", "k: ${a${b}:c}\n", "\ufeff---\n...\n",
		"? [a]\n: b\n", "a: [1,2\nb: 3\n", "a:\n\tb: 1\n", "a: |+\n x\n\n", "%YAML 1.1\n---\na: !!binary x\n", "a: ${a}\n", "'': 1\n", "a: \"\\x00\"\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := settings.Loader{Lookup: lookup}.Parse("f.yml", []byte(text))
		if err != nil {
			if s != nil {
				t.Errorf("Parse(%q) returns settings and %v", text, err)
			}
			return
		}
		lines := strings.Count(strings.NewReplacer("\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n").Replace(text), "\n") + 1
		for _, key := range s.Keys() {
			if line := s.Line(key); line < 1 || line > lines {
				t.Errorf("Line(%q) = %d of %d in %q", key, line, lines, text)
			}
			if got, ok := s.String(key); !ok {
				t.Errorf("String(%q) = %q, false", key, got)
			}
			if items, ok := s.Strings(key); !ok {
				t.Errorf("Strings(%q) = %q, false", key, items)
			}
		}
		if _, err := s.Realms(); err != nil {
			if place, ok := errors.AsType[*settings.Error](err); !ok || place.Line == 0 {
				t.Errorf("Realms of %q: %v names no place", text, err)
			}
		}
	})
}

package xcontent_test

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/xcontent"
)

// at reads to the n-th token.
func at(t *testing.T, in string, n int) *xcontent.Reader {
	t.Helper()
	r := xcontent.New([]byte(in))
	for range n {
		if _, err := r.Next(); err != nil {
			t.Fatal(chain(err))
		}
	}
	return r
}

func TestMembers(t *testing.T) {
	t.Parallel()
	var seen []string
	r := at(t, `{"a":1,"b":[2,{"c":3}],"d":{}}`, 1)
	err := r.Members(func(name string) error {
		raw, err := r.Raw()
		seen = append(seen, name+string(raw))
		return err
	})
	if diff := cmp.Diff([]string{"a1", `b[2,{"c":3}]`, "d{}"}, seen); diff != "" || err != nil || r.Token() != xcontent.EndObject {
		t.Errorf("Members ended on %v, %v (-want +got):\n%s", r.Token(), err, diff)
	}
}

func TestSkip(t *testing.T) {
	t.Parallel()
	for _, in := range []string{`[{"a":[1,[2],{}]},"next"]`, `[7,"next"]`, `[[],"next"]`, `["x","next"]`} {
		r := at(t, in, 2)
		if err := r.Skip(); err != nil {
			t.Fatal(chain(err))
		}
		if _, err := r.Next(); err != nil {
			t.Fatal(chain(err))
		}
		if got, err := r.Text(); got != "next" || err != nil {
			t.Errorf("%s: after Skip Text = %q, %v, want next", in, got, err)
		}
	}
	r := at(t, `[{"a":`+`[1`, 2)
	if err := r.Skip(); err == nil {
		t.Error("Skip of a truncated object = nil")
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in   string
		n    int
		want string
		fail string
	}{
		{in: `["a\nb"]`, n: 2, want: "a\nb"},
		{in: `[1.50]`, n: 2, want: "1.50"},
		{in: `[true]`, n: 2, want: "true"},
		{in: `{"name":1}`, n: 2, want: "name"},
		{in: `[null]`, n: 2, fail: "illegal_argument_exception: Expected text at 1:2 but found VALUE_NULL"},
		{in: `[{}]`, n: 2, fail: "illegal_argument_exception: Expected text at 1:2 but found START_OBJECT"},
		{in: `[]`, n: 0, fail: "illegal_argument_exception: Expected text at 1:0 but found null"},
	} {
		got, err := at(t, tt.in, tt.n).Text()
		if got != tt.want || chain(err) != tt.fail {
			t.Errorf("%s: Text = %q, %s, want %q, %s", tt.in, got, chain(err), tt.want, tt.fail)
		}
	}
	if got, err := at(t, `[null]`, 2).TextOrNull(); got != nil || err != nil {
		t.Errorf("TextOrNull = %v, %v, want nil", got, err)
	}
	if got, err := at(t, `["x"]`, 2).TextOrNull(); err != nil || got == nil || *got != "x" {
		t.Errorf("TextOrNull = %v, %v, want x", got, err)
	}
	if got, err := at(t, `[[]]`, 2).TextOrNull(); err == nil {
		t.Errorf("TextOrNull of a list = %v", *got)
	}
}

func TestIsBool(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]bool{`[true]`: true, `["false"]`: true, `["x"]`: false, `[""]`: false, `[1]`: false, `[null]`: false, `[[]]`: false} {
		r := at(t, in, 2)
		if got := r.IsBool(); got != want {
			t.Errorf("%s: IsBool = %v, want %v", in, got, want)
		}
		if _, err := r.Bool(); want && err != nil {
			t.Errorf("%s: Bool = %v", in, err)
		}
	}
	if got, err := at(t, `[1]`, 2).Bool(); err == nil {
		t.Errorf("Bool of a number = %v", got)
	}
	if got, err := at(t, `[true]`, 2).Int(); err == nil {
		t.Errorf("Int of a boolean = %v", got)
	}
}

func TestFloat(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]float64{`[1e3]`: 1000, `["0.5"]`: 0.5, `[1e400]`: math.Inf(1)} {
		if got, err := at(t, in, 2).Float(); got != want || err != nil {
			t.Errorf("%s: Float = %v, %v, want %v", in, got, err, want)
		}
	}
}

func TestStrings(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in   string
		want []string
		fail string
	}{
		{in: `{"roles":["a","b"]}`, want: []string{"a", "b"}},
		{in: `{"roles":[]}`, want: []string{}},
		{in: `{"roles":null}`, fail: "parse_exception: could not parse [roles] field. expected a string array but found null value instead"},
		{in: `{"roles":"a"}`, fail: "parse_exception: could not parse [roles] field. expected a string array but found [VALUE_STRING] value instead"},
		{in: `{"roles":["a",7]}`, fail: "parse_exception: could not parse [null] field. expected a string array but one of the value in the array is [VALUE_NUMBER]"},
		{in: `{"roles":["a"`, fail: "x_content_e_o_f_exception: [1:14] Unexpected end of file <- json_e_o_f_exception: Unexpected end-of-input: expected close marker for Array (start marker at [Source: (byte[])\"{\"roles\":[\"a\"\"; line: 1, column: 10])\n at [Source: (byte[])\"{\"roles\":[\"a\"\"; line: 1, column: 14]"},
	} {
		got, err := at(t, tt.in, 3).Strings()
		if diff := cmp.Diff(tt.want, got); diff != "" || chain(err) != tt.fail {
			t.Errorf("%s: %s, want %s (-want +got):\n%s", tt.in, chain(err), tt.fail, diff)
		}
	}
}

func TestRawWritesAsJavaDoes(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`1e400`:                   `"Infinity"`,
		`-1e400`:                  `"-Infinity"`,
		`-0`:                      `0`,
		`-0.0`:                    `-0.0`,
		`1e3`:                     `1000.0`,
		`12345678901234567890123`: `12345678901234567890123`,
		`0.10`:                    `0.1`,
		`1.0E-5`:                  `1.0E-5`,
		`1e7`:                     `1.0E7`,
		`9999999.5`:               `9999999.5`,
		`1.5e300`:                 `1.5E300`,
		`0.001`:                   `0.001`,
		`0.000999`:                `9.99E-4`,
		`"a\/b\u0001\u00e9😀"`:     `"a/b\u0001é\uD83D\uDE00"`,
		`[ {"a" : null} , true ]`: `[{"a":null},true]`,
		`/* x */ {"a":[[],{}]}`:   `{"a":[[],{}]}`,
		`"\b\t\n\f\r\"\\"`:        `"\b\t\n\f\r\"\\"`,
	} {
		r := at(t, in, 1)
		if got, err := r.Raw(); string(got) != want || err != nil {
			t.Errorf("Raw(%s) = %s, %v, want %s", in, got, err, want)
		}
	}
}

func TestYAML(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ in, want string }{
		{"a: 1", `{"a":1}`},
		{"cluster:\n  - monitor\nrun_as: [x, {a: b}]\n", `{"cluster":["monitor"],"run_as":["x",{"a":"b"}]}`},
		{"[1.50, .5, 0x1F, 1_000, +5, true, True, yes, off, ~, 'yes', 2020-01-01]", `[1.5,0.5,31,1000,5,true,true,true,false,null,"yes","2020-01-01"]`},
		{"a: {}\nb: []\nc:\n", `{"a":{},"b":[],"c":null}`},
		{"a: &x 1\nb: *x\n", `{"a":1,"b":"x"}`},
		{"first\n---\nsecond", `"first"`},
		{"a: >\n  folded\n  text\n", `{"a":"folded text\n"}`},
	} {
		r := xcontent.NewYAML([]byte(tt.in))
		if _, err := r.Next(); err != nil {
			t.Fatal(chain(err))
		}
		if got, err := r.Raw(); string(got) != tt.want || err != nil {
			t.Errorf("%q = %s, %v, want %s", tt.in, got, err, tt.want)
		}
		if got, err := r.Next(); got != xcontent.None || err != nil {
			t.Errorf("%q: after the end Next = %v, %v", tt.in, got, err)
		}
	}
	for _, tt := range []struct{ in, want string }{
		{"a: [1\nb: 2", "did not find expected ',' or ']'"},
		{"a: 1\na: 2", "[2:1] Duplicate field 'a'"},
		{"? [a]\n: 1", "[1:3] only scalars can be names"},
		{strings.Repeat("[", 1001), "nested too deeply"},
	} {
		r := xcontent.NewYAML([]byte(tt.in))
		var err error
		for t := xcontent.StartArray; t != xcontent.None && err == nil; {
			t, err = r.Next()
		}
		if err == nil || !strings.Contains(chain(err), tt.want) && !strings.Contains(chain(err), "exceeded max depth") && !strings.Contains(chain(err), "did not find expected node content") {
			t.Errorf("%.30q: %s, want %q", tt.in, chain(err), tt.want)
		}
	}
}

func TestYAMLErrorsComeInOrder(t *testing.T) {
	t.Parallel()
	var k key
	got := chain(k.object().Parse(xcontent.NewYAML([]byte("nope: 1\nname: 2\n"))))
	if want := "x_content_parse_exception: [1:1] [key_request] unknown field [nope]"; got != want {
		t.Errorf("error = %s, want %s", got, want)
	}
	got = chain(k.object().Parse(xcontent.NewYAML([]byte("name:\n  - x\n"))))
	if want := "x_content_parse_exception: [2:3] [key_request] name doesn't support values of type: START_ARRAY"; got != want {
		t.Errorf("error = %s, want %s", got, want)
	}
	got = chain(k.object().Parse(xcontent.NewYAML([]byte("size: 99999999999\n"))))
	if want := "x_content_parse_exception: [1:7] [key_request] failed to parse field [size] <- x_content_parse_exception: [1:7] Numeric value (99999999999) out of range of int (-2147483648 - 2147483647) <- input_coercion_exception: Numeric value (99999999999) out of range of int (-2147483648 - 2147483647)"; got != want {
		t.Errorf("error = %s, want %s", got, want)
	}
}

func TestZeroReaderIsEmpty(t *testing.T) {
	t.Parallel()
	var r xcontent.Reader
	if tk, err := r.Next(); tk != xcontent.None || err != nil || r.Token() != xcontent.None || r.Name() != "" {
		t.Errorf("Next = %v, %v", tk, err)
	}
	if got, err := r.Text(); err == nil {
		t.Errorf("Text = %q, want an error", got)
	}
}

// FuzzRaw wants what is kept of a document to be JSON that is kept the same again.
func FuzzRaw(f *testing.F) {
	for _, seed := range []string{`{"a":[1.5e10,"x\u0001",null,{}]}`, `1e400`, `"\ud800"`, `[-0,0.1,1e-7]`, `{"a":1,"b":{"c":[]}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		r := xcontent.New(in)
		if tk, err := r.Next(); err != nil || tk == xcontent.None {
			return
		}
		kept, err := r.Raw()
		if err != nil {
			return
		}
		if !json.Valid(kept) || !utf8.Valid(kept) {
			t.Fatalf("Raw(%q) = %q, which is no JSON", in, kept)
		}
		again := xcontent.New(kept)
		if _, err := again.Next(); err != nil {
			t.Fatalf("Raw(%q) = %q, which is not read again: %v", in, kept, err)
		}
		if twice, err := again.Raw(); string(twice) != string(kept) || err != nil {
			t.Errorf("Raw(%q) = %q, then %q, %v", in, kept, twice, err)
		}
	})
}

func FuzzYAML(f *testing.F) {
	for _, seed := range []string{"a: 1", "- x\n- y: {z: [1, 2.5, ~]}", "a: &x 1\nb: *x", "? [a]\n: b", "'", "!!int x", "a: !!binary x"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		r := xcontent.NewYAML(in)
		tk, err := r.Next()
		if err != nil || tk == xcontent.None {
			return
		}
		if kept, err := r.Raw(); err == nil && !json.Valid(kept) {
			t.Errorf("%q became %q, which is no JSON", in, kept)
		}
	})
}

func BenchmarkObject(b *testing.B) {
	in := []byte(`{"name":"ci","ids":["` + strings.Repeat(`x","`, 20) + `y"],"own":true,"size":` + strconv.Itoa(17) + `}`)
	b.ReportAllocs()
	for b.Loop() {
		var k key
		if err := k.object().Parse(xcontent.New(in)); err != nil {
			b.Fatal(err)
		}
	}
}

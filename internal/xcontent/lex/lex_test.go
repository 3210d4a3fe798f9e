package lex_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/xcontent/lex"
)

// trace lists the tokens of a document as testdata/jackson.jsonl does: token, place,
// name, text, the chain of errors, and where the reader stands after one.
func trace(j *lex.JSON) string {
	var lines []string
	depth := 0
	for {
		t, err := j.Next()
		if err != nil {
			return strings.Join(append(lines, "ERR "+chain(err), "AT "+j.Location().String()), "\n")
		}
		line := t.String() + " " + j.Location().String() + " " + shown(j.Name())
		if t.IsValue() {
			text, err := j.Text()
			if err != nil {
				return strings.Join(append(lines, line, "ERR "+chain(err), "AT "+j.Location().String()), "\n")
			}
			line += " " + shown(text)
		}
		lines = append(lines, line)
		switch t {
		case lex.StartObject, lex.StartArray:
			depth++
		case lex.EndObject, lex.EndArray:
			depth--
		default:
		}
		if depth == 0 && t != lex.FieldName {
			return strings.Join(lines, "\n")
		}
	}
}

func shown(text string) string {
	if text == "" {
		return "-"
	}
	b, err := json.Marshal(text)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func chain(err error) string {
	var parts []string
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return "no fault: " + err.Error()
	}
	for ; f != nil; f = f.Cause {
		parts = append(parts, f.Type+" "+f.Reason)
	}
	return strings.Join(parts, " <- ")
}

// TestJackson compares with what Elasticsearch 9.5.3's own parser (Jackson 2.18.9)
// made of these documents, right ones and broken ones.
func TestJackson(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/jackson.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	n := 0
	for lines.Scan() {
		var c struct {
			In     string
			Base64 []byte // instead of In, when it is no UTF-8
			Text   bool   // read as text
			Want   string
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		n++
		in := append([]byte(c.In), c.Base64...)
		j := lex.New(in)
		if c.Text {
			j = lex.NewText(string(in))
		}
		if diff := cmp.Diff(c.Want, trace(j)); diff != "" {
			t.Errorf("%q as text %v (-want +got):\n%s", in, c.Text, diff)
		}
	}
	if n < 500 {
		t.Errorf("%d documents were compared, want more than 500", n)
	}
}

func TestStringsAreReadLate(t *testing.T) {
	t.Parallel()
	j := lex.New([]byte(`{"a":"\x"}`))
	for _, want := range []lex.Token{lex.StartObject, lex.FieldName, lex.String} {
		if got, err := j.Next(); got != want || err != nil {
			t.Fatalf("Next = %v, %v, want %v", got, err, want)
		}
	}
	_, textErr := j.Text()
	_, nextErr := j.Next()
	if textErr == nil || !errors.Is(nextErr, textErr) {
		t.Errorf("Text = %v, Next = %v, want the same complaint", textErr, nextErr)
	}
	if got, err := j.Text(); err == nil {
		t.Errorf("Text after an error = %q, want the error", got)
	}
}

func TestNothingIsReadAfterTheFirstValue(t *testing.T) {
	t.Parallel()
	for _, in := range []string{`{} x`, `{}}`, `[] [`, `"a" "b`, `1 x`, ``, ` /* only */ `, "\xef\xbb\xbf"} {
		j := lex.New([]byte(in))
		for range 5 {
			if _, err := j.Next(); err != nil {
				t.Errorf("%q: %v", in, err)
			}
		}
		if got, err := j.Next(); got != lex.None || err != nil || j.Token() != lex.None {
			t.Errorf("%q: Next = %v, %v, want None", in, got, err)
		}
	}
}

func TestLongBodiesAreNotQuoted(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		length int
		want   string
	}{
		{500, `(byte[])"xxx`},
		{8192, `"[truncated 7692 bytes]`},
		{8193, `[Source: (org.elasticsearch.common.bytes.ReleasableBytesReference$1); line: 1, column: 257]`},
	} {
		in := strings.Repeat("x", tt.length)
		_, err := lex.New([]byte(in)).Next()
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%d bytes: %.200v, want %s in it", tt.length, err, tt.want)
		}
	}
}

func TestDepthIsBounded(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		depth int
		fails bool
	}{{1000, false}, {1001, true}, {1_000_000, true}} {
		j := lex.New([]byte(strings.Repeat("[", tt.depth) + strings.Repeat("]", tt.depth)))
		var err error
		for t := lex.StartArray; t != lex.None && err == nil; {
			t, err = j.Next()
		}
		if (err != nil) != tt.fails {
			t.Errorf("depth %d: %v, want an error %v", tt.depth, err, tt.fails)
		}
	}
}

func TestCannotTellsThePlace(t *testing.T) {
	t.Parallel()
	j := lex.New([]byte(`[12345678901]`))
	for range 2 {
		if _, err := j.Next(); err != nil {
			t.Fatal(err)
		}
	}
	err := j.Cannot("too large")
	e, ok := errors.AsType[*lex.Error](err)
	const want = "x_content_parse_exception [1:13] too large\n at [Source: (byte[])\"[12345678901]\"; line: 1, column: 13] <- input_coercion_exception too large\n at [Source: (byte[])\"[12345678901]\"; line: 1, column: 13]"
	if !ok || e.Location != (lex.Location{Line: 1, Col: 13}) || chain(err) != want {
		t.Errorf("Cannot = %s, want %s", chain(err), want)
	}
}

// FuzzJSON wants every document to end, and what is strict JSON to be understood as
// encoding/json does.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{`{"a":[1,-0.5e+3,"x\u00e9\ud83d\ude00",true,false,null,{}]}`, `[`, `{"a"`, "\"\xff\"", `/* c */ [1] // d`, `{"a":1,"a":2}`, "\xef\xbb\xbf{}", `-`, `01`, `"\`, strings.Repeat("[", 1100)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, j := range []*lex.JSON{lex.New(in), lex.NewText(string(in))} {
			got, err := rebuild(j, len(in))
			if !json.Valid(in) || !utf8.Valid(in) || bytes.Contains(in, []byte(`\u`)) {
				continue
			}
			if err != nil {
				if text := chain(err); !strings.Contains(text, "Duplicate field") && !strings.Contains(text, "exceeds the maximum") {
					t.Errorf("%q is JSON, but: %s", in, text)
				}
				continue
			}
			want, err := canonical(in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%q (-encoding/json +lex):\n%s", in, diff)
			}
		}
	})
}

// rebuild makes the value that the tokens stand for.
func rebuild(j *lex.JSON, size int) (any, error) {
	steps := 0
	var value func(t lex.Token) (any, error)
	next := func() (lex.Token, error) {
		if steps++; steps > 4*size+10 {
			panic("it does not end")
		}
		return j.Next()
	}
	value = func(t lex.Token) (any, error) {
		switch t {
		case lex.StartArray:
			list := []any{}
			for {
				t, err := next()
				if err != nil || t == lex.EndArray {
					return list, err
				}
				v, err := value(t)
				if err != nil {
					return nil, err
				}
				list = append(list, v)
			}
		case lex.StartObject:
			m := map[string]any{}
			for {
				t, err := next()
				if err != nil || t == lex.EndObject {
					return m, err
				}
				name := j.Name()
				if t, err = next(); err != nil {
					return nil, err
				}
				if m[name], err = value(t); err != nil {
					return nil, err
				}
			}
		case lex.Null, lex.None:
			return nil, nil
		case lex.Boolean:
			text, err := j.Text()
			return text == "true", err
		case lex.Number:
			text, err := j.Text()
			return json.Number(text), err
		default:
			return j.Text()
		}
	}
	t, err := next()
	if err != nil {
		return nil, err
	}
	return value(t)
}

func canonical(in []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(in))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err
}

func BenchmarkJSON(b *testing.B) {
	in := []byte(`{"name":"ci-deploy","expiration":"30d","role_descriptors":{"r":{"cluster":["monitor"],"indices":[{"names":["logs-*"],"privileges":["read","view_index_metadata"]}]}},"metadata":{"team":"search","n":17}}`)
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		j := lex.New(in)
		for {
			t, err := j.Next()
			if err != nil {
				b.Fatal(err)
			}
			if t == lex.EndObject && j.Location().Col == len(in) {
				break
			}
		}
	}
}

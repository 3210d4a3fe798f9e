package render_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/rest/render"
)

// write renders a document as one value.
func write(t *testing.T, doc string, o render.Options) string {
	t.Helper()
	var b bytes.Buffer
	w := render.New(&b, o)
	if err := w.Value([]byte(doc)); err != nil {
		t.Fatalf("%s: %v", doc, err)
	}
	w.Close()
	return b.String()
}

// TestElasticsearch compares with what Elasticsearch 9.5.3's own writers made of
// these documents.
func TestElasticsearch(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/elasticsearch.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	n := 0
	for lines.Scan() {
		var c struct{ Mode, Doc, Filter, Want string }
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		n++
		got := write(t, c.Doc, render.Options{Pretty: c.Mode == "pretty", YAML: c.Mode == "yaml", Filter: c.Filter})
		if diff := cmp.Diff(c.Want, got); diff != "" {
			t.Errorf("%s as %s, filter %q (-want +got):\n%s", c.Doc, c.Mode, c.Filter, diff)
		}
	}
	if n < 350 {
		t.Errorf("%d documents were compared, want more than 350", n)
	}
}

func TestPiecesMakeTheSameDocument(t *testing.T) {
	t.Parallel()
	const want = `{"total":2,"list":[{"a":1},{"b":[true]}],"end":{"x":null}}`
	for _, o := range []render.Options{{}, {Pretty: true}, {YAML: true}, {Filter: "list.a,end"}, {Filter: "-list.b,-total"}, {Filter: "nothing", YAML: true}} {
		var b bytes.Buffer
		w := render.New(&b, o)
		values := func(all ...string) {
			for _, v := range all {
				if err := w.Value([]byte(v)); err != nil {
					t.Fatal(err)
				}
			}
		}
		w.StartObject()
		w.Name("total")
		values("2")
		w.Name("list")
		w.StartArray()
		values(`{"a":1}`, `{"b":[true]}`)
		w.End()
		w.Name("end")
		values(`{"x":null}`)
		w.End()
		w.Close()
		if diff := cmp.Diff(write(t, want, o), b.String()); diff != "" {
			t.Errorf("%+v (-whole +pieces):\n%s", o, diff)
		}
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	if !(render.Options{}).Plain() {
		t.Error("no options are not plain")
	}
	for _, o := range []render.Options{{Pretty: true}, {YAML: true}, {Filter: "a"}} {
		if o.Plain() {
			t.Errorf("%+v is plain", o)
		}
	}
	if got := write(t, ` {"a" : 1}`, render.Options{}); got != ` {"a" : 1}` {
		t.Errorf("plain = %s, want it as it came", got)
	}
}

func TestBrokenDocumentsAreErrors(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{`{"a":`, `[1,]`, `{"a":1,"a":2}`, "[\"\xff\"]"} {
		w := render.New(new(bytes.Buffer), render.Options{Pretty: true})
		if err := w.Value([]byte(doc)); err == nil {
			t.Errorf("Value(%s) = nil", doc)
		}
	}
}

func TestManyDoubleStarsStayCheap(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"a":`, 400) + "1" + strings.Repeat("}", 400)
	filter := strings.Repeat("**.", 30) + "nowhere"
	if got := write(t, deep, render.Options{Filter: filter}); got != "{}" {
		t.Errorf("filtered = %.100s, want {}", got)
	}
}

// FuzzFilter wants filters to leave valid JSON that is a part of the document, and
// one and the same whichever way it is printed.
func FuzzFilter(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"a":{"b":1},"c":[{"a":1},2]}`, "a.b,c"}, {`{"a":{"b":1}}`, "-**.b"}, {`[[]]`, "**"}, {`{"a.b":1}`, `a\.b`}, {`{"":1}`, ".,..,-."}, {`{"aXbXc":1}`, "a*b*c"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, doc, filter string) {
		if !json.Valid([]byte(doc)) {
			return
		}
		var compact, pretty bytes.Buffer
		w, p := render.New(&compact, render.Options{Filter: filter}), render.New(&pretty, render.Options{Filter: filter, Pretty: true})
		if w.Value([]byte(doc)) != nil || p.Value([]byte(doc)) != nil {
			return // duplicate members, or too deep
		}
		w.Close()
		p.Close()
		var tight bytes.Buffer
		if err := json.Compact(&tight, pretty.Bytes()); err != nil {
			t.Fatalf("%q filtered by %q = %q, which is no JSON: %v", doc, filter, pretty.Bytes(), err)
		}
		if unfiltered := strings.Trim(filter, ", -\t\r\n\v\f\u0085\u00a0") == ""; !unfiltered && tight.String() != compact.String() {
			t.Errorf("%q filtered by %q = %q, but pretty %q", doc, filter, compact.Bytes(), pretty.Bytes())
		}
		if !json.Valid(compact.Bytes()) {
			t.Errorf("%q filtered by %q = %q, which is no JSON", doc, filter, compact.Bytes())
		}
	})
}

func BenchmarkFilter(b *testing.B) {
	doc := []byte(`{"api_keys":[` + strings.Repeat(`{"id":"x","name":"n","metadata":{"a":1}},`, 99) + `{"id":"y"}]}`)
	b.ReportAllocs()
	for b.Loop() {
		var out bytes.Buffer
		w := render.New(&out, render.Options{Filter: "api_keys.id"})
		if err := w.Value(doc); err != nil {
			b.Fatal(err)
		}
	}
}

package document_test

import (
	"encoding/json"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/realmctl/realmctl/internal/document"
	"github.com/realmctl/realmctl/internal/fault"
)

func TestMergeIsAPartialUpdate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, old, change, want string }{
		{"what is new is added, in Java's order", `{"a":1}`, `{"c":3,"b":2}`, `{"a":1,"b":2,"c":3}`},
		{"objects are merged, lists are not", `{"a":1,"n":{"p":1,"l":[1,2]}}`, `{"b":2,"n":{"q":2,"l":[3]}}`, `{"a":1,"n":{"p":1,"l":[3],"q":2},"b":2}`},
		{"an object takes the place of what is none", `{"c":1}`, `{"c":{"d":1}}`, `{"c":{"d":1}}`},
		{"and the other way round", `{"c":{"d":1}}`, `{"c":1}`, `{"c":1}`},
		{"null is a value", `{"c":{"d":1}}`, `{"c":null}`, `{"c":null}`},
		{"nothing changes nothing", `{"c":{"d":1}}`, `{}`, `{"c":{"d":1}}`},
		{"nothing is not there, either", ``, ``, `{}`},
		{"texts stay as they are", `{"<é>":"<&>"}`, `{"\u0000":1e3}`, `{"<é>":"<&>","\u0000":1e3}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := document.Merge(json.RawMessage(c.old), json.RawMessage(c.change))
			if string(got) != c.want || err != nil {
				t.Errorf("Merge(%s, %s) = %s, %v, want %s", c.old, c.change, got, err, c.want)
			}
		})
	}
	for _, bad := range []string{`{`, `{"a":`, `{"a":1`, `{"a":{"b":}}`, `[]`, `7`, `{"a":1]`} {
		if got, err := document.Merge(json.RawMessage(bad), nil); err == nil {
			t.Errorf("Merge(%s) = %s, want an error", bad, got)
		}
		if got, err := document.Merge(nil, json.RawMessage(bad)); err == nil {
			t.Errorf("Merge to %s = %s, want an error", bad, got)
		}
	}
}

// What was merged once changes nothing the second time.
func TestMergeTwiceIsMergeOnce(t *testing.T) {
	t.Parallel()
	var value func(depth int) *rapid.Generator[any]
	value = func(depth int) *rapid.Generator[any] {
		leaf := rapid.Map(rapid.SampledFrom([]any{nil, true, 1.5, "x", []any{1.0}}), func(v any) any { return v })
		if depth == 0 {
			return leaf
		}
		object := rapid.Map(rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "c", ""}), value(depth-1), 0, 3), func(m map[string]any) any { return m })
		return rapid.OneOf(leaf, object)
	}
	objects := rapid.MapOfN(rapid.StringMatching(`[a-c]?`), value(2), 0, 4)
	rapid.Check(t, func(t *rapid.T) {
		old, err := json.Marshal(objects.Draw(t, "old"))
		if err != nil {
			t.Fatal(err)
		}
		change, err := json.Marshal(objects.Draw(t, "change"))
		if err != nil {
			t.Fatal(err)
		}
		once, err := document.Merge(old, change)
		if err != nil {
			t.Fatal(err)
		}
		if twice, err := document.Merge(once, change); string(twice) != string(once) || err != nil {
			t.Errorf("%s and %s: once %s, twice %s, %v", old, change, once, twice, err)
		}
	})
}

// The complaints are those of a 9.5.3 node, which was sent a role with these metadata.
func TestNamesThatTheIndexRefuses(t *testing.T) {
	t.Parallel()
	before := map[string]any{"x": "<é>"} // {"x":"<é>","metadata":{ is 24 bytes long
	for _, c := range []struct{ metadata, want, cause string }{
		{`{"":1}`, "[1:25] failed to parse: field name cannot be an empty string", "field name cannot be an empty string"},
		{`{"a":1,"b":{"c":[]},"":{}}`, "[1:25] failed to parse: field name cannot be an empty string", "field name cannot be an empty string"},
		{`{"ab":{"é":1},".":1}`, "[1:39] failed to parse: field name cannot contain only dots", "field name cannot contain only dots"},
		{`{" ":1}`, "[1:25] Field name cannot contain only whitespace: [metadata. ]", ""},
		{`{"\t":1}`, "[1:25] Field name cannot contain only whitespace: [metadata.\t]", ""},
		{`{".a":1}`, "[1:25] failed to parse: field name cannot contain only whitespace: ['.a']", "field name cannot contain only whitespace: ['.a']"},
		{`{"a..b":1}`, "[1:25] failed to parse: field name cannot contain only whitespace: ['a..b']", "field name cannot contain only whitespace: ['a..b']"},
		{
			`{"a. .b":1}`, "[1:25] failed to parse: field name starting or ending with a [.] makes object resolution ambiguous: [a. .b]",
			"field name starting or ending with a [.] makes object resolution ambiguous: [a. .b]",
		},
		{
			`{"a. ":1}`, "[1:25] failed to parse: field name starting or ending with a [.] makes object resolution ambiguous: [a. ]",
			"field name starting or ending with a [.] makes object resolution ambiguous: [a. ]",
		},
	} {
		metadata, err := document.Merge(nil, json.RawMessage(c.metadata))
		if err != nil {
			t.Fatal(err)
		}
		err = document.Check(before, metadata)
		f, ok := errors.AsType[*fault.Error](err)
		if !ok || f.Type != "document_parsing_exception" || f.Reason != c.want || (f.Cause == nil) != (c.cause == "") || f.Cause != nil && f.Cause.Reason != c.cause {
			t.Errorf("Check(%s) = %v, want %s: %s", c.metadata, err, c.want, c.cause)
		}
	}
	for _, good := range []string{``, `{}`, `{"a.":1}`, `{"a":{"":1," ":2,"..":[{"":3}]}}`, `{"a":1,"a.b":2}`, `{" a":1}`, `{"\u0000":1}`, "{\"\u00a0\":1}"} {
		if err := document.Check(before, json.RawMessage(good)); err != nil {
			t.Errorf("Check(%s) = %v", good, err)
		}
	}
}

func FuzzMerge(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":{"b":1}}`, `{"":[1]}`, `[1]`, `{"a`, "\xff"} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, old, change string) {
		got, err := document.Merge(json.RawMessage(old), json.RawMessage(change))
		if err == nil && json.Valid([]byte(old)) && json.Valid([]byte(change)) && !json.Valid(got) {
			t.Errorf("Merge(%q, %q) = %q, which is no JSON", old, change, got)
		}
	})
}

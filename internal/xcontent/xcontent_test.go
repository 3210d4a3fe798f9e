package xcontent_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/xcontent"
)

// chain is an error as its answer tells it: type and reason, cause after cause.
func chain(err error) string {
	if err == nil {
		return ""
	}
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return "no fault: " + err.Error()
	}
	var parts []string
	for ; f != nil; f = f.Cause {
		name := f.Type
		if name == "" {
			name = f.Kind.Type()
		}
		parts = append(parts, name+": "+f.Reason)
	}
	return strings.Join(parts, " <- ")
}

// key is what the fixture parser reads: a field of every kind.
type key struct {
	Name     string
	Owner    *string
	Full     *string
	IDs      []string
	Own      bool
	Active   *bool
	Size     int
	Metadata json.RawMessage
	Roles    map[string]string
	Inner    []string
	Steps    []string
	built    int
}

func (k *key) object() xcontent.Object {
	return xcontent.Object{
		Name: "key_request",
		Fields: []xcontent.Field{
			xcontent.Text("name", &k.Name),
			xcontent.OptionalText("owner", &k.Owner),
			xcontent.NullableText("full_name", &k.Full),
			xcontent.Texts("ids", &k.IDs).Also("id_list"),
			xcontent.Bool("own", &k.Own),
			xcontent.OptionalBool("active", &k.Active),
			xcontent.Int("size", &k.Size),
			xcontent.Raw("metadata", &k.Metadata),
			xcontent.Named("role_descriptors", func(name string, r *xcontent.Reader) error {
				if name == "bad" {
					return fault.Parsef("failed to parse role [bad]")
				}
				raw, err := r.Raw()
				if k.Roles == nil {
					k.Roles = map[string]string{}
				}
				k.Roles[name] = string(raw)
				return err
			}),
			xcontent.Sub("inner", xcontent.Object{Name: "inner_request", Fields: []xcontent.Field{xcontent.Texts("a", &k.Inner)}}),
			xcontent.Objects("steps", func(r *xcontent.Reader) error {
				raw, err := r.Raw()
				k.Steps = append(k.Steps, string(raw))
				return err
			}),
			xcontent.TextFunc("expiration", func(text string) error {
				if text == "zz" {
					return fault.Invalidf("failed to parse [zz]")
				}
				return nil
			}),
		},
	}
}

func TestObjectReads(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, in string
		want     key
	}{
		{"nothing", `{}`, key{}},
		{"texts", `{"name":"n","owner":"","full_name":"f"}`, key{Name: "n", Owner: new(""), Full: new("f")}},
		{"null where it may be", `{"full_name":null}`, key{}},
		{"a list, and one for many", `{"ids":["a",7,true]}`, key{IDs: []string{"a", "7", "true"}}},
		{"one for many, by another name", `{"id_list":"a"}`, key{IDs: []string{"a"}}},
		{"booleans, also as texts", `{"own":"true","active":false}`, key{Own: true, Active: new(false)}},
		{"an empty text is false", `{"own":""}`, key{}},
		{"numbers, also as texts, cut off", `{"size":"12.9"}`, key{Size: 12}},
		{"an object as it is, but compact", `{"metadata": {"a" : [1.0, 1e3, -0, "x"] }}`, key{Metadata: json.RawMessage(`{"a":[1.0,1000.0,0,"x"]}`)}},
		{"named values", `{"role_descriptors":{"r":{"cluster":[]},"s":{}}}`, key{Roles: map[string]string{"r": `{"cluster":[]}`, "s": `{}`}}},
		{"an inner object", `{"inner":{"a":["x"]}}`, key{Inner: []string{"x"}}},
		{"a list of objects, and one for many", `{"steps":[{"a":1},{}]}`, key{Steps: []string{`{"a":1}`, `{}`}}},
		{"one object for many", `{"steps":{"a":1}}`, key{Steps: []string{`{"a":1}`}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var k key
			if err := k.object().Parse(xcontent.New([]byte(tt.in))); err != nil {
				t.Fatal(chain(err))
			}
			if diff := cmp.Diff(tt.want, k, cmp.AllowUnexported(key{})); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.in, diff)
			}
		})
	}
}

func TestObjectRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ in, want string }{
		{``, "x_content_parse_exception: [1:0] [key_request] Expected START_OBJECT but was: null"},
		{`[]`, "x_content_parse_exception: [1:1] [key_request] Expected START_OBJECT but was: START_ARRAY"},
		{`{"nmea":1}`, "x_content_parse_exception: [1:2] [key_request] unknown field [nmea]"},
		{`{"names":1}`, "x_content_parse_exception: [1:2] [key_request] unknown field [names] did you mean [name]?"},
		{`{"id_lis":1}`, "x_content_parse_exception: [1:2] [key_request] unknown field [id_lis] did you mean [id_list]?"},
		{`{"full_nam":1}`, "x_content_parse_exception: [1:2] [key_request] unknown field [full_nam] did you mean [full_name]?"},
		{`{"nope":tru}`, "x_content_parse_exception: [1:13] Unrecognized token 'tru': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at [Source: (byte[])\"{\"nope\":tru}\"; line: 1, column: 13] <- json_parse_exception: Unrecognized token 'tru': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at [Source: (byte[])\"{\"nope\":tru}\"; line: 1, column: 13]"},
		{`{"nope":"\x"}`, "x_content_parse_exception: [1:2] [key_request] unknown field [nope]"},
		{`{"name":7}`, "x_content_parse_exception: [1:9] [key_request] name doesn't support values of type: VALUE_NUMBER"},
		{`{"name":null}`, "x_content_parse_exception: [1:9] [key_request] name doesn't support values of type: VALUE_NULL"},
		{`{"id_list":{}}`, "x_content_parse_exception: [1:12] [key_request] id_list doesn't support values of type: START_OBJECT"},
		{`{"ids":7}`, "x_content_parse_exception: [1:8] [key_request] ids doesn't support values of type: VALUE_NUMBER"},
		{`{"ids":[null]}`, "x_content_parse_exception: [1:9] [key_request] failed to parse field [ids] <- illegal_argument_exception: Expected text at 1:9 but found VALUE_NULL"},
		{`{"ids":[[]]}`, "x_content_parse_exception: [1:9] [key_request] failed to parse field [ids] <- illegal_state_exception: expected value but got [START_ARRAY]"},
		{`{"own":"yes"}`, "x_content_parse_exception: [1:8] [key_request] failed to parse field [own] <- illegal_argument_exception: Failed to parse value [yes] as only [true] or [false] are allowed."},
		{`{"own":1}`, "x_content_parse_exception: [1:8] [key_request] own doesn't support values of type: VALUE_NUMBER"},
		{`{"size":"x"}`, `x_content_parse_exception: [1:9] [key_request] failed to parse field [size] <- number_format_exception: For input string: "x"`},
		{`{"size":""}`, `x_content_parse_exception: [1:9] [key_request] failed to parse field [size] <- number_format_exception: empty String`},
		{`{"size":"3000000000"}`, "x_content_parse_exception: [1:9] [key_request] failed to parse field [size] <- illegal_argument_exception: Value [3000000000] is out of range for an integer"},
		{`{"size":3000000000}`, "x_content_parse_exception: [1:9] [key_request] failed to parse field [size] <- x_content_parse_exception: [1:19] Numeric value (3000000000) out of range of int (-2147483648 - 2147483647)\n at [Source: (byte[])\"{\"size\":3000000000}\"; line: 1, column: 19] <- input_coercion_exception: Numeric value (3000000000) out of range of int (-2147483648 - 2147483647)\n at [Source: (byte[])\"{\"size\":3000000000}\"; line: 1, column: 19]"},
		{`{"metadata":[]}`, "x_content_parse_exception: [1:13] [key_request] metadata doesn't support values of type: START_ARRAY"},
		{`{"role_descriptors":[]}`, "x_content_parse_exception: [1:21] [key_request] failed to parse field [role_descriptors] <- illegal_argument_exception: [role_descriptors] doesn't support arrays. Use a single object with multiple fields."},
		{`{"role_descriptors":{"bad":7}}`, "x_content_parse_exception: [1:28] [key_request] failed to parse field [role_descriptors] <- x_content_parse_exception: [1:28] [role_descriptors] failed to parse field [bad] <- parse_exception: failed to parse role [bad]"},
		{`{"inner":{"b":1}}`, "x_content_parse_exception: [1:15] [key_request] failed to parse field [inner] <- x_content_parse_exception: [1:11] [inner_request] unknown field [b]"},
		{`{"expiration":"zz"}`, "x_content_parse_exception: [1:15] [key_request] failed to parse field [expiration] <- illegal_argument_exception: failed to parse [zz]"},
		{`{"name":"x"`, "x_content_e_o_f_exception: [1:12] Unexpected end of file <- json_e_o_f_exception: Unexpected end-of-input: expected close marker for Object (start marker at [Source: (byte[])\"{\"name\":\"x\"\"; line: 1, column: 1])\n at [Source: (byte[])\"{\"name\":\"x\"\"; line: 1, column: 12]"},
	} {
		t.Run(tt.in, func(t *testing.T) {
			t.Parallel()
			var k key
			if got := chain(k.object().Parse(xcontent.New([]byte(tt.in)))); got != tt.want {
				t.Errorf("%s:\n got %s\nwant %s", tt.in, got, tt.want)
			}
		})
	}
}

func TestObjectBuilds(t *testing.T) {
	t.Parallel()
	located := xcontent.Errorf(xcontent.Location{Line: 3, Col: 4}, "[inner] bad")
	for _, tt := range []struct {
		name, in string
		build    error
		builds   int
		want     string
	}{
		{"required ones are told in their order", `{}`, nil, 0, "illegal_argument_exception: Required [name, access]"},
		{"the one that is missing", `{"name":"n"}`, nil, 0, "illegal_argument_exception: Required [access]"},
		{"null is missing", `{"name":"n","access":null}`, nil, 0, "illegal_argument_exception: Required [access]"},
		{"optional ones may be absent", `{"name":"n","access":"a"}`, nil, 1, ""},
		{"the last field builds at once, and only once", `{"name":"n","access":"a","more":"m"}`, nil, 1, ""},
		{"a fault at the end has no place", `{"name":"n","access":"a"}`, fault.Invalidf("no"), 1, "x_content_parse_exception: Failed to build [key] after last required field arrived <- illegal_argument_exception: no"},
		{"a parse fault gives its place away", `{"name":"n","access":"a"}`, located, 1, "x_content_parse_exception: [3:4] failed to build [key] after last required field arrived <- x_content_parse_exception: [3:4] [inner] bad"},
		{"a fault of the last field is that field's", `{"name":"n","access":"a","more":"m"}`, fault.Invalidf("no"), 1, "x_content_parse_exception: [1:33] [key] failed to parse field [more] <- x_content_parse_exception: Failed to build [key] after last required field arrived <- illegal_argument_exception: no"},
		{"what is no fault is nobody's business", `{"name":"n","access":"a"}`, errors.New("disk"), 1, "no fault: disk"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var k key
			var access, more *string
			got := chain(xcontent.Object{
				Name:     "key",
				Fields:   []xcontent.Field{xcontent.Text("name", &k.Name), xcontent.NullableText("access", &access), xcontent.NullableText("more", &more)},
				Required: []string{"name", "access"},
				Build: func() error {
					k.built++
					return tt.build
				},
			}.Parse(xcontent.New([]byte(tt.in))))
			if got != tt.want || k.built != tt.builds {
				t.Errorf("%s: built %d times, %s\nwant %d times, %s", tt.in, k.built, got, tt.builds, tt.want)
			}
		})
	}
}

func TestObjectHandsOverUnknownFields(t *testing.T) {
	t.Parallel()
	var seen []string
	err := xcontent.Object{Name: "open", Unknown: func(name string, r *xcontent.Reader) error {
		raw, err := r.Raw()
		seen = append(seen, name+string(raw))
		return err
	}}.Parse(xcontent.New([]byte(`{"a":{"b":1},"c":2}`)))
	if diff := cmp.Diff([]string{`a{"b":1}`, "c2"}, seen); diff != "" || err != nil {
		t.Errorf("seen (-want +got):\n%s%v", diff, err)
	}
}

func TestLocationOf(t *testing.T) {
	t.Parallel()
	at := xcontent.Location{Line: 1, Col: 7}
	err := xcontent.Wrap(at, fault.Invalidf("inner"), "[%s] outer", "p")
	if got, ok := xcontent.LocationOf(err); !ok || got != at || chain(err) != "x_content_parse_exception: [1:7] [p] outer <- illegal_argument_exception: inner" {
		t.Errorf("LocationOf(%s) = %v, %v", chain(err), got, ok)
	}
	if got, ok := xcontent.LocationOf(fault.Invalidf("x")); ok {
		t.Errorf("LocationOf = %v of a fault without a place", got)
	}
	if plain := errors.New("x"); !errors.Is(xcontent.Wrap(at, plain, "y"), plain) {
		t.Error("an error that is no fault was turned into the caller's mistake")
	}
}

func TestSimilar(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		word, want string
		candidates []string
	}{
		{"nam", "did you mean [name]?", []string{"name", "owner"}},
		{"refres", "did you mean any of [refresh, refrain]?", []string{"refrain", "refresh", "x"}},
		{"ab", "did you mean any of [abc, abd]?", []string{"abd", "abc", "abc"}},
		{"half", "", []string{"haxy"}}, // exactly a half is not enough
		{"", "", []string{"a"}},
		{"é", "", []string{"e"}},
		{"ünit", "did you mean [unit]?", []string{"unit"}},
	} {
		if got := xcontent.DidYouMean(tt.word, tt.candidates); got != tt.want {
			t.Errorf("DidYouMean(%q, %q) = %q, want %q", tt.word, tt.candidates, got, tt.want)
		}
	}
}

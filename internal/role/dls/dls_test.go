package dls_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/role/descriptor"
	"github.com/realmctl/realmctl/internal/role/dls"
)

// tell is the chain of causes of a fault, as a real node sent it.
func tell(f *fault.Error) string {
	text := f.Type
	if text == "" {
		text = f.Kind.Type()
	}
	text += ": " + f.Reason
	if len(f.Meta) > 0 {
		meta, err := json.Marshal(f.Meta)
		if err != nil {
			return err.Error()
		}
		text += " " + string(meta)
	}
	if f.Cause != nil {
		text += "\n" + tell(f.Cause)
	}
	return text
}

func place(line, col string) string {
	return ` [{"Name":"line","Value":` + line + `},{"Name":"col","Value":` + col + `}]`
}

// What a real node says about queries, each in a role of its own.
func TestQueriesThatAreRefused(t *testing.T) {
	t.Parallel()
	const frame = "parse_exception: failed to parse field 'query' for indices [a,b] at index privilege [1] of role descriptor\n"
	for query, want := range map[string]string{
		` `:                       "x_content_parse_exception: [1:0] expected [START_OBJECT] but found [null] instead",
		`[]`:                      "x_content_parse_exception: [1:1] expected [START_OBJECT] but found [START_ARRAY] instead",
		`7`:                       "x_content_parse_exception: [1:1] expected [START_OBJECT] but found [VALUE_NUMBER] instead",
		`{}`:                      "x_content_parse_exception: [1:2] expected [FIELD_NAME] with value a query name or 'template' but found [END_OBJECT] instead",
		`{"match_all":[]}`:        "parsing_exception: [match_all] query malformed, no start_object after query name" + place("1", "14"),
		`{"match_all":{},"x":{}}`: "parsing_exception: [match_all] malformed query, expected [END_OBJECT] but found [FIELD_NAME]" + place("1", "17"),
		`{"nope":{}}`:             "parsing_exception: unknown query [nope]" + place("1", "9") + "\nnamed_object_not_found_exception: [1:9] unknown field [nope]",
		`{"TERM":{"a":1}}`:        "parsing_exception: unknown query [TERM]" + place("1", "9") + "\nnamed_object_not_found_exception: [1:9] unknown field [TERM]",
		`{"trm":{"a":1}}`: "parsing_exception: unknown query [trm] did you mean any of [term, terms]?" + place("1", "8") +
			"\nnamed_object_not_found_exception: [1:8] unknown field [trm]",
		`{"bool":{"nope":[]}}`: "x_content_parse_exception: [1:10] [bool] unknown field [nope]",
		`{"bool":{"must":7}}`:  "x_content_parse_exception: [1:17] [bool] must doesn't support values of type: VALUE_NUMBER",
		`{"bool":{"must":[7]}}`: "x_content_parse_exception: [1:19] [bool] failed to parse field [must]\n" +
			"parsing_exception: [_na] query malformed, must start with start_object" + place("1", "19"),
		`{"bool":{"must":{}}}`: "x_content_parse_exception: [1:18] [bool] failed to parse field [must]\n" +
			"illegal_argument_exception: query malformed, empty clause found at [1:18]",
		`{"bool":{"must":[{"nope":{}}]}}`: "x_content_parse_exception: [1:26] [bool] failed to parse field [must]\n" +
			"parsing_exception: unknown query [nope]" + place("1", "26") + "\nnamed_object_not_found_exception: [1:26] unknown field [nope]",
		`{"constant_score":{"filter":{"nope":{}}}}`: "parsing_exception: unknown query [nope]" + place("1", "37") +
			"\nnamed_object_not_found_exception: [1:37] unknown field [nope]",
		`{"terms":{"a":{"index":"i","id":"1","path":"p"}}}`: "illegal_argument_exception: terms query with terms lookup isn't supported as part of a role query",
		`{"bool":{"must":{"terms":{"a":{"index":"i","id":"1","path":"p"}}}}}`: "x_content_parse_exception: [1:64] [bool] failed to parse field [must]\n" +
			"illegal_argument_exception: terms query with terms lookup isn't supported as part of a role query",
		`{"geo_shape":{"a":{"indexed_shape":{"id":"x","index":"y","path":"z"}}}}`: "illegal_argument_exception: geoshape query referring to indexed shapes isn't supported as part of a role query",
		"// c\n{\"match_all\":{}}": "x_content_parse_exception: Failed to derive xcontent",
		`not json`: "x_content_parse_exception: [1:4] Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n" +
			" at [Source: (String)\"not json\"; line: 1, column: 4]\n" +
			"json_parse_exception: Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n" +
			" at [Source: (String)\"not json\"; line: 1, column: 4]",
	} {
		err := dls.Check([]descriptor.Indices{{Names: []string{"x"}, Query: `{"match_all":{}}`}, {Names: []string{"a", "b"}, Query: query}})
		f, ok := errors.AsType[*fault.Error](err)
		if !ok {
			t.Errorf("Check(%s) = %v, want a fault", query, err)
			continue
		}
		if diff := cmp.Diff(frame+want, tell(f)); diff != "" {
			t.Errorf("Check(%s) (-want +got):\n%s", query, diff)
		}
	}
}

func TestQueriesThatARoleMayHold(t *testing.T) {
	t.Parallel()
	for _, query := range []string{
		``, `{"match_all":{}} what follows is not read`, `{"template":{"nope":1}}`, "// c\n{\"template\":{}}", `{"bool":{"must":null}}`, " \n{\"match_none\":{}}", `{"template":{"source":"{{#broken"}}`,
		`{"term":{"a":{"value":1}}}`, `{"terms":{"a":["x"],"boost":1}}`, `{"exists":{"field":"a"}}`, `{"geo_shape":{"a":{"shape":{"type":"point"}}}}`,
		`{"bool":{"filter":{"term":{"a":1}},"mustNot":[{"ids":{"values":["1"]}}],"minimum_should_match":"50%","boost":2,"_name":"n","adjust_pure_negative":true}}`,
		`{"function_score":{"query":{"match_all":{}},"functions":[{"weight":2}]}}`, `{"dis_max":{"queries":[{"match":{"a":"b"}},{"wildcard":{"a":"b*"}}]}}`,
		`{"nested":{"path":"p","query":{"range":{"p.a":{"gte":1}}}}}`,
	} {
		if err := dls.Check([]descriptor.Indices{{Names: []string{"a"}, Query: query}}); err != nil {
			t.Errorf("Check(%s) = %v, want none", query, err)
		}
	}
}

func FuzzCheck(f *testing.F) {
	for _, s := range []string{`{"bool":{"must":[{"term":{"a":1}}]}}`, `{"terms":{"a":{}}}`, `{"template":`, `{"geo_shape":{"a":[{}]}}`, `{"dis_max":{"queries":[[]]}}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, query string) {
		err := dls.Check([]descriptor.Indices{{Names: []string{"a"}, Query: query}})
		if _, ok := errors.AsType[*fault.Error](err); err != nil && !ok {
			t.Errorf("Check(%q) = %v, want a fault or none", query, err)
		}
	})
}

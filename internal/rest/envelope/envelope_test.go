package envelope_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/rest/envelope"
)

func TestOf(t *testing.T) {
	t.Parallel()
	parse := func(cause *fault.Error) *fault.Error {
		return &fault.Error{Kind: fault.Invalid, Type: "x_content_parse_exception", Reason: "outer", Cause: cause}
	}
	for _, tt := range []struct {
		name  string
		f     *fault.Error
		trace bool
		want  string
	}{
		{
			"members are in Elasticsearch's order",
			&fault.Error{
				Kind: fault.Unauthorized, Reason: "r", Meta: []fault.Field{{Name: "z", Value: 1}, {Name: "a", Value: "b"}},
				Header: http.Header{"Www-Authenticate": {"Basic", "ApiKey"}},
				Cause:  &fault.Error{Kind: fault.Invalid, Reason: "c"},
			},
			true,
			`{"error":{"root_cause":[{"type":"security_exception","reason":"r","z":1,"a":"b","header":{"WWW-Authenticate":["Basic","ApiKey"]},"stack_trace":"security_exception: r\nCaused by: illegal_argument_exception: c"}],` +
				`"type":"security_exception","reason":"r","z":1,"a":"b","caused_by":{"type":"illegal_argument_exception","reason":"c","stack_trace":"illegal_argument_exception: c"},"header":{"WWW-Authenticate":["Basic","ApiKey"]},"stack_trace":"security_exception: r\nCaused by: illegal_argument_exception: c"},"status":401}`,
		},
		{
			"a header of one value is a text",
			&fault.Error{Kind: fault.Unauthorized, Reason: "r", Header: http.Header{"WWW-Authenticate": {"Bearer"}}},
			false,
			`{"error":{"root_cause":[{"type":"security_exception","reason":"r","header":{"WWW-Authenticate":"Bearer"}}],"type":"security_exception","reason":"r","header":{"WWW-Authenticate":"Bearer"}},"status":401}`,
		},
		{
			"the root is Elasticsearch's own behind parse errors",
			parse(parse(fault.Parsef("inner"))),
			false,
			`{"error":{"root_cause":[{"type":"parse_exception","reason":"inner"}],"type":"x_content_parse_exception","reason":"outer","caused_by":{"type":"x_content_parse_exception","reason":"outer","caused_by":{"type":"parse_exception","reason":"inner"}}},"status":400}`,
		},
		{
			"Java's own end the search for the root",
			parse(fault.Invalidf("inner")),
			false,
			`{"error":{"root_cause":[{"type":"x_content_parse_exception","reason":"outer"}],"type":"x_content_parse_exception","reason":"outer","caused_by":{"type":"illegal_argument_exception","reason":"inner"}},"status":400}`,
		},
		{
			"a root that is named wins",
			&fault.Error{Kind: fault.Invalid, Type: "search_phase_execution_exception", Reason: "all shards failed", Root: fault.Parsef("shard"), Cause: fault.Parsef("cause")},
			false,
			`{"error":{"root_cause":[{"type":"parse_exception","reason":"shard"}],"type":"search_phase_execution_exception","reason":"all shards failed","caused_by":{"type":"parse_exception","reason":"cause"}},"status":400}`,
		},
		{
			"what failed besides comes last",
			&fault.Error{Kind: fault.Invalid, Reason: "r", Cause: fault.Parsef("cause"), Beside: []*fault.Error{{Kind: fault.Invalid, Reason: "b", Cause: fault.Parsef("c")}, fault.Parsef("d")}},
			false,
			`{"error":{"root_cause":[{"type":"illegal_argument_exception","reason":"r"}],"type":"illegal_argument_exception","reason":"r","caused_by":{"type":"parse_exception","reason":"cause"},` +
				`"suppressed":[{"type":"illegal_argument_exception","reason":"b","caused_by":{"type":"parse_exception","reason":"c"}},{"type":"parse_exception","reason":"d"}]},"status":400}`,
		},
		{
			"internal faults show nothing",
			&fault.Error{Reason: "secret", Cause: fault.Parsef("secret"), Header: http.Header{"X": {"secret"}}},
			true,
			`{"error":{"root_cause":[{"type":"exception","reason":"internal error","stack_trace":"exception: internal error"}],"type":"exception","reason":"internal error","stack_trace":"exception: internal error"},"status":500}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := envelope.JSON(envelope.Of(tt.f, tt.trace))
			if err != nil || string(got) != tt.want {
				t.Errorf("%v\n got %s\nwant %s", err, got, tt.want)
			}
		})
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in   any
		want string
	}{
		{"<&>", `"<&>"`},
		{json.RawMessage(`{"a": 1}`), `{"a": 1}`},
		{json.RawMessage(nil), "null"},
		{nil, "null"},
		{envelope.Members{}, "{}"},
		{envelope.Members{{Name: "b", Value: []int{1}}, {Name: "a", Value: "<"}}, `{"b":[1],"a":"<"}`},
	} {
		if got, err := envelope.JSON(tt.in); string(got) != tt.want || err != nil {
			t.Errorf("JSON(%v) = %s, %v, want %s", tt.in, got, err, tt.want)
		}
	}
	if got, err := envelope.JSON(envelope.Members{{Name: "f", Value: func() {}}}); err == nil {
		t.Errorf("JSON of a function = %s", got)
	}
}

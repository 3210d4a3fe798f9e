package descriptor_test

import (
	"testing"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/privilege"
	"github.com/realmctl/realmctl/internal/role/descriptor"
	"github.com/realmctl/realmctl/internal/xcontent"
)

// The texts are what a 9.5.3 node answered to the same checks by user ana.
func TestChecksThatAreRefused(t *testing.T) {
	t.Parallel()
	const (
		parse   = "parse_exception: "
		invalid = "action_request_validation_exception: Validation Failed: "
	)
	for _, c := range []struct{ name, body, want string }{
		{"a role's word for index", `{"indices":[]}`, parse + "failed to parse privileges check [ana/has_privileges]. unexpected field [indices]"},
		{"a query", `{"index":[{"names":["a::data"],"privileges":["read"],"query":"{}"}]}`, parse + "Field [query] is not supported in a has_privileges request"},
		{"nothing asked", `{"cluster":[],"index":[]}`, invalid + "1: must specify at least one privilege;"},
		{
			"selectors, the first of each entry, and then applications",
			`{"index":[{"names":["b","a::data","c::failures"],"privileges":["read"]},{"names":["*::failures"],"privileges":["x"]}],` +
				`"applications":[{"application":"a b","privileges":["x"],"resources":["*"]}]}`,
			invalid + "1: may only check index privileges without selectors in index patterns [a::data];" +
				"2: may only check index privileges without selectors in index patterns [*::failures];" +
				"3: Application names may not contain whitespace (found 'a b');",
		},
		{"colons that select nothing", `{"index":[{"names":["a::","::b","a::*","/a::data/","a::DATA","a::data "],"privileges":["read"]}]}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			check, err := descriptor.ParseCheck(xcontent.New([]byte(c.body)), "ana")
			if err == nil {
				var p fault.Problems
				check.Validate(&p, privilege.CheckApplication)
				err = p.Err()
			}
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("%s\n got %s\nwant %s", c.body, got, c.want)
			}
		})
	}
}

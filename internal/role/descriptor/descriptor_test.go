package descriptor_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/role/descriptor"
	"github.com/realmctl/realmctl/internal/xcontent"
)

func parse(t *testing.T, body string, o descriptor.Options) descriptor.Role {
	t.Helper()
	d, err := descriptor.Parse(xcontent.New([]byte(body)), "r", o)
	if err != nil {
		t.Fatalf("Parse(%s): %v", body, err)
	}
	return d
}

func TestAnswersHaveElasticsearchsOrder(t *testing.T) {
	t.Parallel()
	both := descriptor.Options{Description: true, Restriction: true}
	for about, c := range map[string]struct{ body, want string }{
		"an empty role": {
			`{}`,
			`{"cluster":[],"indices":[],"applications":[],"run_as":[],"metadata":{},"transient_metadata":{"enabled":true}}`,
		},
		"members in another order than they came": {
			`{"description":"d<&","run_as":["x"],"metadata":{"b":1,"a":2},"cluster":["all"]}`,
			`{"cluster":["all"],"indices":[],"applications":[],"run_as":["x"],"metadata":{"b":1,"a":2},"transient_metadata":{"enabled":true},"description":"d<&"}`,
		},
		"an index entry with everything": {
			`{"index":[{"query":{"a": [1, 2]},"privileges":["read"],"names":"n","allow_restricted_indices":true,"field_security":{"except":["ab"],"grant":["a*"]}}]}`,
			`{"cluster":[],"indices":[{"names":["n"],"privileges":["read"],"field_security":{"grant":["a*"],"except":["ab"]},"query":"{\"a\":[1,2]}",` +
				`"allow_restricted_indices":true}],"applications":[],"run_as":[],"metadata":{},"transient_metadata":{"enabled":true}}`,
		},
		"an empty query is none, an empty except is kept": {
			`{"indices":[{"names":["n"],"privileges":["read"],"query":"","field_security":{"grant":["a"],"except":[]}}]}`,
			`{"cluster":[],"indices":[{"names":["n"],"privileges":["read"],"field_security":{"grant":["a"],"except":[]},"allow_restricted_indices":false}],` +
				`"applications":[],"run_as":[],"metadata":{},"transient_metadata":{"enabled":true}}`,
		},
		"all categories of global, whatever was given": {
			`{"global":{"profile":{"write":{"applications":[]}}}}`,
			`{"cluster":[],"global":{"application":{},"profile":{"write":{"applications":[]}},"role":{},"data_source":[]},"indices":[],"applications":[],` +
				`"run_as":[],"metadata":{},"transient_metadata":{"enabled":true}}`,
		},
		"a global without a privilege is none": {
			`{"global":{"application":{},"data_source":[]}}`,
			`{"cluster":[],"indices":[],"applications":[],"run_as":[],"metadata":{},"transient_metadata":{"enabled":true}}`,
		},
		"what is remote comes late": {
			`{"remote_cluster":[{"clusters":["c"],"privileges":["monitor_stats"]}],"remote_indices":[{"clusters":["c"],"names":["a"],"privileges":["read"]}],` +
				`"restriction":{"workflows":["w"]}}`,
			`{"cluster":[],"indices":[],"applications":[],"run_as":[],"metadata":{},"transient_metadata":{"enabled":true},` +
				`"remote_indices":[{"names":["a"],"privileges":["read"],"allow_restricted_indices":false,"clusters":["c"]}],` +
				`"remote_cluster":[{"privileges":["monitor_stats"],"clusters":["c"]}],"restriction":{"workflows":["w"]}}`,
		},
	} {
		got, err := parse(t, c.body, both).MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", about, diff)
		}
	}
}

func TestEmptyAndOnlyIndices(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]struct{ empty, onlyIndices bool }{
		`{}`: {true, true},
		`{"cluster":[],"indices":[],"metadata":{},"global":{"role":{}}}`: {true, true},
		`{"metadata":{"a":1}}`:                                {false, true},
		`{"indices":[{"names":["a"],"privileges":["none"]}]}`: {false, true},
		`{"cluster":["none"]}`:                                {false, false},
		`{"run_as":["x"]}`:                                    {false, false},
		`{"applications":[{"application":"a","privileges":["p"],"resources":["r"]}]}`: {false, false},
		`{"global":{"application":{"manage":{"applications":[]}}}}`:                   {false, false},
		`{"remote_cluster":[{"clusters":["c"],"privileges":["monitor_enrich"]}]}`:     {false, false},
		`{"remote_indices":[{"clusters":[],"names":["a"],"privileges":["read"]}]}`:    {false, false},
		`{"restriction":{"workflows":["search_application_query"]}}`:                  {false, false},
		`{"restriction":{}}`: {true, true},
	} {
		d := parse(t, body, descriptor.Options{Restriction: true})
		if d.Empty() != want.empty || d.OnlyIndices() != want.onlyIndices {
			t.Errorf("%s: Empty() = %v, OnlyIndices() = %v, want %v, %v", body, d.Empty(), d.OnlyIndices(), want.empty, want.onlyIndices)
		}
	}
}

func TestEqual(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{`{}`, `{"cluster":[],"metadata":{}}`, true},
		{`{"metadata":{"a":1,"b":[{"c":2,"d":3}]}}`, `{"metadata":{"b":[{"d":3,"c":2}],"a":1}}`, true},
		{`{"metadata":{"a":1}}`, `{"metadata":{"a":"1"}}`, false},
		{`{"cluster":["a","b"]}`, `{"cluster":["b","a"]}`, false},
		{`{"global":{"profile":{"write":{"applications":[]}}}}`, `{}`, false},
		{`{"description":"a"}`, `{"description":"b"}`, false},
	} {
		o := descriptor.Options{Description: true}
		if got := parse(t, c.a, o).Equal(parse(t, c.b, o)); got != c.want {
			t.Errorf("%s equals %s: %v, want %v", c.a, c.b, got, c.want)
		}
	}
	a, b := parse(t, `{}`, descriptor.Options{}), parse(t, `{}`, descriptor.Options{})
	if b.Name = "other"; a.Equal(b) {
		t.Error("roles with different names are equal")
	}
}

func TestDescriptionAndRestrictionAreNotForEverybody(t *testing.T) {
	t.Parallel()
	for body, o := range map[string]descriptor.Options{
		`{"description":"d"}`: {Restriction: true},
		`{"restriction":{"workflows":["search_application_query"]}}`: {Description: true},
	} {
		if d, err := descriptor.Parse(xcontent.New([]byte(body)), "r", o); !fault.Is(err, fault.Invalid) {
			t.Errorf("Parse(%s, %+v) = %v, %v, want an Invalid fault", body, o, d, err)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	long := make([]byte, 1025)
	for i := range long {
		long[i] = 'x'
	}
	for name, want := range map[string]bool{
		"r": true, "a b": true, "_limited": true, "~!@#": true, string(long[:1024]): true,
		"": false, " r": false, "r ": false, "é": false, "a\tb": false, "a\x7f": false, string(long): false,
	} {
		if got := descriptor.ValidName(name); got != want {
			t.Errorf("ValidName(%.20q) = %v, want %v", name, got, want)
		}
		_, err := descriptor.Parse(xcontent.New([]byte(`{}`)), name, descriptor.Options{})
		if (err == nil) != want {
			t.Errorf("Parse of a role named %.20q: %v", name, err)
		}
		if _, err := descriptor.Parse(xcontent.New([]byte(`{}`)), name, descriptor.Options{AnyName: true}); err != nil {
			t.Errorf("Parse of a role named %.20q, whatever its name: %v", name, err)
		}
	}
}

func TestHasReservedKey(t *testing.T) {
	t.Parallel()
	for metadata, want := range map[string]bool{``: false, `{}`: false, `{"a":{"_b":1}}`: false, `{"a":1,"_b":1}`: true, `{"\u005fb":1}`: true} {
		if got := descriptor.HasReservedKey(json.RawMessage(metadata)); got != want {
			t.Errorf("HasReservedKey(%s) = %v, want %v", metadata, got, want)
		}
	}
}

// texts draws lists, nil and empty ones among them.
func texts(t *rapid.T, label string) []string {
	if rapid.Bool().Draw(t, label+" is nil") {
		return nil
	}
	return rapid.SliceOfN(rapid.StringN(0, 8, -1), 0, 3).Draw(t, label)
}

func TestStoredRolesAreReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var ds []descriptor.Role
		for _, name := range rapid.SliceOfNDistinct(rapid.String(), 0, 4, rapid.ID[string]).Draw(t, "names") {
			d := descriptor.Role{Name: name, Cluster: texts(t, "cluster"), RunAs: texts(t, "run_as"), Workflows: texts(t, "workflows")}
			if rapid.Bool().Draw(t, "indices") {
				e := descriptor.Indices{Names: texts(t, "names"), Privileges: texts(t, "privileges"), Query: rapid.String().Draw(t, "query")}
				if rapid.Bool().Draw(t, "fls") {
					e.FieldSecurity = &descriptor.FieldSecurity{Grant: texts(t, "grant"), Except: texts(t, "except")}
				}
				d.Indices = append(d.Indices, e)
				d.RemoteIndices = append(d.RemoteIndices, descriptor.RemoteIndices{Indices: e, Clusters: texts(t, "clusters")})
			}
			if rapid.Bool().Draw(t, "global") {
				d.Global = &descriptor.Global{ManageApplications: texts(t, "manage"), WriteProfiles: texts(t, "write")}
			}
			ds = append(ds, d)
		}
		stored, err := descriptor.Encode(ds)
		if err != nil {
			t.Fatal(err)
		}
		back, err := descriptor.Decode(stored)
		if err != nil {
			t.Fatalf("Decode(%s): %v", stored, err)
		}
		if len(back) != len(ds) {
			t.Fatalf("Decode(%s) = %d roles, want %d", stored, len(back), len(ds))
		}
		for i := range ds {
			if !back[i].Equal(ds[i]) {
				t.Errorf("Decode(%s): role %d = %+v, want %+v", stored, i, back[i], ds[i])
			}
		}
	})
}

func TestDecodeRefusesWhatIsNoObject(t *testing.T) {
	t.Parallel()
	for _, stored := range []string{`[]`, `{"r":[]}`, `{"r":{}`, `7`, `{`} {
		if ds, err := descriptor.Decode(json.RawMessage(stored)); err == nil {
			t.Errorf("Decode(%s) = %v, want an error", stored, ds)
		}
	}
	if ds, err := descriptor.Decode(nil); err != nil || ds != nil {
		t.Errorf("Decode(nil) = %v, %v, want nothing", ds, err)
	}
}

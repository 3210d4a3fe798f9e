package output_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/realmctl/realmctl/internal/esapi"
	"github.com/realmctl/realmctl/internal/output"
	"github.com/realmctl/realmctl/internal/secret"
)

// people is a list with an empty cell, a wide name and a column that is not shown
// unless asked for.
func people() output.View {
	return output.View{
		Data: map[string]any{
			"ana":  map[string]any{"roles": []string{"ops", "<x>"}, "since": int64(1790000000123)},
			"true": nil,
		},
		Header: []string{"username", "full_name", "roles", "email"},
		Rows: [][]string{
			{"zoe", "", "a", "z@x.org"},
			{"ana", "東京 Ana", "ops, <x>", ""},
			{"bob", "B\x1b[2J\nB", "10", "=cmd()"},
		},
		Wide: 1,
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	one := people()
	one.Rows = [][]string{{"ana", "Ana A", "ops", ""}}
	for _, c := range []struct {
		name string
		o    output.Options
		view output.View
		want string
	}{
		{
			"a table is aligned, without trailing spaces and control characters",
			output.Options{},
			people(),
			"USERNAME  FULL NAME  ROLES\n" +
				"zoe       -          a\n" +
				"ana       東京 Ana   ops, <x>\n" +
				"bob       B\uFFFD[2J\uFFFDB    10\n",
		},
		{"a terminal's width cuts a line", output.Options{Width: 20, Bold: true}, one, "\x1b[1mUSERNAME  FULL NAME…\x1b[0m\nana       Ana A    …\n"},
		{"columns can be named, also hidden ones", output.Options{Columns: []string{"email", "username"}, NoHeaders: true}, people(), "z@x.org  zoe\n-        ana\n=cmd()   bob\n"},
		{"a table can be sorted", output.Options{Sort: "username:desc", Columns: []string{"username"}}, people(), "USERNAME\nzoe\nbob\nana\n"},
		{"one thing is shown a line a member", output.Options{Bold: true, Columns: []string{"full_name", "roles"}}, output.View{Header: []string{"full_name", "roles"}, Rows: [][]string{{"Ana", ""}}, Vertical: true}, "FULL NAME  Ana\nROLES      -\n"},
		{"an empty list shows its headings", output.Options{}, output.View{Header: []string{"a", "b"}}, "A  B\n"},
		{"nothing at all is nothing", output.Options{NoHeaders: true}, output.View{Header: []string{"a", "b"}}, ""},
		{"JSON is one line and not escaped for HTML", output.Options{Format: output.JSON}, people(), `{"ana":{"roles":["ops","<x>"],"since":1790000000123},"true":null}` + "\n"},
		{"JSON for a terminal is indented", output.Options{Format: output.JSON, Pretty: true}, output.View{Data: esapi.Found{Found: true}}, "{\n  \"found\": true\n}\n"},
		{"YAML keeps texts texts", output.Options{Format: output.YAML}, people(), "ana:\n  roles:\n    - ops\n    - <x>\n  since: 1790000000123\n\"true\": null\n"},
		{"YAML of nothing", output.Options{Format: output.YAML}, output.View{Data: esapi.Users{}}, "{}\n"},
		{"CSV has every column and defuses formulas", output.Options{Format: output.CSV}, people(), "username,full_name,roles,email\nzoe,,a,z@x.org\nana,東京 Ana,\"ops, <x>\",\nbob,\"B\x1b[2J\nB\",10,'=cmd()\n"},
		{"CSV leaves numbers alone", output.Options{Format: output.CSV, NoHeaders: true}, output.View{Header: []string{"n"}, Rows: [][]string{{"-5"}, {"-x"}}}, "-5\n'-x\n"},
		{"names", output.Options{Format: output.Name, Sort: "username"}, people(), "ana\nbob\nzoe\n"},
		{"names of another column", output.Options{Format: output.Name, Columns: []string{"roles"}}, people(), "a\nops, <x>\n10\n"},
		{"values are parted by tabs", output.Options{Format: output.Value, Columns: []string{"username", "email"}}, people(), "zoe\tz@x.org\nana\t\nbob\t=cmd()\n"},
		{"assignments of a single result", output.Options{Format: output.Env}, one, "USERNAME=ana\nFULL_NAME='Ana A'\nROLES=ops\nEMAIL=\n"},
		{"jq prints texts bare and numbers exactly", output.Options{JQ: ".ana | .roles[], .since, (.roles|length)"}, people(), "ops\n<x>\n1790000000123\n2\n"},
		{"a template", output.Options{Template: `{{range $n, $u := .}}{{if $u}}{{$n | upper}} {{join "+" $u.roles}} {{rfc3339 $u.since}} {{json $u.roles}}{{end}}{{end}}`}, people(), "ANA ops+<x> 2026-09-21T14:13:20Z [\"ops\",\"<x>\"]\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			if err := c.o.Check(); err != nil {
				t.Fatal(err)
			}
			if err := output.Write(&b, c.o, c.view); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, b.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFaultsOfTheOptions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		o    output.Options
		want string
	}{
		{"an unknown format", output.Options{Format: "xml"}, `unknown output format "xml"; one of table, json, yaml, csv, name, value, env`},
		{"jq and a template", output.Options{JQ: ".", Template: "x"}, "--jq and --template exclude each other"},
		{"a broken jq expression", output.Options{JQ: ".["}, "--jq: unexpected EOF"},
		{"an unknown jq function", output.Options{JQ: "nope"}, "--jq: function not defined: nope/0"},
		{"a jq expression that does not fit", output.Options{JQ: ".ana.roles.x"}, "--jq: expected an object but got: array ([\"ops\",\"<x>\"])"},
		{"jq cannot read the environment", output.Options{JQ: "$ENV.HOME, env.HOME | error"}, "--jq: error: null"},
		{"a broken template", output.Options{Template: "{{"}, "--template: 1: unclosed action"},
		{"an unknown column", output.Options{Columns: []string{"nope"}}, `no column "nope"; there are username, full_name, roles, email`},
		{"sorting by an unknown column", output.Options{Sort: "nope"}, `no column "nope"; there are username, full_name, roles, email`},
		{"an unknown order", output.Options{Sort: "username:up"}, "--sort takes a column, column:asc or column:desc"},
		{"assignments of several results", output.Options{Format: output.Env}, "-o env shows a single result; there are 3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := c.o.Check()
			if err == nil {
				err = output.Write(&bytes.Buffer{}, c.o, people())
			}
			if _, ok := errors.AsType[*output.Error](err); !ok || err.Error() != c.want {
				t.Errorf("err = %v, want %s", err, c.want)
			}
		})
	}
}

func TestAssignmentsRefuseWhatCannotBeQuoted(t *testing.T) {
	t.Parallel()
	err := output.Write(&bytes.Buffer{}, output.Options{Format: output.Env}, output.View{Header: []string{"full_name"}, Rows: [][]string{{"O'Neil"}}})
	if err == nil || !strings.Contains(err.Error(), "full_name") {
		t.Errorf("err = %v, want one that names the column", err)
	}
}

// TestSecretsAreRefusedByType plants a secret in every kind of container.
func TestSecretsAreRefusedByType(t *testing.T) {
	t.Parallel()
	type inner struct{ Key secret.String }
	type loop struct {
		Next *loop
		Map  map[string][]inner
	}
	for _, data := range []any{secret.String("x"), inner{}, &inner{}, []inner{}, [1]inner{}, map[string]inner{}, loop{}, struct{ inner }{}} {
		for _, f := range output.Formats() {
			var b bytes.Buffer
			if err := output.Write(&b, output.Options{Format: f}, output.View{Data: data, Header: []string{"a"}}); err == nil || b.Len() > 0 {
				t.Errorf("Write(%T, %s) = %v and wrote %q", data, f, err, b.String())
			}
		}
	}
	if err := output.Write(&bytes.Buffer{}, output.Options{Format: output.JSON}, output.View{Data: esapi.CreatedAPIKey{ID: "i"}}); err != nil {
		t.Errorf("a printable type: %v", err)
	}
}

// FuzzYAMLIsTheSameAsJSON keeps the style change from changing a value.
func FuzzYAMLIsTheSameAsJSON(f *testing.F) {
	for _, s := range []string{"", "true", "1e3", "null", "a: b", "- x", "# no", "'", `"`, "line\nend", "é\u2028", " lead", "0x1F", "~", "2026-01-01", "\x07", "=", "<<"} {
		f.Add(s, int64(7))
	}
	f.Fuzz(func(t *testing.T, s string, n int64) {
		if s = strings.ToValidUTF8(s, "?"); len(s) > 2000 {
			t.Skip("longer than anything the API holds")
		}
		want := map[string]any{"text": s, "list": []any{s, n, true, nil}, "empty": map[string]any{}}
		if s != "text" && s != "list" && s != "empty" {
			want[s] = s
		}
		var b bytes.Buffer
		if err := output.Write(&b, output.Options{Format: output.YAML}, output.View{Data: want}); err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := yaml.Unmarshal(b.Bytes(), &got); err != nil {
			t.Fatalf("%v in\n%s", err, b.String())
		}
		a, errA := json.Marshal(want)
		z, errZ := json.Marshal(got)
		if errA != nil || errZ != nil || string(a) != string(z) {
			t.Errorf("%s reads back as %s (%v, %v) from\n%s", a, z, errA, errZ, b.String())
		}
	})
}

func TestANarrowTerminalKeepsEveryColumn(t *testing.T) {
	t.Parallel()
	v := output.View{
		Header: []string{"name", "roles", "enabled"},
		Rows:   [][]string{{"ana", strings.Repeat("role,", 40), "yes"}, {"bob", "short", "no"}},
	}
	var b strings.Builder
	if err := output.Write(&b, output.Options{Format: output.Table, Width: 60}, v); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 60 {
			t.Errorf("a line has %d characters, want at most 60: %s", n, line)
		}
	}
	for _, want := range []string{"ENABLED", "yes", "…", "no"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the table has no %q:\n%s", want, b.String())
		}
	}
}

package rolemapping_test

import (
	"errors"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/rolemapping"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		want       []rolemapping.Entry
		wantErr    string
	}{
		{name: "nothing", text: "# only a comment\n"},
		{name: "null", text: "---\n~\n"},
		{
			name: "the file's order and spelling", text: "b:\n  - \"cn=B, dc=x\"\n  - 'cn=b\\,c,dc=x'\na: [ cn=a ]\nnobody:\n",
			want: []rolemapping.Entry{{Role: "b", Names: []string{"cn=B, dc=x", `cn=b\,c,dc=x`}}, {Role: "a", Names: []string{"cn=a"}}, {Role: "nobody"}},
		},
		{name: "a text", text: "a:\n  cn=a,dc=x\n", wantErr: "line 2: role [a]: a list of names is expected; Elasticsearch would cut a text at its commas"},
		{name: "a list in a list", text: "a:\n- cn=a\n- [cn=b]\n", wantErr: "line 3: role [a]: a name is expected here"},
		{name: "twice", text: "a: [cn=a]\na: [cn=b]\n", wantErr: "line 2: role [a] is there twice"},
		{name: "no mapping", text: "- a\n", wantErr: "line 1: no mapping of roles to lists of names"},
		{name: "a key that is no name", text: "? [a]\n: [cn=b]\n", wantErr: "line 1: the name of a role is expected here"},
		{name: "broken", text: "a: [cn=a]\nb: [\n", wantErr: "line 2: broken YAML (did not find expected node content)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := rolemapping.Parse(tt.text)
			if (err == nil) != (tt.wantErr == "") || err != nil && err.Error() != tt.wantErr {
				t.Fatalf("Parse = %v, want %q", err, tt.wantErr)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Parse (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLint(t *testing.T) {
	t.Parallel()
	const starts = ": a node with a realm that reads the file does not start"
	for text, want := range map[string][]string{
		"logs: [cn=a]\n":      nil,
		"logs: [cn=a, ana]\n": {"1:14: error: [ana] is no distinguished name" + starts + " [no-name]"},
		"gone: [cn=a]\n":      {"1:1: warning: role [gone] is neither built in nor in roles.yml [unknown-role]"},
		"a.b: [cn=a]\nlogs: cn=a,dc=x\n": {
			"1:1: error: role [a.b]: Elasticsearch cuts the name at its first dot and gives the role to nobody [hazard]",
			"2:7: error: role [logs]: a list of names is expected; Elasticsearch would cut a text at its commas [no-list]",
		},
		"logs: [\n": {"1:1: error: broken YAML (did not find expected node content)" + starts + " [yaml]"},
	} {
		dir := t.TempDir()
		path := rolemapping.Path(dir)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		findings, err := rolemapping.Lint(dir, func(role string) bool { return role == "logs" }, "roles.yml", nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range findings {
			got = append(got, f.String()[len(path)+1:])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
	if findings, err := rolemapping.Lint(t.TempDir(), nil, "", nil); err != nil || findings != nil {
		t.Errorf("without a file: %v, %v", findings, err)
	}
}

// FuzzParse: what is read comes from the text, and what is wrong has a place in it.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", "a: [cn=a]\n", "a:\n- cn=a\n- \"cn=b,\\u0063\"\n", "a: cn=a,dc=b", "a: &x [cn=a]\nb: *x\n", "a: [", "? [a]\n: [b]\n", "a: {b: c}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		entries, err := rolemapping.Parse(text)
		e, ok := errors.AsType[*rolemapping.SyntaxError](err)
		if err != nil && (!ok || entries != nil || e.Code == "") {
			t.Fatalf("Parse(%q) = %v, %v", text, entries, err)
		}
		seen := map[string]bool{}
		for _, entry := range entries {
			if seen[entry.Role] {
				t.Fatalf("Parse(%q): role %q twice", text, entry.Role)
			}
			seen[entry.Role] = true
		}
	})
}

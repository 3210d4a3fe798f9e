package rolesfile_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/linefile"
	"github.com/realmctl/realmctl/internal/rolesfile"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func reserved(name string) bool { return name == "superuser" || name == "viewer" }

const nameRule = "Role names must be at least 1 and no more than 1024 characters. They can contain alphanumeric characters (a-z, A-Z, 0-9), spaces, " +
	"punctuation, and printable symbols in the Basic Latin (ASCII) block. Leading or trailing whitespace is not allowed."

func TestEachRoleIsASegment(t *testing.T) {
	t.Parallel()
	const text = "  lost: 1\n# top\nadmins:\r\n  cluster: [ all ]\r\n\r\n# between\r\n  indices: []\r\n'log readers': { cluster: [ monitor ] }\n"
	got := rolesfile.Parse("/c/roles.yml", text, nil)
	want := []rolesfile.Segment{
		{Name: "admins", Text: "admins:\n  cluster: [ all ]\n  indices: []\n", Lines: []int{3, 4, 7}},
		{Name: "log readers", Text: "'log readers': { cluster: [ monitor ] }\n", Lines: []int{8}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Parse (-want +got):\n%s", diff)
	}
	if got[0].Line() != 3 || got[0].LineOf(3) != 7 || got[0].LineOf(99) != 7 || got[0].LineOf(0) != 3 {
		t.Errorf("lines %d %d", got[0].Line(), got[0].LineOf(3))
	}
}

func TestNamesAndFaultsAreElasticsearchs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, role, fault string }{
		{"plain", "admins:\n  cluster: [ all ]\n", "admins", ""},
		{"a broken body", "admins:\n  cluster: [ all\n", "admins", ""},
		{"a broken body behind a quoted name", "\"a: b\": [\n", "a: b", ""},
		{"no body", "admins:\n", "admins", ""},
		{"a number", "7: {}\n", "7", ""},
		{"a flow mapping", "{admins: {cluster: [all]}}\n", "admins", ""},
		{"a colon in the name", "a:b: {}\n", "a:b", ""},
		{"a byte order mark", "\ufeffadmins: {}\n", "admins", ""},
		{"a document start", "---\n", "", "invalid role definition [null] in roles file [/c/roles.yml]. skipping role..."},
		{"a list", "- admins\n", "", "invalid role definition [null] in roles file [/c/roles.yml]. skipping role..."},
		{"a text", "admins\n", "", "invalid role definition [null] in roles file [/c/roles.yml]. skipping role..."},
		{"no YAML at all", "@admins: {}\n", "", "invalid role definition in roles file [/c/roles.yml]. skipping role..."},
		{"not UTF-8", "adm\xffins: {}\n", "", "invalid role definition in roles file [/c/roles.yml], line [1]: not UTF-8. skipping role..."},
		{
			"a bad name", "büro: {}\n", "büro",
			"invalid role definition [büro] in roles file [/c/roles.yml]. invalid role name - " + nameRule + ". skipping role...",
		},
		{
			"a reserved name", "superuser: {}\n", "superuser",
			"invalid role definition [superuser] in roles file [/c/roles.yml]. invalid role name - Role [superuser] is reserved and may not be used.. skipping role...",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := rolesfile.Parse("/c/roles.yml", tt.text, reserved)
			if len(got) != 1 || got[0].Name != tt.role || got[0].Fault != tt.fault {
				t.Errorf("Parse(%q) = %+v", tt.text, got)
			}
		})
	}
}

func TestKnownRolesAreThoseOfTheRealTool(t *testing.T) {
	t.Parallel()
	// Recorded: list/roles-yml-broken knows both roles of this file.
	segments := rolesfile.Parse("", "admins:\n  cluster: [ all\nauditors:\n  indices: 3\nsuperuser: {}\nadmins: {}\n", reserved)
	if diff := cmp.Diff([]string{"admins", "auditors"}, rolesfile.Names(segments)); diff != "" {
		t.Errorf("Names (-want +got):\n%s", diff)
	}
	none, err := rolesfile.Load(rolesfile.Path(t.TempDir()), nil)
	if err != nil || len(none) != 0 {
		t.Errorf("without a file: %v, %v", none, err)
	}
}

func TestLint(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, rolesfile.Path(dir), strings.Join([]string{
		"  lost: 1", "admins:", "  cluster: [ all ]", "# c", "  indices: a: b", "twice: {}", "superuser: {}", "empty:", "twice: {a: 1}", "- list", "bad: {x: 1}", "b\xff: 1", "",
	}, "\n"))
	found, err := rolesfile.Lint(dir, rolesfile.LintOptions{Reserved: reserved, Check: func(s rolesfile.Segment) error {
		if s.Name == "bad" {
			return errors.New("unexpected field [x]")
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range found {
		got = append(got, strings.TrimPrefix(f.String(), dir+"/"))
	}
	want := []string{
		"roles.yml:1:1: warning: an indented line before the first role, which Elasticsearch ignores [no-role]",
		"roles.yml:5:1: error: broken YAML (mapping values are not allowed in this context): Elasticsearch skips the role [yaml]",
		"roles.yml:6:1: warning: role [twice] comes again in line 9, which wins [duplicate-role]",
		"roles.yml:7:1: error: role [superuser]: Role [superuser] is reserved and may not be used. [invalid-role]",
		"roles.yml:8:1: error: role [empty] has no body: Elasticsearch skips it [no-body]",
		"roles.yml:10:1: error: no role: a line in column 1 is a role's name and a colon [no-role]",
		"roles.yml:11:1: error: role [bad]: unexpected field [x] [invalid-role]",
		"roles.yml:12:2: error: a byte that is not UTF-8: Elasticsearch refuses the whole file because of it [not-utf8]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if found, err := rolesfile.Lint(t.TempDir(), rolesfile.LintOptions{}); err != nil || len(found) > 0 {
		t.Errorf("without a file: %v, %v", found, err)
	}
}

func TestDiff(t *testing.T) {
	t.Parallel()
	a := rolesfile.Parse("", "same: {}\nleft: {}\nchanged: {a: 1}\n", nil)
	b := rolesfile.Parse("", "# note\nchanged: {a: 2}\nright: {}\nsame: {}\r\n", nil)
	want := []rolesfile.Difference{{Role: "left", What: "only-in-a"}, {Role: "changed", What: "definition"}, {Role: "right", What: "only-in-b"}}
	if diff := cmp.Diff(want, rolesfile.Diff(a, b)); diff != "" {
		t.Errorf("Diff (-want +got):\n%s", diff)
	}
}

func TestSourceFollowsTheFileAndSaysSo(t *testing.T) {
	t.Parallel()
	path := rolesfile.Path(t.TempDir())
	write(t, path, "admins: {}\nsuperuser: {}\n")
	var log bytes.Buffer
	now := time.Now()
	get := rolesfile.NewSource(path, rolesfile.SourceOptions{
		Log: slog.New(slog.NewTextHandler(&log, nil)), Now: func() time.Time { now = now.Add(time.Minute); return now }, Reserved: reserved,
	}, func(segments []rolesfile.Segment) map[string]string {
		texts := map[string]string{}
		for _, s := range segments {
			texts[s.Name] = s.Text
		}
		return texts
	})
	says := func(text string) {
		t.Helper()
		if !strings.Contains(log.String(), text) {
			t.Errorf("log lacks %q:\n%s", text, log.String())
		}
	}
	if diff := cmp.Diff(map[string]string{"admins": "admins: {}\n"}, get()); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
	says("Role [superuser] is reserved and may not be used.. skipping role...")
	says(fmt.Sprintf("parsed [1] roles from file [%s]", path))
	write(t, path, "admins: {}\nothers: {}\n")
	if got := get(); len(got) != 2 {
		t.Errorf("roles %v", got)
	}
	says("updated roles (roles file [" + path + "] changed)")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if got := get(); len(got) != 0 {
		t.Errorf("roles %v", got)
	}
	says("updated roles (roles file [" + path + "] removed)")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	get()
	says("cannot read the roles file, what was read before stays")
	strict := rolesfile.NewSource(path, rolesfile.SourceOptions{Log: slog.New(slog.NewTextHandler(&log, nil)), Now: time.Now, Strict: true},
		func([]rolesfile.Segment) map[string]string { return nil })
	strict()
	says("msg=\"failed to read roles file [" + path + "]. skipping all roles...\"")
}

// FuzzParse: every line that is no comment and not blank is in one segment, in
// order, and nothing panics.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"", "a:\n  b: [\nc: {}\r\n", "\ufeff# c\n", "--- a\n...\n", "? [x]\n: y", "&a *a: b", "'", "a: !!binary x\n", "%YAML 1.1\n", " x\n\ty"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		segments := rolesfile.Parse("p", text, reserved)
		var got []string
		for _, s := range segments {
			lines := strings.SplitAfter(s.Text, "\n")
			if len(lines) != len(s.Lines)+1 || s.Name == "" && s.Fault == "" {
				t.Fatalf("segment %+v of %q", s, text)
			}
			got = append(got, lines[:len(lines)-1]...)
		}
		var want []string
		started := false
		for line := range linefile.Lines(text) {
			if strings.HasPrefix(line.Text, "#") || strings.Trim(line.Text, " \t\v\f") == "" {
				continue
			}
			started = started || !strings.ContainsAny(line.Text[:1], " \t\v\f")
			if started {
				want = append(want, line.Text+"\n")
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("lines of %q\n got %q\nwant %q", text, got, want)
		}
	})
}

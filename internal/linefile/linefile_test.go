package linefile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/atomicfile"
	"github.com/realmctl/realmctl/internal/linefile"
)

func TestLinesEndAsInJava(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"an empty text has no line", "", nil},
		{"a terminator at the end starts no line", "a\n", []string{"a"}},
		{"an open last line counts", "a\nb", []string{"a", "b"}},
		{"CR LF is one terminator", "a\r\nb\r\n", []string{"a", "b"}},
		{"CR alone ends a line", "a\rb\r", []string{"a", "b"}},
		{"LF CR are two terminators", "a\n\rb", []string{"a", "", "b"}},
		{"CR CR LF are two terminators", "a\r\r\nb", []string{"a", "", "b"}},
		{"blank lines count", "\n\n", []string{"", ""}},
		{"other Unicode line ends do not count", "a\u2028b\u0085c\vd", []string{"a\u2028b\u0085c\vd"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for line := range linefile.Lines(tt.text) {
				got = append(got, line.Text)
				if tt.text[line.Start:line.Start+len(line.Text)] != line.Text || line.Number != len(got) {
					t.Errorf("line %+v is not where it says", line)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Lines(%q) (-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

func TestAppendKeepsTheLineEnds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"an empty text gets LF", "", "x\n"},
		{"LF", "a\n", "a\nx\n"},
		{"CR LF", "a\r\n", "a\r\nx\r\n"},
		{"CR", "a\r", "a\rx\r"},
		{"an open line after CR LF is closed with CR LF", "a\r\nb", "a\r\nb\r\nx\r\n"},
		{"a single open line is closed with LF", "a", "a\nx\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := linefile.Append(tt.text, "x"); got != tt.want {
				t.Errorf("Append(%q) = %q, want %q", tt.text, got, tt.want)
			}
		})
	}
	if got := linefile.Append("open"); got != "open" {
		t.Errorf("appending nothing changed the text to %q", got)
	}
}

func TestApplySortsEdits(t *testing.T) {
	t.Parallel()
	edits := []linefile.Edit{{Start: 4, End: 5, With: "E"}, {Start: 0, End: 1, With: "AA"}, {Start: 2, End: 3}}
	if got, want := linefile.Apply("abcdef", edits), "AAbdEf"; got != want {
		t.Errorf("Apply = %q, want %q", got, want)
	}
}

func TestTrimAndBlankAreJavas(t *testing.T) {
	t.Parallel()
	if got, want := linefile.Trim("\x00\t a\u00a0 \x1f"), "a\u00a0"; got != want {
		t.Errorf("Trim = %q, want %q", got, want)
	}
	for text, want := range map[string]bool{
		"": true, " \t\x0b\f\x1c": true, "\u3000\u2003": true,
		"\u00a0": false, "\u2007": false, "\x01": false, "\x1b": false, "\ufeff": false,
	} {
		if got := linefile.Blank(text); got != want {
			t.Errorf("Blank(%q) = %v, want %v", text, got, want)
		}
	}
}

func TestLintTextSeesWhatEditorsHide(t *testing.T) {
	t.Parallel()
	got := lintText("\ufeffä\xff\nb\rc\r\n\xffd")
	want := []string{
		"users:1:1: error: the file begins with a byte order mark, which Elasticsearch takes for a part of the first line [byte-order-mark]",
		"users:1:3: error: a byte that is not UTF-8: Elasticsearch refuses the whole file because of it [not-utf8]",
		"users:2:2: warning: a lone carriage return ends this line for Elasticsearch, but not in an editor [carriage-return]",
		"users:4:1: error: a byte that is not UTF-8: Elasticsearch refuses the whole file because of it [not-utf8]",
	}
	var texts []string
	for _, f := range got {
		texts = append(texts, f.String())
	}
	if diff := cmp.Diff(want, texts); diff != "" {
		t.Errorf("LintText (-want +got):\n%s", diff)
	}
	for _, clean := range []string{"", "a\nb\n", "a\r\nb\r\n", "a\rb\r", "ü\ufffd\n"} {
		if got := lintText(clean); len(got) != 0 {
			t.Errorf("LintText(%q) = %v, want nothing", clean, got)
		}
	}
}

func lintText(text string) []linefile.Finding {
	f := linefile.Findings{File: "users"}
	f.LintText(text)
	return f.List()
}

func TestFindingsAreBounded(t *testing.T) {
	t.Parallel()
	f := linefile.Findings{File: "users"}
	for i := range linefile.MaxFindings + 7 {
		f.Add(i+1, 1, linefile.Error, "x", "%d", i)
	}
	got := f.List()
	if last := got[len(got)-1]; len(got) != linefile.MaxFindings+1 || last.Code != "more" || last.Text != "7 more findings are not shown" {
		t.Errorf("%d findings, the last %+v", len(got), last)
	}
}

func TestFindingsQuoteNoWholeFile(t *testing.T) {
	t.Parallel()
	f := linefile.Findings{File: "users"}
	f.Add(1, 1, linefile.Error, "x", "user [%s] is no user", strings.Repeat("ü", 50_000))
	got := f.List()[0].Text
	if len(got) > 1000 || !strings.HasPrefix(got, "user [üü") || !strings.HasSuffix(got, "üü] is no user") || !utf8.ValidString(got) {
		t.Errorf("%d bytes: %.50q", len(got), got)
	}
}

func TestLintFileLooksAtModesAndLeftovers(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "users")
	undo, done := atomicfile.Backups(path, "")
	for _, tt := range []struct {
		name  string
		mode  os.FileMode
		other []string
		want  []string
	}{
		{"private", 0o660, nil, nil},
		{"world-readable", 0o664, nil, []string{"world-readable"}},
		{"world-writable", 0o666, nil, []string{"world-writable"}},
		{"leftovers", 0o600, []string{undo, done}, []string{"interrupted", "backup"}},
	} {
		for _, file := range append(tt.other, path) {
			if err := os.WriteFile(file, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(path, tt.mode); err != nil {
			t.Fatal(err)
		}
		f := linefile.Findings{File: path}
		if err := f.LintFile(&atomicfile.Account{Name: "root"}); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, finding := range f.List() {
			got = append(got, finding.Code)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestSortKeepsFilesTogether(t *testing.T) {
	t.Parallel()
	got := []linefile.Finding{{File: "b", Line: 2}, {File: "a", Line: 1}, {File: "b", Line: 1, Column: 3}, {File: "b", Line: 1, Column: 1}}
	linefile.Sort(got)
	want := []linefile.Finding{{File: "b", Line: 1, Column: 1}, {File: "b", Line: 1, Column: 3}, {File: "b", Line: 2}, {File: "a", Line: 1}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Sort (-want +got):\n%s", diff)
	}
}

// FuzzLines: the lines and their terminators are the whole text, and no line
// holds a terminator.
func FuzzLines(f *testing.F) {
	for _, seed := range []string{"", "a\r\nb\rc\n\n", "\r\r\n", "open", "\xff\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at := 0
		for line := range linefile.Lines(text) {
			if line.Start != at || strings.ContainsAny(line.Text, "\r\n") {
				t.Fatalf("line %+v of %q", line, text)
			}
			switch text[line.Start+len(line.Text) : line.Next] {
			case "\n", "\r", "\r\n":
			case "":
				if line.Next != len(text) {
					t.Fatalf("line %+v of %q has no terminator", line, text)
				}
			default:
				t.Fatalf("line %+v of %q skips bytes", line, text)
			}
			at = line.Next
		}
		if at != len(text) {
			t.Fatalf("lines of %q end at %d", text, at)
		}
		if got := linefile.Append(text, "x"); !strings.HasPrefix(got, text) {
			t.Fatalf("Append(%q) = %q", text, got)
		}
	})
}

package tokensfile_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/atomicfile"
	"github.com/realmctl/realmctl/internal/linefile"
	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/tokensfile"
)

const hash = "{PBKDF2_STRETCH}1000$bgklyajwG9Pn34nbTk301j8GTpM2sEvRGGU27VNcaTM=$csjWvJTKjvIDqyu/wrduIbJnDpGvCo3gfbq/T0bfqdo="

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// conf is a folder with this service_tokens.
func conf(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, tokensfile.Path(dir), text)
	return dir
}

func TestParseReportsInElasticsearchsWords(t *testing.T) {
	t.Parallel()
	var got []string
	hashes := tokensfile.Parse("/c/service_tokens", "# c\n\n  \u2003\na/b/c:{SHA}x\nbroken\na/b/d:secret\n  a/b/e:{MD5}y \na/b/c:{SHA}z\n\xff:x\n:$2a$\n", func(p linefile.Problem) {
		got = append(got, fmt.Sprintf("%d: %s", p.Line, p.Text))
	})
	want := []string{
		"5: invalid format at line #5 of service_tokens file [/c/service_tokens] - missing ':' character - skipping...",
		"6: skipping plaintext service account token for key [a/b/d]",
		"8: found duplicated key [a/b/c], earlier entries are overridden",
		"9: invalid entry at line #9 of service_tokens file [/c/service_tokens]: not UTF-8. skipping...",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reports (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"a/b/c": "{SHA}z", "a/b/e": "{MD5}y", "": "$2a$"}, hashes); diff != "" {
		t.Errorf("hashes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a/b/c", "a/b/e"}, tokensfile.Names(hashes, "a/b")); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

type run struct {
	Case          string
	Args          []string
	Stdout        string
	Before, After map[string]struct{ Content string }
}

func (r *run) UnmarshalJSON(b []byte) error {
	var raw struct {
		Case, Stdout string
		Args         []string
		Before       map[string]struct{ Content string } `json:"files_before"`
		After        map[string]struct{ Content string } `json:"files_after"`
	}
	err := json.Unmarshal(b, &raw)
	*r = run{raw.Case, raw.Args, raw.Stdout, raw.Before, raw.After}
	return err
}

// An edit leaves the tokens that the real tool's edit left.
func TestEditsEndAsThoseOfTheRealTool(t *testing.T) {
	t.Parallel()
	f, err := os.Open(filepath.Join("testdata", "recorded.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	n := 0
	for lines := bufio.NewScanner(f); lines.Scan(); n++ {
		var r run
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if before, ok := r.Before[tokensfile.Name]; ok {
			write(t, tokensfile.Path(dir), before.Content)
		}
		e, err := tokensfile.Edit(t.Context(), dir, atomicfile.Options{})
		if err != nil {
			t.Fatal(err)
		}
		switch r.Args[0] {
		case "create":
			err = e.Add(r.Args[1], r.Args[2], hash)
		case "delete":
			err = e.Delete(r.Args[1], r.Args[2])
		case "list":
			account := strings.Join(r.Args[1:], "")
			var want []string
			if r.Stdout != "" {
				want = strings.Split(strings.TrimSuffix(r.Stdout, "\n"), "\n")
			}
			if diff := cmp.Diff(want, tokensfile.Names(e.Hashes(), account)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", r.Case, diff)
			}
		}
		if _, saveErr := e.Save(); err != nil || saveErr != nil {
			t.Fatalf("%s: %v, %v", r.Case, err, saveErr)
		}
		got := slices.Sorted(maps.Keys(e.Hashes()))
		e.Close()
		if r.Args[0] == "list" {
			continue
		}
		var want []string
		for line := range strings.Lines(r.After[tokensfile.Name].Content) {
			key, _, _ := strings.Cut(line, ":")
			want = append(want, key)
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: tokens (-recorded +ours):\n%s", r.Case, diff)
		}
	}
	if n != 10 {
		t.Errorf("%d recorded runs, want 10", n)
	}
}

func TestEditsTouchOneToken(t *testing.T) {
	t.Parallel()
	const text = "# fleet \r\n\r\n elastic/kibana/k:" + hash + " \r\nbroken\r\nelastic/kibana/k:" + hash + "\r\nelastic/kibana/p:secret"
	const k, p = "elastic/kibana/k", "elastic/kibana/p"
	for _, tt := range []struct {
		name string
		edit func(*tokensfile.Editor) error
		want string
		err  error
	}{
		{
			"adding closes the last line",
			func(e *tokensfile.Editor) error { return e.Add("elastic/kibana", "n", hash) },
			text + "\r\nelastic/kibana/n:" + hash + "\r\n", nil,
		},
		{
			"adding replaces what lets nobody in",
			func(e *tokensfile.Editor) error { return e.Add("elastic/kibana", "p", hash) },
			strings.TrimSuffix(text, p+":secret") + p + ":" + hash + "\r\n", nil,
		},
		{
			"deleting takes every line",
			func(e *tokensfile.Editor) error { return e.Delete("elastic/kibana", "k") },
			"# fleet \r\n\r\nbroken\r\n" + p + ":secret", nil,
		},
		{"adding twice", func(e *tokensfile.Editor) error { return e.Add("elastic/kibana", "k", hash) }, text, tokensfile.ErrExists},
		{"deleting nothing", func(e *tokensfile.Editor) error { return e.Delete("elastic/kibana", "x") }, text, tokensfile.ErrUnknown},
		{
			"deleting what lets nobody in",
			func(e *tokensfile.Editor) error { return e.Delete("elastic/kibana", "p") },
			strings.TrimSuffix(text, p+":secret"), nil,
		},
		{"plain text", func(e *tokensfile.Editor) error { return e.Add("elastic/kibana", "n", "secret") }, text, pwhash.ErrPlain},
		{
			"formatting",
			func(e *tokensfile.Editor) error { e.Format(); return nil },
			"# fleet \n\n" + k + ":" + hash + "\nbroken\n" + k + ":" + hash + "\n" + p + ":secret\n", nil,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := conf(t, text)
			e, err := tokensfile.Edit(t.Context(), dir, atomicfile.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			if err := tt.edit(e); !errors.Is(err, tt.err) {
				t.Fatalf("edit = %v, want %v", err, tt.err)
			}
			if _, err := e.Save(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, read(t, tokensfile.Path(dir))); diff != "" {
				t.Errorf("file (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheFirstTokenIsReadableAsItsNeighbours(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "users"), "")
	if err := os.Chmod(filepath.Join(dir, "users"), 0o660); err != nil {
		t.Fatal(err)
	}
	if err := tokensfile.Probe(dir, atomicfile.Options{}); err != nil {
		t.Fatal(err)
	}
	e, err := tokensfile.Edit(t.Context(), dir, atomicfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := e.Add("elastic/kibana", "k", hash); err != nil {
		t.Fatal(err)
	}
	if out, err := e.Save(); err != nil || !out.Created {
		t.Fatalf("Save = %+v, %v", out, err)
	}
	if info, err := os.Stat(tokensfile.Path(dir)); err != nil || info.Mode() != 0o660 {
		t.Errorf("mode %v, %v; want that of users", info.Mode(), err)
	}
}

func TestNamesThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"ci-1": true, "A_b": true, "-": true, strings.Repeat("a", 256): true,
		"": false, "_t1": false, "a.b": false, "a b": false, "é": false, "a/b": false, strings.Repeat("a", 257): false,
	} {
		if err := tokensfile.CheckName(name); (err == nil) != want {
			t.Errorf("CheckName(%.20q) = %v", name, err)
		}
	}
	e, err := tokensfile.Edit(t.Context(), t.TempDir(), atomicfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, account := range []string{"", "elastic", "a/b/c", "#a/b", "a:/b", " a/b", "a/b\n"} {
		if err := e.Add(account, "t", hash); err == nil {
			t.Errorf("Add(%q) worked", account)
		}
	}
	if _, ok := errors.AsType[*tokensfile.NameError](e.Add("elastic/kibana", "a.b", hash)); !ok {
		t.Error("a bad token name is no NameError")
	}
}

func TestLint(t *testing.T) {
	t.Parallel()
	dir := conf(t, strings.Join([]string{
		"# fine", "", "elastic/kibana/k:" + hash, "elastic/kibana/k:" + hash, " broken", "elastic/nothing/t:" + hash,
		"elastic/kibana/_a.b:" + hash, "elastic/kibana/p:secret", "elastic/kibana/m:{PBKDF2}1$x", "elastic/kibana/\xff:x", "x:" + hash, "",
	}, "\n"))
	if err := os.Chmod(tokensfile.Path(dir), 0o644); err != nil {
		t.Fatal(err)
	}
	found, err := tokensfile.Lint(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range found {
		got = append(got, fmt.Sprintf("%d:%d %s %s", f.Line, f.Column, f.Severity, f.Code))
	}
	want := []string{
		"0:0 warning world-readable", "3:1 warning duplicate-token", "5:2 error missing-colon", "6:1 warning unknown-account",
		"7:1 warning invalid-name", "8:18 error plain-text", "9:18 error malformed-hash", "10:16 error not-utf8", "11:1 warning unknown-account",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s\n%v", diff, found)
	}
	if found, err := tokensfile.Lint(t.TempDir(), nil); err != nil || len(found) > 0 {
		t.Errorf("without a file: %v, %v", found, err)
	}
}

func TestDiffShowsNoHash(t *testing.T) {
	t.Parallel()
	got := tokensfile.Diff(map[string]string{"a": "1", "b": "1", "c": "1"}, map[string]string{"b": "2", "c": "1", "d": "1"})
	want := []tokensfile.Difference{{Token: "a", What: "only-in-a"}, {Token: "b", What: "hash"}, {Token: "d", What: "only-in-b"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Diff (-want +got):\n%s", diff)
	}
	if got := tokensfile.Diff(nil, nil); len(got) != 0 {
		t.Errorf("Diff of nothing = %v", got)
	}
}

func TestSourceFollowsTheFileAndSaysSo(t *testing.T) {
	t.Parallel()
	dir := conf(t, "elastic/kibana/k:"+hash+"\nbroken\n")
	var log bytes.Buffer
	now := time.Now()
	get := tokensfile.NewSource(tokensfile.Path(dir), tokensfile.SourceOptions{
		Log: slog.New(slog.NewTextHandler(&log, nil)), Now: func() time.Time { now = now.Add(time.Minute); return now },
	})
	if got := get(); len(got) != 1 || got["elastic/kibana/k"] != hash {
		t.Errorf("hashes %v", got)
	}
	if !strings.Contains(log.String(), "missing ':' character") {
		t.Errorf("log %q", log.String())
	}
	write(t, tokensfile.Path(dir), "elastic/kibana/l:"+hash+"\n")
	if got := get(); len(got) != 1 || got["elastic/kibana/l"] != hash {
		t.Errorf("hashes %v", got)
	}
	if !strings.Contains(log.String(), "service tokens file ["+tokensfile.Path(dir)+"] changed. updating ...") {
		t.Errorf("log %q", log.String())
	}
	if err := os.Remove(tokensfile.Path(dir)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if err := os.Mkdir(tokensfile.Path(dir), 0o700); err != nil {
		t.Fatal(err)
	}
	if got := get(); len(got) != 1 {
		t.Errorf("an unreadable file drops the tokens: %v", got)
	}
	if !strings.Contains(log.String(), "cannot read the service tokens file, what was read before stays") {
		t.Errorf("log %q", log.String())
	}
}

// TestAStrictSourceDropsTheTokens is Elasticsearch's way with a file that it cannot read.
func TestAStrictSourceDropsTheTokens(t *testing.T) {
	t.Parallel()
	dir := conf(t, "elastic/kibana/k:"+hash+"\n")
	var log strings.Builder
	now := time.Now()
	get := tokensfile.NewSource(tokensfile.Path(dir), tokensfile.SourceOptions{
		Log: slog.New(slog.NewTextHandler(&log, nil)), Strict: true, Now: func() time.Time { now = now.Add(time.Minute); return now },
	})
	if got := get(); len(got) != 1 {
		t.Fatalf("hashes %v", got)
	}
	write(t, tokensfile.Path(dir), "elastic/kibana/k:"+hash+"\n\xff:x\n")
	if got := get(); len(got) != 0 {
		t.Errorf("a file that is not UTF-8 keeps the tokens: %v", got)
	}
	if want := "msg=\"failed to parse service tokens file [" + tokensfile.Path(dir) + "]. skipping/removing all tokens...\""; !strings.Contains(log.String(), want) {
		t.Errorf("log lacks %s: %s", want, log.String())
	}
}

// FuzzEdits: an edit of a token leaves all other lines and all other tokens.
func FuzzEdits(f *testing.F) {
	for _, text := range []string{"", "# c\r\na/b/c:$2a$x\r\n", "a/b/c:{SHA}x\n a/b/c:{SHA}y \nbroken\n\n", "#a/b/c:x\r #a/b/c:{MD5}y", "\xff\na/b/c"} {
		f.Add(text, "c")
	}
	f.Fuzz(func(t *testing.T, text, token string) {
		dir := conf(t, text)
		if tokensfile.CheckName(token) != nil {
			return
		}
		before := tokensfile.Parse("", text, nil)
		e, err := tokensfile.Edit(t.Context(), dir, atomicfile.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		key := tokensfile.Key("a/b", token)
		if _, there := before[key]; there {
			if err := e.Delete("a/b", token); err != nil {
				t.Fatal(err)
			}
		}
		if err := e.Add("a/b", token, hash); err != nil {
			t.Fatal(err)
		}
		after := e.Hashes()
		if after[key] != hash {
			t.Fatalf("%q: the token is %q", text, after[key])
		}
		delete(after, key)
		delete(before, key)
		if !maps.Equal(before, after) {
			t.Fatalf("%q: tokens %v became %v", text, before, after)
		}
		tidy := tokensfile.Format(text)
		if got, want := tokensfile.Parse("", tidy, nil), tokensfile.Parse("", text, nil); !maps.Equal(got, want) {
			t.Fatalf("formatting %q to %q: %v became %v", text, tidy, want, got)
		}
	})
}

func TestBearerIsWhatTheDocumentationShows(t *testing.T) {
	t.Parallel()
	if got, want := tokensfile.Bearer("elastic/fleet-server", "token1", "7LWZH6").Reveal(), "AAEAAWVsYXN0aWMvZmxlZXQtc2VydmVyL3Rva2VuMTo3TFdaSDY"; got != want {
		t.Errorf("Bearer = %s, want %s", got, want)
	}
	a, b := tokensfile.NewSecret().Reveal(), tokensfile.NewSecret().Reveal()
	if len(a) != 22 || len(b) != 22 || a == b {
		t.Errorf("secrets %q and %q, want two of 22 characters", a, b)
	}
}

package envfile_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/realmctl/realmctl/internal/envfile"
	"github.com/realmctl/realmctl/internal/secret"
)

const key = "VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6dWkybHAyYXhUTm1zeWFrdzl0dk5udw=="

func mode(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode()
}

func TestLinesAppendsAndKeepsEveryByte(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, before, value, want string }{
		{"an empty file", "", key, "K=" + key + "\n"},
		{"LF", "A=1\n# c\n\n", key, "A=1\n# c\n\nK=" + key + "\n"},
		{"a missing final newline is added", "A=1", key, "A=1\nK=" + key + "\n"},
		{"an open comment is closed", "# c", key, "# c\nK=" + key + "\n"},
		{"CR LF is kept", "A=1\r\n", key, "A=1\r\nK=" + key + "\r\n"},
		{"CR LF without the last one", "A=1\r\nB=2", key, "A=1\r\nB=2\r\nK=" + key + "\r\n"},
		{"a lone CR does not end a comment", "# c\r", key, "# c\r\nK=" + key + "\n"},
		{"a dollar is quoted", "WORD=x\n", "pa$WORD", "WORD=x\nK='pa$WORD'\n"},
		{"a hash is quoted", "", "a #b", "K='a #b'\n"},
		{"a double quote is quoted", "", `"a"`, "K='\"a\"'\n"},
		{"a backslash is quoted", "", `a\nb`, "K='a\\nb'\n"},
		{"what is not ASCII is quoted", "", "pässwörd", "K='pässwörd'\n"},
		{"spaces are quoted", "", " a b ", "K=' a b '\n"},
		{"a byte order mark stays", "\ufeffA=1\n", key, "\ufeffA=1\nK=" + key + "\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := env(t, tt.before)
			s := envfile.NewLines(path, false, "K")
			if err := s.Prove(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := content(t, path); got != tt.before {
				t.Fatalf("Prove changed the file to %q", got)
			}
			if err := s.Put(t.Context(), secret.String(tt.value)); err != nil {
				t.Fatal(err)
			}
			if got := content(t, path); got != tt.want {
				t.Errorf("file\n got %q\nwant %q", got, tt.want)
			}
			f, err := envfile.Read(path, envfile.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := f.Lookup("K"); got != tt.value {
				t.Errorf("K reads back as %q, want %q", got, tt.value)
			}
			if err := s.Undo(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := content(t, path); got != tt.before {
				t.Errorf("Undo left %q, want %q", got, tt.before)
			}
		})
	}
}

func TestLinesMakesAPrivateFileAndUndoTakesItAway(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), ".env")
	s := envfile.NewLines(path, false, "USER_NAME", "USER_PASSWORD")
	if err := s.Prove(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("Prove made the file: %v", err)
	}
	if err := s.Put(t.Context(), "jack", "s3cret"); err != nil {
		t.Fatal(err)
	}
	if got, want := content(t, path), "USER_NAME=jack\nUSER_PASSWORD=s3cret\n"; got != want || mode(t, path) != 0o600 {
		t.Errorf("file %q with mode %v", got, mode(t, path))
	}
	if strings.Contains(s.String(), "s3cret") || !strings.Contains(s.String(), "USER_PASSWORD in "+path) {
		t.Errorf("String() = %q", s)
	}
	if err := s.Undo(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after Undo: %v, want no file", err)
	}
}

func TestLinesTightensTheModeAndSaysSo(t *testing.T) {
	t.Parallel()
	path := env(t, "A=1\n")
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	s := envfile.NewLines(path, false, "K")
	if err := s.Put(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if mode(t, path) != 0o600 || len(s.Notices()) != 1 || !strings.Contains(s.Notices()[0], "mode 0644") {
		t.Errorf("mode %v, notices %q", mode(t, path), s.Notices())
	}
}

func TestAnExistingVariableIsRefused(t *testing.T) {
	t.Parallel()
	const before = "A=1\nexport K = 'old' # why\n"
	path := env(t, before)
	s := envfile.NewLines(path, false, "K")
	for name, err := range map[string]error{"Prove": s.Prove(t.Context()), "Put": s.Put(t.Context(), key)} {
		if !errors.Is(err, envfile.ErrExists) || !strings.Contains(err.Error(), "K in "+path) {
			t.Errorf("%s = %v, want ErrExists naming it", name, err)
		}
	}
	if err := s.Undo(t.Context()); err != nil || content(t, path) != before {
		t.Errorf("Undo = %v, file %q", err, content(t, path))
	}
}

func TestOverwriteReplacesEveryOldValueAndNothingElse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, before, want string }{
		{"with export, quotes and a comment", "A=1\nexport K = 'old' # why\nB=2\n", "A=1\nexport K = new # why\nB=2\n"},
		{"a bare value with a comment", "K=old # why\r\nB=2\r\n", "K=new # why\r\nB=2\r\n"},
		{"an empty value", "K=\nB=2\n", "K=new\nB=2\n"},
		{"an empty value at the end", "K=", "K=new"},
		{"the colon form", "K: old\n", "K: new\n"},
		{"twice, so that no old secret stays", "K=old\nB=2\nK=\"older\"\n", "K=new\nB=2\nK=new\n"},
		{"over several lines", "K='o\r\nl\r\nd'\r\nB=2", "K=new\r\nB=2"},
		{"others may follow it", "K=old\nURL=http://u:$K@h\n", "K=new\nURL=http://u:$K@h\n"},
		{"two on a line", "A='1' K='old' B=2\n", "A='1' K=new B=2\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := env(t, tt.before)
			s := envfile.NewLines(path, true, "K")
			err := s.Prove(t.Context())
			if tt.name == "two on a line" { // a bare value would swallow the rest
				if !errors.Is(err, envfile.ErrUnstorable) {
					t.Errorf("Prove = %v, want ErrUnstorable", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Put(t.Context(), "new"); err != nil {
				t.Fatal(err)
			}
			if got := content(t, path); got != tt.want {
				t.Errorf("file\n got %q\nwant %q", got, tt.want)
			}
			if err := s.Undo(t.Context()); err != nil || content(t, path) != tt.before {
				t.Errorf("Undo = %v, file %q", err, content(t, path))
			}
		})
	}
}

func TestUndoSparesWhatOthersWrote(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, before string
		change       func(string) string
		want         string
	}{
		{
			"a line after ours stays", "A=1\n",
			func(s string) string { return s + "B=2\n" }, "A=1\nB=2\n",
		},
		{
			"an old value returns", "K=old # why\n",
			func(s string) string { return "# top\n" + s }, "# top\nK=old # why\n",
		},
		{
			"a value that is no longer ours stays", "A=1\n",
			func(s string) string { return strings.Replace(s, "new", "newer", 1) }, "A=1\nK=newer\n",
		},
		{
			"a comment behind our line stays", "A=1\n",
			func(s string) string { return strings.Replace(s, "K=new", "K=new # mine", 1) }, "A=1\n # mine\n",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := env(t, tt.before)
			s := envfile.NewLines(path, true, "K")
			if err := s.Put(t.Context(), "new"); err != nil {
				t.Fatal(err)
			}
			write(t, path, tt.change(content(t, path)), 0o600)
			if err := s.Undo(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := content(t, path); got != tt.want {
				t.Errorf("file %q, want %q", got, tt.want)
			}
		})
	}
}

func TestValuesThatNoLineCanHold(t *testing.T) {
	t.Parallel()
	path := env(t, "A=1\n")
	for _, value := range []secret.String{"it's", "a\nb", "a\rb", "a b\\", "a\x00b"} {
		if err := envfile.NewLines(path, false, "K").Put(t.Context(), value); !errors.Is(err, envfile.ErrUnstorable) {
			t.Errorf("Put(%q) = %v, want ErrUnstorable", value.Reveal(), err)
		}
	}
	if err := envfile.NewLines(path, false, "K").Put(t.Context()); !errors.Is(err, envfile.ErrUnstorable) {
		t.Errorf("Put of nothing = %v, want ErrUnstorable", err)
	}
	if got := content(t, path); got != "A=1\n" {
		t.Errorf("the file became %q", got)
	}
}

func TestABrokenFileIsNoSink(t *testing.T) {
	t.Parallel()
	for _, before := range []string{"A='open\n", "bad-name=1\n", "text"} {
		path := env(t, before)
		err := envfile.NewLines(path, false, "K").Prove(t.Context())
		if err == nil {
			t.Errorf("Prove over %q worked", before)
		}
		if got := content(t, path); got != before {
			t.Errorf("the file became %q", got)
		}
	}
}

func TestASinkSomebodyElseMayWriteIsRefused(t *testing.T) {
	t.Parallel()
	path := env(t, "A=1\n")
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := envfile.NewLines(path, false, "K").Prove(t.Context()); !errors.Is(err, envfile.ErrUntrusted) {
		t.Errorf("Prove = %v, want ErrUntrusted", err)
	}
}

func TestAMissingFolderIsFoundBeforeTheCall(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "absent", "f")
	for name, prove := range map[string]func(context.Context) error{
		"lines":    envfile.NewLines(path, false, "K").Prove,
		"value":    envfile.NewValue(path, false).Prove,
		"manifest": envfile.NewManifest(path, false, envfile.KubernetesSecret{Name: "n"}, "k").Prove,
	} {
		if err := prove(t.Context()); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: Prove = %v, want ErrNotExist", name, err)
		}
	}
}

func TestValueIsBareAndPrivate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	s := envfile.NewValue(path, false)
	if err := s.Prove(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if content(t, path) != key || mode(t, path) != 0o600 {
		t.Errorf("file %q with mode %v", content(t, path), mode(t, path))
	}
	again := envfile.NewValue(path, false)
	for name, err := range map[string]error{"Prove": again.Prove(t.Context()), "Put": again.Put(t.Context(), "x")} {
		if !errors.Is(err, envfile.ErrExists) {
			t.Errorf("second %s = %v, want ErrExists", name, err)
		}
	}
	over := envfile.NewValue(path, true)
	if err := over.Put(t.Context(), "other"); err != nil || content(t, path) != "other" {
		t.Errorf("overwriting Put = %v, file %q", err, content(t, path))
	}
	if err := over.Undo(t.Context()); err != nil || content(t, path) != key {
		t.Errorf("Undo = %v, file %q", err, content(t, path))
	}
	if err := s.Undo(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after Undo: %v, want no file", err)
	}
}

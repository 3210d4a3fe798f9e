package envfile

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/joho/godotenv"
	"pgregory.net/rapid"

	"github.com/realmctl/realmctl/internal/linefile"
	"github.com/realmctl/realmctl/internal/secret"
)

// FuzzParse: our scanner finds what godotenv finds, each value lies where we say,
// and a new line changes no other variable.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "A=1", "A=1\r\nB='x\r\ny' # c\r\n", "export A=1\nexport\tB: 2", "export ", "# c\rA=1\n", "A=\"$B\" B='\\''", "A",
		"\ufeffA=1", "A=\n\r\nB=", "A =x#y #z", "A=\u0085x\u00a0", "=x", "a.b=1", "A='\\", "A='\r\r\n'", "\xff=1", "A=\xff #\xff\xa0# ", "export=1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		plain := strings.TrimPrefix(raw, byteOrderMark)
		want, wantErr := godotenv.Unmarshal(plain)
		d, err := parse(raw)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("parse(%q) = %v, godotenv: %v", raw, err, wantErr)
		}
		if err != nil {
			return
		}
		if !maps.Equal(d.values, want) {
			t.Fatalf("values of %q: %q, want %q", raw, d.values, want)
		}
		var keys []string
		for _, st := range d.stmts {
			keys = append(keys, st.key)
		}
		slices.Sort(keys)
		if got := slices.Compact(keys); !slices.Equal(got, slices.Sorted(maps.Keys(want))) {
			t.Fatalf("assignments of %q: %q, want those of %q", raw, got, want)
		}
		setEach(t, d)
	})
}

// setEach overwrites each variable by itself; what check accepts must hold.
func setEach(t *testing.T, d *document) {
	for _, st := range d.stmts {
		if st.key == "" {
			continue
		}
		text := linefile.Apply(d.raw, d.edits(st.key, "fresh"))
		l := &Lines{names: []string{st.key}}
		if l.check(d, text, []secret.String{"fresh"}) != nil {
			continue
		}
		again, err := parse(text)
		if err != nil || again.values[st.key] != "fresh" {
			t.Fatalf("%s of %q set to %q: %v", st.key, d.raw, again.values, err)
		}
	}
	text := appendLines(d.raw, []string{"REALMCTL_FUZZ=x"})
	if !strings.HasPrefix(text, d.raw) {
		t.Fatalf("appending to %q gave %q", d.raw, text)
	}
	// A text without "=" at the end takes the new line for its value's end and is
	// refused by check; everything else keeps its values.
	l := &Lines{names: []string{"REALMCTL_FUZZ"}}
	if err := l.check(d, text, []secret.String{"x"}); err == nil {
		after, _ := parse(text)
		for _, st := range d.stmts {
			if st.key != "REALMCTL_FUZZ" && !strings.Contains(d.raw, "$") && after.values[st.key] != d.values[st.key] {
				t.Fatalf("appending to %q changed %s", d.raw, st.key)
			}
		}
	}
}

// Whatever quote accepts is read back as it was, also between other lines.
func TestQuotedValuesReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.String().Draw(t, "value")
		quoted, err := quote(value)
		if err != nil {
			if !strings.ContainsAny(value, "'\r\n\x00") && !strings.HasSuffix(value, `\`) {
				t.Fatalf("quote(%q) = %v", value, err)
			}
			return
		}
		got, err := godotenv.Unmarshal("HOME=/h\nK=" + quoted + "\nL=2\n")
		if err != nil || got["K"] != value || got["L"] != "2" {
			t.Fatalf("%q reads back as %q, %v", quoted, got["K"], err)
		}
	})
}

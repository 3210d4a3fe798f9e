package envfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/realmctl/realmctl/internal/atomicfile"
	"github.com/realmctl/realmctl/internal/linefile"
	"github.com/realmctl/realmctl/internal/secret"
)

// Lines is a sink that puts each secret into a line NAME=value of a .env file and
// leaves every other byte of the file alone.
type Lines struct {
	path      string
	names     []string
	overwrite bool
	notices   []string

	before *string  // the file before Put; nil: there was none
	after  string   // the file as Put left it
	wrote  []string // the rendered values; nil before Put
}

// NewLines writes variables into the .env file at path; overwrite allows that they
// exist. The names were checked with VarName or CheckVar.
func NewLines(path string, overwrite bool, names ...string) *Lines {
	return &Lines{path: path, overwrite: overwrite, names: names}
}

// String names the sink without the secrets.
func (l *Lines) String() string { return strings.Join(l.names, ", ") + " in " + l.path }

// Notices are for people, after Prove and after Put.
func (l *Lines) Notices() []string { return l.notices }

// Prove finds out whether Put will work: it parses the file as it would be, with
// a dummy for each secret, and tries the rights to write it.
func (l *Lines) Prove(ctx context.Context) error {
	raw, _, err := l.read()
	if err != nil {
		return err
	}
	if _, _, err := l.render(raw, dummies(l.names)); err != nil {
		return err
	}
	notice, err := gitCheck(ctx, l.path)
	if err != nil {
		return err
	}
	if notice != "" {
		l.notices = append(l.notices, notice)
	}
	return atomicfile.Probe(l.path, private())
}

// Put writes the secrets, one for each name, and reads them back.
func (l *Lines) Put(ctx context.Context, values ...secret.String) error {
	held, err := atomicfile.Acquire(ctx, l.path)
	if err != nil {
		return err
	}
	defer held.Release()
	var mode fs.FileMode
	if info, err := os.Stat(l.path); err == nil {
		mode = info.Mode()
	}
	raw, there, err := l.read()
	if err != nil {
		return err
	}
	text, wrote, err := l.render(raw, values)
	if err != nil {
		return err
	}
	out, err := held.Replace(l.path, text, private())
	l.notices = append(l.notices, out.Notices...)
	if err != nil {
		return err
	}
	l.before, l.after, l.wrote = nil, text, wrote
	if was := mode.Perm(); there && was != private().Mode {
		l.notices = append(l.notices, fmt.Sprintf("%s had mode %04o and is private now (0600)", l.path, was))
	}
	if there {
		l.before = &raw
	}
	if again, _, err := l.read(); err != nil || again != text {
		return errors.Join(fmt.Errorf("%s: it does not hold what was written", l.path), err)
	}
	return nil
}

// Undo takes the secrets away and puts back what the variables held before. What
// somebody else wrote into the file meanwhile stays.
func (l *Lines) Undo(ctx context.Context) error {
	if l.wrote == nil {
		return nil
	}
	held, err := atomicfile.Acquire(ctx, l.path)
	if err != nil {
		return err
	}
	defer held.Release()
	now, _, err := l.read()
	if err != nil {
		return err
	}
	old := l.before
	if now != l.after {
		text, err := l.takeBack(now)
		if err != nil {
			return err
		}
		old = &text
	}
	if old == nil {
		return held.Remove(l.path)
	}
	_, err = held.Replace(l.path, *old, private())
	return err
}

// read gives the file as it is; there is false without one. The rules for sources
// hold for sinks too: nobody may slip lines into the file.
func (l *Lines) read() (raw string, there bool, err error) {
	raw, _, err = readTrusted(l.path, Options{Environ: Process()})
	if errors.Is(err, fs.ErrNotExist) {
		if info, linkErr := os.Lstat(l.path); linkErr == nil && info.Mode()&fs.ModeSymlink == 0 {
			return "", false, err
		}
		return "", false, nil
	}
	return raw, err == nil, err
}

// render gives the file with the values in it, and the values in their quotes. It
// has been parsed: each variable holds its value, and all others are as before.
func (l *Lines) render(raw string, values []secret.String) (text string, wrote []string, err error) {
	if len(values) != len(l.names) {
		return "", nil, fmt.Errorf("%s: %w: %d values for %d variables", l.path, ErrUnstorable, len(values), len(l.names))
	}
	d, err := parse(raw)
	if err != nil {
		return "", nil, fmt.Errorf("%s: %w", l.path, err)
	}
	var edits []linefile.Edit
	var fresh []string
	for i, name := range l.names {
		quoted, err := quote(values[i].Reveal())
		if err != nil {
			return "", nil, fmt.Errorf("%s in %s: %w", name, l.path, err)
		}
		wrote = append(wrote, quoted)
		found := d.edits(name, quoted)
		switch {
		case len(found) == 0:
			fresh = append(fresh, name+"="+quoted)
		case !l.overwrite:
			return "", nil, fmt.Errorf("%s in %s %w", name, l.path, ErrExists)
		}
		edits = append(edits, found...)
	}
	text = appendLines(linefile.Apply(raw, edits), fresh)
	return text, wrote, l.check(d, text, values)
}

// edits replace the value in each assignment to a variable, so that no old secret
// stays behind.
func (d *document) edits(name, quoted string) []linefile.Edit {
	var edits []linefile.Edit
	for _, st := range d.stmts {
		if st.key == name {
			edits = append(edits, linefile.Edit{Start: st.value, End: st.end, With: quoted})
		}
	}
	return edits
}

// appendLines adds lines with the line ends of the file. A lone CR is no line end
// here: a comment would go on over it.
func appendLines(text string, lines []string) string {
	newline := "\n"
	if i := strings.LastIndexByte(text, '\n'); i > 0 && text[i-1] == '\r' {
		newline = "\r\n"
	}
	if len(lines) > 0 && text != "" && text != byteOrderMark && !strings.HasSuffix(text, "\n") {
		text += newline
	}
	for _, line := range lines {
		text += line + newline
	}
	return text
}

// check parses the file as it would be. Values that hold a $ may follow the one
// that is overwritten.
func (l *Lines) check(before *document, text string, values []secret.String) error {
	after, err := parse(text)
	if err != nil {
		return fmt.Errorf("%s with %s: %w: %w", l.path, strings.Join(l.names, ", "), ErrUnstorable, err)
	}
	for i, want := range values {
		name := l.names[i]
		if got, ok := after.values[name]; !ok || got != want.Reveal() {
			return fmt.Errorf("%s in %s: %w: it would read back as another value", name, l.path, ErrUnstorable)
		}
	}
	for _, st := range before.stmts {
		value := before.raw[st.value:st.end]
		if slices.Contains(l.names, st.key) || strings.Contains(value, "$") {
			continue
		}
		if after.values[st.key] != before.values[st.key] {
			return fmt.Errorf("%s: %w: %s would change as well", l.path, ErrUnstorable, st.key)
		}
	}
	return nil
}

// takeBack undoes Put in a file that somebody changed since: where a variable still
// holds our value, its old one returns, or its line goes.
func (l *Lines) takeBack(now string) (string, error) {
	d, err := parse(now)
	if err != nil {
		return "", fmt.Errorf("%s: %w", l.path, err)
	}
	old := &document{}
	if l.before != nil {
		if old, err = parse(*l.before); err != nil {
			return "", fmt.Errorf("%s: %w", l.path, err)
		}
	}
	var edits []linefile.Edit
	for _, st := range d.stmts {
		i := slices.Index(l.names, st.key)
		if i < 0 || now[st.value:st.end] != l.wrote[i] {
			continue
		}
		if j := slices.IndexFunc(old.stmts, func(o statement) bool { return o.key == st.key }); j >= 0 {
			o := old.stmts[j]
			edits = append(edits, linefile.Edit{Start: st.value, End: st.end, With: old.raw[o.value:o.end]})
			continue
		}
		edits = append(edits, linefile.Edit{Start: st.start, End: lineEnd(now, st.end)})
	}
	return linefile.Apply(now, edits), nil
}

// lineEnd is the start of the next line when the rest of this one is blank, else
// at itself.
func lineEnd(text string, at int) int {
	rest, _, found := strings.Cut(text[at:], "\n")
	if strings.TrimFunc(rest, blank) != "" {
		return at
	}
	if !found {
		return len(text)
	}
	return at + len(rest) + 1
}

package envfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/realmctl/realmctl/internal/atomicfile"
	"github.com/realmctl/realmctl/internal/secret"
)

// Why a sink cannot take a secret. Callers map them to "cannot be created".
var (
	// ErrExists: there is something already, and nobody said to overwrite it.
	ErrExists = errors.New("exists already")
	// ErrTracked: the file is under version control.
	ErrTracked = errors.New("tracked by git")
	// ErrUnstorable: the value cannot be written in this form.
	ErrUnstorable = errors.New("cannot be written there")
	// ErrNoRunner: there is no GitHub runner to write for.
	ErrNoRunner = errors.New("not in a GitHub Actions job")
)

// private is how files with secrets are written: by the caller, for the caller.
func private() atomicfile.Options { return atomicfile.Options{Mode: 0o600} }

// bareChars need no quotes in a .env file, whoever reads it.
const bareChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~+/=:@-"

// quote renders a value so that godotenv reads the very same one: it expands $NAME
// in bare and in double-quoted values, and knows no escapes in single quotes.
func quote(value string) (string, error) {
	switch {
	case strings.Trim(value, bareChars) == "":
		return value, nil
	case strings.ContainsAny(value, "'\r\n\x00"), strings.HasSuffix(value, `\`):
		return "", fmt.Errorf("%w: a value with a single quote, a line end, or a backslash at its end", ErrUnstorable)
	}
	return "'" + value + "'", nil
}

// dummy stands for the secret while the sink is proved; it needs no quotes, as
// generated secrets do not.
const dummy = "realmctl-proves-this-sink"

// dummies are as many as there are names.
func dummies(names []string) []secret.String {
	values := make([]secret.String, len(names))
	for i := range values {
		values[i] = dummy
	}
	return values
}

// checkNew refuses a file that is there and may not be overwritten.
func checkNew(path string, overwrite bool) error {
	_, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !overwrite:
		return fmt.Errorf("%s %w", path, ErrExists)
	}
	return nil
}

// whole writes a file that holds nothing but secrets, and can take it back.
type whole struct {
	path      string
	overwrite bool
	notices   []string
	old       *string // the content before Put; nil: there was no file
	written   bool
}

func (w *whole) prove(ctx context.Context) error {
	if err := checkNew(w.path, w.overwrite); err != nil {
		return err
	}
	notice, err := gitCheck(ctx, w.path)
	if err != nil {
		return err
	}
	w.note(notice)
	return atomicfile.Probe(w.path, private())
}

func (w *whole) note(notices ...string) {
	for _, n := range notices {
		if n != "" {
			w.notices = append(w.notices, n)
		}
	}
}

func (w *whole) put(ctx context.Context, content string) error {
	l, err := atomicfile.Acquire(ctx, w.path)
	if err != nil {
		return err
	}
	defer l.Release()
	if err := checkNew(w.path, w.overwrite); err != nil {
		return err
	}
	old, err := os.ReadFile(w.path)
	switch {
	case err == nil:
		text := string(old)
		w.old = &text
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	out, err := l.Replace(w.path, content, private())
	w.note(out.Notices...)
	w.written = w.written || err == nil
	return err
}

func (w *whole) undo(ctx context.Context) error {
	if !w.written {
		return nil
	}
	l, err := atomicfile.Acquire(ctx, w.path)
	if err != nil {
		return err
	}
	defer l.Release()
	if w.old == nil {
		return l.Remove(w.path)
	}
	_, err = l.Replace(w.path, *w.old, private())
	return err
}

// Value is a sink that writes the bare secret into a file of its own, mode 0600,
// without a newline.
type Value struct{ file whole }

// NewValue writes to path; overwrite allows that it exists.
func NewValue(path string, overwrite bool) *Value {
	return &Value{whole{path: path, overwrite: overwrite}}
}

// String names the sink without the secret.
func (v *Value) String() string { return v.file.path }

// Notices are for people, after Prove and after Put.
func (v *Value) Notices() []string { return v.file.notices }

// Prove finds out whether Put will work.
func (v *Value) Prove(ctx context.Context) error { return v.file.prove(ctx) }

// Put writes the secret; there must be exactly one.
func (v *Value) Put(ctx context.Context, values ...secret.String) error {
	if len(values) != 1 {
		return fmt.Errorf("%s: %w: it holds one value, not %d", v.file.path, ErrUnstorable, len(values))
	}
	return v.file.put(ctx, values[0].Reveal())
}

// Undo takes the secret away and puts back what was there before.
func (v *Value) Undo(ctx context.Context) error { return v.file.undo(ctx) }

// folderOf is the folder of a file as git and people want it: absolute.
func folderOf(path string) (dir, base string, err error) {
	path, err = filepath.Abs(path)
	return filepath.Dir(path), filepath.Base(path), err
}

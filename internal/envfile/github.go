package envfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/realmctl/realmctl/internal/secret"
)

// Runner is a sink for the later steps of a GitHub Actions job: it has the runner
// mask the secret in its log, then appends NAME=value to the file GITHUB_ENV.
type Runner struct {
	names   []string
	environ Lookup
	out     io.Writer // the runner reads commands on the standard output of a step

	path     string
	size     int64  // of the file before Put
	appended string // empty before Put
}

// NewRunner sets variables for the later steps of the job that environ tells of;
// out is the standard output of this step.
func NewRunner(out io.Writer, environ Lookup, names ...string) *Runner {
	return &Runner{out: out, environ: environ, names: names}
}

// String names the sink without the secrets.
func (r *Runner) String() string { return strings.Join(r.names, ", ") + " in $GITHUB_ENV" }

// Notices are none.
func (r *Runner) Notices() []string { return nil }

// Prove finds out whether Put will work.
func (r *Runner) Prove(context.Context) error {
	if on, _ := r.environ("GITHUB_ACTIONS"); on != "true" {
		return fmt.Errorf("%w: GITHUB_ACTIONS is not true", ErrNoRunner)
	}
	path, _ := r.environ("GITHUB_ENV")
	if path == "" {
		return fmt.Errorf("%w: GITHUB_ENV is not set", ErrNoRunner)
	}
	for _, name := range r.names {
		if err := runnerMaySet(name); err != nil {
			return err
		}
	}
	r.path = path
	f, err := r.open()
	if err != nil {
		return fmt.Errorf("GITHUB_ENV: %w", err)
	}
	return f.Close()
}

// runnerMaySet knows what a runner refuses (actions/runner, FileCommandManager).
func runnerMaySet(name string) error {
	if err := CheckVar(name); err != nil {
		return err
	}
	if upper := strings.ToUpper(name); strings.HasPrefix(upper, "GITHUB_") || strings.HasPrefix(upper, "RUNNER_") || upper == "NODE_OPTIONS" {
		return fmt.Errorf("%w: a GitHub runner does not let %s be set", ErrName, name)
	}
	return nil
}

// open wants the file that the runner made, and makes none.
func (r *Runner) open() (*os.File, error) {
	f, err := os.OpenFile(r.path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	r.size = info.Size()
	return f, nil
}

// Put masks the secrets, one for each name, before they are anywhere, and appends
// the lines to the runner's file in place.
func (r *Runner) Put(ctx context.Context, values ...secret.String) error {
	if err := r.Prove(ctx); err != nil {
		return err
	}
	lines, err := r.render(values)
	if err != nil {
		return err
	}
	for _, v := range values {
		if _, err := fmt.Fprintf(r.out, "::add-mask::%s\n", escapeCommand(v.Reveal())); err != nil {
			return fmt.Errorf("mask the secret: %w", err)
		}
	}
	f, err := r.open()
	if err != nil {
		return fmt.Errorf("GITHUB_ENV: %w", err)
	}
	defer func() { _ = f.Close() }()
	if r.size > 0 {
		last := make([]byte, 1)
		if _, err := f.ReadAt(last, r.size-1); err != nil {
			return fmt.Errorf("GITHUB_ENV: %w", err)
		}
		if last[0] != '\n' {
			lines = "\n" + lines
		}
	}
	if _, err := f.WriteString(lines); err != nil {
		return errors.Join(fmt.Errorf("GITHUB_ENV: %w", err), f.Truncate(r.size))
	}
	r.appended = lines
	return nil
}

func (r *Runner) render(values []secret.String) (string, error) {
	if len(values) != len(r.names) {
		return "", fmt.Errorf("GITHUB_ENV: %w: %d values for %d variables", ErrUnstorable, len(values), len(r.names))
	}
	var b strings.Builder
	for i, v := range values {
		if strings.ContainsAny(v.Reveal(), "\r\n") || v.Empty() {
			return "", fmt.Errorf("GITHUB_ENV: %w: an empty value, or one with a line end", ErrUnstorable)
		}
		fmt.Fprintf(&b, "%s=%s\n", r.names[i], v.Reveal())
	}
	return b.String(), nil
}

// escapeCommand writes a value as workflow commands want it.
func escapeCommand(value string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(value)
}

// Undo takes the lines away, unless something was appended after them.
func (r *Runner) Undo(context.Context) error {
	if r.appended == "" {
		return nil
	}
	before := r.size
	f, err := r.open()
	if err != nil {
		return fmt.Errorf("GITHUB_ENV: %w", err)
	}
	defer func() { _ = f.Close() }()
	if r.size != before+int64(len(r.appended)) {
		return errors.New("GITHUB_ENV: something was appended after the secret")
	}
	return f.Truncate(before)
}

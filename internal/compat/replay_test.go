package compat_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/compat"
	"github.com/realmctl/realmctl/internal/compat/tool"
	"github.com/realmctl/realmctl/internal/secret"
)

// TestRecordedRuns replays what the real tools were seen to do. Where this program
// does otherwise on purpose, the case is in exceptions.
func TestRecordedRuns(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, r := range records(t) {
		ex, excepted := exceptions()[r.Case]
		if excepted {
			used[r.Case] = true
		}
		t.Run(r.Case, func(t *testing.T) {
			t.Parallel()
			replay(t, r, ex)
		})
	}
	for name := range exceptions() {
		if !used[name] {
			t.Errorf("exception %q is of no recorded case", name)
		}
	}
}

func replay(t *testing.T, r record, ex exception) {
	if ex.skip != nil {
		if why := ex.skip(); why != "" {
			t.Skip(why)
		}
	}
	in := typed(r)
	if args, values := withoutPassword(r.Args); len(values) == 1 && strings.HasSuffix(r.Tool, "users") {
		refusedPassword(t, r)
		r.Args, in.passwords = args, values
	}
	if ex.change != nil {
		ex.change(&r, &in)
	}
	got := run(t, r, in)
	if got.exit != r.Exit {
		t.Errorf("exit code %d, want %d\nstdout: %s\nstderr: %s", got.exit, r.Exit, got.stdout, got.stderr)
	}
	compare(t, "stdout", withoutPrompts(r, r.Stdout), got.stdout, slices.Contains(r.AnyLineOrder, "stdout"))
	compareErrors(t, r, got.stderr)
	compareRequests(t, r, got)
	compareFiles(t, r, ex, got)
}

// refusedPassword runs the case as it is: a password in the arguments is refused,
// and nothing happens.
func refusedPassword(t *testing.T, r record) {
	t.Helper()
	got := run(t, r, input{})
	if got.exit != tool.Usage || !strings.Contains(got.stderr, "ERROR: a password is not taken from the command line") || got.stdout != "" {
		t.Errorf("with the password in the arguments: exit code %d, stdout %q, stderr %q; want 64 and the reason", got.exit, got.stdout, got.stderr)
	}
	for name, f := range got.before {
		if after := got.after[name]; after.text != f.text {
			t.Errorf("with the password in the arguments: %s changed from %q to %q", name, f.text, after.text)
		}
	}
}

// withoutPassword takes the option for the password out of the arguments.
func withoutPassword(args []string) (rest, values []string) {
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "--":
			return append(rest, args[i:]...), values
		case slices.Contains([]string{"-p", "--pass", "--password", "-password"}, a) && i+1 < len(args):
			i++
			values = append(values, args[i])
		case strings.HasPrefix(a, "--password="):
			values = append(values, strings.TrimPrefix(a, "--password="))
		case strings.HasPrefix(a, "-p") && len(a) > 2 && !strings.HasPrefix(a, "--"):
			values = append(values, a[2:])
		default:
			rest = append(rest, a)
		}
	}
	return rest, values
}

// prompt is a question of the real tools for a secret. On a terminal a line end shows
// behind it.
var prompt = regexp.MustCompile(`(Enter new password|Retype new password|Enter password for \[\w+\]|Re-?enter password for \[\w+\]): `)

func withoutPrompts(r record, text string) string {
	if r.TTY {
		text = prompt.ReplaceAllString(strings.ReplaceAll(text, ": \n", ": "), "")
	}
	return prompt.ReplaceAllString(text, "")
}

type state struct {
	text  string
	mode  os.FileMode
	owner int
}

type result struct {
	conf           string
	exit           int
	stdout, stderr string
	before, after  map[string]state
	during         map[string]state
	requests       []request
}

// nobody listens there.
const nobody = "http://127.0.0.1:1"

// run runs the tool in a folder like the recorded one.
func run(t *testing.T, r record, typed input) result {
	t.Helper()
	var got result
	got.conf = filepath.Join(t.TempDir(), "conf")
	prepare(t, got.conf, r)
	got.before = snapshot(t, got.conf)
	url := nobody
	var node *scriptedNode
	if r.Serve != nil {
		node = serve(t, r, got.conf)
		url = node.URL
	}
	var live *liveNode
	if r.Live != nil {
		live = serveLive(t, r, got.conf)
		url = live.URL
	}
	expand := strings.NewReplacer("${CONF}", got.conf, "${URL}", url, "${TMP}", filepath.Dir(got.conf))
	fold := strings.NewReplacer(got.conf, "${CONF}")
	if url != nobody {
		fold = strings.NewReplacer(got.conf, "${CONF}", url, "${URL}")
	}
	args := slices.Clone(r.Args)
	for i := range args {
		args[i] = expand.Replace(args[i])
	}
	found, ok := compat.Called("/usr/share/elasticsearch/bin/" + r.Tool)
	if !ok {
		t.Fatalf("no tool %s", r.Tool)
	}
	var out, errs bytes.Buffer
	w := tool.World{
		In: strings.NewReader(typed.answers), Out: &out, Err: &errs,
		Terminal: r.TTY,
		Conf:     got.conf,
		Lookup:   func(string) (string, bool) { return "", false },
		Secret:   typed.secret(),
		Roles:    builtinRoles(t),
		Sleep:    func(context.Context, time.Duration) {},
	}
	if r.TTY {
		w.In = echo{w.In, &out}
	}
	got.exit = found.Run(t.Context(), w, args)
	got.stdout, got.stderr = fold.Replace(out.String()), fold.Replace(errs.String())
	got.after = snapshot(t, got.conf)
	if node != nil {
		got.requests, got.during = node.seen()
	}
	if live != nil {
		live.check(t, r, got, typed)
	}
	if r.ConfMode != "" { // so that the test can clean up
		if err := os.Chmod(got.conf, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return got
}

// echo is a terminal: what is typed shows on the screen.
type echo struct {
	in     io.Reader
	screen io.Writer
}

func (e echo) Read(p []byte) (int, error) {
	n, err := e.in.Read(p)
	_, _ = e.screen.Write(p[:n])
	return n, err
}

// input is what was typed at the real tool. Passwords are in variables here, so the
// second time they were typed does not come.
type input struct {
	answers   string
	passwords []string
}

func typed(r record) input {
	var in input
	var secrets []string
	for _, l := range strings.SplitAfter(strings.ReplaceAll(r.Stdin, "^D", ""), "\n") {
		switch {
		case len(secrets) > 0, strings.HasPrefix(l, "test-pass"), strings.HasPrefix(l, "short"):
			secrets = append(secrets, strings.TrimSuffix(l, "\n"))
		default:
			in.answers += l
		}
	}
	for i := 0; i+1 < len(secrets); i += 2 {
		in.passwords = append(in.passwords, secrets[i])
	}
	return in
}

// secret is a World's Secret: the variables are asked for in the order of prompts.
func (in input) secret() func(string) (secret.String, error) {
	next := 0
	return func(name string) (secret.String, error) {
		if next >= len(in.passwords) || in.passwords[next] == "" {
			return "", errors.New("the variable " + name + " is not set")
		}
		next++
		return secret.String(in.passwords[next-1]), nil
	}
}

func prepare(t *testing.T, conf string, r record) {
	t.Helper()
	if r.FilesBefore == nil {
		return
	}
	if err := os.MkdirAll(conf, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, f := range r.FilesBefore {
		path := filepath.Join(conf, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(f.text()), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode(t, f.Mode)); err != nil {
			t.Fatal(err)
		}
		if f.Owner == "other" {
			if err := os.Chown(path, otherUser, otherUser); err != nil {
				t.Fatal(err)
			}
		}
	}
	if r.ConfMode != "" {
		if err := os.Chmod(conf, mode(t, r.ConfMode)); err != nil {
			t.Fatal(err)
		}
	}
}

const otherUser = 12345

func mode(t *testing.T, text string) os.FileMode {
	t.Helper()
	m, err := strconv.ParseUint(text, 8, 32)
	if err != nil {
		t.Fatal(err)
	}
	return os.FileMode(m)
}

func snapshot(t *testing.T, conf string) map[string]state {
	t.Helper()
	files := map[string]state{}
	err := filepath.WalkDir(conf, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if errors.Is(err, os.ErrNotExist) {
				return filepath.SkipAll
			}
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, os.ErrPermission) {
			return err
		}
		name, err := filepath.Rel(conf, path)
		s := state{text: string(data), mode: info.Mode().Perm(), owner: ownerOf(info)}
		files[filepath.ToSlash(name)] = s
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func compare(t *testing.T, what, want, got string, anyLineOrder bool) {
	t.Helper()
	if err := sameLists(want, got); err != nil {
		t.Errorf("%s: %v", what, err)
	}
	if err := sameToken(want, got); err != nil {
		t.Errorf("%s: %v", what, err)
	}
	if anyLineOrder {
		want, got = sorted(want, false), sorted(got, false)
	}
	if !matches(want, got) {
		t.Errorf("%s differs (-want +got):\n%s", what, cmp.Diff(want, got))
	}
}

// compareErrors compares standard error. Of a stack trace only the reason counts,
// which has to be in our line too.
func compareErrors(t *testing.T, r record, got string) {
	t.Helper()
	want := withoutPrompts(r, r.Stderr)
	first, _, trace := strings.Cut(want, "<trace>")
	if !trace {
		compare(t, "stderr", want, got, false)
		return
	}
	at := javaException.FindStringIndex(first)
	if at == nil {
		t.Fatalf("no exception in the recorded %q", first)
	}
	reason, _, _ := strings.Cut(first[at[1]:], "\n")
	want = first[:at[0]] + "\nERROR: " + reason
	if !strings.HasPrefix(got, want) || !strings.HasSuffix(got, fmt.Sprintf(", with exit code %d\n", r.Exit)) || strings.Count(got, "\n") != strings.Count(want, "\n")+1 {
		t.Errorf("stderr %q does not say %q in one line", got, want)
	}
}

// javaException is the name that a stack trace begins with.
var javaException = regexp.MustCompile(`[a-z]+(\.[a-z]+)+\.[A-Z]\w+(: |\n)`)

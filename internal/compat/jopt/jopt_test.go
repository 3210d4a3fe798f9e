package jopt_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/compat/jopt"
)

func parser() *jopt.Parser {
	return &jopt.Parser{Operands: "username", Options: []jopt.Option{
		{Names: []string{"E"}, Arg: jopt.Required, Kind: "KeyValuePair"},
		{Names: []string{"h", "help"}, IsHelp: true},
		{Names: []string{"s", "silent"}},
		{Names: []string{"v", "verbose"}, Unless: "silent"},
		{Names: []string{"p", "password"}, Arg: jopt.Required},
		{Names: []string{"r", "roles"}, Arg: jopt.Required},
		{Names: []string{"b", "batch"}, Arg: jopt.Optional},
		{Names: []string{"password-env"}, Arg: jopt.Required, Unlisted: true},
	}}
}

// What the lines mean was asked of the real tools, where an answer was not clear.
func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		about, line string
		operands    string
		options     map[string]string // arguments joined by |
	}{
		{"options and operands mix", "jack -p secret -s", "jack", map[string]string{"password": "secret", "silent": ""}},
		{"a long name may be cut short", "--pass secret --ro a,b", "", map[string]string{"password": "secret", "roles": "a,b"}},
		{"a long name may have its argument joined", "--password=secret", "", map[string]string{"password": "secret"}},
		{"an empty joined argument is none", "--password= secret", "", map[string]string{"password": "secret"}},
		{"only the first = parts", "--password=a=b", "", map[string]string{"password": "a=b"}},
		{"a letter may have its argument joined", "-psecret", "", map[string]string{"password": "secret"}},
		{"a letter too may have it joined with =", "-p=secret", "", map[string]string{"password": "secret"}},
		{"a long name may have one dash", "-password secret", "", map[string]string{"password": "secret"}},
		{"letters may be joined", "-sh", "", map[string]string{"silent": "", "help": ""}},
		{"the last of joined letters may take what is left", "-spsecret", "", map[string]string{"silent": "", "password": "secret"}},
		{"an option takes the next argument whatever it is", "-p -s", "", map[string]string{"password": "-s"}},
		{"an optional argument may be missing", "-b -s", "", map[string]string{"batch": "", "silent": ""}},
		{"an optional argument may be there", "-b true", "", map[string]string{"batch": "true"}},
		{"-- ends the options", "-- -s jack", "-s jack", nil},
		{"- is an operand", "-", "-", nil},
		{"what takes no argument ignores one", "--silent=x", "", map[string]string{"silent": ""}},
		{"help lifts what excludes", "-s -v -h", "", map[string]string{"silent": "", "verbose": "", "help": ""}},
		{"repeated arguments are kept in order", "-E a=1 -E b=2", "", map[string]string{"E": "a=1|b=2"}},
		{"an unlisted option has its whole name", "--password-env NAME", "", map[string]string{"password-env": "NAME"}},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			set, err := parser().Parse(strings.Fields(c.line))
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(set.Operands, " "); got != c.operands {
				t.Errorf("operands %q, want %q", got, c.operands)
			}
			got := map[string]string{}
			for _, name := range []string{"E", "help", "silent", "verbose", "password", "roles", "batch", "password-env"} {
				if set.Has(name) {
					got[name] = strings.Join(set.Values(name), "|")
				}
			}
			if c.options == nil {
				c.options = map[string]string{}
			}
			if diff := cmp.Diff(c.options, got); diff != "" {
				t.Errorf("options differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseComplains(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ about, line, want string }{
		{"an unknown name", "--colour blue", "colour is not a recognized option"},
		{"an unknown letter among others", "-sx", "x is not a recognized option"},
		{"an unlisted name is not cut short", "--password-e x", "password-e is not a recognized option"},
		{"no argument left", "jack -p", "Option p/password requires an argument"},
		{"no argument left for a cut name", "--pass", "Option p/password requires an argument"},
		{"options that exclude each other", "-s -v", "Option(s) [v/verbose] are unavailable given other options on the command line"},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			_, err := parser().Parse(strings.Fields(c.line))
			if _, ok := errors.AsType[*jopt.Error](err); !ok || err.Error() != c.want {
				t.Errorf("Parse(%q): %v, want %s", c.line, err, c.want)
			}
		})
	}
}

func TestRequiredOptionsAreWanted(t *testing.T) {
	t.Parallel()
	p := &jopt.Parser{Options: []jopt.Option{
		{Names: []string{"h", "help"}, IsHelp: true},
		{Names: []string{"u", "username"}, Arg: jopt.Required, Needed: true},
		{Names: []string{"U", "url"}, Arg: jopt.Required, Needed: true},
	}}
	_, err := p.Parse(nil)
	if err == nil || err.Error() != "Missing required option(s) [u/username, U/url]" {
		t.Errorf("Parse of nothing: %v", err)
	}
	if _, err := p.Parse([]string{"-h"}); err != nil {
		t.Errorf("with -h: %v, want no error", err)
	}
}

func TestSingleValues(t *testing.T) {
	t.Parallel()
	set, err := parser().Parse([]string{"a", "b", "-p", "1", "-p", "2", "-r", "x"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := set.Value("password"); err == nil || err.Error() != "Found multiple arguments for option p/password, but you asked for only one" {
		t.Errorf("Value of an option given twice: %v", err)
	}
	if _, err := set.Operand(); err == nil || err.Error() != "Found multiple arguments for option [arguments], but you asked for only one" {
		t.Errorf("Operand of two: %v", err)
	}
	if got, err := set.Value("roles"); err != nil || got != "x" {
		t.Errorf("Value = %q, %v, want x", got, err)
	}
	if got, err := set.Value("batch"); err != nil || got != "" {
		t.Errorf("Value of an absent option = %q, %v, want nothing", got, err)
	}
}

func TestPosixEndsOptionsAtTheFirstOperand(t *testing.T) {
	t.Parallel()
	p := parser()
	p.Posix = true
	set, err := p.Parse([]string{"-s", "list", "-v", "--colour"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"list", "-v", "--colour"}, set.Operands); diff != "" || !set.Has("silent") || set.Has("verbose") {
		t.Errorf("operands differ (-want +got):\n%s", diff)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("jack\x00-p\x00secret\x00--\x00-x")
	f.Add("-spsecret\x00--ro=a\x00-b\x00true")
	f.Add("-\x00--=\x00-=x\x00--pass")
	f.Fuzz(func(t *testing.T, line string) {
		args := strings.Split(line, "\x00")
		set, err := parser().Parse(args)
		if err != nil {
			if _, ok := errors.AsType[*jopt.Error](err); !ok {
				t.Errorf("Parse(%q): %v is no *Error", args, err)
			}
			return
		}
		// Behind -- everything is an operand, so the same line with its operands there
		// means the same.
		again, err := parser().Parse(append([]string{"--"}, set.Operands...))
		if err != nil || !cmp.Equal(append([]string{}, again.Operands...), append([]string{}, set.Operands...)) {
			t.Errorf("operands %q of %q are not operands behind --: %v", set.Operands, args, err)
		}
	})
}

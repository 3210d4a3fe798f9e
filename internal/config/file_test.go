package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/config"
)

func TestTheConfigurationIsStrict(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, file, want, hint string }{
		{"broken YAML with its line", "contexts:\n\t- x", ":2:", ""},
		{"not a mapping", "- a", ":1: a mapping is expected", ""},
		{"an unknown setting", "contexts:\n  a:\n    url: https://x\n    colour: red\n", "colour", ""},
		{"a literal password, never quoted", "contexts:\n  a:\n    url: https://x\n    password: hush\n", ":4: a configuration holds no secrets: password", "password_env"},
		{"a literal key", "contexts:\n  a:\n    url: https://x\n    API_Key: hush\n", "no secrets: API_Key", "api_key_env"},
		{"a secret in the place of a variable's name", "contexts:\n  a:\n    url: https://x\n    api_key_env: hush:hush=\n", "api_key_env must be the name of a variable", ""},
		{"a private key", "contexts:\n  a:\n    url: https://x\n    client_key: '-----BEGIN PRIVATE KEY-----hush'\n", "client_key must be a path", ""},
		{"a password in a URL", "contexts:\n  a:\n    url: https://u:hush@x\n", "the URL holds a user or a password", ""},
		{"a context without a target", "contexts:\n  a:\n    auth: basic\n", "context a needs url or data, and not both", ""},
		{"a name with a slash", "contexts:\n  a/b:\n    url: https://x\n", ":2: a context's name", ""},
		{"names that differ in case only", "contexts:\n  a:\n    url: https://x\n  A:\n    url: https://x\n", "context A is there before", ""},
		{"a current context that is not there", "current_context: b\n", "current_context b is not among the contexts", "realmctl context list"},
		{"a name pattern that does not compile", "policy:\n  api_key:\n    name_pattern: '['\n", "policy.api_key.name_pattern", ""},
		{"a switch that is none", "contexts:\n  a:\n    url: https://x\n    protected: perhaps\n", "protected", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := setting{flags: config.Flags{Data: "x"}, config: c.file}.resolve(t)
			e, ok := errors.AsType[*config.Error](err)
			if !ok || !strings.Contains(e.Text, c.want) || !strings.Contains(e.Hint, c.hint) || strings.Contains(e.Text+e.Hint, "hush") {
				t.Errorf("err = %v, want %q with hint %q", err, c.want, c.hint)
			}
		})
	}
}

func TestTheConfigurationIsRead(t *testing.T) {
	t.Parallel()
	got, _ := setting{flags: config.Flags{Data: "x", Auth: "none"}, config: prod + `
defaults: {output: json, color: never}
policy:
  api_key: {default_expiration: 30d, max_expiration: 90d, require_expiration: true, name_pattern: '^ci-', require_metadata: [team], forbid_privileges: [all]}
  password: {min_length: 16, classes: 3}
`}.check(t, "", "")
	f := got.File()
	if diff := cmp.Diff([]string{"prod", "Stage.EU", "lab", "plain", "filed"}, f.Names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(config.Defaults{Output: "json", Color: "never"}, f.Defaults); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
	want := config.Policy{
		APIKey:   config.APIKeyPolicy{DefaultExpiration: "30d", MaxExpiration: "90d", RequireExpiration: true, NamePattern: "^ci-", RequireMetadata: []string{"team"}, ForbidPrivileges: []string{"all"}},
		Password: config.PasswordPolicy{MinLength: 16, Classes: 3},
	}
	if diff := cmp.Diff(want, f.Policy); diff != "" {
		t.Errorf("policy (-want +got):\n%s", diff)
	}
}

func TestAConfigurationThatEverybodyMayWrite(t *testing.T) {
	t.Parallel()
	if os.PathSeparator != '/' {
		t.Skip("modes are not what protects files here")
	}
	path := filepath.Join(t.TempDir(), "config.yaml")
	write(t, path, prod)
	if err := os.Chmod(path, 0o602); err != nil {
		t.Fatal(err)
	}
	_, err := config.Load(config.World{Dir: t.TempDir(), Lookup: lookup(""), ConfigFile: path}, config.Flags{})
	if e, ok := errors.AsType[*config.Error](err); !ok || !strings.Contains(e.Hint, "chmod") {
		t.Errorf("err = %v", err)
	}
}

func TestEditingKeepsWhatItDoesNotTouch(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sub", "config.yaml")
	edit := func(change func(*config.Editor)) string {
		t.Helper()
		if err := config.Edit(t.Context(), path, func(e *config.Editor) error { change(e); return nil }); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	edit(func(e *config.Editor) {
		e.Put("lab", []config.Member{{"data", "/srv/lab"}})
		e.Put("prod", []config.Member{{"url", "https://prod.example"}, {"protected", "true"}, {"timeout", ""}})
		e.Use("lab")
	})
	write(t, path, "# mine\n"+strings.Replace(readAll(t, path), "url: https://prod.example", "url: https://prod.example # the big one", 1))
	got := edit(func(e *config.Editor) {
		e.Put("prod", []config.Member{{"url", "https://new.example"}, {"protected", ""}})
		e.Remove("lab")
	})
	const want = "# mine\ncontexts:\n  prod:\n    url: https://new.example # the big one\n"
	if got != want {
		t.Errorf("after editing:\n%s\nwant:\n%s", got, want)
	}
}

func readAll(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestAnEditThatWouldBreakTheFileIsNotWritten(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "config.yaml")
	write(t, path, prod)
	for _, change := range []func(*config.Editor){
		func(e *config.Editor) { e.Put("x", []config.Member{{"url", "nonsense"}}) },
		func(e *config.Editor) { e.Put("x", []config.Member{{"colour", "red"}}) },
		func(e *config.Editor) { e.Use("nope") },
	} {
		if err := config.Edit(t.Context(), path, func(e *config.Editor) error { change(e); return nil }); err == nil {
			t.Error("the edit was accepted")
		}
	}
	if got := readAll(t, path); got != prod {
		t.Errorf("the file changed:\n%s", got)
	}
}

func FuzzTheConfigurationNeverPanics(f *testing.F) {
	f.Add(prod)
	f.Add("contexts: {a: {url: https://x}}")
	f.Add("contexts: [a]\ncurrent_context: {}\n")
	f.Add("? [a]\n: b\n")
	f.Add("contexts:\n  a: &x {url: https://x}\n  b: *x\n")
	f.Add("contexts: {<<: {a: {data: x}}}")
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(t.TempDir(), "config.yaml")
		write(t, path, text)
		e, err := config.Load(config.World{Dir: t.TempDir(), Lookup: lookup(""), ConfigFile: path}, config.Flags{})
		if err == nil && e.File() == nil {
			t.Error("no file and no error")
		}
	})
}

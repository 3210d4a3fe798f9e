package envfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/envfile"
)

func write(t *testing.T, path, content string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// env is a .env file in a folder of its own.
func env(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), ".env")
	write(t, path, text, 0o600)
	return path
}

func lookup(vars map[string]string) envfile.Lookup {
	return func(name string) (string, bool) {
		value, ok := vars[name]
		return value, ok
	}
}

func TestReadFindsVariables(t *testing.T) {
	t.Parallel()
	path := env(t, "\ufeffA=1\r\n# note\r\nexport B='p$D'\r\nC: yaml\r\nD=\"x$A\"\r\nEMPTY=\r\n")
	f, err := envfile.Read(path, envfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, name := range f.Names() {
		got[name], _ = f.Lookup(name)
	}
	want := map[string]string{"A": "1", "B": "p$D", "C": "yaml", "D": "x1", "EMPTY": ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("variables (-want +got):\n%s", diff)
	}
	if _, ok := f.Lookup("ABSENT"); ok {
		t.Error("an absent variable was found")
	}
	if len(f.Warnings)+len(f.Ignored) > 0 {
		t.Errorf("warnings %q, ignored %q", f.Warnings, f.Ignored)
	}
}

func TestReadLoadsNothing(t *testing.T) {
	t.Parallel()
	const name = "REALMCTL_ENVFILE_TEST"
	if _, err := envfile.Read(env(t, name+"=1\n"), envfile.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, ok := envfile.Process()(name); ok {
		t.Error("the file was loaded into the process")
	}
}

func TestTheFileMayNotChooseTheTarget(t *testing.T) {
	t.Parallel()
	path := env(t, "REALMCTL_DATA=/evil\nhttps_proxy=http://evil\nCI=1\nES_PATH_CONF=/evil\nREALMCTL_CONTEXT=x\nREALMCTL_CONFIG=y\nELASTICSEARCH_URL=http://ok\n")
	for _, explicit := range []bool{false, true} {
		f, err := envfile.Read(path, envfile.Options{Explicit: explicit})
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"CI", "ES_PATH_CONF", "REALMCTL_CONFIG", "REALMCTL_CONTEXT", "REALMCTL_DATA", "https_proxy"}
		if diff := cmp.Diff(want, f.Ignored); diff != "" {
			t.Errorf("ignored (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"ELASTICSEARCH_URL"}, f.Names()); diff != "" {
			t.Errorf("names (-want +got):\n%s", diff)
		}
		if _, ok := f.Lookup("REALMCTL_DATA"); ok {
			t.Error("a forbidden variable can be looked up")
		}
	}
}

func TestFaultsNameTheLineAndNeverQuoteTheFile(t *testing.T) {
	t.Parallel()
	const hidden = "hunter2-hunter2"
	for _, tt := range []struct{ name, text, want string }{
		{"a quote that is not closed", "A=1\nB='" + hidden + "\nC=2\n", "line 2: a quote that is not closed"},
		{"a bad name", "A=1\r\n\r\nB-" + hidden + "=2\n", "line 3: a character that no name can have"},
		{"a line without =", hidden + "\nA=1\n", "line 1: a character that no name can have"},
		{"export without a name", "A=1\nexport ", "line 2: no name after export"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := envfile.Read(env(t, tt.text), envfile.Options{})
			if !errors.Is(err, envfile.ErrSyntax) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Read = %v, want ErrSyntax with %q", err, tt.want)
			}
			if strings.Contains(err.Error(), hidden) {
				t.Errorf("the error quotes the file: %v", err)
			}
		})
	}
}

func TestTooLargeAFileIsNone(t *testing.T) {
	t.Parallel()
	if _, err := envfile.Read(env(t, "A="+strings.Repeat("x", 1<<20)), envfile.Options{}); !errors.Is(err, envfile.ErrSyntax) {
		t.Errorf("Read = %v, want ErrSyntax", err)
	}
}

func TestAMissingFileIsNotExist(t *testing.T) {
	t.Parallel()
	if _, err := envfile.Read(filepath.Join(t.TempDir(), ".env"), envfile.Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Read = %v, want ErrNotExist", err)
	}
}

func TestVarName(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		parts []string
		want  string // empty: refused
	}{
		{[]string{"ci-deploy", "API_KEY"}, "CI_DEPLOY_API_KEY"},
		{[]string{"elastic", "fleet-server", "t1", "TOKEN"}, "ELASTIC_FLEET_SERVER_T1_TOKEN"},
		{[]string{"jürgen", "PASSWORD"}, "J_RGEN_PASSWORD"},
		{[]string{"9lives", "API_KEY"}, ""},
		{[]string{"日本", "API_KEY"}, ""},
		{[]string{"-", "API_KEY"}, ""},
		{[]string{"elastic", "PASSWORD"}, ""},
		{[]string{"elasticsearch", "API_KEY"}, ""},
		{[]string{"file", "PASSWORD"}, ""},
		{[]string{"ldap", "PASSWORD"}, ""},
	} {
		got, err := envfile.VarName(tt.parts...)
		if got != tt.want || (err == nil) != (tt.want != "") || err != nil && !errors.Is(err, envfile.ErrName) {
			t.Errorf("VarName(%q) = %q, %v, want %q", tt.parts, got, err, tt.want)
		}
	}
}

func TestCheckVar(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"A": true, "_a9": true, "ELASTICSEARCH_API_KEY": true,
		"": false, "9A": false, "A-B": false, "A B": false, "É": false, "A\n": false, "REALMCTL_DATA": false, "http_proxy": false,
	} {
		if err := envfile.CheckVar(name); (err == nil) != want {
			t.Errorf("CheckVar(%q) = %v, want ok %v", name, err, want)
		}
	}
}

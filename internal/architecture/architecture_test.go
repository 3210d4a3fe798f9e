// Package architecture_test proves what must never be linked together. The
// linter holds the import rules file by file; this looks at the whole graph.
package architecture_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const internal = "github.com/realmctl/realmctl/internal/"

// deps are the packages that pkg links, itself left out.
func deps(t *testing.T, pkg string) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", internal+pkg).Output()
	if err != nil {
		t.Fatalf("go list -deps %s: %v", pkg, err)
	}
	all := strings.Fields(string(out))
	return slices.DeleteFunc(all, func(p string) bool { return p == internal+pkg })
}

func TestNothingLinksWhatItMustNot(t *testing.T) {
	t.Parallel()
	engineSide := []string{
		internal + "engine", internal + "sqlite", internal + "rest", internal + "apikey", internal + "user", internal + "role",
		internal + "authn", internal + "authz", internal + "realm", internal + "serviceaccount", internal + "token", internal + "privilege", internal + "node",
		"modernc.org/sqlite",
	}
	terminal := []string{internal + "cli", internal + "config", internal + "client", "github.com/spf13/cobra", "github.com/spf13/viper"}
	for _, c := range []struct {
		why  string
		pkgs []string
		deny []string
	}{
		{"a client must not know what answers it", []string{"client", "output", "config"}, engineSide},
		{"the engine never sees the terminal", []string{"engine"}, terminal},
		{"the offline files need no engine", []string{"usersfile", "tokensfile", "rolesfile", "atomicfile", "envfile"}, append(engineSide, terminal...)},
		{"rest knows no noun", []string{"rest", "xcontent", "loopback"}, []string{internal + "sqlite", internal + "authn", internal + "authz", internal + "role", internal + "apikey", internal + "user"}},
		{"authn imports none of its authenticators", []string{"authn"}, []string{internal + "apikey", internal + "serviceaccount", internal + "token"}},
	} {
		for _, pkg := range c.pkgs {
			linked := deps(t, pkg)
			for _, denied := range c.deny {
				if slices.Contains(linked, denied) {
					t.Errorf("%s links %s: %s", pkg, denied, c.why)
				}
			}
		}
	}
}

func TestTheVocabularyStandsOnTheStandardLibraryAlone(t *testing.T) {
	t.Parallel()
	vocabulary := []string{"secret", "timevalue", "fault", "automaton", "esapi", "identity", "javahash"}
	for i, pkg := range vocabulary {
		for _, dep := range deps(t, pkg) {
			first, _, _ := strings.Cut(dep, "/")
			name, ours := strings.CutPrefix(dep, internal)
			if !strings.Contains(first, ".") || ours && slices.Contains(vocabulary[:i], name) {
				continue
			}
			t.Errorf("%s links %s; vocabulary imports only the standard library and what is listed before it", pkg, dep)
		}
	}
}

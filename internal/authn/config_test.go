package authn_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/authn"
	"github.com/realmctl/realmctl/internal/settings"
)

func readConfig(t *testing.T, text string) (authn.Config, error) {
	t.Helper()
	s, err := settings.Loader{}.Parse("elasticsearch.yml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return authn.ReadConfig(s)
}

func TestSettingsOfAuthentication(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       authn.Config
	}{
		{"defaults", "", authn.Config{Anonymous: authn.Anonymous{Username: "_anonymous"}, Hashing: "bcrypt"}},
		{"everything", `
xpack.security.authc:
  anonymous: {username: guest, roles: [viewer, editor], authz_exception: false}
  run_as.enabled: false
  reserved_realm.enabled: false
  password_hashing.algorithm: PBKDF2_stretch_10000
`, authn.Config{
			Anonymous: authn.Anonymous{Username: "guest", Roles: []string{"viewer", "editor"}, Challenge: true},
			NoRunAs:   true, NoReserved: true, Hashing: "PBKDF2_stretch_10000",
		}},
		{"roles in one text", "xpack.security.authc.anonymous.roles: a, b\n", authn.Config{
			Anonymous: authn.Anonymous{Username: "_anonymous", Roles: []string{"a", "b"}}, Hashing: "bcrypt",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := readConfig(t, c.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSettingsOfAuthenticationThatAreWrong(t *testing.T) {
	t.Parallel()
	_, err := readConfig(t, `
xpack.security.authc:
  anonymous.authz_exception: maybe
  run_as.enabled: 1
  reserved_realm.enabled: x
  password_hashing.algorithm: ssha256
`)
	if err == nil {
		t.Fatal("it starts")
	}
	lines := strings.Split(err.Error(), "\n")
	for i, want := range []string{
		"elasticsearch.yml:3: xpack.security.authc.anonymous.authz_exception: ",
		"elasticsearch.yml:4: xpack.security.authc.run_as.enabled: ",
		"elasticsearch.yml:5: xpack.security.authc.reserved_realm.enabled: ",
		"elasticsearch.yml:6: xpack.security.authc.password_hashing.algorithm: Invalid algorithm: ssha256. Valid values for password hashing are [",
	} {
		if i >= len(lines) || !strings.HasPrefix(lines[i], want) {
			t.Errorf("complaint %d of %q, want %s...", i, lines, want)
		}
	}
}

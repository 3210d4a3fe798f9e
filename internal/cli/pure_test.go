package cli

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/realmctl/realmctl/internal/config"
	"github.com/realmctl/realmctl/internal/realm/advise"
	"github.com/realmctl/realmctl/internal/secret"
)

func TestGeneratedPasswords(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[A-Za-z][-A-Za-z0-9_.+=@]{23}$`)
	seen := map[secret.String]bool{}
	for range 200 {
		p, err := generatePassword()
		if err != nil {
			t.Fatal(err)
		}
		if !form.MatchString(p.Reveal()) || classesOf(p.Reveal()) != 4 || seen[p] {
			t.Fatalf("%q is no good password", p.Reveal())
		}
		if err := checkPassword(config.PasswordPolicy{MinLength: 24, Classes: 4}, p); err != nil {
			t.Fatal(err)
		}
		seen[p] = true
	}
}

func TestPasswordsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, password := range []string{"changeme", "ChangeMe!", "password123", "PASSWORD", "secret1", "<password>", "elastic", "admin123", "123456"} {
		if err := checkPassword(config.PasswordPolicy{}, secret.String(password)); err == nil || strings.Contains(err.Error(), password) {
			t.Errorf("checkPassword(%q) = %v, want a refusal that does not quote it", password, err)
		}
	}
	strict := config.PasswordPolicy{MinLength: 10, Classes: 3}
	for password, want := range map[string]string{"short1A": "7 characters; the policy wants 10", "longenoughbutplain": "1 classes of characters; the policy wants 3", "Long-enough-7": ""} {
		err := checkPassword(strict, secret.String(password))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("checkPassword(%q) = %v, want %q", password, err, want)
		}
	}
}

func TestSuggestions(t *testing.T) {
	t.Parallel()
	candidates := []string{"monitor", "manage", "manage_security", "read"}
	for word, want := range map[string]string{"montor": "monitor", "MANAGE_SECURTY": "manage_security", "reed": "read", "zzzzzzzz": "", "": ""} {
		if got := nearest(word, candidates); got != want {
			t.Errorf("nearest(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestDistanceIsAMetric(t *testing.T) {
	t.Parallel()
	word := rapid.StringMatching(`[a-c]{0,6}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := word.Draw(t, "a"), word.Draw(t, "b"), word.Draw(t, "c")
		if (distance(a, b) == 0) != (a == b) || distance(a, b) != distance(b, a) || distance(a, c) > distance(a, b)+distance(b, c) {
			t.Fatalf("distances of %q, %q, %q: %d, %d, %d", a, b, c, distance(a, b), distance(b, c), distance(a, c))
		}
	})
}

func TestGlobAgreesWithRegularExpressions(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringMatching(`[ab*?é]{0,7}`).Draw(t, "pattern")
		text := rapid.StringMatching(`[abé]{0,7}`).Draw(t, "text")
		want := regexp.MustCompile("^" + strings.NewReplacer("*", ".*", "?", ".").Replace(pattern) + "$").MatchString(text)
		if got := glob(pattern, text); got != want {
			t.Fatalf("glob(%q, %q) = %v, want %v", pattern, text, got, want)
		}
	})
}

func TestRelativeTimes(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for d, want := range map[time.Duration]string{
		30 * day: "in 30d", 47 * time.Hour: "in 47h", 90 * time.Minute: "in 90m", 61 * time.Second: "in 61s",
		0: "in 0s", -5 * time.Minute: "5m ago", -400 * day: "400d ago",
	} {
		if got := relative(d); got != want {
			t.Errorf("relative(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestBriefReasonsKeepShortLists(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x,", 200)
	for in, want := range map[string]string{
		"no lists":                   "no lists",
		"unknown [a] of [b,c]":       "unknown [a] of [b,c]",
		"one of [" + long + "] or x": "one of [...] or x",
		"an open [one":               "an open [one",
	} {
		if got := brief(in); got != want {
			t.Errorf("brief(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestPrivilegesOnIndicesAndApplications(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2][]string{
		"logs-*:read,write": {{"logs-*"}, {"read", "write"}},
		"a,b:read":          {{"a", "b"}, {"read"}},
		"/a,b:c/:read":      {{"/a,b:c/"}, {"read"}},
		"remote:x:read":     {{"remote:x"}, {"read"}},
	} {
		names, privileges, err := indexEntry(text)
		if diff := cmp.Diff(want, [2][]string{names, privileges}); err != nil || diff != "" {
			t.Errorf("indexEntry(%q): %v, (-want +got):\n%s", text, err, diff)
		}
	}
	for _, text := range []string{"", "x", ":read", "x:"} {
		if _, _, err := indexEntry(text); err == nil {
			t.Errorf("indexEntry(%q) was accepted", text)
		}
	}
	got, err := applicationEntry("kibana-.kibana:read,all:space:a,space:b")
	if err != nil || got.Application != "kibana-.kibana" || !cmp.Equal(got.Privileges, []string{"read", "all"}) || !cmp.Equal(got.Resources, []string{"space:a", "space:b"}) {
		t.Errorf("applicationEntry = %+v, %v", got, err)
	}
}

func TestThePolicyOnKeys(t *testing.T) {
	t.Parallel()
	p := config.APIKeyPolicy{NamePattern: "^ci-", RequireMetadata: []string{"team"}, ForbidPrivileges: []string{"all", "manage_security"}}
	team := map[string]json.RawMessage{"team": []byte(`"ops"`)}
	role := func(text string) map[string]json.RawMessage {
		return map[string]json.RawMessage{"r": []byte(text)}
	}
	for _, c := range []struct {
		name  string
		key   string
		meta  map[string]json.RawMessage
		roles map[string]json.RawMessage
		want  string
	}{
		{"all in order", "ci-a", team, role(`{"cluster":["monitor"]}`), ""},
		{"a name that does not match", "a", team, nil, "names of keys to match ^ci-"},
		{"metadata that is missing", "ci-a", nil, nil, "the metadata key team"},
		{"a forbidden cluster privilege", "ci-a", team, role(`{"cluster":["Manage_Security"]}`), "forbids keys the privilege manage_security"},
		{"a forbidden index privilege", "ci-a", team, role(`{"index":[{"privileges":["all"]}]}`), "forbids keys the privilege all"},
		{"and under its other name", "ci-a", team, role(`{"indices":[{"privileges":["ALL"]}]}`), "forbids keys the privilege all"},
	} {
		err := checkKeyPolicy(p, c.key, c.meta, c.roles)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	for _, c := range []struct {
		life lifetimeFlags
		p    config.APIKeyPolicy
		want string
		code int
	}{
		{lifetimeFlags{expires: "30d"}, config.APIKeyPolicy{}, "30d", 0},
		{lifetimeFlags{}, config.APIKeyPolicy{DefaultExpiration: "7d"}, "7d", 0},
		{lifetimeFlags{noExpiry: true}, config.APIKeyPolicy{}, "", 0},
		{lifetimeFlags{}, config.APIKeyPolicy{}, "", 64},
		{lifetimeFlags{noExpiry: true}, config.APIKeyPolicy{RequireExpiration: true}, "", 65},
		{lifetimeFlags{noExpiry: true}, config.APIKeyPolicy{MaxExpiration: "90d"}, "", 65},
		{lifetimeFlags{expires: "91d"}, config.APIKeyPolicy{MaxExpiration: "90d"}, "", 65},
		{lifetimeFlags{expires: "0d"}, config.APIKeyPolicy{}, "", 64},
		{lifetimeFlags{expires: "1d"}, config.APIKeyPolicy{MaxExpiration: "soon"}, "", 78},
	} {
		got, err := c.life.expiration(c.p)
		if got != c.want && c.code == 0 || err == nil != (c.code == 0) || err != nil && exitCode(err) != c.code {
			t.Errorf("%+v under %+v: %q, %v; want %q, code %d", c.life, c.p, got, err, c.want, c.code)
		}
	}
}

func TestKeysInEveryForm(t *testing.T) {
	t.Parallel()
	const encoded = "aWQ6a2V5" // id:key
	for format, want := range map[string]string{"encoded": encoded, "id-key": "id:key", "beats": "id:key", "logstash": "id:key", "curl": "Authorization: ApiKey " + encoded} {
		got, err := keyInFormat(format, encoded)
		if err != nil || got.Reveal() != want {
			t.Errorf("keyInFormat(%s) = %q, %v, want %q", format, got.Reveal(), err, want)
		}
		if keyID(got) != "id" || encodedKey(got).Reveal() != encoded {
			t.Errorf("%s is not understood again", format)
		}
	}
	if keyID("nonsense") != "" || keyID("") != "" {
		t.Error("nonsense has an id")
	}
}

func TestRequestIDsAreUUIDs(t *testing.T) {
	t.Parallel()
	if id := newRequestID(); !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(id) {
		t.Errorf("%s is no UUID of version 4", id)
	}
}

// TestAdviceNamesCommandsThatExist keeps realm advise from sending anybody to a command
// that this program does not have.
func TestAdviceNamesCommandsThatExist(t *testing.T) {
	t.Parallel()
	for _, deployment := range advise.Deployments() {
		for _, use := range advise.Uses() {
			list, err := advise.For(deployment, use)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range list {
				if a.Next == "" {
					continue
				}
				words := strings.Fields(strings.ReplaceAll(a.Next, "'", ""))[1:]
				cmd, args, err := newRootCmd(&App{}).Find(words)
				if err != nil || !cmd.Runnable() {
					t.Errorf("%s: there is no command: %v", a.Next, err)
					continue
				}
				if err := cmd.ParseFlags(args); err != nil {
					t.Errorf("%s: %v", a.Next, err)
				}
				if err := cmd.ValidateArgs(cmd.Flags().Args()); err != nil {
					t.Errorf("%s: %v", a.Next, err)
				}
				if method := cmd.Flags().Lookup("method"); method != nil && method.Changed && !slices.Contains(config.Methods(), method.Value.String()) {
					t.Errorf("%s: there is no such method", a.Next)
				}
			}
		}
	}
}

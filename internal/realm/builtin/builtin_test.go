package builtin_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/realm"
	"github.com/realmctl/realmctl/internal/realm/builtin"
	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/settings"
	"github.com/realmctl/realmctl/internal/sqlite"
	"github.com/realmctl/realmctl/internal/user"
)

// fileHash is of file-pass.
const fileHash = "$2a$04$To0iGioDH6541dmhjvdU8.eWrYsCJjvMWlubyZz9WPJ23mcJxVWfC"

// newDeps have elastic, the native users ana and both, and the file users filer and
// both, whose passwords end in -pass and begin with the realm.
func newDeps(t *testing.T, hashes *atomic.Int64) builtin.Deps {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	hasher, err := pwhash.New("bcrypt4", pwhash.Options{Plain: true, Counter: func(string) { hashes.Add(1) }})
	must(err)
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "security.db"), sqlite.Options{Now: time.Now})
	must(err)
	t.Cleanup(func() { _ = db.Close() })
	users := &user.Service{DB: db, Hasher: hasher}
	for _, name := range []string{"ana", "both"} {
		_, err := users.Put(t.Context(), identity.Identity{}, user.NewUser{
			User:     identity.User{Username: name, Roles: []string{}, Enabled: true},
			Password: user.NewPassword{Plain: "native-pass"},
		})
		must(err)
	}
	hash, err := hasher.Hash(t.Context(), "reserved-pass")
	must(err)
	must(user.Bootstrap(t.Context(), db, hash))
	dir := t.TempDir()
	must(os.WriteFile(filepath.Join(dir, "users"), []byte("filer:file-pass\nboth:"+fileHash+"\nslow:"+fileHash+"\nodd:{SCRYPT}x\n"), 0o600))
	return builtin.Deps{Users: users, Hasher: hasher, Dir: dir, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
}

func newChain(t *testing.T, text string, hashes *atomic.Int64) *realm.Chain {
	t.Helper()
	s, err := settings.Loader{}.Parse("elasticsearch.yml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	d := newDeps(t, hashes)
	plan, err := realm.ReadPlan(s, builtin.Types(d))
	if err != nil {
		t.Fatal(err)
	}
	chain, err := plan.Build(t.Context(), builtin.Types(d), builtin.Reserved(d), realm.Options{Now: time.Now, Spend: d.Hasher.Spend})
	if err != nil {
		t.Fatal(err)
	}
	if err := chain.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return chain
}

func TestTheChainAnswersForEveryRealm(t *testing.T) {
	t.Parallel()
	const native, both = "xpack.security.authc.realms.native.n1.order: 0\n", "xpack.security.authc.realms:\n  native.n1.order: 0\n  file.f1.order: 1\n"
	for _, c := range []struct {
		name, text     string
		user, password string
		want           string // the realm; empty: nobody
	}{
		{"a reserved user", "", "elastic", "reserved-pass", "reserved"},
		{"a file user", "", "filer", "file-pass", "default_file"},
		{"a native user", "", "ana", "native-pass", "default_native"},
		{"a user of both, by the password of the first", "", "both", "file-pass", "default_file"},
		{"a user of both, by the password of the second", "", "both", "native-pass", "default_native"},
		{"the order is that of the settings", both, "both", "native-pass", "n1"},
		{"a password of nobody", "", "both", "no-pass", ""},
		{"a realm that is not configured", native, "filer", "file-pass", ""},
		{"the reserved realm is always there", native, "elastic", "reserved-pass", "reserved"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			res, _ := newChain(t, c.text, new(atomic.Int64)).Authenticate(t.Context(), realm.Password{Username: c.user, Secret: secret.String(c.password)})
			if diff := cmp.Diff(c.want, res.User.Realm.Name); diff != "" || (res.Verdict == realm.Success) != (c.want != "") {
				t.Errorf("verdict %d, realm (-want +got):\n%s", res.Verdict, diff)
			}
		})
	}
}

// The time of a refusal must not tell whether a user exists, nor in which realm. Only
// a name that two realms know costs the hash of each, since either may be right.
func TestEveryRefusalOfTheChainCostsOneSlowHash(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		user string
		want int64
	}{
		"a reserved user":                   {"elastic", 1},
		"one without a password":            {"kibana", 1},
		"a native user":                     {"ana", 1},
		"a file user":                       {"slow", 1},
		"a file user in plain text":         {"filer", 1},
		"a file user with a bad hash":       {"odd", 1},
		"nobody":                            {"ghost", 1},
		"a user of both files and database": {"both", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var hashes atomic.Int64
			chain := newChain(t, "", &hashes)
			hashes.Store(0)
			if res, _ := chain.Authenticate(t.Context(), realm.Password{Username: c.user, Secret: "no-such-pass"}); res.Verdict == realm.Success {
				t.Fatal("it let somebody in")
			}
			if got := hashes.Load(); got != c.want {
				t.Errorf("%d slow hashes, want %d", got, c.want)
			}
		})
	}
}

func TestSettingsOfFiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want builtin.FileOptions
		ok   bool
	}{
		{"", builtin.FileOptions{}, true},
		{"resource.reload: {enabled: false, interval.high: 1s}\nrealmctl.files.strict: true\n", builtin.FileOptions{Interval: time.Second, Fixed: true, Strict: true}, true},
		{"resource.reload.enabled: maybe\n", builtin.FileOptions{}, false},
		{"resource.reload.interval.high: soon\n", builtin.FileOptions{}, false},
		{"realmctl.files.strict: 1\n", builtin.FileOptions{}, false},
	} {
		s, err := settings.Loader{}.Parse("elasticsearch.yml", []byte(c.text))
		if err != nil {
			t.Fatal(err)
		}
		got, err := builtin.ReadFileOptions(s)
		if (err == nil) != c.ok || c.ok && got != c.want {
			t.Errorf("%q: %+v, %v; want %+v", c.text, got, err, c.want)
		}
	}
}

func TestWhatElasticsearchHasAndThisVersionHasNot(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"active_directory", "jwt", "kerberos", "ldap", "oidc", "pki", "saml"} {
		s, err := settings.Loader{}.Parse("elasticsearch.yml", []byte("xpack.security.authc.realms."+kind+".x.order: 0\n"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = realm.ReadPlan(s, builtin.Types(builtin.Deps{}))
		want := "elasticsearch.yml:1: xpack.security.authc.realms." + kind + ".x: realms of type [" + kind + "] are not supported by this version of realmctl"
		if err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

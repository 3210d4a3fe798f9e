package native_test

import (
	"context"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/realm"
	"github.com/realmctl/realmctl/internal/realm/native"
	"github.com/realmctl/realmctl/internal/realm/realmtest"
	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/sqlite"
	"github.com/realmctl/realmctl/internal/user"
)

// world is a database with the native user ana and a password for elastic.
type world struct {
	users  *user.Service
	hasher *pwhash.Pool
	hashes atomic.Int64 // slow ones so far
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{}
	var err error
	if w.hasher, err = pwhash.New("bcrypt4", pwhash.Options{Counter: func(string) { w.hashes.Add(1) }}); err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "security.db"), sqlite.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w.users = &user.Service{DB: db, Hasher: w.hasher, Anonymous: identity.User{Username: "_anonymous"}}
	w.put(t, "ana", "ana-pass")
	hash, err := w.hasher.Hash(t.Context(), "elastic-pass")
	if err != nil {
		t.Fatal(err)
	}
	if err := user.Bootstrap(t.Context(), db, hash); err != nil {
		t.Fatal(err)
	}
	w.hashes.Store(0)
	return w
}

func (w *world) put(t *testing.T, name, plain string) {
	t.Helper()
	in := user.NewUser{User: identity.User{Username: name, Roles: []string{"r"}, Enabled: true}, Password: user.NewPassword{Plain: password(name, plain).Secret}}
	if _, err := w.users.Put(t.Context(), identity.Identity{}, in); err != nil {
		t.Fatal(err)
	}
}

func (w *world) native() *native.Realm {
	return native.New(realm.Ref{Name: "default_native", Type: "native"}, w.users, w.hasher)
}

func (w *world) reserved() *native.Reserved {
	return native.NewReserved(realm.Ref{Name: "reserved", Type: "reserved"}, w.users, w.hasher)
}

func password(name, plain string) realm.Password {
	return realm.Password{Username: name, Secret: secret.String(plain)}
}

func TestTheNativeRealmKeepsTheContract(t *testing.T) {
	t.Parallel()
	realmtest.Run(t, realmtest.Subject{
		New: func(t *testing.T) (realm.Realm, func()) {
			t.Helper()
			w := newWorld(t)
			return w.native(), func() { _ = w.users.DB.Close() }
		},
		Username: "ana",
		Right:    password("ana", "ana-pass"),
		Wrong:    password("ana", "wrong"),
		Unknown:  password("ghost", "ana-pass"),
	})
}

func TestTheReservedRealmKeepsTheContract(t *testing.T) {
	t.Parallel()
	realmtest.Run(t, realmtest.Subject{
		New: func(t *testing.T) (realm.Realm, func()) {
			t.Helper()
			w := newWorld(t)
			return w.reserved(), func() { _ = w.users.DB.Close() }
		},
		Username: "elastic",
		Right:    password("elastic", "elastic-pass"),
		Wrong:    password("elastic", "wrong"),
		Unknown:  password("ghost", "elastic-pass"),
	})
}

func TestAReservedNameIsDecidedByTheReservedRealm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		fail  func(*world)
		cred  realm.Password
		cause bool
	}{
		{"a wrong password", nil, password("elastic", "wrong"), false},
		{"a user without a password", nil, password("kibana_system", ""), false},
		{"a database that fails", func(w *world) { _ = w.users.DB.Close() }, password("elastic", "elastic-pass"), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if c.fail != nil {
				c.fail(w)
			}
			res, err := w.reserved().Authenticate(t.Context(), c.cred)
			if err != nil || res.Verdict != realm.Terminate || (res.Cause != nil) != c.cause {
				t.Errorf("%+v, %v; want Terminate, with a cause: %v", res, err, c.cause)
			}
			if want := "failed to authenticate user [" + c.cred.Username + "]"; res.Reason != want {
				t.Errorf("reason %q, want %q", res.Reason, want)
			}
		})
	}
}

func TestTheNativeRealmDoesNotKnowReservedNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.users.NoReserved = true
	w.put(t, "kibana", "native-pass")
	if res, err := w.native().Authenticate(t.Context(), password("kibana", "native-pass")); err != nil || res.Verdict != realm.Success {
		t.Errorf("while the reserved realm is off: %+v, %v; want success", res, err)
	}
	w.users.NoReserved = false
	if res, err := w.native().Authenticate(t.Context(), password("kibana", "native-pass")); err != nil || res.Verdict != realm.Continue {
		t.Errorf("while it is on: %+v, %v; want nothing", res, err)
	}
}

func TestTheReservedRealmKnowsTheAnonymousUserWhileHeIsOn(t *testing.T) {
	t.Parallel()
	for _, on := range []bool{false, true} {
		w := newWorld(t)
		if on {
			w.users.Anonymous.Roles = []string{"viewer"}
		}
		r := w.reserved()
		if u, found, err := r.Lookup(t.Context(), "_anonymous"); found != on || err != nil || on && u.Username != "_anonymous" {
			t.Errorf("on: %v, Lookup = %+v, %v, %v", on, u, found, err)
		}
		if res, err := r.Authenticate(t.Context(), password("_anonymous", "")); err != nil || res.Verdict == realm.Success {
			t.Errorf("on: %v, he logged in: %+v, %v", on, res, err)
		}
	}
}

// Whether the name exists, in which realm, with or without a password, must not show
// in the time that a refusal takes.
func TestEveryRefusalCostsOneSlowHash(t *testing.T) {
	t.Parallel()
	for name, cred := range map[string]realm.Password{
		"a native user":                     password("ana", "wrong"),
		"a reserved user":                   password("elastic", "wrong"),
		"a reserved user without password":  password("kibana_system", "wrong"),
		"an unknown user":                   password("ghost", "wrong"),
		"a native user, stored as SSHA256":  password("fast", "wrong"),
		"a native user, stored as nonsense": password("odd", "wrong"),
		"an empty password":                 password("ana", ""),
		"an empty name":                     password("", "wrong"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for name, hash := range map[string]string{"fast": "{SSHA256}AQIDBAUGBwg=8w3DTARR39O3WV8PBCz/iDJVSxWvbYea6UY0j4Fyk5U=", "odd": "{SCRYPT}x"} {
				in := user.NewUser{User: identity.User{Username: name, Roles: []string{}, Enabled: true}, Password: user.NewPassword{Hash: hash}}
				if _, err := w.users.Put(t.Context(), identity.Identity{}, in); err != nil {
					t.Fatal(err)
				}
			}
			cache := realm.Cache{TTL: time.Hour, MaxUsers: 10, Hasher: cacheHasher(t)}
			chain := realm.NewChain(
				[]realm.Member{{Realm: w.reserved(), Cache: cache}, {Realm: w.native(), Cache: cache}},
				realm.Options{Now: time.Now, Spend: w.hasher.Spend},
			)
			if res, _ := chain.Authenticate(t.Context(), cred); res.Verdict == realm.Success {
				t.Fatal("it let somebody in")
			}
			if got := w.hashes.Load(); got != 1 {
				t.Errorf("%d slow hashes, want 1", got)
			}
		})
	}
}

func cacheHasher(t *testing.T) *pwhash.Pool {
	t.Helper()
	p, err := pwhash.New("ssha256", pwhash.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestARememberedPasswordFollowsTheDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(t, "bob", "bob-pass")
	w.hashes.Store(0)
	chain := realm.NewChain(
		[]realm.Member{{Realm: w.native(), Cache: realm.Cache{TTL: time.Hour, MaxUsers: 10, Hasher: cacheHasher(t)}}},
		realm.Options{Now: time.Now},
	)
	change := func(name string, in user.NewUser) func(context.Context) error {
		in.Username = name
		return func(ctx context.Context) error {
			_, err := w.users.Put(ctx, identity.Identity{}, in)
			return err
		}
	}
	for _, step := range []struct {
		what   string
		do     func(context.Context) error
		want   realm.Verdict
		hashes int64 // of this step
		role   string
	}{
		{"the first time", nil, realm.Success, 1, "r"},
		{"again", nil, realm.Success, 0, "r"},
		{"another user changes", change("bob", user.NewUser{User: identity.User{Roles: []string{"x"}, Enabled: true}}), realm.Success, 0, "r"},
		{"the roles change", change("ana", user.NewUser{User: identity.User{Roles: []string{"x"}, Enabled: true}}), realm.Success, 0, "x"},
		{"the password changes", func(ctx context.Context) error {
			return w.users.ChangePassword(ctx, "ana", user.NewPassword{Hash: "{SSHA256}AQIDBAUGBwg=8w3DTARR39O3WV8PBCz/iDJVSxWvbYea6UY0j4Fyk5U="})
		}, realm.Continue, 1, ""},
		{"the user is deleted", func(ctx context.Context) error { _, err := w.users.Delete(ctx, "ana"); return err }, realm.Continue, 0, ""},
	} {
		if step.do != nil {
			if err := step.do(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		w.hashes.Store(0)
		res, _ := chain.Authenticate(t.Context(), password("ana", "ana-pass"))
		if got := w.hashes.Load(); res.Verdict != step.want || got != step.hashes {
			t.Errorf("%s: verdict %d for %d slow hashes, want %d for %d", step.what, res.Verdict, got, step.want, step.hashes)
		}
		if step.role != "" && (len(res.User.User.Roles) != 1 || res.User.User.Roles[0] != step.role) {
			t.Errorf("%s: roles %v, want %s", step.what, res.User.User.Roles, step.role)
		}
	}
}

package keyring_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/realmctl/realmctl/internal/apikey/keyring"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/realm"
	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/sqlite"
	"github.com/realmctl/realmctl/internal/timevalue"
)

// fixture is a ring over a database of its own.
type fixture struct {
	*keyring.Ring

	dir  string
	db   *sqlite.DB
	skew atomic.Int64 // how far the ring's clock is ahead
}

func newFixture(t testing.TB, algorithm string) *fixture {
	t.Helper()
	f := &fixture{dir: t.TempDir()}
	var err error
	f.db, err = sqlite.Open(context.Background(), filepath.Join(f.dir, "engine.db"), sqlite.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.db.Close() })
	hash, err := pwhash.New(algorithm, pwhash.Options{})
	if err != nil {
		t.Fatal(err)
	}
	f.Ring = keyring.New(keyring.Options{
		DB: f.db, Log: slog.New(slog.DiscardHandler), Hash: hash, Config: keyring.Defaults(),
		Now: func() time.Time { return time.Now().Add(time.Duration(f.skew.Load())) },
	})
	return f
}

func (f *fixture) sleep(d time.Duration) { f.skew.Add(int64(d)) }

// owner is a user of a native realm.
func owner(name, realmName string) keyring.Owner {
	full := "Full " + name
	return keyring.Owner{
		Username: name, Realm: identity.Realm{Name: realmName, Type: "native"}, FullName: &full, Metadata: json.RawMessage(`{"m":1}`),
	}
}

// key is one that can be issued.
func key(name string, o keyring.Owner) keyring.Key {
	return keyring.Key{Name: name, Type: keyring.REST, Owner: o, Assigned: json.RawMessage("{}"), LimitedBy: json.RawMessage(`{"r":{"cluster":["monitor"]}}`)}
}

// issue makes a key with a lifetime; empty: it never ends.
func (f *fixture) issue(t testing.TB, k keyring.Key, lifetime string) (keyring.Key, secret.String) {
	t.Helper()
	var v *timevalue.Value
	if lifetime != "" {
		v = in(t, lifetime)
	}
	k, plain, err := f.Issue(context.Background(), k, v)
	if err != nil {
		t.Fatal(err)
	}
	return k, plain
}

// in is a duration as a body would have it.
func in(t testing.TB, text string) *timevalue.Value {
	t.Helper()
	v, err := keyring.ParseLifetime(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// request carries an encoded key.
func request(t testing.TB, encoded string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "ApiKey "+encoded)
	return r
}

func encode(id string, plain secret.String) string {
	return base64.StdEncoding.EncodeToString([]byte(id + ":" + plain.Reveal()))
}

// login tries a key. The outcome is ok, or why not.
func (f *fixture) login(t testing.TB, id string, plain secret.String) (identity.Identity, string) {
	t.Helper()
	c, err := f.Extract(request(t, encode(id, plain)))
	if err != nil {
		t.Fatal(err)
	}
	res, err := f.Authenticate(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	switch res.Verdict {
	case realm.Success:
		return res.User, "ok"
	case realm.Terminate:
		return res.User, "terminated: " + res.Reason
	case realm.Continue:
	}
	return res.User, res.Reason
}

// revoke revokes keys by id.
func (f *fixture) revoke(t testing.TB, ids ...string) keyring.Revoked {
	t.Helper()
	var filter keyring.Filter
	filter.ByIDs(ids)
	out, err := f.Revoke(context.Background(), filter, "")
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// reason is what a fault tells.
func reason(err error) string {
	if err == nil {
		return ""
	}
	return strings.TrimPrefix(err.Error(), "illegal_argument_exception: ")
}

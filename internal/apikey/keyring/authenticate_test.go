package keyring_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/apikey/keyring"
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/realm"
	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/sqlite"
)

func TestAKeyActsForItsOwnerAsHeWas(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "ssha256")
	made := key("ci", owner("bob", "native1"))
	made.Assigned = json.RawMessage(`{"own":{"cluster":["all"]}}`)
	k, plain := f.issue(t, made, "")
	id, outcome := f.login(t, k.ID, plain)
	if outcome != "ok" {
		t.Fatal(outcome)
	}
	full := "Full bob"
	want := identity.Identity{Type: identity.ByAPIKey, Subject: identity.Subject{
		User:  identity.User{Username: "bob", Roles: []string{}, FullName: &full, Metadata: []byte(`{"m":1}`), Enabled: true},
		Realm: identity.Realm{Name: "_es_api_key", Type: "_es_api_key"},
		APIKey: &identity.APIKey{
			ID: k.ID, Name: "ci", Assigned: []byte(`{"own":{"cluster":["all"]}}`), LimitedBy: []byte(`{"r":{"cluster":["monitor"]}}`),
		},
	}}
	if diff := cmp.Diff(want, id); diff != "" {
		t.Errorf("identity (-want +got):\n%s", diff)
	}
}

func TestWhatALoginWithAKeySays(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"ssha256", "pbkdf2_1000", "bcrypt4"} {
		f := newFixture(t, algorithm)
		k, plain := f.issue(t, key("k", owner("bob", "native1")), "1h")
		gone, gonePlain := f.issue(t, key("k", owner("bob", "native1")), "")
		other := key("x", owner("bob", "native1"))
		other.Type = keyring.CrossCluster
		cross, crossPlain := f.issue(t, other, "")
		f.revoke(t, gone.ID)
		check := func(about, id string, plain secret.String, want string) {
			t.Helper()
			for range 2 { // the second time from the cache, where there is one
				if _, got := f.login(t, id, plain); got != want {
					t.Errorf("%s, %s: %q, want %q", algorithm, about, got, want)
				}
			}
		}
		check("the right secret", k.ID, plain, "ok")
		check("a wrong secret", k.ID, plain+"x", "invalid credentials for API key ["+k.ID+"]")
		check("no secret", k.ID, "", "invalid credentials for API key ["+k.ID+"]")
		check("the right one after a wrong one", k.ID, plain, "ok")
		check("an unknown id", "nope", plain, "unable to find apikey with id nope")
		check("an invalidated key", gone.ID, gonePlain, "api key ["+gone.ID+"] has been invalidated")
		check("a wrong secret of an invalidated key", gone.ID, "x", "api key ["+gone.ID+"] has been invalidated")
		check("a cross-cluster key", cross.ID, crossPlain, "terminated: authentication expected API key type of [rest], but API key ["+cross.ID+"] has type [cross_cluster]")
		check("a wrong secret of a cross-cluster key", cross.ID, "x", "invalid credentials for API key ["+cross.ID+"]")
		f.sleep(50 * time.Minute)
		check("just before its end", k.ID, plain, "ok")
		f.sleep(20 * time.Minute)
		check("after its end", k.ID, plain, "api key is expired")
		check("a wrong secret after its end", k.ID, "x", "invalid credentials for API key ["+k.ID+"]")
	}
}

func TestExtract(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "ssha256")
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for header, want := range map[string]string{
		"":                         "none",
		"ApiKey":                   "none",
		"ApiKey ":                  "none",
		"Basic " + b64("a:b"):      "none",
		"ApiKey " + b64("a:b:c"):   "a / b:c",
		"apikey " + b64("a:"):      "a / ",
		"APIKEY " + b64(":b"):      "invalid ApiKey value",
		"ApiKey " + b64("nocolon"): "invalid ApiKey value",
		"ApiKey !!":                "Illegal base64 character 21",
		"ApiKey " + b64("\xff:b"):  "\uFFFD / b",
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", header)
		c, err := f.Extract(r)
		got := reason(err)
		if err == nil {
			got = "none"
			if cred, ok := c.(keyring.Credential); ok {
				got = cred.ID + " / " + cred.Secret.Reveal()
			}
		}
		if got != want {
			t.Errorf("Extract(%q) = %q, want %q", header, got, want)
		}
		if err != nil && !fault.Is(err, fault.Invalid) {
			t.Errorf("Extract(%q): %v, want an Invalid fault", header, err)
		}
	}
}

// A row that is deleted without telling anybody is still good while it is
// remembered: so a warm login asks no SQL. Once the change is counted, it is gone.
func TestAWarmLoginAsksNothingOfTheDatabase(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "ssha256")
	k, plain := f.issue(t, key("k", owner("bob", "native1")), "")
	other, otherPlain := f.issue(t, key("k", owner("bob", "native1")), "")
	if _, outcome := f.login(t, k.ID, plain); outcome != "ok" {
		t.Fatal(outcome)
	}
	err := f.db.Write(t.Context(), func(tx *sqlite.Tx) error {
		_, err := tx.Exec(`DELETE FROM api_key`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, outcome := f.login(t, k.ID, plain); outcome != "ok" {
		t.Errorf("warm login: %s, want ok", outcome)
	}
	if _, outcome := f.login(t, other.ID, otherPlain); !strings.Contains(outcome, "unable to find") {
		t.Errorf("cold login: %s, want it not to be found", outcome)
	}
	f.ClearCache([]string{other.ID})
	if _, outcome := f.login(t, k.ID, plain); outcome != "ok" {
		t.Errorf("after another key was cleared from the cache: %s, want ok", outcome)
	}
	if err := f.db.Write(t.Context(), func(tx *sqlite.Tx) error { return tx.Bump("api_key") }); err != nil {
		t.Fatal(err)
	}
	if _, outcome := f.login(t, k.ID, plain); !strings.Contains(outcome, "unable to find") {
		t.Errorf("after the change was counted: %s, want it not to be found", outcome)
	}
}

func TestClearCacheForgets(t *testing.T) {
	t.Parallel()
	for _, ids := range [][]string{nil, {"*"}} {
		f := newFixture(t, "ssha256")
		k, plain := f.issue(t, key("k", owner("bob", "native1")), "")
		if _, outcome := f.login(t, k.ID, plain); outcome != "ok" {
			t.Fatal(outcome)
		}
		err := f.db.Write(t.Context(), func(tx *sqlite.Tx) error {
			_, err := tx.Exec(`DELETE FROM api_key`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if ids == nil {
			ids = []string{k.ID}
		}
		f.ClearCache(ids)
		if _, outcome := f.login(t, k.ID, plain); outcome == "ok" {
			t.Errorf("after ClearCache(%v): %s", ids, outcome)
		}
	}
}

func TestADisabledServiceHandlesNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "ssha256")
	k, plain := f.issue(t, key("k", owner("bob", "native1")), "")
	f.Config.Disabled = true
	if c, err := f.Extract(request(t, encode(k.ID, plain))); c != nil || err != nil {
		t.Errorf("Extract = %v, %v, want nothing", c, err)
	}
	res, err := f.Authenticate(t.Context(), keyring.Credential{ID: k.ID, Secret: plain})
	if err != nil || res.Verdict != realm.Continue {
		t.Errorf("Authenticate = %v, %v, want the zero verdict", res, err)
	}
	const want = "feature_not_enabled_exception: api keys are not enabled"
	_, _, issue := f.Issue(t.Context(), key("k", owner("bob", "native1")), nil)
	_, update := f.Update(t.Context(), []string{k.ID}, keyring.Change{})
	_, revoke := f.Revoke(t.Context(), keyring.Filter{}, "")
	_, _, verify := f.Verify(t.Context(), keyring.Credential{ID: k.ID, Secret: plain})
	var list error
	for _, err := range f.List(t.Context(), keyring.Filter{}) {
		list = err
	}
	for about, err := range map[string]error{"issue": issue, "update": update, "revoke": revoke, "verify": verify, "list": list} {
		if reason(err) != want {
			t.Errorf("%s: %v, want %s", about, err, want)
		}
	}
}

// other is a credential of another kind.
type other struct{}

// Principal implements realm.Credential.
func (other) Principal() string { return "" }

func TestAnUnknownCredentialIsNotLookedAt(t *testing.T) {
	t.Parallel()
	res, err := newFixture(t, "ssha256").Authenticate(t.Context(), other{})
	if err != nil || res.Verdict != realm.Continue || res.Reason != "" {
		t.Errorf("Authenticate = %+v, %v, want the zero result", res, err)
	}
}

func BenchmarkVerify(b *testing.B) {
	f := newFixture(b, "ssha256")
	k, plain := f.issue(b, key("k", owner("bob", "native1")), "")
	r := request(b, encode(k.ID, plain))
	b.ReportAllocs()
	for b.Loop() {
		c, err := f.Extract(r)
		if err != nil {
			b.Fatal(err)
		}
		if res, err := f.Authenticate(context.Background(), c); err != nil || res.Verdict != realm.Success {
			b.Fatal(res, err)
		}
	}
}

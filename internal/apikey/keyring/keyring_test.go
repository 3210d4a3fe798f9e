package keyring_test

import (
	"bytes"
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/apikey/keyring"
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/secret"
)

func TestIDsSortByTimeAndSecretsDiffer(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "ssha256")
	last, secrets := "", map[secret.String]bool{}
	for range 50 {
		k, plain := f.issue(t, key("k", owner("bob", "native1")), "")
		if len(k.ID) != 20 || k.ID[0] == '-' || k.ID <= last {
			t.Errorf("id %q after %q: want 20 characters that sort and do not begin with -", k.ID, last)
		}
		if len(plain) != 22 || secrets[plain] {
			t.Errorf("a secret of %d characters, seen before: %v; want 22 new ones", len(plain), secrets[plain])
		}
		last, secrets[plain] = k.ID, true
	}
}

func TestSecretsAreNowhereInTheDatabase(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "ssha256")
	k, plain := f.issue(t, key("k", owner("bob", "native1")), "")
	if err := f.db.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(f.dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found = found || bytes.Contains(data, []byte(k.ID))
		for _, hidden := range []string{plain.Reveal(), encode(k.ID, plain)} {
			if bytes.Contains(data, []byte(hidden)) {
				t.Errorf("%s holds a secret", file)
			}
		}
	}
	if !found {
		t.Error("no file holds the id: this test looks in the wrong place")
	}
}

func TestLifetime(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "ssha256")
	for text, want := range map[string]int64{"1d": 86400, "1500ms": 1, "500ms": 0, "-1": 0, "0": 0, "99999999999d": 99999999999 * 86400} {
		k, _ := f.issue(t, key("k", owner("bob", "native1")), text)
		if got := (k.ExpiresAt.UnixMilli() - k.CreatedAt.UnixMilli()) / 1000; got != want {
			t.Errorf("%s: ends after %d s, want %d", text, got, want)
		}
		stored, _, err := f.ByID(t.Context(), k.ID)
		if err != nil || !stored.ExpiresAt.Equal(k.ExpiresAt) || !stored.CreatedAt.Equal(k.CreatedAt) {
			t.Errorf("%s: stored from %s to %s, made from %s to %s: %v", text, stored.CreatedAt, stored.ExpiresAt, k.CreatedAt, k.ExpiresAt, err)
		}
	}
	for _, text := range []string{"9223372036854775807d", "106751991168d"} {
		_, _, err := f.Issue(t.Context(), key("k", owner("bob", "native1")), in(t, text))
		if err == nil || err.Error() != "arithmetic_exception: long overflow" {
			t.Errorf("%s: %v, want a long overflow", text, err)
		}
	}
	for text, want := range map[string]string{
		"7":    "failed to parse setting [expiration] with value [7] as a time value: unit is missing or unrecognized",
		"1.5d": `failed to parse [1.5d], fractional time values are not supported: number_format_exception: For input string: "1.5"`,
		"xd":   `failed to parse [xd]: number_format_exception: For input string: "x"`,
	} {
		if _, err := keyring.ParseLifetime(text); reason(err) != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"k": "", "é k": "", "\u00a0k\u2003": "", strings.Repeat("x", 256): "", strings.Repeat("𝄞", 128): "",
		"":                       "api key name is required",
		"\x00":                   "api key name may not begin or end with whitespace",
		" _k":                    "api key name may not begin or end with whitespace",
		"_k ":                    "api key name may not begin or end with whitespace;2: api key name may not begin with an underscore",
		strings.Repeat("x", 257): "api key name may not be more than 256 characters long",
		strings.Repeat("𝄞", 129): "api key name may not be more than 256 characters long", // counted as Java does
	} {
		var p fault.Problems
		keyring.ValidateName(&p, name)
		if want != "" {
			want = "action_request_validation_exception: Validation Failed: 1: " + want + ";"
		}
		if got := reason(p.Err()); got != want {
			t.Errorf("name %.10q: %s, want %s", name, got, want)
		}
	}
	for text, want := range map[string]bool{"1s": true, "0s": false, "-1": false, "0": false} {
		var p fault.Problems
		keyring.ValidateNewLifetime(&p, in(t, text))
		if got := p.Err() == nil; got != want {
			t.Errorf("a new lifetime of %s is good: %v, want %v", text, got, want)
		}
	}
}

func TestFilters(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "ssha256")
	bob, eve, twin := owner("bob", "native1"), owner("eve", "native1"), owner("bob", "native2")
	inDomain := owner("bob", "native3")
	inDomain.Realm.Domain = "d"
	id, short := map[string]string{}, map[string]string{}
	for _, k := range []struct {
		short, name string
		owner       keyring.Owner
		lifetime    string
	}{
		{"b1", "shared", bob, ""},
		{"b2", "other", bob, "0s"},
		{"e1", "shared", eve, "1d"},
		{"t1", "shared", twin, ""},
		{"d1", "Sünde", inDomain, ""},
		{"w1", "100%_*", eve, ""},
	} {
		made, _ := f.issue(t, key(k.name, k.owner), k.lifetime)
		id[k.short], short[made.ID] = made.ID, k.short
	}
	f.revoke(t, id["t1"])
	list := func(filter keyring.Filter) []string {
		got := []string{}
		for k, err := range f.List(t.Context(), filter) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, short[k.ID])
		}
		return got
	}
	for about, c := range map[string]struct {
		set  func(f *keyring.Filter)
		want []string
	}{
		"all, in order of creation": {func(*keyring.Filter) {}, []string{"b1", "b2", "e1", "t1", "d1", "w1"}},
		"ids":                       {func(f *keyring.Filter) { f.ByIDs([]string{id["e1"], "nope", id["b1"], id["b1"]}) }, []string{"b1", "e1"}},
		"no ids":                    {func(f *keyring.Filter) { f.ByIDs([]string{}) }, []string{}},
		"a name":                    {func(f *keyring.Filter) { f.ByName("shared") }, []string{"b1", "e1", "t1"}},
		"a prefix":                  {func(f *keyring.Filter) { f.ByName("sha*") }, []string{"b1", "e1", "t1"}},
		"a prefix of two bytes":     {func(f *keyring.Filter) { f.ByName("Sü*") }, []string{"d1"}},
		"a prefix with a wildcard":  {func(f *keyring.Filter) { f.ByName("s*d*") }, []string{}},
		"a prefix that SQL knows":   {func(f *keyring.Filter) { f.ByName("100%_*") }, []string{"w1"}},
		"every name":                {func(f *keyring.Filter) { f.ByName("*") }, []string{"b1", "b2", "e1", "t1", "d1", "w1"}},
		"a user":                    {func(f *keyring.Filter) { f.ByUsername("bob") }, []string{"b1", "b2", "t1", "d1"}},
		"a realm":                   {func(f *keyring.Filter) { f.ByRealm("native2") }, []string{"t1"}},
		"an owner":                  {func(f *keyring.Filter) { f.ByOwner(bob) }, []string{"b1", "b2"}},
		"an owner of a domain": {
			func(f *keyring.Filter) {
				f.ByOwner(keyring.Owner{Username: "bob", Realm: identity.Realm{Name: "elsewhere", Domain: "d"}})
			},
			[]string{"d1"},
		},
		"active ones": {func(f *keyring.Filter) { f.Active(time.Now()) }, []string{"b1", "e1", "d1", "w1"}},
		"several":     {func(f *keyring.Filter) { f.ByName("shared"); f.ByRealm("native1"); f.ByUsername("eve") }, []string{"e1"}},
	} {
		var filter keyring.Filter
		c.set(&filter)
		if diff := cmp.Diff(c.want, list(filter)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", about, diff)
		}
	}
}

func TestListsOfManyKeysAreWhole(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "ssha256")
	const many = 2100 // more than two pages
	var wg sync.WaitGroup
	for range 21 {
		wg.Go(func() {
			for range many / 21 {
				if _, _, err := f.Issue(t.Context(), key("k", owner("bob", "native1")), nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for k, err := range f.List(t.Context(), keyring.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		seen[k.ID] = true
	}
	if len(seen) != many {
		t.Errorf("%d keys of %d", len(seen), many)
	}
}

func TestRevokeSparesOtherTypes(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "ssha256")
	rest, restPlain := f.issue(t, key("k", owner("bob", "native1")), "0s")
	other := key("x", owner("bob", "native1"))
	other.Type = keyring.CrossCluster
	cross, _ := f.issue(t, other, "")
	var filter keyring.Filter
	filter.ByUsername("bob")
	for _, c := range []struct {
		only string
		want keyring.Revoked
	}{
		{keyring.REST, keyring.Revoked{IDs: []string{rest.ID}, Refused: []string{cross.ID}}},
		{keyring.REST, keyring.Revoked{IDs: []string{}, Refused: []string{cross.ID}}},
		{"", keyring.Revoked{IDs: []string{cross.ID}, Refused: []string{}}},
		{"", keyring.Revoked{IDs: []string{}, Refused: []string{}}},
	} {
		got, err := f.Revoke(t.Context(), filter, c.only)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("only %q (-want +got):\n%s", c.only, diff)
		}
	}
	if _, outcome := f.login(t, rest.ID, restPlain); outcome != "api key ["+rest.ID+"] has been invalidated" {
		t.Errorf("the revoked key, which was expired: %s", outcome)
	}
}

func TestARevokedKeyEndsAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "ssha256")
	k, plain := f.issue(t, key("k", owner("bob", "native1")), "")
	if _, outcome := f.login(t, k.ID, plain); outcome != "ok" {
		t.Fatal(outcome)
	}
	f.revoke(t, k.ID)
	if _, outcome := f.login(t, k.ID, plain); outcome != "api key ["+k.ID+"] has been invalidated" {
		t.Errorf("after it was revoked: %s", outcome)
	}
}

func TestEndedKeysAreDeletedLater(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "ssha256")
	bob := owner("bob", "native1")
	ids, plains := map[string]string{}, map[string]secret.String{}
	for name, lifetime := range map[string]string{"revoked": "", "expiring": "1d", "live": ""} {
		k, plain := f.issue(t, key(name, bob), lifetime)
		ids[name], plains[name] = k.ID, plain
	}
	outcomes := func() string {
		var all []string
		for _, name := range slices.Sorted(maps.Keys(ids)) {
			_, outcome := f.login(t, ids[name], plains[name])
			all = append(all, strings.ReplaceAll(outcome, ids[name], name))
		}
		return strings.Join(all, ", ")
	}
	f.revoke(t, ids["revoked"])
	f.sleep(7*24*time.Hour + time.Minute) // the revoked key is over the retention, the other one has not been expired for so long
	f.revoke(t, "nobody")
	const first = "api key is expired, ok, unable to find apikey with id revoked"
	if got := outcomes(); got != first {
		t.Errorf("after 7 days: %s, want %s", got, first)
	}
	f.sleep(23*time.Hour + 58*time.Minute) // a sweep was made within 24 hours
	f.revoke(t, "nobody")
	if got := outcomes(); got != first {
		t.Errorf("less than 24 hours later: %s, want %s", got, first)
	}
	f.sleep(2 * time.Hour)
	f.revoke(t, "nobody")
	if got, want := outcomes(), "unable to find apikey with id expiring, ok, unable to find apikey with id revoked"; got != want {
		t.Errorf("more than 24 hours later: %s, want %s", got, want)
	}
}

func benchmarkIssue(b *testing.B, clients int) {
	f := newFixture(b, "ssha256")
	work := make(chan struct{}, clients)
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for range work {
				if _, _, err := f.Issue(context.Background(), key("k", owner("bob", "native1")), nil); err != nil {
					b.Error(err)
				}
			}
		})
	}
	b.ReportAllocs()
	for b.Loop() {
		work <- struct{}{}
	}
	close(work)
	wg.Wait()
}

// Each key is on the disk when Issue returns.
func BenchmarkIssueForOneClient(b *testing.B) { benchmarkIssue(b, 1) }
func BenchmarkIssueFor64Clients(b *testing.B) { benchmarkIssue(b, 64) }

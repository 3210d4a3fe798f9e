package token_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/sqlite"
	"github.com/realmctl/realmctl/internal/token"
)

func TestATokenActsForWhomItWasGranted(t *testing.T) {
	t.Parallel()
	text := func(s string) *string { return &s }
	full := user("ana", "native1")
	full.User.FullName, full.User.Email, full.User.Metadata = text("Ana <A>"), text("ana@example.com"), []byte(`{"a":{"b":["<&>",1.50]}}`)
	full.Realm.Domain = "d"
	roleless := user("new", "native1")
	roleless.User.Roles, roleless.User.Metadata = []string{}, nil
	runAs := user("ana", "native1")
	runAs.RunBy = &identity.Subject{User: user("bob", "x").User, Realm: identity.Realm{Name: "x", Type: "file"}}
	keyRunAs := user("ana", "native1")
	by := key("k1").Subject
	keyRunAs.RunBy = &by
	for about, id := range map[string]identity.Identity{
		"a user with all that can be known of one": full,
		"a user of whom nothing is known":          roleless,
		"a user whom somebody runs as":             runAs,
		"an API key":                               key("k1"),
		"a user whom an API key runs as":           keyRunAs,
	} {
		t.Run(about, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			want := id
			want.Type = identity.ByToken
			if id.RunBy == nil {
				want.Token = &identity.Token{}
			} else {
				by := *id.RunBy
				by.Token = &identity.Token{}
				want.RunBy = &by
			}
			id.AnonymousRoles = []string{"guest"} // as the settings are when the token is used, not now
			p := f.pair(t, id, user("bob", "native1"))
			got, outcome := f.login(t, p.Access)
			if diff := cmp.Diff(want, got); outcome != "ok" || diff != "" {
				t.Errorf("%s; identity (-want +got):\n%s", outcome, diff)
			}
			next, again, err := f.Refresh(t.Context(), user("bob", "native1"), p.Refresh)
			if diff := cmp.Diff(want, again); err != nil || diff != "" {
				t.Errorf("after a refresh: %v; identity (-want +got):\n%s", err, diff)
			}
			if got, outcome = f.login(t, next.Access); outcome != "ok" || !cmp.Equal(want, got) {
				t.Errorf("the new token: %s, %+v", outcome, got)
			}
		})
	}
}

func TestWhatALoginWithATokenSays(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	p := f.pair(t, user("ana", "native1"), f.caller)
	dead := f.pair(t, user("ana", "native1"), f.caller)
	bytes, err := base64.StdEncoding.DecodeString(p.Access.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	if got := f.invalidate(t, token.Selector{Access: dead.Access}); got != "1/0" {
		t.Fatalf("Invalidate = %s, want 1/0", got)
	}
	check := func(about string, access secret.String, want string) {
		t.Helper()
		for range 2 { // the second time from the cache, where there is one
			if _, got := f.login(t, access); got != want {
				t.Errorf("%s: %q, want %q", about, got, want)
			}
		}
	}
	check("an access token", p.Access, "ok")
	check("without padding", p.Access[:len(p.Access)-1], "ok")
	check("its refresh token", p.Refresh, "invalid token")
	check("another one", secret.String(base64.StdEncoding.EncodeToString(append(bytes[:len(bytes)-1], bytes[len(bytes)-1]^1))), "invalid token")
	check("one byte less", secret.String(base64.StdEncoding.EncodeToString(bytes[:len(bytes)-1])), "invalid token")
	check("a token of Elasticsearch", "qM6bBBgAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhc=", "invalid token")
	check("something else", "eyJhbGciOiJIUzI1NiJ9.e30.x", "invalid token")
	check("an invalidated one", dead.Access, "401 token expired")
	f.sleep(20 * time.Minute)
	check("at its end", p.Access, "ok")
	f.sleep(time.Millisecond)
	check("after its end", p.Access, "401 token expired")
}

func TestTokensAreSwitchedOff(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	p := f.pair(t, user("ana", "native1"), f.caller)
	off := over(f.db, f.dir, token.Config{Disabled: true, Timeout: time.Minute})
	if _, got := off.login(t, p.Access); got != "invalid token" {
		t.Errorf("login: %q, want what an unknown token is told", got)
	}
	const want = `400 {"error":{"root_cause":[{"type":"feature_not_enabled_exception","reason":"security tokens are not enabled","disabled.feature":"security_tokens"}],` +
		`"type":"feature_not_enabled_exception","reason":"security tokens are not enabled","disabled.feature":"security_tokens"},"status":400}`
	for _, c := range [][2]string{
		{"POST", `{"grant_type":"client_credentials"}`},
		{"POST", `{"grant_type":"password","username":"ana","password":"ana-pass"}`},
		{"POST", `{"grant_type":"refresh_token","refresh_token":"` + p.Refresh.Reveal() + `"}`},
		{"DELETE", `{"token":"` + p.Access.Reveal() + `"}`},
	} {
		if got := off.serve(t, c[0], "", c[1]); got != want {
			t.Errorf("%s %s = %s, want %s", c[0], c[1], got, want)
		}
	}
}

// A row that is deleted without telling anybody is still good while it is
// remembered: so a warm login asks no SQL.
func TestAWarmLoginAsksNothingOfTheDatabase(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	warm, cold := f.pair(t, user("ana", "native1"), f.caller), f.pair(t, user("ana", "native1"), f.caller)
	if _, outcome := f.login(t, warm.Access); outcome != "ok" {
		t.Fatal(outcome)
	}
	exec(t, f.db, `DELETE FROM token`)
	if _, outcome := f.login(t, warm.Access); outcome != "ok" {
		t.Errorf("warm login: %s, want ok", outcome)
	}
	if _, outcome := f.login(t, cold.Access); outcome != "invalid token" {
		t.Errorf("cold login: %s, want it not to be found", outcome)
	}
}

func exec(t *testing.T, db *sqlite.DB, q string, args ...any) {
	t.Helper()
	err := db.Write(t.Context(), func(tx *sqlite.Tx) error {
		_, err := tx.Exec(q, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Neither what a token was forgotten by nor what may be looked up while it ends
// brings it back.
func TestAnEndedTokenIsForgottenEverywhere(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	other := over(f.db, f.dir, token.Defaults())
	p := f.pair(t, user("ana", "native1"), f.caller)
	for _, s := range []*fixture{f, other} {
		if _, outcome := s.login(t, p.Access); outcome != "ok" {
			t.Fatal(outcome)
		}
	}
	if got := f.invalidate(t, token.Selector{Username: "ana"}); got != "2/0" {
		t.Fatalf("Invalidate = %s, want 2/0", got)
	}
	for name, s := range map[string]*fixture{"the service that ended it": f, "another one": other} {
		if _, outcome := s.login(t, p.Access); outcome != "401 token expired" {
			t.Errorf("%s: %s, want 401 token expired", name, outcome)
		}
	}
}

func TestOnlyDigestsAreStored(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	p := f.pair(t, user("ana", "native1"), f.caller)
	next, outcome := f.refresh(t, f.caller, p.Refresh)
	if outcome != "ok" {
		t.Fatal(outcome)
	}
	if err := f.db.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(f.dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, data...)
	}
	if !bytes.Contains(all, []byte("native1")) {
		t.Fatal("the files hold no token at all")
	}
	for name, text := range map[string]secret.String{"access": p.Access, "refresh": p.Refresh, "next access": next.Access, "next refresh": next.Refresh} {
		raw, err := base64.StdEncoding.DecodeString(text.Reveal())
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range [][]byte{[]byte(text), raw[5:21]} {
			if bytes.Contains(all, part) {
				t.Errorf("the %s token is in the database", name)
			}
		}
	}
}

func TestExpiredTokensGoInPassing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	count := func() (n int) {
		t.Helper()
		if err := f.db.QueryRowContext(t.Context(), `SELECT count(*) FROM token`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for range 50 {
		f.pair(t, user("ana", "native1"), f.caller)
	}
	f.sleep(24*time.Hour + 30*time.Minute)
	last := f.pair(t, user("ana", "native1"), f.caller)
	if got := count(); got != 51 {
		t.Errorf("%d tokens, want 51: the old ones are kept for delete.interval", got)
	}
	f.sleep(time.Millisecond)
	last, outcome := f.refresh(t, f.caller, last.Refresh) // a new row as well
	if got := count(); outcome != "ok" || got != 32 {
		t.Errorf("%s, %d tokens, want 32: each new one takes twenty with it", outcome, got)
	}
	for range 2 {
		last, _ = f.refresh(t, f.caller, last.Refresh)
	}
	if got := count(); got != 4 {
		t.Errorf("%d tokens, want 4", got)
	}
	if _, outcome := f.login(t, last.Access); outcome != "ok" {
		t.Errorf("a live token: %s", outcome)
	}
}

func TestConcurrentClientsGetTheSamePair(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	p := f.pair(t, user("ana", "native1"), f.caller)
	got := make([]token.Pair, 16)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() { got[i], _, _ = f.Refresh(context.Background(), f.caller, p.Refresh) })
	}
	wg.Wait()
	for i := range got {
		if got[i] != got[0] || got[i].Access.Empty() {
			t.Fatalf("refresh %d gave another pair, or none", i)
		}
	}
	var n int
	if err := f.db.QueryRowContext(t.Context(), `SELECT count(*) FROM token`).Scan(&n); err != nil || n != 2 {
		t.Errorf("%d rows, %v; want the old one and the new one", n, err)
	}
}

func TestTokensDiffer(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	seen := map[secret.String]bool{}
	for range 20 {
		p := f.pair(t, user("ana", "native1"), f.caller)
		for _, text := range []secret.String{p.Access, p.Refresh} {
			if seen[text] || len(text) != 40 || text[:6] != "16LBBB" {
				t.Errorf("a token of %d characters, seen before: %v; want 40 new ones of version 9458007", len(text), seen[text])
			}
			seen[text] = true
		}
		if p.Access[32:] != p.Refresh[32:] {
			t.Error("the tokens of a pair do not end alike")
		}
	}
	p, err := f.Issue(t.Context(), f.caller, nil)
	if err != nil || !p.Refresh.Empty() {
		t.Errorf("Issue without a refresher: %v, refresh token %d characters long, want none", err, len(p.Refresh))
	}
}

func BenchmarkWarmLogin(b *testing.B) {
	f := newFixture(b)
	p := f.pair(b, user("ana", "native1"), f.caller)
	c := token.Credential{Token: p.Access}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Service.Authenticate(b.Context(), c); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkIssue(b *testing.B) {
	for _, clients := range []int{1, 64} {
		b.Run(strconv.Itoa(clients), func(b *testing.B) {
			f := newFixture(b)
			b.SetParallelism(clients)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					f.pair(b, user("ana", "native1"), f.caller)
				}
			})
		})
	}
}

package token_test

import (
	"testing"
	"time"

	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/token"
)

func TestWhatARefreshSays(t *testing.T) {
	t.Parallel()
	const (
		unknown     = "could not refresh the requested token"
		invalidated = "token has been invalidated"
		other       = "tokens must be refreshed by the creating client"
		past        = "token has already been refreshed more than 30 seconds in the past"
		future      = "token has been refreshed more than 30 seconds in the future, clock skew too great"
		expired     = "token document has expired"
	)
	// Each step is done before the refresh: used refreshes, ended invalidates, a
	// duration passes.
	const used, ended = "used", "ended"
	for _, c := range []struct {
		name  string
		steps []any
		by    string
		want  string
	}{
		{"a new one", nil, "bob", "ok"},
		{"by another client", nil, "eve", other},
		{"at the end of its day", []any{24 * time.Hour}, "bob", "ok"},
		{"after its day", []any{24*time.Hour + time.Millisecond}, "bob", expired},
		{"after its day, invalidated, by another client", []any{ended, 25 * time.Hour}, "eve", expired},
		{"invalidated", []any{ended}, "bob", invalidated},
		{"invalidated, by another client", []any{ended}, "eve", invalidated},
		{"used", []any{used}, "bob", "ok"},
		{"used, by another client", []any{used, time.Minute}, "eve", other},
		{"used 30 seconds ago", []any{used, 30 * time.Second}, "bob", "ok"},
		{"used longer ago", []any{used, 30*time.Second + time.Millisecond}, "bob", past},
		{"used a second time, the first one counts", []any{used, 20 * time.Second, used, 20 * time.Second}, "bob", past},
		{"used 30 seconds later, by another clock", []any{used, -30 * time.Second}, "bob", "ok"},
		{"used later than that", []any{used, -30*time.Second - time.Millisecond}, "bob", future},
		{"used and invalidated", []any{used, ended}, "bob", invalidated},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			p := f.pair(t, user("ana", "native1"), user("bob", "native1"))
			var first token.Pair
			for _, s := range c.steps {
				switch s := s.(type) {
				case time.Duration:
					f.sleep(s)
				case string:
					if s == ended {
						f.invalidate(t, token.Selector{Refresh: p.Refresh})
						continue
					}
					first, _ = f.refresh(t, user("bob", "native1"), p.Refresh)
				}
			}
			got, outcome := f.refresh(t, user(c.by, "native1"), p.Refresh)
			if outcome != c.want {
				t.Errorf("%q, want %q", outcome, c.want)
			}
			if first != (token.Pair{}) && outcome == "ok" && got != first {
				t.Error("a second use gave another pair")
			}
			if _, outcome := f.login(t, got.Access); (outcome == "ok") != (c.want == "ok") {
				t.Errorf("login with what it gave: %s", outcome)
			}
		})
	}
	f := newFixture(t)
	p := f.pair(t, user("ana", "native1"), f.caller)
	for about, text := range map[string]string{
		"nothing": "", "an access token": p.Access.Reveal(), "no token": "nope",
		"an unknown token": "qM6bBBgAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhc=", "a token of an old version": "AAAAAAAAAAAAAAAAAAAAAA",
	} {
		if _, outcome := f.refresh(t, f.caller, secret.String(text)); outcome != unknown {
			t.Errorf("%s: %q, want %q", about, outcome, unknown)
		}
	}
}

func TestWhoIsTheSameClient(t *testing.T) {
	t.Parallel()
	from := func(name, typ, domain string) identity.Identity {
		id := user("bob", name)
		id.Realm.Type, id.Realm.Domain = typ, domain
		return id
	}
	byToken := user("bob", "native1")
	byToken.Type, byToken.Token = identity.ByToken, &identity.Token{}
	runAsBob := user("bob", "native1")
	runAsBob.RunBy = &identity.Subject{User: user("eve", "native1").User}
	eveAsBob, keyAsBob := user("bob", "native1"), user("bob", "native1")
	k := key("k1").Subject
	eveAsBob.RunBy, keyAsBob.RunBy = &identity.Subject{User: user("eve", "native1").User}, &k
	for about, c := range map[string]struct {
		creator, by identity.Identity
		same        bool
	}{
		"himself":                               {user("bob", "native1"), user("bob", "native1"), true},
		"himself by a token":                    {user("bob", "native1"), byToken, true},
		"somebody who runs as him":              {user("bob", "native1"), eveAsBob, true},
		"he whom somebody ran as":               {runAsBob, user("bob", "native1"), true},
		"an API key that runs as him":           {user("bob", "native1"), keyAsBob, true},
		"an API key of his":                     {user("bob", "native1"), key("k1"), false},
		"an API key itself":                     {key("k1"), key("k1"), true},
		"another of his API keys":               {key("k1"), key("k2"), false},
		"the owner of an API key":               {key("k1"), user("bob", "native1"), false},
		"somebody else":                         {user("bob", "native1"), user("eve", "native1"), false},
		"the native realm after a rename":       {user("bob", "native1"), user("bob", "native2"), true},
		"the file realm after a rename":         {from("a", "file", ""), from("b", "file", ""), true},
		"the file realm for the native one":     {user("bob", "native1"), from("native1", "file", ""), false},
		"the same directory":                    {from("a", "ldap", ""), from("a", "ldap", ""), true},
		"another directory":                     {from("a", "ldap", ""), from("b", "ldap", ""), false},
		"another directory of a domain":         {from("a", "ldap", "d"), from("b", "saml", "d"), true},
		"another directory of another domain":   {from("a", "ldap", "d"), from("b", "ldap", "e"), false},
		"another type with the name of a realm": {from("a", "ldap", ""), from("a", "saml", ""), false},
	} {
		t.Run(about, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			p := f.pair(t, user("ana", "native1"), c.creator)
			if _, outcome := f.refresh(t, c.by, p.Refresh); (outcome == "ok") != c.same {
				t.Errorf("%s, want ok: %v", outcome, c.same)
			}
		})
	}
}

// The new refresh token is the refreshing client's.
func TestAChainOfRefreshes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	p := f.pair(t, user("ana", "native1"), f.caller)
	first := p
	for range 5 {
		var outcome string
		f.sleep(23 * time.Hour)
		if p, outcome = f.refresh(t, f.caller, p.Refresh); outcome != "ok" {
			t.Fatal(outcome)
		}
	}
	if id, outcome := f.login(t, p.Access); outcome != "ok" || id.User.Username != "ana" {
		t.Errorf("%s as %s, want ana", outcome, id.User.Username)
	}
	if _, outcome := f.login(t, first.Access); outcome != "invalid token" {
		t.Errorf("the first access token: %s, want it swept", outcome)
	}
}

// A successor that was invalidated is given again all the same, as by Elasticsearch:
// it is of no use.
func TestASecondUseGivesAnInvalidatedPair(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	p := f.pair(t, user("ana", "native1"), f.caller)
	next, _ := f.refresh(t, f.caller, p.Refresh)
	f.invalidate(t, token.Selector{Access: next.Access})
	f.invalidate(t, token.Selector{Refresh: next.Refresh})
	again, outcome := f.refresh(t, f.caller, p.Refresh)
	if outcome != "ok" || again != next {
		t.Errorf("%s, the same pair: %v", outcome, again == next)
	}
	if _, outcome := f.login(t, again.Access); outcome != "401 token expired" {
		t.Errorf("login: %s, want 401 token expired", outcome)
	}
	if _, outcome := f.refresh(t, f.caller, again.Refresh); outcome != "token has been invalidated" {
		t.Errorf("refresh: %s", outcome)
	}
}

package token_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/token"
)

func TestOneOfAPairEndsForItself(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	p := f.pair(t, user("ana", "native1"), f.caller)
	step := func(about, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %s, want %s", about, got, want)
		}
	}
	step("an access token as a refresh token", f.invalidate(t, token.Selector{Refresh: p.Access}), "0/0")
	step("a refresh token as an access token", f.invalidate(t, token.Selector{Access: p.Refresh}), "0/0")
	step("no token", f.invalidate(t, token.Selector{Access: "nope"}), "0/0")
	step("the access token", f.invalidate(t, token.Selector{Access: p.Access}), "1/0")
	step("once more", f.invalidate(t, token.Selector{Access: p.Access}), "0/1")
	_, outcome := f.login(t, p.Access)
	step("login", outcome, "401 token expired")
	p, outcome = f.refresh(t, f.caller, p.Refresh)
	step("refresh", outcome, "ok")
	step("the refresh token", f.invalidate(t, token.Selector{Refresh: p.Refresh}), "1/0")
	step("once more", f.invalidate(t, token.Selector{Refresh: p.Refresh}), "0/1")
	_, outcome = f.login(t, p.Access)
	step("login", outcome, "ok")
	f.sleep(time.Hour)
	step("an expired one", f.invalidate(t, token.Selector{Access: p.Access}), "1/0")
}

func TestAnOwnersTokensEnd(t *testing.T) {
	t.Parallel()
	asAna := user("ana", "native1")
	asAna.RunBy = &identity.Subject{User: user("eve", "native1").User, Realm: identity.Realm{Name: "native1", Type: "native"}}
	for about, c := range map[string]struct {
		sel  token.Selector
		want string
		live string // whose access tokens still work
	}{
		"of a user, wherever from":                  {token.Selector{Username: "ana"}, "5/0", "bob key "},
		"of a realm":                                {token.Selector{Realm: "native1"}, "5/0", "ana2 key "},
		"of a realm's user":                         {token.Selector{Username: "ana", Realm: "native1"}, "3/0", "ana2 bob key "},
		"of API keys":                               {token.Selector{Realm: "_es_api_key"}, "2/0", "ana ana2 as bob "},
		"of a user who has none":                    {token.Selector{Username: "eve"}, "0/0", "ana ana2 as bob key "},
		"of a realm that has none":                  {token.Selector{Realm: "x", Username: "ana"}, "0/0", "ana ana2 as bob key "},
		"a blank username is none":                  {token.Selector{Realm: "native1", Username: " "}, "5/0", "ana2 key "},
		"a blank realm is one that has no tokens":   {token.Selector{Realm: " ", Username: "ana"}, "0/0", "ana ana2 as bob key "},
		"an owner goes before a token that is sent": {token.Selector{Username: "eve", Access: "x"}, "0/0", "ana ana2 as bob key "},
	} {
		t.Run(about, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			pairs := map[string]token.Pair{
				"ana ":  f.pair(t, user("ana", "native1"), f.caller),
				"ana2 ": f.pair(t, user("ana", "ldap1"), f.caller),
				"bob ":  f.pair(t, user("bob", "native1"), f.caller),
				"key ":  f.pair(t, key("k1"), f.caller),
			}
			alone, err := f.Issue(t.Context(), asAna, nil) // it has no refresh token
			if err != nil {
				t.Fatal(err)
			}
			pairs["as "] = alone
			if got := f.invalidate(t, c.sel); got != c.want {
				t.Errorf("Invalidate = %s, want %s", got, c.want)
			}
			live := ""
			for _, name := range []string{"ana ", "ana2 ", "as ", "bob ", "key "} {
				if _, outcome := f.login(t, pairs[name].Access); outcome == "ok" {
					live += name
				}
			}
			if live != c.live {
				t.Errorf("live: %s, want %s", live, c.live)
			}
			if got := f.invalidate(t, c.sel); got != "0/0" {
				t.Errorf("once more: %s, want 0/0", got)
			}
		})
	}
}

func TestWhichOfAPairIsCounted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		then func(t *testing.T, f *fixture, p token.Pair)
		want string
	}{
		{"both", func(*testing.T, *fixture, token.Pair) {}, "2/0"},
		{"one ended before", func(t *testing.T, f *fixture, p token.Pair) { f.invalidate(t, token.Selector{Access: p.Access}) }, "1/1"},
		{"the other ended before", func(t *testing.T, f *fixture, p token.Pair) { f.invalidate(t, token.Selector{Refresh: p.Refresh}) }, "1/1"},
		{"both ended before", func(t *testing.T, f *fixture, p token.Pair) {
			f.invalidate(t, token.Selector{Access: p.Access})
			f.invalidate(t, token.Selector{Refresh: p.Refresh})
		}, "0/0"},
		{"the access token expired", func(_ *testing.T, f *fixture, _ token.Pair) { f.sleep(time.Hour) }, "2/0"},
		{"both expired", func(_ *testing.T, f *fixture, _ token.Pair) { f.sleep(24*time.Hour + time.Millisecond) }, "0/0"},
		{"the access token expired, the other ended", func(t *testing.T, f *fixture, p token.Pair) {
			f.invalidate(t, token.Selector{Refresh: p.Refresh})
			f.sleep(time.Hour)
		}, "0/0"},
		{"both at their end", func(_ *testing.T, f *fixture, _ token.Pair) { f.sleep(24 * time.Hour) }, "2/0"},
		{"used", func(t *testing.T, f *fixture, p token.Pair) { f.refresh(t, f.caller, p.Refresh) }, "4/0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			c.then(t, f, f.pair(t, user("ana", "native1"), f.caller))
			if got := f.invalidate(t, token.Selector{Username: "ana"}); got != c.want {
				t.Errorf("Invalidate = %s, want %s", got, c.want)
			}
		})
	}
}

// model is what a pair of tokens should be like.
type model struct {
	token.Pair

	owner, by        string
	born             time.Duration
	accessDead, dead bool
	used             bool
	usedAt           time.Duration
	successor        int
}

// TestTokensLiveAsInAModel does what comes to mind with tokens, in any order, and
// wants the same from the service as from a simple model of it.
func TestTokensLiveAsInAModel(t *testing.T) {
	t.Parallel()
	db := newFixture(t)
	rapid.Check(t, func(rt *rapid.T) {
		exec(t, db.db, `DELETE FROM token`)
		f := over(db.db, db.dir, token.Defaults())
		w := &world{f: f}
		rt.Repeat(map[string]func(*rapid.T){
			"issue": w.issue, "refresh": w.refresh, "invalidate": w.invalidate, "invalidate refresh": w.invalidateRefresh,
			"invalidate owner": w.invalidateOwner, "wait": w.wait, "": w.check,
		})
	})
}

// world is a service and its model.
type world struct {
	f   *fixture
	now time.Duration
	all []model
}

func name(t *rapid.T) string { return rapid.SampledFrom([]string{"ana", "bob"}).Draw(t, "name") }

// some draws one of the pairs so far.
func (w *world) some(t *rapid.T) *model {
	if len(w.all) == 0 {
		t.Skip("no tokens so far")
	}
	return &w.all[rapid.IntRange(0, len(w.all)-1).Draw(t, "pair")]
}

func (w *world) issue(t *rapid.T) {
	m := model{owner: name(t), by: name(t), born: w.now}
	m.Pair = w.f.pair(t, user(m.owner, "native1"), user(m.by, "native1"))
	w.all = append(w.all, m)
}

func (w *world) refresh(t *rapid.T) {
	m, by := w.some(t), name(t)
	p, outcome := w.f.refresh(t, user(by, "native1"), m.Refresh)
	good := w.now-m.born <= 24*time.Hour && !m.dead && by == m.by && (!m.used || w.now-m.usedAt <= 30*time.Second)
	if w.now-m.born > 24*time.Hour+30*time.Minute { // it may be gone
		return
	}
	if (outcome == "ok") != good {
		t.Fatalf("refresh = %s, want ok: %v", outcome, good)
	}
	switch {
	case !good:
	case m.used && p != w.all[m.successor].Pair:
		t.Fatalf("a second refresh gave another pair")
	case !m.used:
		m.used, m.usedAt, m.successor = true, w.now, len(w.all)
		w.all = append(w.all, model{Pair: p, owner: m.owner, by: by, born: w.now})
	}
}

func (w *world) invalidate(t *rapid.T) {
	m := w.some(t)
	w.f.invalidate(t, token.Selector{Access: m.Access})
	m.accessDead = true
}

func (w *world) invalidateRefresh(t *rapid.T) {
	m := w.some(t)
	w.f.invalidate(t, token.Selector{Refresh: m.Refresh})
	m.dead = true
}

func (w *world) invalidateOwner(t *rapid.T) {
	owner := name(t)
	w.f.invalidate(t, token.Selector{Username: owner})
	for i := range w.all {
		if w.all[i].owner == owner {
			w.all[i].accessDead, w.all[i].dead = true, true
		}
	}
}

func (w *world) wait(t *rapid.T) {
	d := rapid.SampledFrom([]time.Duration{time.Second, 31 * time.Second, 15 * time.Minute, 12 * time.Hour}).Draw(t, "d")
	w.f.sleep(d)
	w.now += d
}

func (w *world) check(t *rapid.T) {
	for _, m := range w.all {
		_, outcome := w.f.login(t, m.Access)
		if good := !m.accessDead && w.now-m.born <= 20*time.Minute; (outcome == "ok") != good {
			t.Fatalf("login with a token %v old, invalidated: %v = %s", w.now-m.born, m.accessDead, outcome)
		}
	}
}

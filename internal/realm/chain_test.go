package realm_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/realm"
)

func TestTheZeroResultLetsNobodyIn(t *testing.T) {
	t.Parallel()
	r := newSource("r", "right", "ana")
	r.answer = func(realm.Password) (realm.Result, error) { return realm.Result{}, nil }
	res, tried := plainChain(r).Authenticate(t.Context(), password("ana", "right"))
	if res.Verdict != realm.Continue || res.User.Type != "" {
		t.Errorf("an empty result became %+v", res)
	}
	if len(tried) != 1 || tried[0].Realm.Name != "r" {
		t.Errorf("attempts %+v, want one of r", tried)
	}
}

func TestAnErrorNeverLogsAnyoneIn(t *testing.T) {
	t.Parallel()
	broken := errors.New("directory unreachable")
	first := newSource("first", "")
	first.answer = func(realm.Password) (realm.Result, error) {
		return succeed(identity.User{Username: "ana", Enabled: true}), broken
	}
	second := newSource("second", "right", "bob")
	chain := plainChain(first, second)

	res, tried := chain.Authenticate(t.Context(), password("ana", "right"))
	if res.Verdict != realm.Continue {
		t.Errorf("a success beside an error was believed: %+v", res)
	}
	if len(tried) != 2 || !errors.Is(tried[0].Err, broken) || tried[0].Verdict != realm.Continue {
		t.Errorf("attempts %+v, want the error recorded and the next realm asked", tried)
	}
	if res, _ := chain.Authenticate(t.Context(), password("bob", "right")); res.Verdict != realm.Success {
		t.Errorf("after an error the next realm was not believed: %+v", res)
	}
}

func TestTheChainAsksInOrderUntilSomebodyDecides(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		verdict  realm.Verdict
		wantNext int64
	}{
		{"continue asks the next realm", realm.Continue, 1},
		{"success ends the search", realm.Success, 0},
		{"terminate ends the search", realm.Terminate, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			first, next := newSource("first", ""), newSource("next", "")
			first.answer = func(realm.Password) (realm.Result, error) { return realm.Result{Verdict: c.verdict, Reason: "so"}, nil }
			res, tried := plainChain(first, next).Authenticate(t.Context(), password("ana", "x"))
			if res.Verdict != c.verdict {
				t.Errorf("verdict %d, want %d", res.Verdict, c.verdict)
			}
			if got := next.asked.Load(); got != c.wantNext {
				t.Errorf("the next realm was asked %d times, want %d", got, c.wantNext)
			}
			if tried[0].Reason != "so" {
				t.Errorf("reason %q, want so", tried[0].Reason)
			}
		})
	}
}

func TestARealmCannotPretendToBeAnother(t *testing.T) {
	t.Parallel()
	liar := newSource("liar", "")
	liar.answer = func(realm.Password) (realm.Result, error) {
		return realm.Result{Verdict: realm.Success, User: identity.Identity{
			Subject:        identity.Subject{User: identity.User{Username: "ana"}, Realm: realm.Ref{Name: "reserved", Type: "reserved"}},
			Type:           identity.ByToken,
			RunBy:          &identity.Subject{},
			AnonymousRoles: []string{"superuser"},
		}}, nil
	}
	res, _ := plainChain(liar).Authenticate(t.Context(), password("ana", "x"))
	want := identity.Identity{
		Subject: identity.Subject{User: identity.User{Username: "ana"}, Realm: realm.Ref{Name: "liar", Type: "test"}},
		Type:    identity.ByRealm,
	}
	if diff := cmp.Diff(want, res.User); diff != "" {
		t.Errorf("identity (-want +got):\n%s", diff)
	}
}

func TestTheRealmThatLastKnewANameIsAskedFirst(t *testing.T) {
	t.Parallel()
	a, b, c := newSource("a", "pa"), newSource("b", "pb", "ana"), newSource("c", "pc", "bob")
	now := &clock{}
	chain := realm.NewChain(
		[]realm.Member{{Realm: a}, {Realm: b}, {Realm: c}},
		realm.Options{Now: now.now, Smart: realm.SmartOrder{Size: 10, TTL: time.Hour}},
	)
	order := func(p realm.Password) string {
		_, tried := chain.Authenticate(t.Context(), p)
		names := ""
		for _, a := range tried {
			names += a.Realm.Name
		}
		return names
	}
	for _, step := range []struct {
		do   func()
		p    realm.Password
		want string
	}{
		{nil, password("ana", "pb"), "ab"},
		{nil, password("ana", "pb"), "b"},
		{nil, password("ana", "wrong"), "bac"},
		{nil, password("bob", "pc"), "abc"},
		{nil, password("bob", "wrong"), "cab"},
		{func() { chain.Clear([]string{"b"}, nil) }, password("ana", "pb"), "ab"},
		{func() { now.advance(2 * time.Hour) }, password("ana", "pb"), "ab"},
	} {
		if step.do != nil {
			step.do()
		}
		if got := order(step.p); got != step.want {
			t.Errorf("%s asked realms %s, want %s", step.p.Username, got, step.want)
		}
	}
}

func TestAFailedPasswordCostsOneSlowHash(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		res  realm.Result
		cred realm.Credential
		want int
	}{
		{"nobody knows the user", realm.Result{}, password("ana", "x"), 1},
		{"a realm has computed one", realm.Result{Reason: "wrong", Spent: true}, password("ana", "x"), 0},
		{"a realm refuses at once", realm.Result{Verdict: realm.Terminate}, password("ana", "x"), 1},
		{"success", realm.Result{Verdict: realm.Success}, password("ana", "x"), 0},
		{"not a password", realm.Result{}, realm.Malformed{}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newSource("r", "")
			r.answer = func(realm.Password) (realm.Result, error) { return c.res, nil }
			spent := 0
			chain := realm.NewChain([]realm.Member{{Realm: r}}, realm.Options{
				Now:   (&clock{}).now,
				Spend: func(context.Context) error { spent++; return nil },
			})
			chain.Authenticate(t.Context(), c.cred)
			if spent != c.want {
				t.Errorf("spent %d slow hashes, want %d", spent, c.want)
			}
		})
	}
}

func TestSpendingThatFailsIsAnAttempt(t *testing.T) {
	t.Parallel()
	busy := errors.New("busy")
	chain := realm.NewChain(nil, realm.Options{Now: (&clock{}).now, Spend: func(context.Context) error { return busy }})
	_, tried := chain.Authenticate(t.Context(), password("ana", "x"))
	if len(tried) != 1 || !errors.Is(tried[0].Err, busy) {
		t.Errorf("attempts %+v, want the failure", tried)
	}
}

func TestAnEndedContextEndsTheSearch(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	first, next := newSource("first", ""), newSource("next", "x", "ana")
	first.answer = func(realm.Password) (realm.Result, error) { cancel(); return realm.Result{}, ctx.Err() }
	res, _ := plainChain(first, next).Authenticate(ctx, password("ana", "x"))
	if res.Verdict != realm.Continue || next.asked.Load() != 0 {
		t.Errorf("verdict %d after asking the next realm %d times, want neither", res.Verdict, next.asked.Load())
	}
}

// lost is a realm that cannot look anybody up.
type lost struct {
	*source

	err error
}

func (l lost) Lookup(context.Context, string) (identity.User, bool, error) {
	return identity.User{}, false, l.err
}

func TestLookupsGoThroughTheChain(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	b := newSource("b", "", "ana")
	for _, c := range []struct {
		name   string
		chain  *realm.Chain
		user   string
		found  bool
		realm  string
		failed error
	}{
		{"the first realm that knows the name", plainChain(newSource("a", ""), b, newSource("c", "", "ana")), "ana", true, "b", nil},
		{"nobody", plainChain(b), "ghost", false, "", nil},
		{"an error ends the search", plainChain(lost{newSource("a", ""), down}, b), "ana", false, "", down},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, found, err := c.chain.Lookup(t.Context(), c.user)
			if found != c.found || got.Realm.Name != c.realm || !errors.Is(err, c.failed) {
				t.Errorf("Lookup(%s) = %+v, %v, %v; want realm %q, %v, %v", c.user, got, found, err, c.realm, c.found, c.failed)
			}
		})
	}
}

// mute is a realm without look-ups.
type mute struct{ realm.Realm }

func TestALookupDoesNotUndoWhatALoginTaught(t *testing.T) {
	t.Parallel()
	a, b := newSource("a", "pa", "ana", "bob"), newSource("b", "pb", "ana")
	chain := realm.NewChain([]realm.Member{{Realm: a}, {Realm: mute{b}}}, realm.Options{
		Now: (&clock{}).now, Smart: realm.SmartOrder{Size: 10, TTL: time.Hour},
	})
	chain.Authenticate(t.Context(), password("ana", "pb"))
	if got, ok, err := chain.Lookup(t.Context(), "ana"); !ok || err != nil || got.Realm.Name != "a" {
		t.Fatalf("Lookup = %+v, %v, %v; want ana of a", got, ok, err)
	}
	if _, tried := chain.Authenticate(t.Context(), password("ana", "pb")); len(tried) != 1 || tried[0].Realm.Name != "b" {
		t.Errorf("attempts %+v, want only b, where she logged in last", tried)
	}
}

func TestARealmForLookupsOnlySeesNoCredential(t *testing.T) {
	t.Parallel()
	r := newSource("r", "x", "ana")
	chain := realm.NewChain([]realm.Member{{Realm: r, LookupOnly: true}}, realm.Options{Now: (&clock{}).now})
	if res, _ := chain.Authenticate(t.Context(), password("ana", "x")); res.Verdict != realm.Continue || r.asked.Load() != 0 {
		t.Errorf("verdict %d after %d questions, want none", res.Verdict, r.asked.Load())
	}
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	req.SetBasicAuth("ana", "x")
	if _, ok := chain.Extract(req); ok {
		t.Error("it extracted a credential")
	}
	if _, ok, err := chain.Lookup(t.Context(), "ana"); !ok || err != nil {
		t.Errorf("Lookup = %v, %v; want the user", ok, err)
	}
}

func TestElsewhereLeavesOutTheDatabase(t *testing.T) {
	t.Parallel()
	native, other := newSource("n", "", "ana"), newSource("o", "", "bob")
	native.ref.Type = "native"
	chain := plainChain(native, other)
	for name, want := range map[string]bool{"ana": false, "bob": true, "ghost": false} {
		if got, err := chain.Elsewhere(t.Context(), name); got != want || err != nil {
			t.Errorf("Elsewhere(%s) = %v, %v; want %v", name, got, err, want)
		}
	}
}

// negotiating is a realm with challenges of its own.
type negotiating struct{ *source }

func (negotiating) Challenges() []string { return []string{"Negotiate"} }

func TestChallengesAreThoseOfAllRealms(t *testing.T) {
	t.Parallel()
	got := plainChain(negotiating{newSource("k", "")}, newSource("a", ""), newSource("b", "")).Challenges()
	if diff := cmp.Diff([]string{"Negotiate", realm.BasicChallenge}, got); diff != "" {
		t.Errorf("challenges (-want +got):\n%s", diff)
	}
}

// working is a realm with a background and a memory of its own.
type working struct {
	*source

	err     error
	cleared []string
}

func (w *working) Start(context.Context) error   { return w.err }
func (w *working) ClearCache(usernames []string) { w.cleared = append(w.cleared, usernames...) }

func TestStartReportsTheRealmThatCannot(t *testing.T) {
	t.Parallel()
	down := errors.New("no such server")
	if err := plainChain(&working{source: newSource("w", ""), err: down}).Start(t.Context()); !errors.Is(err, down) {
		t.Errorf("Start = %v, want %v", err, down)
	}
}

func TestClearNamesTheRealmThatDoesNotExist(t *testing.T) {
	t.Parallel()
	w := &working{source: newSource("w", "")}
	chain := plainChain(w)
	if got, ok := chain.Clear([]string{"w", "nope"}, []string{"ana"}); ok || got != "nope" || w.cleared != nil {
		t.Errorf("Clear = %q, %v after clearing %v; want nope and nothing cleared", got, ok, w.cleared)
	}
	if got, ok := chain.Clear([]string{"w"}, []string{"ana"}); !ok || len(w.cleared) != 1 {
		t.Errorf("Clear = %q, %v after clearing %v; want ana", got, ok, w.cleared)
	}
}

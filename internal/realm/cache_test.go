package realm_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/realm"
)

func cachedChain(t *testing.T, now *clock, realms ...realm.Realm) *realm.Chain {
	t.Helper()
	var members []realm.Member
	for _, r := range realms {
		members = append(members, realm.Member{Realm: r, Cache: realm.Cache{TTL: 20 * time.Minute, MaxUsers: 100, Hasher: fastHasher(t)}})
	}
	return realm.NewChain(members, realm.Options{Now: now.now})
}

func TestOnlyARightPasswordIsRemembered(t *testing.T) {
	t.Parallel()
	now := &clock{}
	r := newSource("r", "right", "ana", "off")
	off := r.users["off"]
	off.Enabled = false
	r.users["off"] = off
	chain := cachedChain(t, now, r)
	for _, step := range []struct {
		what      string
		do        func()
		p         realm.Password
		wantAsked int64 // in all
		want      realm.Verdict
	}{
		{"the first time", nil, password("ana", "right"), 1, realm.Success},
		{"again", nil, password("ana", "right"), 1, realm.Success},
		{"another password is asked", nil, password("ana", "wrong"), 2, realm.Continue},
		{"and asked again", nil, password("ana", "wrong"), 3, realm.Continue},
		{"the right one is still known", nil, password("ana", "right"), 3, realm.Success},
		{"an unknown user is asked", nil, password("ghost", "right"), 4, realm.Continue},
		{"again unknown", nil, password("ghost", "right"), 5, realm.Continue},
		{"a disabled user", nil, password("off", "right"), 6, realm.Success},
		{"is not remembered", nil, password("off", "right"), 7, realm.Success},
		{"shortly before ttl", func() { now.advance(20*time.Minute - 1) }, password("ana", "right"), 7, realm.Success},
		{"after ttl, which hits do not extend", func() { now.advance(1) }, password("ana", "right"), 8, realm.Success},
		{"after clearing somebody else", func() { chain.Clear(nil, []string{"bob"}) }, password("ana", "right"), 8, realm.Success},
		{"after clearing the user", func() { chain.Clear([]string{"r"}, []string{"ana"}) }, password("ana", "right"), 9, realm.Success},
		{"after clearing everybody", func() { chain.Clear(nil, nil) }, password("ana", "right"), 10, realm.Success},
	} {
		if step.do != nil {
			step.do()
		}
		res, _ := chain.Authenticate(t.Context(), step.p)
		if got := r.asked.Load(); got != step.wantAsked || res.Verdict != step.want {
			t.Errorf("%s: verdict %d after %d questions, want %d after %d", step.what, res.Verdict, got, step.want, step.wantAsked)
		}
		if res.Verdict == realm.Success && res.User.Realm.Name != "r" {
			t.Errorf("%s: from realm %q, want r", step.what, res.User.Realm.Name)
		}
	}
}

func TestTheCacheKeepsNoMoreThanItMay(t *testing.T) {
	t.Parallel()
	r := newSource("r", "right")
	for i := range 50 {
		name := "u" + strconv.Itoa(i)
		r.users[name] = identity.User{Username: name, Enabled: true}
	}
	chain := realm.NewChain(
		[]realm.Member{{Realm: r, Cache: realm.Cache{TTL: time.Hour, MaxUsers: 10, Hasher: fastHasher(t)}}},
		realm.Options{Now: (&clock{}).now},
	)
	for name := range r.users {
		chain.Authenticate(t.Context(), password(name, "right"))
	}
	if got := chain.Realms(t.Context())[0].Cached; got != 10 {
		t.Errorf("%d users remembered, want 10", got)
	}
}

func TestWithoutTTLNothingIsRemembered(t *testing.T) {
	t.Parallel()
	r := newSource("r", "right", "ana")
	chain := realm.NewChain(
		[]realm.Member{{Realm: r, Cache: realm.Cache{TTL: 0, MaxUsers: 10, Hasher: fastHasher(t)}}},
		realm.Options{Now: (&clock{}).now},
	)
	for range 2 {
		chain.Authenticate(t.Context(), password("ana", "right"))
	}
	if got, size := r.asked.Load(), chain.Realms(t.Context())[0].Cached; got != 2 || size != -1 {
		t.Errorf("asked %d times, size %d; want 2 and -1", got, size)
	}
}

// versioned is a source that tells when it changed.
type versioned struct {
	*source

	generation atomic.Uint64
	stamp      string
	err        error
	revised    int
}

func (v *versioned) Authenticate(ctx context.Context, c realm.Credential) (realm.Result, error) {
	res, err := v.source.Authenticate(ctx, c)
	res.Stamp = v.stamp
	return res, err
}

func (v *versioned) Generation(context.Context) (uint64, error) { return v.generation.Load(), v.err }

func (v *versioned) Revise(_ context.Context, name string) (identity.User, string, bool, error) {
	v.revised++
	u, ok := v.users[name]
	return u, v.stamp, ok, nil
}

func TestWhatIsRememberedFollowsTheSource(t *testing.T) {
	t.Parallel()
	v := &versioned{source: newSource("r", "right", "ana", "bob"), stamp: "s1"}
	chain := cachedChain(t, &clock{}, v)
	change := func(name string, do func(*identity.User)) func() {
		return func() {
			u := v.users[name]
			do(&u)
			v.users[name] = u
			v.generation.Add(1)
		}
	}
	for _, step := range []struct {
		what        string
		do          func()
		wantAsked   int64 // in all
		wantRevised int
		want        realm.Verdict
		roles       []string
	}{
		{"the first time", nil, 1, 0, realm.Success, []string{"r"}},
		{"somebody else changed", change("bob", func(u *identity.User) { u.Roles = nil }), 1, 1, realm.Success, []string{"r"}},
		{"nothing changed since", nil, 1, 1, realm.Success, []string{"r"}},
		{"new roles show at once, without a slow hash", change("ana", func(u *identity.User) { u.Roles = []string{"x"} }), 1, 2, realm.Success, []string{"x"}},
		{"a new password ends the memory", func() { v.stamp, v.right = "s2", "new"; v.generation.Add(1) }, 2, 3, realm.Continue, nil},
		{"the old one again", func() { v.stamp, v.right = "s1", "right"; v.generation.Add(1) }, 3, 3, realm.Success, []string{"x"}},
		{"disabled", change("ana", func(u *identity.User) { u.Enabled = false }), 4, 4, realm.Success, []string{"x"}},
		{"enabled", change("ana", func(u *identity.User) { u.Enabled = true }), 5, 4, realm.Success, []string{"x"}},
		{"the generation cannot be read", func() { v.err = errors.New("disk") }, 6, 4, realm.Success, []string{"x"}},
		{"removed", func() { v.err = nil; delete(v.users, "ana"); v.generation.Add(1) }, 7, 5, realm.Continue, nil},
	} {
		if step.do != nil {
			step.do()
		}
		res, _ := chain.Authenticate(t.Context(), password("ana", "right"))
		if got := v.asked.Load(); got != step.wantAsked || v.revised != step.wantRevised || res.Verdict != step.want {
			t.Errorf("%s: verdict %d, asked %d, revised %d; want %d, %d, %d",
				step.what, res.Verdict, got, v.revised, step.want, step.wantAsked, step.wantRevised)
		}
		if diff := cmp.Diff(step.roles, res.User.User.Roles); diff != "" {
			t.Errorf("%s: roles (-want +got):\n%s", step.what, diff)
		}
	}
}

func TestRevisionsDoNotExtendTheTTL(t *testing.T) {
	t.Parallel()
	v := &versioned{source: newSource("r", "right", "ana"), stamp: "s"}
	now := &clock{}
	chain := cachedChain(t, now, v)
	for minute := range 21 { // each a change of somebody else
		chain.Authenticate(t.Context(), password("ana", "right"))
		if got := v.asked.Load(); minute < 20 && got != 1 || minute == 20 && got != 2 {
			t.Errorf("after %d minutes the realm was asked %d times", minute, got)
		}
		v.generation.Add(1)
		now.advance(time.Minute)
	}
}

func TestAChangeWhileTheRealmIsAskedIsNoticed(t *testing.T) {
	t.Parallel()
	v := &versioned{source: newSource("r", "right", "ana"), stamp: "s1"}
	v.answer = func(realm.Password) (realm.Result, error) {
		res := succeed(v.users["ana"])
		v.generation.Add(1) // somebody changes the password now
		v.stamp = "s2"
		return res, nil
	}
	chain := cachedChain(t, &clock{}, &stamped{v, "s1"})
	chain.Authenticate(t.Context(), password("ana", "right"))
	v.answer = func(realm.Password) (realm.Result, error) { return realm.Result{}, nil }
	if res, _ := chain.Authenticate(t.Context(), password("ana", "right")); res.Verdict != realm.Continue {
		t.Error("a password that was changed meanwhile is still remembered")
	}
}

// stamped is a source whose answers have the stamp of the time they were asked for.
type stamped struct {
	*versioned

	old string
}

func (s *stamped) Authenticate(ctx context.Context, c realm.Credential) (realm.Result, error) {
	res, err := s.source.Authenticate(ctx, c)
	res.Stamp = s.old
	return res, err
}

func TestClearingWhileTheRealmIsAskedIsNotUndone(t *testing.T) {
	t.Parallel()
	r := newSource("r", "", "ana")
	var chain *realm.Chain
	r.answer = func(realm.Password) (realm.Result, error) {
		chain.Clear(nil, nil)
		return succeed(r.users["ana"]), nil
	}
	chain = cachedChain(t, &clock{}, r)
	for range 2 {
		chain.Authenticate(t.Context(), password("ana", "right"))
	}
	if got := r.asked.Load(); got != 2 {
		t.Errorf("asked %d times, want 2: what was cleared came back", got)
	}
}

func TestManyAtOnceAskOnce(t *testing.T) {
	t.Parallel()
	r := newSource("r", "", "ana")
	open := make(chan struct{})
	r.answer = func(p realm.Password) (realm.Result, error) {
		<-open
		if p.Secret != "right" {
			return realm.Result{}, nil
		}
		return succeed(r.users["ana"]), nil
	}
	chain := cachedChain(t, &clock{}, r)
	var right, wrong atomic.Int64
	var group sync.WaitGroup
	ask := func(plain string, count *atomic.Int64) {
		group.Go(func() {
			if res, _ := chain.Authenticate(t.Context(), password("ana", plain)); res.Verdict == realm.Success {
				count.Add(1)
			}
		})
	}
	ask("right", &right)
	for r.asked.Load() == 0 { // the first one is on its way
		time.Sleep(time.Millisecond)
	}
	for range 20 {
		ask("right", &right)
	}
	for range 5 {
		ask("wrong", &wrong)
	}
	time.Sleep(50 * time.Millisecond) // until they wait for the first one; later is not wrong
	close(open)
	group.Wait()
	if right.Load() != 21 || wrong.Load() != 0 {
		t.Errorf("%d of 21 right and %d of 5 wrong passwords let in", right.Load(), wrong.Load())
	}
	if got := r.asked.Load(); got != 6 {
		t.Errorf("asked %d times, want once for the right password and 5 times for wrong ones", got)
	}
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	t.Parallel()
	r := newSource("r", "", "ana")
	open := make(chan struct{})
	r.answer = func(realm.Password) (realm.Result, error) { <-open; return realm.Result{}, nil }
	chain := cachedChain(t, &clock{}, r)
	done := make(chan struct{})
	go func() {
		defer close(done)
		chain.Authenticate(t.Context(), password("ana", "right"))
	}()
	for r.asked.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	second := make(chan struct{})
	go func() {
		defer close(second)
		chain.Authenticate(ctx, password("ana", "right"))
	}()
	for r.asked.Load() < 2 { // it does not wait for the first one any longer
		time.Sleep(time.Millisecond)
	}
	close(open)
	<-done
	<-second
}

func TestLookupsAreRememberedToo(t *testing.T) {
	t.Parallel()
	v := &versioned{source: newSource("r", "right", "ana"), stamp: "s"}
	now := &clock{}
	chain := cachedChain(t, now, v)
	look := func(name string, wantFound bool, wantLooked int64) {
		t.Helper()
		_, ok, err := chain.Lookup(t.Context(), name)
		if ok != wantFound || err != nil || v.looked.Load() != wantLooked {
			t.Errorf("Lookup(%s) = %v, %v after %d look-ups; want %v after %d", name, ok, err, v.looked.Load(), wantFound, wantLooked)
		}
	}
	look("ana", true, 1)
	look("ana", true, 1)
	look("ghost", false, 2)
	look("ghost", false, 3)
	v.generation.Add(1)
	look("ana", true, 4)
	now.advance(time.Hour)
	look("ana", true, 5)
	chain.Clear(nil, []string{"ana"})
	look("ana", true, 6)
	chain.Clear(nil, nil)
	chain.Authenticate(t.Context(), password("ana", "right"))
	look("ana", true, 6) // known from the login
}

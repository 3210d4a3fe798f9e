package realm

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/sqlite"
)

// Member is a realm of a chain and how the chain treats it.
type Member struct {
	Realm Realm
	Cache Cache
	// LookupOnly is authentication.enabled: false. The realm sees no credential, but
	// still finds users for run-as.
	LookupOnly bool
}

// Chain asks realms in order. It is safe for concurrent use.
type Chain struct {
	entries []entry
	spend   func(context.Context) error
	last    *sqlite.Cache[string, int] // the entry that last knew a principal; nil: not kept
}

// Options are what a chain needs besides its realms.
type Options struct {
	Now func() time.Time
	Log *slog.Logger
	// Spend computes one slow hash for nothing, so that a failed password takes the
	// same time whether the user exists or not.
	Spend func(context.Context) error
	Smart SmartOrder
}

// SmartOrder is xpack.security.authc.success_cache: the realm that last knew a
// name is asked first. The zero SmartOrder is off.
type SmartOrder struct {
	Size int
	TTL  time.Duration // since the last use
}

// entry is a realm as the chain sees it. Capabilities are asserted once, here, on
// the realm itself; the password cache lies beside it, so it hides none of them.
type entry struct {
	realm      Realm
	lookupOnly bool
	cache      *cache // remembers passwords and look-ups; other credentials pass through
	extractor  Extractor
	looker     Looker
	challenger Challenger
	starter    Starter
	clearer    CacheClearer
}

// NewChain puts the realms in the order given.
func NewChain(members []Member, o Options) *Chain {
	c := &Chain{spend: o.Spend}
	if o.Smart.Size > 0 {
		c.last = sqlite.NewCache[string, int](nil, sqlite.CacheOptions{Max: o.Smart.Size, TTL: o.Smart.TTL, Now: o.Now})
	}
	for _, m := range members {
		c.entries = append(c.entries, newEntry(m, o.Now))
	}
	return c
}

func newEntry(m Member, now func() time.Time) entry {
	e := entry{realm: m.Realm, lookupOnly: m.LookupOnly, cache: newCache(m.Cache, m.Realm, now)}
	if !m.LookupOnly {
		e.extractor, _ = m.Realm.(Extractor)
	}
	e.looker, _ = m.Realm.(Looker)
	e.challenger, _ = m.Realm.(Challenger)
	e.starter, _ = m.Realm.(Starter)
	e.clearer, _ = m.Realm.(CacheClearer)
	return e
}

// Attempt is what one realm made of a credential. The last one names no realm if
// spending time on a failed password failed.
type Attempt struct {
	Realm   Ref
	Verdict Verdict
	Reason  string
	Err     error
}

// Extract finds the first realm's credential in a request; false: there is none.
func (c *Chain) Extract(r *http.Request) (Credential, bool) {
	for i := range c.entries {
		if x := c.entries[i].extractor; x != nil {
			if cred, ok := x.Extract(r); ok {
				return cred, true
			}
		}
	}
	return nil, false
}

// Authenticate asks realm after realm. An error is recorded and never decides. A
// password that nobody accepts has cost exactly one slow hash, unless several local
// realms know the user.
func (c *Chain) Authenticate(ctx context.Context, cred Credential) (Result, []Attempt) {
	var tried []Attempt
	spent := false
	first, began := c.first(ctx, cred.Principal())
	for n := range c.entries {
		i := pick(n, first)
		e := &c.entries[i]
		if e.lookupOnly {
			continue
		}
		res, err := e.authenticate(ctx, cred)
		tried = append(tried, Attempt{Realm: e.realm.Ref(), Verdict: res.Verdict, Reason: res.Reason, Err: cmp.Or(err, res.Cause)})
		if res.Verdict == Success {
			c.remember(cred.Principal(), i, began)
			return res, tried
		}
		spent = spent || res.Spent
		if res.Verdict == Terminate {
			return res, c.settle(ctx, cred, spent, tried)
		}
		if ctx.Err() != nil {
			return Result{}, tried
		}
	}
	return Result{}, c.settle(ctx, cred, spent, tried)
}

func (e *entry) authenticate(ctx context.Context, cred Credential) (Result, error) {
	res, err := e.cache.authenticate(ctx, cred, e.realm.Authenticate)
	if err != nil {
		return Result{Spent: res.Spent}, err // whatever came with an error is not an answer
	}
	if res.Verdict == Success { // a realm says who, the chain says from where
		res.User = identity.Identity{Subject: identity.Subject{User: res.User.User, Realm: e.realm.Ref()}, Type: identity.ByRealm}
	}
	return res, nil
}

// settle spends the slow hash that a failed password must cost.
func (c *Chain) settle(ctx context.Context, cred Credential, spent bool, tried []Attempt) []Attempt {
	if _, ok := cred.(Password); !ok || spent || c.spend == nil {
		return tried
	}
	if err := c.spend(ctx); err != nil {
		tried = append(tried, Attempt{Err: err})
	}
	return tried
}

// Lookup finds a user without a credential; false: no realm knows the name. An error
// ends the search, because a later realm must not answer for the one that failed.
func (c *Chain) Lookup(ctx context.Context, username string) (identity.Subject, bool, error) {
	first, began := c.first(ctx, username)
	for n := range c.entries {
		i := pick(n, first)
		e := &c.entries[i]
		if e.looker == nil {
			continue
		}
		u, ok, err := e.cache.lookup(ctx, username, e.looker.Lookup)
		if err != nil {
			return identity.Subject{}, false, err
		}
		if ok {
			if first < 0 { // a hint only: nobody has proved anything
				c.remember(username, i, began)
			}
			return identity.Subject{User: u, Realm: e.realm.Ref()}, true, nil
		}
	}
	return identity.Subject{}, false, nil
}

// Elsewhere reports whether a realm that is neither native nor reserved knows a user.
func (c *Chain) Elsewhere(ctx context.Context, username string) (bool, error) {
	for i := range c.entries {
		e := &c.entries[i]
		if kind := e.realm.Ref().Type; e.looker == nil || kind == "native" || kind == "reserved" {
			continue
		}
		_, ok, err := e.cache.lookup(ctx, username, e.looker.Lookup)
		if ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// first is the entry to ask first for principal, or -1.
func (c *Chain) first(ctx context.Context, principal string) (int, sqlite.Generation) {
	if c.last == nil {
		return -1, sqlite.Generation{}
	}
	began, err := c.last.Generation(ctx)
	if err != nil {
		return -1, began
	}
	if i, ok := c.last.Get(ctx, principal); ok {
		return i, began
	}
	return -1, began
}

// pick is the n-th of 0, 1, 2, ... when first is moved to the front.
func pick(n, first int) int {
	switch {
	case first < 0 || n > first:
		return n
	case n == 0:
		return first
	}
	return n - 1
}

// remember keeps that entry i knew principal, unless anything was cleared since then.
func (c *Chain) remember(principal string, i int, began sqlite.Generation) {
	if c.last != nil {
		c.last.Put(principal, i, began)
	}
}

// Clear forgets these users of the named realms; without names, all users or those
// of all realms. When there is no realm of a name, nothing is cleared and the name is
// returned with false.
func (c *Chain) Clear(realms, usernames []string) (unknown string, ok bool) {
	for _, name := range realms {
		if !slices.ContainsFunc(c.entries, func(e entry) bool { return e.realm.Ref().Name == name }) {
			return name, false
		}
	}
	if c.last != nil {
		c.last.Clear()
	}
	for i := range c.entries {
		e := &c.entries[i]
		if len(realms) > 0 && !slices.Contains(realms, e.realm.Ref().Name) {
			continue
		}
		e.cache.clear(usernames)
		if e.clearer != nil {
			e.clearer.ClearCache(usernames)
		}
	}
	return "", true
}

// Challenges are the WWW-Authenticate values of all realms, each once, in order.
func (c *Chain) Challenges() []string {
	var all []string
	for i := range c.entries {
		own := []string{BasicChallenge}
		if ch := c.entries[i].challenger; ch != nil {
			own = ch.Challenges()
		}
		for _, text := range own {
			if !slices.Contains(all, text) {
				all = append(all, text)
			}
		}
	}
	return all
}

// Start begins the background work of all realms; it ends with ctx.
func (c *Chain) Start(ctx context.Context) error {
	for i := range c.entries {
		if s := c.entries[i].starter; s != nil {
			if err := s.Start(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// Realms are the realms of the chain in order.
func (c *Chain) Realms(ctx context.Context) []Status {
	all := make([]Status, 0, len(c.entries))
	for i := range c.entries {
		all = append(all, Status{Ref: c.entries[i].realm.Ref(), Cached: c.entries[i].cache.size(ctx)})
	}
	return all
}

// Status is a realm of a chain as usage statistics show it.
type Status struct {
	Ref

	Cached int // users remembered; -1 when caching is off
}

package realm

import (
	"context"
	"sync"
	"time"

	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/sqlite"
)

// Cache is what one realm's cache.* settings say. The zero Cache is off.
type Cache struct {
	TTL      time.Duration // since the password was checked; 0 or less: off
	MaxUsers int
	Hasher   *pwhash.Pool // of cache.hash_algo
}

// cache remembers whom a realm authenticated, with a fast hash of the password, as
// CachingUsernamePasswordRealm does: a password that was right is right until ttl,
// any other one is asked of the realm, and failures are never remembered. What a
// Versioned realm says about a user is checked again after every change of its
// source; the slow hash is not, unless the user's Stamp changed.
//
// A nil cache remembers nothing.
type cache struct {
	hasher  *pwhash.Pool
	ttl     time.Duration
	now     func() time.Time
	source  Versioned // nil: entries are right until they end
	users   *sqlite.Cache[string, known]
	lookups *sqlite.Cache[string, known]

	mu      sync.Mutex
	flights map[string]chan struct{} // by username; closed when the realm has answered
}

// known is a user as the source knew him at a generation.
type known struct {
	user       identity.User
	generation uint64

	// Of users whose password was right:
	hash    string // a fast one, of that password
	stamp   string
	checked time.Time
}

func newCache(o Cache, r Realm, now func() time.Time) *cache {
	if o.TTL <= 0 || o.MaxUsers <= 0 || o.Hasher == nil {
		return nil
	}
	source, _ := r.(Versioned)
	kept := sqlite.CacheOptions{Max: o.MaxUsers, TTL: o.TTL, Now: now}
	return &cache{
		hasher:  o.Hasher,
		ttl:     o.TTL,
		now:     now,
		source:  source,
		users:   sqlite.NewCache[string, known](nil, kept),
		lookups: sqlite.NewCache[string, known](nil, kept),
		flights: map[string]chan struct{}{},
	}
}

// authenticate answers from memory or asks. Of several requests for one user that
// have to ask, one goes first and the others wait for it once, because mostly they
// carry the same password.
func (c *cache) authenticate(ctx context.Context, cred Credential, ask func(context.Context, Credential) (Result, error)) (Result, error) {
	p, ok := cred.(Password)
	if !ok || c == nil {
		return ask(ctx, cred)
	}
	if u, ok := c.hit(ctx, p); ok {
		return success(u), nil
	}
	leave, waited := c.board(ctx, p.Username)
	defer leave()
	if waited {
		if u, ok := c.hit(ctx, p); ok {
			return success(u), nil
		}
	}
	drops, generation, readable := c.begin(ctx, c.users)
	res, err := ask(ctx, cred)
	if err == nil && readable && res.Verdict == Success && res.User.User.Enabled {
		c.fill(ctx, p, known{user: res.User.User, stamp: res.Stamp, generation: generation}, drops)
	}
	return res, err
}

func success(u identity.User) Result {
	return Result{Verdict: Success, User: identity.Identity{Subject: identity.Subject{User: u}}}
}

// hit reports whether this very password was right and nothing says otherwise since.
func (c *cache) hit(ctx context.Context, p Password) (identity.User, bool) {
	k, ok := c.users.Get(ctx, p.Username)
	if !ok || c.now().Sub(k.checked) >= c.ttl {
		return identity.User{}, false
	}
	if same, err := c.hasher.Verify(ctx, k.hash, p.Secret); err != nil || !same {
		return identity.User{}, false
	}
	drops, generation, readable := c.begin(ctx, c.users)
	switch {
	case !readable:
		return identity.User{}, false
	case generation == k.generation:
		return k.user, true
	}
	return c.revise(ctx, p.Username, known{hash: k.hash, stamp: k.stamp, checked: k.checked, generation: generation}, drops)
}

// revise asks a source that changed whether this user did.
func (c *cache) revise(ctx context.Context, username string, k known, drops sqlite.Generation) (identity.User, bool) {
	u, stamp, ok, err := c.source.Revise(ctx, username)
	if err != nil {
		return identity.User{}, false
	}
	if !ok || !u.Enabled || stamp != k.stamp {
		c.users.Delete(username)
		return identity.User{}, false
	}
	k.user = u
	c.users.Put(username, k, drops)
	return u, true
}

// fill remembers a user whose password was right. It keeps nothing if the cache was
// cleared after the realm was asked.
func (c *cache) fill(ctx context.Context, p Password, k known, drops sqlite.Generation) {
	hash, err := c.hasher.Hash(ctx, p.Secret)
	if err != nil {
		return
	}
	k.hash, k.checked = hash, c.now()
	c.users.Put(p.Username, k, drops)
}

// board waits for the request that asks for this user now, at most once, or else
// becomes that request. leave must be called when the realm has answered.
func (c *cache) board(ctx context.Context, username string) (leave func(), waited bool) {
	c.mu.Lock()
	flight, flying := c.flights[username]
	if !flying {
		flight = make(chan struct{})
		c.flights[username] = flight
	}
	c.mu.Unlock()
	if flying {
		select {
		case <-flight:
		case <-ctx.Done():
		}
		return func() {}, true
	}
	return func() {
		c.mu.Lock()
		delete(c.flights, username)
		c.mu.Unlock()
		close(flight)
	}, false
}

// lookup answers from memory or asks; users that do not exist are not remembered.
func (c *cache) lookup(ctx context.Context, username string, ask func(context.Context, string) (identity.User, bool, error)) (identity.User, bool, error) {
	if c == nil {
		return ask(ctx, username)
	}
	drops, generation, readable := c.begin(ctx, c.lookups)
	if !readable {
		return ask(ctx, username)
	}
	for _, m := range []*sqlite.Cache[string, known]{c.users, c.lookups} {
		if k, ok := m.Get(ctx, username); ok && k.generation == generation {
			return k.user, true, nil
		}
	}
	u, ok, err := ask(ctx, username)
	if err == nil && ok {
		c.lookups.Put(username, known{user: u, generation: generation}, drops)
	}
	return u, ok, err
}

// begin says when a look-up began: by what was forgotten until then, and by the
// generation of the source. False: that cannot be read, so that nothing remembered
// can be trusted and nothing new be remembered.
func (c *cache) begin(ctx context.Context, m *sqlite.Cache[string, known]) (sqlite.Generation, uint64, bool) {
	drops, err := m.Generation(ctx)
	if err != nil || c.source == nil {
		return drops, 0, err == nil
	}
	generation, err := c.source.Generation(ctx)
	return drops, generation, err == nil
}

// clear forgets these users, or everybody if there are none.
func (c *cache) clear(usernames []string) {
	if c == nil {
		return
	}
	for _, m := range []*sqlite.Cache[string, known]{c.users, c.lookups} {
		if len(usernames) == 0 {
			m.Clear()
		}
		for _, name := range usernames {
			m.Delete(name)
		}
	}
}

// size is how many users are remembered; -1 without a cache.
func (c *cache) size(ctx context.Context) int {
	if c == nil {
		return -1
	}
	return c.users.Len(ctx) + c.lookups.Len(ctx)
}

package sqlite

import (
	"context"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxShards bounds the locks of a cache; each has a part of the entries.
	maxShards = 16
	// smallShard is the fewest entries worth a lock of their own.
	smallShard = 64
	// sample is how many entries are looked at to find one that may go.
	sample = 5
)

// CacheOptions say what a Cache depends on and how much it may hold.
type CacheOptions struct {
	// Kinds are the change counters under which entries are good. None: entries
	// are good until they expire or are deleted, and DB may be nil.
	Kinds []string
	Max   int           // entries; 0: nothing is kept
	TTL   time.Duration // after an entry was put; 0: for ever
	Now   func() time.Time
}

// Cache remembers what was read from the database as long as no counter it depends
// on has moved, in this process or another; see DB.Generation.
type Cache[K comparable, V any] struct {
	db     *DB
	o      CacheOptions
	seed   maphash.Seed
	shards []shard[K, V]
	room   int           // entries of each shard
	drops  atomic.Uint64 // deletions so far
}

// Generation says when a look-up began, in changes rather than in time.
type Generation struct{ changes, drops uint64 }

type shard[K comparable, V any] struct {
	mu      sync.RWMutex
	entries map[K]entry[V]
	puts    uint64
}

type entry[V any] struct {
	value   V
	changes uint64 // the generation
	age     uint64 // the shard's puts before it
	expires time.Time
}

// NewCache returns an empty cache.
func NewCache[K comparable, V any](db *DB, o CacheOptions) *Cache[K, V] {
	n := max(1, min(maxShards, o.Max/smallShard))
	c := &Cache[K, V]{db: db, o: o, seed: maphash.MakeSeed(), shards: make([]shard[K, V], n), room: (o.Max + n - 1) / n}
	for i := range c.shards {
		c.shards[i].entries = map[K]entry[V]{}
	}
	return c
}

// Generation is what Put wants, read before the look-up whose outcome it keeps.
func (c *Cache[K, V]) Generation(ctx context.Context) (Generation, error) {
	g := Generation{drops: c.drops.Load()}
	if len(c.o.Kinds) == 0 {
		return g, nil
	}
	s, err := c.db.watch.fresh(ctx)
	if err != nil {
		return g, err
	}
	for _, kind := range c.o.Kinds {
		g.changes += s.n[kind] // counters only grow: the sum moves when one of them does
	}
	return g, nil
}

// Get returns the value of a key if it is still good. When that cannot be found
// out, it is not.
func (c *Cache[K, V]) Get(ctx context.Context, key K) (V, bool) {
	g, err := c.Generation(ctx)
	if err != nil {
		var none V
		return none, false
	}
	return c.get(key, g)
}

func (c *Cache[K, V]) get(key K, g Generation) (V, bool) {
	s := c.shard(key)
	s.mu.RLock()
	e, ok := s.entries[key]
	s.mu.RUnlock()
	if !ok || !c.good(e, g) {
		var none V
		return none, false
	}
	return e.value, true
}

// Put keeps a value that was looked up under g. If a counter has moved since, or
// anything was deleted from the cache, it keeps nothing.
func (c *Cache[K, V]) Put(key K, value V, g Generation) {
	if c.o.Max <= 0 {
		return
	}
	e := entry[V]{value: value, changes: g.changes}
	if c.o.TTL > 0 {
		if c.o.Now == nil {
			return // it could never be seen to expire
		}
		e.expires = c.o.Now().Add(c.o.TTL)
	}
	s := c.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.drops.Load() != g.drops {
		return // it may be the very thing that was to be forgotten
	}
	if _, there := s.entries[key]; !there && len(s.entries) >= c.room {
		delete(s.entries, c.victim(s, g))
	}
	s.puts++
	e.age = s.puts
	s.entries[key] = e
}

// Load returns the value of a key, from fill if the cache has none that is good.
// An error of fill is returned and not kept. Callers that miss at the same time
// each fill.
func (c *Cache[K, V]) Load(ctx context.Context, key K, fill func(context.Context) (V, error)) (V, error) {
	g, err := c.Generation(ctx)
	if err != nil {
		var none V
		return none, err
	}
	if v, ok := c.get(key, g); ok {
		return v, nil
	}
	v, err := fill(ctx)
	if err == nil {
		c.Put(key, v, g)
	}
	return v, err
}

// Delete forgets a key.
func (c *Cache[K, V]) Delete(key K) {
	c.drops.Add(1)
	s := c.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.entries, key)
}

// DeleteFunc forgets every key for which del is true; it is asked under a lock.
func (c *Cache[K, V]) DeleteFunc(del func(K, V) bool) {
	c.drops.Add(1)
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		for key, e := range s.entries {
			if del(key, e.value) {
				delete(s.entries, key)
			}
		}
		s.mu.Unlock()
	}
}

// Clear forgets everything.
func (c *Cache[K, V]) Clear() {
	c.DeleteFunc(func(K, V) bool { return true })
}

// Len counts the entries that are good now.
func (c *Cache[K, V]) Len(ctx context.Context) int {
	g, err := c.Generation(ctx)
	if err != nil {
		return 0
	}
	n := 0
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.RLock()
		for _, e := range s.entries {
			if c.good(e, g) {
				n++
			}
		}
		s.mu.RUnlock()
	}
	return n
}

func (c *Cache[K, V]) shard(key K) *shard[K, V] {
	if len(c.shards) == 1 {
		return &c.shards[0]
	}
	return &c.shards[maphash.Comparable(c.seed, key)%uint64(len(c.shards))]
}

func (c *Cache[K, V]) good(e entry[V], g Generation) bool {
	return e.changes == g.changes && (e.expires.IsZero() || c.o.Now().Before(e.expires))
}

// victim looks at a few entries, which a map yields in random order: one that is
// no longer good, or the oldest of them.
func (c *Cache[K, V]) victim(s *shard[K, V], g Generation) K {
	var oldest K
	age, seen := uint64(0), 0
	for key, e := range s.entries {
		if !c.good(e, g) {
			return key
		}
		if seen == 0 || e.age < age {
			oldest, age = key, e.age
		}
		if seen++; seen == sample {
			break
		}
	}
	return oldest
}

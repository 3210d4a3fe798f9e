package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/realmctl/realmctl/internal/sqlite"
)

func bump(t testing.TB, db *sqlite.DB, kind string) {
	t.Helper()
	if err := db.Write(context.Background(), func(tx *sqlite.Tx) error { return tx.Bump(kind) }); err != nil {
		t.Fatal(err)
	}
}

func TestGenerationMovesWithItsKindOnly(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	for want := range uint64(3) {
		for kind, n := range map[string]uint64{"user": want, "role": 0} {
			if got, err := db.Generation(t.Context(), kind); got != n || err != nil {
				t.Errorf("Generation(%s) = %d, %v, want %d", kind, got, err, n)
			}
		}
		bump(t, db, "user")
	}
	err := db.Write(t.Context(), func(tx *sqlite.Tx) error { return errors.Join(tx.Bump("user"), errors.New("no")) })
	if got, _ := db.Generation(t.Context(), "user"); got != 3 || err == nil {
		t.Errorf("Generation after an undone change = %d, want 3", got)
	}
	again := openAt(t, filepath.Join(t.TempDir(), "other.db"))
	if got, err := again.Generation(t.Context(), "user"); got != 0 || err != nil {
		t.Errorf("Generation of another database = %d, %v, want 0", got, err)
	}
}

func TestAFillThatAChangeOvertookIsNotKept(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	c := sqlite.NewCache[string, string](db, sqlite.CacheOptions{Kinds: []string{"user", "role"}, Max: 10})
	for _, overtake := range []func(){
		func() { bump(t, db, "user") },
		func() { bump(t, db, "role") },
		func() { c.Delete("other") },
		func() { c.Clear() },
		func() { c.DeleteFunc(func(string, string) bool { return false }) },
	} {
		v, err := c.Load(t.Context(), "k", func(context.Context) (string, error) {
			overtake()
			return "old", nil
		})
		if v != "old" || err != nil {
			t.Errorf("Load() = %s, %v, want what fill returned", v, err)
		}
		if v, ok := c.Get(t.Context(), "k"); ok {
			t.Errorf("Get() = %s, want nothing", v)
		}
	}
}

func TestLoadFillsOnceUntilAChange(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	c := sqlite.NewCache[string, int](db, sqlite.CacheOptions{Kinds: []string{"user"}, Max: 10})
	fills := 0
	load := func() int {
		v, err := c.Load(t.Context(), "k", func(context.Context) (int, error) { fills++; return fills, nil })
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if a, b := load(), load(); a != 1 || b != 1 {
		t.Errorf("two loads = %d, %d, want 1, 1", a, b)
	}
	bump(t, db, "role")
	if v := load(); v != 1 {
		t.Errorf("load after a change of another kind = %d, want 1", v)
	}
	bump(t, db, "user")
	if v := load(); v != 2 {
		t.Errorf("load after a change = %d, want 2", v)
	}
	refused := errors.New("refused")
	if _, err := c.Load(t.Context(), "none", func(context.Context) (int, error) { return 7, refused }); !errors.Is(err, refused) {
		t.Errorf("Load() = %v, want %v", err, refused)
	}
	if v, ok := c.Get(t.Context(), "none"); ok {
		t.Errorf("Get() after a failed fill = %d, want nothing", v)
	}
}

func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{0, 1, 3, 64, 1000, 5000} {
		c := sqlite.NewCache[int, int](nil, sqlite.CacheOptions{Max: limit})
		g, err := c.Generation(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for i := range 20_000 {
			c.Put(i, i, g)
			if v, ok := c.Get(t.Context(), i); limit > 0 && (!ok || v != i) {
				t.Fatalf("Max %d: Get(%d) right after Put = %d, %v", limit, i, v, ok)
			}
		}
		if got := c.Len(t.Context()); got > limit+16 || got < limit*9/10 {
			t.Errorf("Max %d: Len() = %d", limit, got)
		}
	}
}

func TestCacheEntriesExpire(t *testing.T) {
	t.Parallel()
	now := time.Now()
	c := sqlite.NewCache[string, int](nil, sqlite.CacheOptions{Max: 10, TTL: time.Minute, Now: func() time.Time { return now }})
	g, err := c.Generation(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.Put("k", 1, g)
	for _, step := range []struct {
		later time.Duration
		want  int
	}{{0, 1}, {time.Minute - 1, 1}, {1, 0}} {
		now = now.Add(step.later)
		_, ok := c.Get(t.Context(), "k")
		if got := c.Len(t.Context()); ok != (step.want == 1) || got != step.want {
			t.Errorf("after %v more: Get finds it: %v, Len() = %d, want %d", step.later, ok, got, step.want)
		}
	}
	noClock := sqlite.NewCache[string, int](nil, sqlite.CacheOptions{Max: 10, TTL: time.Minute})
	noClock.Put("k", 1, g)
	if _, ok := noClock.Get(t.Context(), "k"); ok {
		t.Error("an entry is kept that can never be seen to expire")
	}
}

func TestDeleteFuncForgetsWhatItIsToldTo(t *testing.T) {
	t.Parallel()
	c := sqlite.NewCache[int, string](nil, sqlite.CacheOptions{Max: 2000})
	g, err := c.Generation(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		c.Put(i, fmt.Sprint(i%10), g)
	}
	c.DeleteFunc(func(_ int, v string) bool { return v == "3" })
	c.Delete(4)
	if got := c.Len(t.Context()); got != 899 {
		t.Errorf("Len() = %d, want 899", got)
	}
	c.Clear()
	if got := c.Len(t.Context()); got != 0 {
		t.Errorf("Len() after Clear = %d, want 0", got)
	}
}

// What Get returns was never read before the last change of its kind that had been
// acknowledged when Get was called.
func TestNothingOutdatedIsFound(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	rapid.Check(t, func(r *rapid.T) {
		c := sqlite.NewCache[int, int](db, sqlite.CacheOptions{Kinds: []string{"user"}, Max: rapid.IntRange(1, 200).Draw(r, "max")})
		truth := 0
		type reading struct {
			g sqlite.Generation
			v int
		}
		var readings []reading
		r.Repeat(map[string]func(*rapid.T){
			"change": func(*rapid.T) {
				truth++
				bump(t, db, "user")
			},
			"read": func(r *rapid.T) {
				g, err := c.Generation(t.Context())
				if err != nil {
					r.Fatal(err)
				}
				readings = append(readings, reading{g, truth})
			},
			"put": func(r *rapid.T) {
				if len(readings) > 0 {
					late := rapid.SampledFrom(readings).Draw(r, "reading")
					c.Put(rapid.IntRange(0, 300).Draw(r, "key"), late.v, late.g)
				}
			},
			"get": func(r *rapid.T) {
				if v, ok := c.Get(t.Context(), rapid.IntRange(0, 300).Draw(r, "key")); ok && v != truth {
					r.Fatalf("Get() = a value of change %d, want one of %d", v, truth)
				}
			},
		})
	})
}

func TestCacheUnderManyGoroutines(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	write(t, db, "INSERT INTO note (id, text) VALUES (1, '0')")
	c := sqlite.NewCache[int, int](db, sqlite.CacheOptions{Kinds: []string{"user"}, Max: 100})
	read := func(ctx context.Context) (v int, err error) {
		err = db.QueryRowContext(ctx, "SELECT text FROM note WHERE id = 1").Scan(&v)
		return v, err
	}
	var all sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	for range 8 {
		all.Go(func() {
			for last := 0; ctx.Err() == nil; {
				v, err := c.Load(context.WithoutCancel(ctx), 1, read)
				if err != nil || v < last {
					t.Errorf("Load() = %d, %v after %d", v, err, last)
					return
				}
				last = v
			}
		})
	}
	for i := 1; i <= 200; i++ {
		err := db.Write(t.Context(), func(tx *sqlite.Tx) error {
			_, err := tx.Exec("UPDATE note SET text = ? WHERE id = 1", fmt.Sprint(i))
			return errors.Join(err, tx.Bump("user"))
		})
		if err != nil {
			t.Error(err)
		}
		if v, err := c.Load(t.Context(), 1, read); v != i || err != nil {
			t.Errorf("Load() after change %d was acknowledged = %d, %v", i, v, err)
		}
	}
	stop()
	all.Wait()
}

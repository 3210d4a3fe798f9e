package sqlite_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/realmctl/realmctl/internal/sqlite"
)

// BenchmarkOpen is the price that each command pays.
func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "security.db")
	openClose := func(use func(*sqlite.DB)) {
		db, err := sqlite.Open(b.Context(), path, sqlite.Options{Now: time.Now})
		if err != nil {
			b.Fatal(err)
		}
		use(db)
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	}
	openClose(func(*sqlite.DB) {})
	b.Run("only", func(b *testing.B) {
		for b.Loop() {
			db, err := sqlite.Open(b.Context(), path, sqlite.Options{Now: time.Now})
			b.StopTimer()
			if err != nil {
				b.Fatal(err)
			}
			if err := db.Close(); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
		}
	})
	b.Run("read and close", func(b *testing.B) {
		for b.Loop() {
			openClose(func(db *sqlite.DB) {
				if _, err := db.Generation(b.Context(), "user"); err != nil {
					b.Fatal(err)
				}
			})
		}
	})
}

// BenchmarkWrite is one durable row for each iteration.
func BenchmarkWrite(b *testing.B) {
	for name, writers := range map[string]int{"1 writer": 1, "64 writers": 64} {
		b.Run(name, func(b *testing.B) {
			db := openNew(b)
			jobs := make(chan struct{})
			done := make(chan error, writers)
			for range writers {
				go func() {
					for range jobs {
						if err := insert(context.Background(), db, "INSERT INTO note (text) VALUES (?)", "some text"); err != nil {
							done <- err
							return
						}
					}
					done <- nil
				}()
			}
			b.ResetTimer()
			for range b.N {
				jobs <- struct{}{}
			}
			close(jobs)
			for range writers {
				if err := <-done; err != nil {
					b.Error(err)
				}
			}
		})
	}
}

// BenchmarkCacheGet is what a warm request pays for the truth of its caches.
func BenchmarkCacheGet(b *testing.B) {
	db := openNew(b)
	c := sqlite.NewCache[string, int](db, sqlite.CacheOptions{Kinds: []string{"user"}, Max: 100_000, TTL: time.Hour, Now: time.Now})
	g, err := c.Generation(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	c.Put("somebody", 1, g)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, ok := c.Get(context.Background(), "somebody"); !ok {
				b.Error("not found")
			}
		}
	})
}

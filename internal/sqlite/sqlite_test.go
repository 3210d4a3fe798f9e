package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/realmctl/realmctl/internal/sqlite"
)

func TestX(t *testing.T) {
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "a#b?%.db"), sqlite.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := db.Write(t.Context(), func(tx *sqlite.Tx) error { return tx.Bump("user") }); err != nil {
			t.Fatal(err)
		}
		g, err := db.Generation(t.Context(), "user")
		t.Log(g, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

package engine_test

import (
	"crypto/rand"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/realmctl/realmctl/internal/wiretest"
)

// clock runs, and can be put forward instead of waiting.
type clock struct{ ahead atomic.Int64 }

func (c *clock) Now() time.Time        { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) Sleep(d time.Duration) { c.ahead.Add(int64(d)) }

// TestRecordedAnswers plays what a real Elasticsearch 9.5.3 was asked, and wants what
// it answered.
func TestRecordedAnswers(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../wiretest/testdata/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	var c clock
	wiretest.Run(t, wiretest.Options{
		Files: files, User: "elastic", Password: password, Now: c.Now, Sleep: c.Sleep, Waiting: waiting(),
		Run: func() string { return "w" + strings.ToLower(rand.Text()[:7]) },
		Handler: func(t *testing.T) http.Handler {
			o := folder(t, "")
			o.Now = c.Now
			return open(t, o)
		},
	})
}

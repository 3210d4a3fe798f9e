package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

// checkEvery is how long a look at the change counters is good. With the time of
// the look itself it keeps the promise of 10 ms.
const checkEvery = 5 * time.Millisecond

// watch knows the change counters. PRAGMA data_version tells cheaply whether
// anybody has committed since the last look; it works per connection, so that the
// connection is pinned.
type watch struct {
	pool *sql.DB          // its own: the readers' may be busy with those who ask
	now  func() time.Time // nil: look each time

	known atomic.Pointer[counters]

	mu      sync.Mutex // guards what follows, and every store to known
	conn    *sql.Conn
	version *sql.Stmt
	last    int64 // data_version of the last look
	closed  bool
}

// counters are the counters as of one look. They are never changed.
type counters struct {
	at time.Time // when the look began
	n  map[string]uint64
}

// fresh returns counters that are at most checkEvery old.
func (w *watch) fresh(ctx context.Context) (*counters, error) {
	if s := w.known.Load(); w.good(s) {
		return s, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if s := w.known.Load(); w.good(s) { // somebody looked while we waited
		return s, nil
	}
	// A look takes microseconds, and its outcome serves others as well.
	s, err := w.look(context.WithoutCancel(ctx))
	if err != nil {
		return nil, errors.Join(classify(err), w.drop())
	}
	w.known.Store(s)
	return s, nil
}

func (w *watch) good(s *counters) bool {
	if s == nil || w.now == nil {
		return false
	}
	age := w.now().Sub(s.at)
	return age >= 0 && age < checkEvery
}

func (w *watch) look(ctx context.Context) (*counters, error) {
	s := &counters{}
	if w.now != nil {
		s.at = w.now()
	}
	if err := w.connect(ctx); err != nil {
		return nil, err
	}
	var version int64
	if err := w.version.QueryRowContext(ctx).Scan(&version); err != nil {
		return nil, err
	}
	if old := w.known.Load(); old != nil && version == w.last {
		s.n = old.n
		return s, nil
	}
	n, err := w.read(ctx)
	if err != nil {
		return nil, err
	}
	s.n, w.last = n, version
	return s, nil
}

func (w *watch) connect(ctx context.Context) error {
	if w.closed {
		return ErrClosed
	}
	if w.conn != nil {
		return nil
	}
	conn, err := w.pool.Conn(ctx)
	if err != nil {
		return err
	}
	stmt, err := conn.PrepareContext(ctx, "PRAGMA data_version")
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	w.conn, w.version = conn, stmt
	return nil
}

func (w *watch) read(ctx context.Context) (map[string]uint64, error) {
	rows, err := w.conn.QueryContext(ctx, "SELECT kind, n FROM change")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	all := map[string]uint64{}
	for rows.Next() {
		var kind string
		var n int64
		if err := rows.Scan(&kind, &n); err != nil {
			return nil, err
		}
		all[kind] = uint64(n)
	}
	return all, rows.Err()
}

// advance takes the counters of a commit of this process before anyone is told of
// that commit. The age of the last look stays: it was about other processes.
func (w *watch) advance(n map[string]uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	old := w.known.Load()
	if old == nil || len(n) == 0 {
		return // the first look will see them
	}
	all := maps.Clone(old.n)
	for kind, v := range n {
		all[kind] = max(all[kind], v)
	}
	w.known.Store(&counters{at: old.at, n: all})
}

func (w *watch) close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	return errors.Join(w.drop(), w.pool.Close())
}

// drop forgets connection and counters, so that the next look starts anew.
func (w *watch) drop() error {
	w.known.Store(nil)
	conn, version := w.conn, w.version
	w.conn, w.version = nil, nil
	if conn == nil {
		return nil
	}
	return errors.Join(version.Close(), conn.Close())
}

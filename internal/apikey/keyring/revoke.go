package keyring

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/realmctl/realmctl/internal/sqlite"
)

// Revoked is the outcome of Ring.Revoke.
type Revoked struct {
	IDs     []string // now invalid
	Refused []string // cross-cluster keys that were to be spared
}

// Revoke makes the live keys that a filter lets through invalid, expired ones too.
// Keys that were revoked before are not in the outcome. Only is a type of keys that
// may be touched; empty: all may.
func (r *Ring) Revoke(ctx context.Context, f Filter, only string) (Revoked, error) {
	if err := r.enabled(); err != nil {
		return Revoked{}, err
	}
	now := r.Now()
	var out Revoked
	err := r.DB.Write(ctx, func(tx *sqlite.Tx) (err error) {
		out, err = revoke(tx, f, now, only)
		return err
	})
	if err != nil {
		return Revoked{}, err
	}
	r.sweepEnded(ctx, now)
	return out, nil
}

// revoke is a job of DB.Write. Revoking bumps the change counter in the same
// transaction.
func revoke(tx *sqlite.Tx, f Filter, now time.Time, only string) (Revoked, error) {
	out := Revoked{Refused: []string{}}
	var err error
	if only != "" {
		out.Refused, err = tx.Strings(`
		SELECT id
		FROM api_key
		WHERE invalidated_at IS NULL`+f.where+`
		  AND type <> ?`, append(append([]any{}, f.args...), only)...)
		if err != nil {
			return out, fmt.Errorf("select other api keys than %s: %w", only, err)
		}
		f.and("type = ?", only)
	}
	out.IDs, err = tx.Strings(`
		UPDATE api_key
		SET invalidated_at = ?
		WHERE invalidated_at IS NULL`+f.where+`
		RETURNING id`, append([]any{now.UnixMilli()}, f.args...)...)
	if err != nil {
		return out, fmt.Errorf("invalidate api keys: %w", err)
	}
	if len(out.IDs) == 0 {
		return out, nil
	}
	return out, tx.Bump(changeKind)
}

// sweeper remembers when keys that ended long ago were last deleted.
type sweeper struct {
	mu   sync.Mutex
	last time.Time
}

// due reports whether it is time for a sweep, and takes it for done.
func (w *sweeper) due(now time.Time, pace time.Duration) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.last.IsZero() && now.Sub(w.last) < pace {
		return false
	}
	w.last = now
	return true
}

// sweepEnded deletes keys that ended more than the retention period ago. As in
// Elasticsearch (InactiveApiKeysRemover) only invalidations trigger it, seldom, and
// its failure is no matter of theirs.
func (r *Ring) sweepEnded(ctx context.Context, now time.Time) {
	if !r.sweep.due(now, r.Config.SweepPace) {
		return
	}
	before := now.Add(-r.Config.Retention).UnixMilli()
	err := r.DB.Write(ctx, func(tx *sqlite.Tx) error {
		n, err := tx.Exec(`
		DELETE FROM api_key
		WHERE expires_at <= ? OR invalidated_at <= ?`, before, before)
		if err != nil || n == 0 {
			return err
		}
		return tx.Bump(changeKind)
	})
	if err != nil {
		r.Log.WarnContext(ctx, "ended api keys cannot be deleted", "error", err)
	}
}

package keyring

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/sqlite"
	"github.com/realmctl/realmctl/internal/timevalue"
)

// Issue gives a key an id, times and a secret, and stores it. The key ends after
// its lifetime, counted from now; nil: when ExpiresAt says. The secret is not
// stored and cannot be read again.
func (r *Ring) Issue(ctx context.Context, k Key, lifetime *timevalue.Value) (Key, secret.String, error) {
	if err := r.enabled(); err != nil {
		return Key{}, "", err
	}
	now := r.Now()
	k.ID, k.CreatedAt = newID(now), now.Truncate(time.Millisecond)
	if lifetime != nil {
		var err error
		if k.ExpiresAt, err = after(now, *lifetime); err != nil {
			return Key{}, "", err
		}
	}
	plain := newSecret()
	var err error
	if k.hash, err = r.hash(ctx, plain); err != nil {
		return Key{}, "", err
	}
	if err := r.DB.Write(ctx, func(tx *sqlite.Tx) error { return insert(tx, k) }); err != nil {
		return Key{}, "", fmt.Errorf("create api key %s: %w", k.ID, err)
	}
	return k, plain, nil
}

func (r *Ring) hash(ctx context.Context, plain secret.String) (string, error) {
	hash, err := r.Hash.Hash(ctx, plain)
	if errors.Is(err, pwhash.ErrBusy) {
		return "", &fault.Error{Kind: fault.Busy, Reason: "too many keys are being made, try again", Err: err}
	}
	return hash, err
}

// after is now and whole seconds of v, as Instant.plusSeconds and toEpochMilli.
func after(now time.Time, v timevalue.Value) (time.Time, error) {
	seconds, err := v.Seconds()
	if err != nil || seconds > (math.MaxInt64-now.UnixMilli())/1000 {
		return time.Time{}, &fault.Error{Status: 500, Type: "arithmetic_exception", Reason: timevalue.ErrOverflow.Error()}
	}
	return time.UnixMilli(now.UnixMilli() + seconds*1000), nil
}

package realm

import (
	"context"
	"errors"

	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/pwhash"
)

// CheckPassword is what a realm that stores hashes makes of a password: Success for
// the right one, else Continue with a reason. The hash is the Stamp.
func CheckPassword(ctx context.Context, hasher *pwhash.Pool, hash string, p Password, u identity.User) (Result, error) {
	ok, err := hasher.Verify(ctx, hash, p.Secret)
	switch {
	case ok:
		return Result{Verdict: Success, User: identity.Identity{Subject: identity.Subject{User: u}}, Stamp: hash, Spent: true}, nil
	case errors.Is(err, pwhash.ErrUnknown), errors.Is(err, pwhash.ErrMalformed), errors.Is(err, pwhash.ErrPlain):
		return Result{Reason: "Password authentication failed for " + p.Username + ": " + err.Error(), Spent: true}, nil
	case err != nil:
		return Result{}, err
	}
	return Result{Reason: "Password authentication failed for " + p.Username, Spent: true}, nil
}

package token

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/sqlite"
)

// Selector says which tokens to invalidate: one, by its text, or all of a user, of a
// realm, or of a realm's user.
type Selector struct {
	Access, Refresh secret.String
	Username, Realm string
}

// validate follows InvalidateTokenRequest, complaints in its order.
func (sel Selector) validate() error {
	var p fault.Problems
	text := sel.Access + sel.Refresh // one of them
	switch {
	case !sel.byOwner() && text.Empty():
		p.Addf("token string must be provided when not specifying a realm name or a username")
	case sel.byOwner() && !text.Empty():
		if strings.TrimSpace(string(text)) != "" {
			p.Addf("token string must not be provided when realm name or username is specified")
		}
		p.Addf("token type must not be provided when realm name or username is specified")
	}
	return p.Err()
}

// Invalidated counts tokens: those that ended now, and those that had ended before.
type Invalidated struct{ Now, Before int }

// Invalidate ends tokens. Each of a pair ends for itself unless an owner's are
// ended; those of an owner that have all expired or ended before are not counted.
func (s *Service) Invalidate(ctx context.Context, sel Selector) (out Invalidated, err error) {
	if err := s.enabled(); err != nil {
		return Invalidated{}, err
	}
	now := s.Now()
	err = s.DB.Write(ctx, func(tx *sqlite.Tx) (err error) {
		switch {
		case sel.byOwner():
			out, err = invalidateOf(tx, sel, now)
		case !sel.Access.Empty():
			out, err = invalidateOne(tx, "access", sel.Access, now)
		default:
			out, err = invalidateOne(tx, "refresh", sel.Refresh, now)
		}
		if err != nil || out.Now == 0 {
			return err
		}
		return tx.Bump(changeKind)
	})
	return out, err
}

// byOwner takes names of nothing but white space for none.
func (sel Selector) byOwner() bool {
	return strings.TrimSpace(sel.Username) != "" || strings.TrimSpace(sel.Realm) != ""
}

// invalidateOne ends one token of a pair; which is access or refresh.
func invalidateOne(tx *sqlite.Tx, which string, text secret.String, now time.Time) (out Invalidated, err error) {
	token, ok := parse(text)
	if !ok {
		return Invalidated{}, nil
	}
	sum := token.digest()
	n, err := tx.Exec(`
		UPDATE token
		SET `+which+`_invalidated_at = ?
		WHERE `+which+`_hash = ?
		  AND `+which+`_invalidated_at IS NULL`, now.UnixMilli(), sum[:])
	if err != nil {
		return Invalidated{}, fmt.Errorf("invalidate %s token: %w", which, err)
	}
	if n > 0 {
		return Invalidated{Now: 1}, nil
	}
	err = tx.QueryRow(`
		SELECT count(*)
		FROM token
		WHERE `+which+`_hash = ?`, sum[:]).Scan(&out.Before)
	if err != nil {
		return Invalidated{}, fmt.Errorf("select %s token: %w", which, err)
	}
	return out, nil
}

// invalidateOf ends the tokens of an owner. The other one of a pair, one of which is
// good, is counted even if it has expired (TokenService.invalidateAllTokens).
func invalidateOf(tx *sqlite.Tx, sel Selector, now time.Time) (out Invalidated, err error) {
	where, args := sel.good(now)
	err = tx.QueryRow(`
		SELECT count(*) - count(access_invalidated_at) + count(refresh_hash) - count(refresh_invalidated_at),
			count(access_invalidated_at) + count(refresh_invalidated_at)
		FROM token
		WHERE `+where, args...).Scan(&out.Now, &out.Before)
	if err != nil {
		return Invalidated{}, fmt.Errorf("count tokens: %w", err)
	}
	at := now.UnixMilli()
	_, err = tx.Exec(`
		UPDATE token
		SET access_invalidated_at = ifnull(access_invalidated_at, ?),
			refresh_invalidated_at = iif(refresh_hash IS NULL, NULL, ifnull(refresh_invalidated_at, ?))
		WHERE `+where, append([]any{at, at}, args...)...)
	if err != nil {
		return Invalidated{}, fmt.Errorf("invalidate tokens: %w", err)
	}
	return out, nil
}

// good is the condition of rows of the selected owner with a token that can be used.
func (sel Selector) good(now time.Time) (where string, args []any) {
	where = `(access_invalidated_at IS NULL AND expires_at >= ?
			OR refresh_hash IS NOT NULL AND refresh_invalidated_at IS NULL AND created_at >= ?)`
	args = []any{now.UnixMilli(), now.Add(-refreshLife).UnixMilli()}
	if sel.Realm != "" {
		where += `
		  AND owner_realm = ?`
		args = append(args, sel.Realm)
	}
	if strings.TrimSpace(sel.Username) != "" {
		where += `
		  AND owner = ?`
		args = append(args, sel.Username)
	}
	return where, args
}

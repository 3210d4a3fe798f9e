package user

import (
	"context"
	"fmt"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/sqlite"
)

// ChangePassword sets the password of a native or reserved user, as
// TransportChangePasswordAction does.
//
// Invalid faults: the anonymous user, a user that another realm knows, and one that
// nobody knows. Busy: no room to hash.
func (s *Service) ChangePassword(ctx context.Context, name string, p NewPassword) error {
	if name == s.Anonymous.Username {
		return fault.Invalidf("user [%s] is anonymous and cannot be modified via the API", name)
	}
	if _, candidate := reserved(name); candidate && s.NoReserved {
		return lockedAway(name)
	}
	hash, err := s.hash(ctx, p)
	if err != nil {
		return err
	}
	found := true
	err = s.DB.Write(ctx, func(tx *sqlite.Tx) (err error) {
		if s.IsReserved(name) {
			return setReservedHash(tx, name, hash)
		}
		found, err = setHash(tx, name, hash)
		return err
	})
	if err != nil {
		return fmt.Errorf("change password of %q: %w", name, err)
	}
	if !found {
		return s.noSuchUser(ctx, name)
	}
	return nil
}

// lockedAway is the answer for a reserved name while the reserved realm is off.
func lockedAway(name string) error {
	if name == Elastic {
		return late(" To update the user [%s] in a cloud deployment, use the console.", name)
	}
	return late("user [%s] belongs to the reserved realm which is disabled.", name)
}

// noSuchUser tells whether the name is unknown or another realm's.
func (s *Service) noSuchUser(ctx context.Context, name string) error {
	if s.Elsewhere != nil {
		known, err := s.Elsewhere(ctx, name)
		if err != nil {
			return fmt.Errorf("look up user %q: %w", name, err)
		}
		if known {
			return late("user [%s] does not belong to the native realm and cannot be managed via this API.", name)
		}
	}
	return late("user must exist in order to change password")
}

// Bootstrap gives the elastic user the password of that hash and enables him; init
// uses it before anybody can log in.
func Bootstrap(ctx context.Context, db *sqlite.DB, hash string) error {
	err := db.Write(ctx, func(tx *sqlite.Tx) error {
		if err := setReservedHash(tx, Elastic, hash); err != nil {
			return err
		}
		return setReservedEnabled(tx, Elastic, true)
	})
	if err != nil {
		return fmt.Errorf("set the password of %s: %w", Elastic, err)
	}
	return nil
}

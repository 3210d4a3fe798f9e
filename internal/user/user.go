// Package user keeps the users of the native realm and the reserved users: the rules
// of Elasticsearch's user API, their storage, and what the realms need to know to
// check a password.
package user

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/sqlite"
)

// Service is the user API over one database.
type Service struct {
	DB     *sqlite.DB
	Hasher *pwhash.Pool // of xpack.security.authc.password_hashing.algorithm

	// NoReserved is xpack.security.authc.reserved_realm.enabled: false. The reserved
	// names are ordinary then.
	NoReserved bool
	// Anonymous is the anonymous user; his name is reserved even while he has no
	// roles, which means that he is off.
	Anonymous identity.User
	// Elsewhere reports whether a realm that is neither native nor reserved knows a
	// name. Nil: there are no such realms.
	Elsewhere func(ctx context.Context, username string) (bool, error)
	// ProfileUID finds the user's profile; empty: there is none. Nil: there are no
	// profiles.
	ProfileUID func(ctx context.Context, username string, realmType string) (string, error)
}

// Put creates the user or replaces him, and reports whether he is new.
//
// Invalid faults: names that break the rules, reserved names, a caller who disables
// himself, and a new user without a password. Busy: no room to hash.
func (s *Service) Put(ctx context.Context, caller identity.Identity, in NewUser) (created bool, err error) {
	if err := s.validatePut(caller, in); err != nil {
		return false, err
	}
	hash, err := s.hash(ctx, in.Password)
	if err != nil {
		return false, err
	}
	found := false
	err = s.DB.Write(ctx, func(tx *sqlite.Tx) (err error) {
		found, err = put(tx, Record{User: in.User, Hash: hash})
		return err
	})
	if err != nil {
		return false, fmt.Errorf("put user %q: %w", in.Username, err)
	}
	if !found && hash == "" {
		return false, late("password must be specified unless you are updating an existing user")
	}
	return !found, nil
}

// validatePut follows TransportPutUserAction.validateRequest.
func (s *Service) validatePut(caller identity.Identity, in NewUser) error {
	var p fault.Problems
	if !in.Enabled && caller.Realm.Type == "native" && caller.User.Username == in.Username {
		p.Addf("native and reserved realm users may not update the enabled status of their own account")
	}
	switch {
	case in.Username == s.Anonymous.Username:
		p.Addf("user [%s] is anonymous and cannot be modified via the API", in.Username)
	case s.IsReserved(in.Username):
		p.Addf("user [%s] is reserved and only the password can be changed", in.Username)
	case !validName(in.Username):
		p.Addf("%s", badName("User"))
	}
	for _, role := range in.Roles {
		if !validName(role) {
			p.Addf("%s", badName("Role"))
		}
	}
	return p.Err()
}

// Get finds users by name in the order asked for; names that nobody has are left out.
func (s *Service) Get(ctx context.Context, names []string) ([]Record, error) {
	found := make([]Record, 0, len(names))
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			continue
		}
		r, ok, err := s.byName(ctx, name)
		if err != nil {
			return nil, err
		}
		if ok {
			found = append(found, r)
		}
	}
	return found, nil
}

func (s *Service) byName(ctx context.Context, name string) (Record, bool, error) {
	if name == s.Anonymous.Username || s.IsReserved(name) {
		return s.Reserved(ctx, name)
	}
	return s.Native(ctx, name)
}

// pageSize is how many users are read at once.
const pageSize = 1000

// Each calls do with every user, the reserved ones first, until it returns false. No
// database connection is held meanwhile.
func (s *Service) Each(ctx context.Context, do func(Record) bool) error {
	first, err := s.preset(ctx)
	if err != nil {
		return err
	}
	for page, after := first, ""; ; {
		for _, r := range page {
			if !do(r) {
				return nil
			}
		}
		if page, err = nativePage(ctx, s.DB, after, pageSize); err != nil || len(page) == 0 {
			return err
		}
		after = page[len(page)-1].Username
	}
}

// preset are the users that are not native: reserved and anonymous.
func (s *Service) preset(ctx context.Context) ([]Record, error) {
	var all []Record
	if !s.NoReserved {
		disabled, err := disabledReserved(ctx, s.DB)
		if err != nil {
			return nil, err
		}
		for _, r := range theReserved() {
			u := r.user()
			u.Enabled = !slices.Contains(disabled, r.name)
			all = append(all, Record{User: u})
		}
	}
	if s.anonymous() {
		all = append(all, Record{User: s.Anonymous})
	}
	return all, nil
}

// Delete removes a native user and reports whether there was one. It returns an
// Invalid fault for reserved and anonymous users.
func (s *Service) Delete(ctx context.Context, name string) (found bool, err error) {
	switch {
	case name == s.Anonymous.Username:
		return false, fault.Invalidf("user [%s] is anonymous and cannot be deleted", name)
	case s.IsReserved(name):
		return false, fault.Invalidf("user [%s] is reserved and cannot be deleted", name)
	}
	err = s.DB.Write(ctx, func(tx *sqlite.Tx) (err error) {
		found, err = remove(tx, name)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("delete user %q: %w", name, err)
	}
	return found, nil
}

// SetEnabled lets a user log in, or not. It returns an Invalid fault for the
// caller's own account, the anonymous user and users that do not exist.
func (s *Service) SetEnabled(ctx context.Context, caller identity.Identity, name string, in Switch) error {
	switch {
	case caller.User.Username == name && (caller.Realm.Type == "native" || caller.Realm.Type == "reserved"):
		return fault.Invalidf("users may not update the enabled status of their own account")
	case name == s.Anonymous.Username:
		return fault.Invalidf("user [%s] is anonymous and cannot be modified using the api", name)
	}
	found := true
	err := s.DB.Write(ctx, func(tx *sqlite.Tx) (err error) {
		if s.IsReserved(name) {
			return setReservedEnabled(tx, name, in == Enable)
		}
		found, err = setEnabled(tx, name, in == Enable)
		return err
	})
	if err != nil {
		return fmt.Errorf("%s user %q: %w", in, name, err)
	}
	if !found {
		return late("only existing users can be %sd", in)
	}
	return nil
}

// Switch says which way to turn a user.
type Switch string

// The two ways.
const (
	Enable  Switch = "enable"
	Disable Switch = "disable"
)

// Native is the native user of that name, for the native realm. It does not know the
// names that are reserved.
func (s *Service) Native(ctx context.Context, name string) (Record, bool, error) {
	if s.IsReserved(name) || name == s.Anonymous.Username {
		return Record{}, false, nil
	}
	return nativeByName(ctx, s.DB, name)
}

// Reserved is the reserved user of that name, for the reserved realm, which also
// knows the anonymous user while he is on.
func (s *Service) Reserved(ctx context.Context, name string) (Record, bool, error) {
	if name == s.Anonymous.Username && s.anonymous() {
		return Record{User: s.Anonymous}, true, nil
	}
	if s.NoReserved {
		return Record{}, false, nil
	}
	return reservedByName(ctx, s.DB, name)
}

// Generation moves when a user, native or reserved, was changed or removed.
func (s *Service) Generation(ctx context.Context) (uint64, error) {
	return s.DB.Generation(ctx, kind)
}

// IsReserved reports whether a name is one of the reserved users'.
func (s *Service) IsReserved(name string) bool {
	_, ok := reserved(name)
	return ok && !s.NoReserved
}

func (s *Service) anonymous() bool { return len(s.Anonymous.Roles) > 0 }

// hash hashes a plain password; without one it returns the hash that was given.
func (s *Service) hash(ctx context.Context, p NewPassword) (string, error) {
	if p.Plain == "" {
		return p.Hash, nil
	}
	hash, err := s.Hasher.Hash(ctx, p.Plain)
	if errors.Is(err, pwhash.ErrBusy) {
		return "", &fault.Error{Kind: fault.Busy, Reason: "too many passwords are being hashed, try again", Err: err}
	}
	return hash, err
}

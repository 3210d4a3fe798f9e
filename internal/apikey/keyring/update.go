package keyring

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/role/descriptor"
	"github.com/realmctl/realmctl/internal/sqlite"
	"github.com/realmctl/realmctl/internal/timevalue"
)

// Change says what to change in keys of a type and an owner. What is known of the
// owner, and his descriptors, are always taken anew; what is nil stays.
type Change struct {
	Type        string // REST or CrossCluster
	Owner       Owner
	LimitedBy   json.RawMessage
	Assigned    json.RawMessage
	Metadata    json.RawMessage
	Lifetime    *timevalue.Value // from now; always a change
	Certificate *string
	SetIdentity bool // Certificate was given, though it may be nil
}

// Changed is the outcome of Ring.Update.
type Changed struct {
	IDs, Same []string
	Failed    []Failure // in the order of the ids
}

// Failure is why a key was not changed.
type Failure struct {
	ID  string
	Err *fault.Error
}

// OwnerOnly refuses callers who are keys themselves.
func OwnerOnly(caller identity.Identity) error {
	if caller.APIKey == nil {
		return nil
	}
	return fault.Invalidf("authentication via API key not supported: only the owner user can update an API key")
}

// One is the outcome when there was one id; its failure is the error.
func (c Changed) One() (changed bool, err error) {
	if len(c.Failed) > 0 {
		return false, c.Failed[0].Err
	}
	return len(c.IDs) > 0, nil
}

// Update changes keys. What is wrong with one key does not keep the others from
// being changed; an id counts once.
func (r *Ring) Update(ctx context.Context, ids []string, c Change) (Changed, error) {
	if err := r.enabled(); err != nil {
		return Changed{}, err
	}
	u := update{Change: c, now: r.Now().Truncate(time.Millisecond)}
	var out Changed
	err := r.DB.Write(ctx, func(tx *sqlite.Tx) (err error) {
		out, err = u.all(tx, ids)
		return err
	})
	return out, err
}

// update is a Change at a moment.
type update struct {
	Change

	now time.Time
}

// all is a job of DB.Write.
func (u update) all(tx *sqlite.Tx, ids []string) (Changed, error) {
	out := Changed{IDs: []string{}, Same: []string{}}
	for i, id := range ids {
		if slices.Contains(ids[:i], id) {
			continue
		}
		changed, err := u.one(tx, id)
		f, ok := errors.AsType[*fault.Error](err)
		switch {
		case ok:
			out.Failed = append(out.Failed, Failure{ID: id, Err: f})
		case err != nil:
			return out, err
		case changed:
			out.IDs = append(out.IDs, id)
		default:
			out.Same = append(out.Same, id)
		}
	}
	if len(out.IDs) == 0 {
		return out, nil
	}
	return out, tx.Bump(changeKind)
}

func (u update) one(tx *sqlite.Tx, id string) (changed bool, err error) {
	k, err := scan(tx.QueryRow(`
		SELECT `+columns+`
		FROM api_key
		WHERE id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) || err == nil && !u.Owner.owns(k) {
		return false, &fault.Error{Kind: fault.NotFound, Reason: "no API key owned by requesting user found for ID [" + id + "]"}
	}
	if err != nil {
		return false, fmt.Errorf("select api key %s: %w", id, err)
	}
	if err := u.allowed(k); err != nil {
		return false, err
	}
	next, err := u.applied(k)
	if err != nil {
		return false, err
	}
	if u.Lifetime == nil && same(k, next) {
		return false, nil
	}
	return true, save(tx, next)
}

// allowed follows ApiKeyService.validateForUpdate.
func (u update) allowed(k Key) error {
	switch {
	case !k.Invalidated.IsZero():
		return fault.Invalidf("cannot update invalidated API key [%s]", k.ID)
	case k.Expired(u.now):
		return fault.Invalidf("cannot update expired API key [%s]", k.ID)
	case k.Type != u.Type:
		return fault.Invalidf("cannot update API key of type [%s] while expected type is [%s]", k.Type, u.Type)
	}
	return nil
}

func (u update) applied(k Key) (next Key, err error) {
	k.Owner, k.LimitedBy = u.Owner, u.LimitedBy
	if u.Assigned != nil {
		k.Assigned = u.Assigned
	}
	if u.Metadata != nil {
		k.Metadata = u.Metadata
	}
	if u.Lifetime != nil {
		k.ExpiresAt, err = after(u.now, *u.Lifetime)
	}
	if u.SetIdentity {
		k.Certificate = u.Certificate
	}
	return k, err
}

// same reports whether nothing that an update may touch is different. No metadata and
// empty ones differ.
func same(a, b Key) bool {
	return a.Owner.Realm == b.Owner.Realm && equal(a.Owner.FullName, b.Owner.FullName) && equal(a.Owner.Email, b.Owner.Email) &&
		equal(a.Certificate, b.Certificate) && descriptor.SameJSON(a.Owner.Metadata, b.Owner.Metadata) &&
		descriptor.SameJSON(a.Assigned, b.Assigned) && descriptor.SameJSON(a.LimitedBy, b.LimitedBy) &&
		(a.Metadata == nil) == (b.Metadata == nil) && descriptor.SameJSON(a.Metadata, b.Metadata)
}

func equal(a, b *string) bool { return a == b || a != nil && b != nil && *a == *b }

// save writes what an update may touch.
func save(tx *sqlite.Tx, k Key) error {
	_, err := tx.Exec(`
		UPDATE api_key
		SET owner_realm = ?, owner_realm_type = ?, owner_realm_domain = ?, owner_full_name = ?, owner_email = ?, owner_metadata = ?,
			roles = ?, limited_by = ?, metadata = ?, certificate_identity = ?, expires_at = ?
		WHERE id = ?`,
		k.Owner.Realm.Name, k.Owner.Realm.Type, k.Owner.Realm.Domain, k.Owner.FullName, k.Owner.Email, string(k.Owner.Metadata),
		string(k.Assigned), string(k.LimitedBy), orNull(k.Metadata), k.Certificate, millis(k.ExpiresAt), k.ID)
	if err != nil {
		return fmt.Errorf("update api key %s: %w", k.ID, err)
	}
	return nil
}

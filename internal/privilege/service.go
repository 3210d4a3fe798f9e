package privilege

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/realmctl/realmctl/internal/document"
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/sqlite"
)

// cached is how many patterns of applications are remembered with what is stored.
const cached = 10_000

// Service keeps application privileges. Use New.
type Service struct {
	// Cleared is the answer of _clear_cache.
	Cleared any

	db    *sqlite.DB
	known *sqlite.Cache[string, []Application] // by pattern of applications
}

// New returns a service whose cache holds nothing yet.
func New(db *sqlite.DB, now func() time.Time, cleared any) *Service {
	return &Service{
		Cleared: cleared,
		db:      db,
		known:   sqlite.NewCache[string, []Application](db, sqlite.CacheOptions{Kinds: []string{changeKind}, Max: cached, TTL: 24 * time.Hour, Now: now}),
	}
}

// Put stores privileges and tells for each whether it is new. Names that are too long
// are an Invalid fault. Where metadata cannot be indexed, the others are stored all the
// same, and the fault is not the caller's: so a real node answers.
func (s *Service) Put(ctx context.Context, list []Application) (created []bool, err error) {
	ids := make([]string, len(list))
	for i, a := range list {
		ids[i] = "application-privilege_" + a.Application + ":" + a.Name
	}
	if err := document.CheckIDs(ids...); err != nil {
		return nil, err
	}
	var refused *fault.Error
	err = s.db.Write(ctx, func(tx *sqlite.Tx) error {
		for _, a := range list {
			err := a.checkDocument()
			if f, ok := errors.AsType[*fault.Error](err); ok {
				refused = notIndexed(refused, f)
				continue
			}
			if err != nil {
				return err
			}
			fresh, err := put(tx, a)
			if err != nil {
				return err
			}
			created = append(created, fresh)
		}
		return tx.Bump(changeKind)
	})
	if err == nil && refused != nil {
		err = refused
	}
	return created, err
}

// notIndexed is the fault of documents that cannot be indexed, with one more of them.
func notIndexed(before, one *fault.Error) *fault.Error {
	if before == nil {
		return &fault.Error{Status: fault.Internal.Status(), Reason: "Failed to put application privileges", Cause: one}
	}
	before.Beside = append(before.Beside, one)
	return before
}

// checkDocument is what the index says about the document of a privilege.
func (a Application) checkDocument() error {
	metadata, err := document.Merge(nil, a.Metadata)
	if err != nil {
		return fmt.Errorf("metadata of privilege %s: %w", a.Name, err)
	}
	return document.Check(struct {
		Application string   `json:"application"`
		Name        string   `json:"name"`
		Actions     []string `json:"actions"`
	}{a.Application, a.Name, a.Actions}, metadata)
}

// Delete removes privileges of an application and tells for each whether it existed.
func (s *Service) Delete(ctx context.Context, application string, names []string) (found []bool, err error) {
	err = s.db.Write(ctx, func(tx *sqlite.Tx) error {
		found = found[:0]
		for _, name := range names {
			existed, err := remove(tx, application, name)
			if err != nil {
				return err
			}
			found = append(found, existed)
		}
		return tx.Bump(changeKind)
	})
	return found, err
}

// Resolve says what an entry of a role grants: for one application, or, where it ends
// in a wildcard, for the wildcard itself and for each application that it covers and
// that has one of the privileges, or of others that are mentioned beside this entry.
// The wildcard itself reaches applications of which nothing is stored, but it knows no
// names.
func (s *Service) Resolve(ctx context.Context, application string, privileges []string, mentioned ...string) ([]Resolved, error) {
	list, err := s.known.Load(ctx, application, func(ctx context.Context) ([]Application, error) {
		return stored(ctx, s.db, application)
	})
	if err != nil {
		return nil, err
	}
	applications := []string{application}
	if strings.HasSuffix(application, "*") {
		for _, a := range list { // sorted by application
			known := slices.Contains(privileges, a.Name) || slices.Contains(mentioned, a.Name)
			if known && applications[len(applications)-1] != a.Application {
				applications = append(applications, a.Application)
			}
		}
	}
	all := make([]Resolved, 0, len(applications))
	for _, app := range applications {
		r, err := resolve(app, privileges, list)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

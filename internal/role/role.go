package role

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/realmctl/realmctl/internal/document"
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/rest"
	"github.com/realmctl/realmctl/internal/role/dls"
	"github.com/realmctl/realmctl/internal/sqlite"
)

// Options of a Service. The first three are required.
type Options struct {
	DB      *sqlite.DB
	Now     func() time.Time
	Log     *slog.Logger
	Path    string // of roles.yml; empty: there are no file roles
	Strict  bool   // a roles.yml that cannot be read has no roles, as in Elasticsearch
	Cleared any    // the answer of _clear_cache
}

// cached is how many native roles, and names without one, are remembered
// (xpack.security.authz.store.roles.cache.max_size).
const cached = 10_000

// Service is the noun. Use New.
type Service struct {
	Options

	builtin map[string]builtin
	native  *sqlite.Cache[string, *Descriptor] // nil: there is no such role
	file    file
}

// New returns a service whose cache holds nothing yet.
func New(o Options) (*Service, error) {
	all, err := builtins()
	if err != nil {
		return nil, err
	}
	s := &Service{
		Options: o,
		builtin: all,
		native:  sqlite.NewCache[string, *Descriptor](o.DB, sqlite.CacheOptions{Kinds: []string{changeKind}, Max: cached, Now: o.Now}),
	}
	s.follow()
	return s, nil
}

// Resolve finds the descriptors of roles: built-in, then of the file, then native
// ones. Repeated names count once; missing are those that nobody knows. A deprecated
// role puts a warning into the answer, each time it is resolved: callers remember the
// outcome.
func (s *Service) Resolve(ctx context.Context, names []string) (ds []Descriptor, missing []string, err error) {
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			continue
		}
		d, err := s.resolve(ctx, name)
		if err != nil {
			return nil, nil, err
		}
		if d == nil {
			missing = append(missing, name)
			continue
		}
		ds = append(ds, *d)
		if reason, yes := deprecated(*d); yes {
			rest.Warn(ctx, "The role ["+name+"] is deprecated and will be removed in a future version of Elasticsearch. "+reason)
		}
	}
	return ds, missing, nil
}

// resolve finds one role; nil: nobody knows it.
func (s *Service) resolve(ctx context.Context, name string) (*Descriptor, error) {
	if b, ok := s.builtin[name]; ok {
		return &b.Descriptor, nil
	}
	if d, ok := s.file.roles()[name]; ok {
		return &d, nil
	}
	return s.native.Load(ctx, name, func(ctx context.Context) (*Descriptor, error) {
		d, ok, err := native(ctx, s.DB, name)
		if err != nil || !ok {
			return nil, err
		}
		return &d, nil
	})
}

// Reserved reports whether a name is that of a built-in role.
func (s *Service) Reserved(name string) bool {
	_, ok := s.builtin[name]
	return ok
}

// Get finds roles that the API may show, built-in and native, in the order asked
// for. Names that it does not know are left out.
func (s *Service) Get(ctx context.Context, names []string) (List, error) {
	var out List
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			continue
		}
		if b, ok := s.builtin[name]; ok {
			out = append(out, b.Descriptor)
			continue
		}
		d, ok, err := native(ctx, s.DB, name)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, d)
		}
	}
	return out, nil
}

// Put writes a native role that was validated; true: it is new. A query that
// cannot be read is an Invalid fault, and so are metadata that cannot be indexed.
func (s *Service) Put(ctx context.Context, d Descriptor) (isNew bool, err error) {
	if err := dls.Check(d.Indices); err != nil {
		return false, err
	}
	if err := d.CheckDocument(); err != nil {
		return false, err
	}
	now := s.Now()
	err = s.DB.Write(ctx, func(tx *sqlite.Tx) error {
		o, err := put(tx, d, now)
		isNew = o == created
		return err
	})
	return isNew, err
}

// Delete removes a native role; false: there was none. Built-in roles are an
// Invalid fault.
func (s *Service) Delete(ctx context.Context, name string) (existed bool, err error) {
	if err := s.deletable(name); err != nil {
		return false, err
	}
	err = s.DB.Write(ctx, func(tx *sqlite.Tx) (err error) {
		existed, err = remove(tx, name)
		return err
	})
	return existed, err
}

func (s *Service) deletable(name string) error {
	if s.Reserved(name) {
		return fault.Invalidf("role [%s] is reserved and cannot be deleted", name)
	}
	return nil
}

// reserved is the complaint about the name of a built-in role, if it is one.
func (s *Service) reserved(p *fault.Problems, name string) {
	if s.Reserved(name) {
		p.Addf("Role [%s] is reserved and may not be used.", name)
	}
}

// validate finds what is wrong with one of several roles. Unlike for a role alone,
// its name comes last.
func (s *Service) validate(d Descriptor) error {
	var p fault.Problems
	d.Validate(&p)
	s.reserved(&p, d.Name)
	if err := p.Err(); err != nil {
		return err
	}
	return dls.Check(d.Indices)
}

// Refusal is why one of several roles was not written or deleted.
type Refusal struct {
	Name string
	Err  *fault.Error
}

// Outcome is what became of several roles.
type Outcome struct {
	Created, Updated, Same, Deleted, NotFound []string
	Refused                                   []Refusal
}

// refuse records a fault; other errors are returned.
func (o *Outcome) refuse(name string, err error) error {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return err
	}
	o.Refused = append(o.Refused, Refusal{Name: name, Err: f})
	return nil
}

// PutAll writes roles, those that exist in part; what is wrong with one does not keep
// the others from being written, except for names that are too long, an Invalid fault.
func (s *Service) PutAll(ctx context.Context, ds []Descriptor) (Outcome, error) {
	var out Outcome
	var good []Descriptor
	for _, d := range ds {
		err := s.validate(d)
		if err == nil {
			good = append(good, d)
			continue
		}
		if err := out.refuse(d.Name, err); err != nil {
			return Outcome{}, err
		}
	}
	ids := make([]string, len(good))
	for i, d := range good {
		ids[i] = "role-" + d.Name
	}
	if err := document.CheckIDs(ids...); err != nil {
		return Outcome{}, err
	}
	now := s.Now()
	err := s.DB.Write(ctx, func(tx *sqlite.Tx) error {
		for _, d := range good {
			if err := out.put(tx, d, now); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// put writes one of several roles.
func (o *Outcome) put(tx *sqlite.Tx, d Descriptor, now time.Time) error {
	became, err := update(tx, d, now)
	if err != nil {
		return o.refuse(d.Name, err)
	}
	list := map[outcome]*[]string{created: &o.Created, updated: &o.Updated, noop: &o.Same}[became]
	*list = append(*list, d.Name)
	return nil
}

// DeleteAll removes roles; what is wrong with one does not keep the others.
func (s *Service) DeleteAll(ctx context.Context, names []string) (Outcome, error) {
	var out Outcome
	err := s.DB.Write(ctx, func(tx *sqlite.Tx) error {
		out = Outcome{}
		for _, name := range names {
			if err := s.deleteOne(tx, name, &out); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

func (s *Service) deleteOne(tx *sqlite.Tx, name string, out *Outcome) error {
	if err := s.deletable(name); err != nil {
		return out.refuse(name, err)
	}
	existed, err := remove(tx, name)
	if existed {
		out.Deleted = append(out.Deleted, name)
	} else {
		out.NotFound = append(out.NotFound, name)
	}
	return err
}

// ClearCache makes every process resolve roles anew.
func (s *Service) ClearCache(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *sqlite.Tx) error { return tx.Bump(changeKind) })
}

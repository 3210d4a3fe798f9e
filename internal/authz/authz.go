// Package authz decides what an identity may do, and tells why not in
// Elasticsearch's words.
package authz

import (
	"context"
	"crypto/sha256"
	"slices"
	"strings"
	"time"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/privilege"
	"github.com/realmctl/realmctl/internal/role/descriptor"
	"github.com/realmctl/realmctl/internal/sqlite"
)

// cached is how many sets of roles are remembered compiled.
const cached = 10_000

// Options of a Service. All but the last one are required.
type Options struct {
	DB         *sqlite.DB
	Now        func() time.Time
	Privileges *privilege.Service
	// Resolve finds roles by name; missing are those that nobody knows.
	Resolve func(ctx context.Context, names []string) (ds []descriptor.Role, missing []string, err error)
	// ServiceRoles are the fixed roles of a service account.
	ServiceRoles func(principal string) ([]descriptor.Role, bool)
	// AnonymousDenied is the answer to the anonymous user where he may not do
	// something (anonymous.authz_exception: false). Nil: he is told as others are.
	AnonymousDenied func(action string) error
}

// Service decides. Use New.
type Service struct {
	Options

	compiled *sqlite.Cache[key, *rights]
}

// key tells sets of roles apart: by their names, or by the digests of the
// descriptors of an API key.
type key struct {
	kind              byte
	names             string
	assigned, limited [sha256.Size]byte
}

// The kinds of keys.
const (
	byNames byte = iota
	byAccount
	byDescriptors
)

// rights are permissions that must all allow: two of an API key with descriptors of
// its own, one of everybody else.
type rights struct {
	layers     []*permission
	missing    []string // assigned roles that nobody knows
	restricted bool     // to workflows, none of which is here
}

// New returns a service whose cache holds nothing yet.
func New(o Options) *Service {
	return &Service{
		Options:  o,
		compiled: sqlite.NewCache[key, *rights](o.DB, sqlite.CacheOptions{Kinds: []string{"role", "privilege"}, Max: cached, Now: o.Now}),
	}
}

// Authorize returns nil if the identity may do the action about the target. Otherwise
// the error is a Forbidden fault with Elasticsearch's text.
func (s *Service) Authorize(ctx context.Context, id identity.Identity, action string, t identity.Target) error {
	if id.Type == "" || action == "" {
		return &fault.Error{Kind: fault.Forbidden, Reason: "action [" + action + "] is unauthorized"}
	}
	if id.RunBy != nil {
		if err := s.authorizeRunAs(ctx, id, action); err != nil {
			return err
		}
	}
	r, err := s.rights(ctx, id.Subject, id.AnonymousRoles)
	if err != nil {
		return err
	}
	if r.restricted {
		return s.deny(id, r, action, t)
	}
	denied := func(p *permission) bool { return !p.allows(id, action, t) }
	if sameUser(id, action, t) || !slices.ContainsFunc(r.layers, denied) {
		return nil
	}
	if id.Type == identity.Anonymous && s.AnonymousDenied != nil {
		return s.AnonymousDenied(action)
	}
	return s.deny(id, r, action, t)
}

// authorizeRunAs asks whether the subject that authenticated may act for the other.
// One that no realm knows is refused like one that is out of bounds.
func (s *Service) authorizeRunAs(ctx context.Context, id identity.Identity, action string) error {
	r, err := s.rights(ctx, *id.RunBy, id.AnonymousRoles)
	if err != nil {
		return err
	}
	out := func(p *permission) bool { return !p.runAs.Match(id.User.Username) }
	if id.Realm.Name != "" && !slices.ContainsFunc(r.layers, out) {
		return nil
	}
	return runAsDenied(*id.RunBy, r, action, id.User.Username)
}

// rights finds what a subject may do, compiled.
func (s *Service) rights(ctx context.Context, sub identity.Subject, anonymous []string) (*rights, error) {
	k := keyOf(sub, anonymous)
	if r, ok := s.compiled.Get(ctx, k); ok {
		return r, nil
	}
	return s.compiled.Load(ctx, k, func(ctx context.Context) (*rights, error) {
		switch k.kind {
		case byDescriptors:
			return s.ofKey(ctx, *sub.APIKey)
		case byAccount:
			ds, _ := s.ServiceRoles(sub.User.Username)
			return s.compile(ctx, nil, ds)
		}
		ds, missing, err := s.Resolve(ctx, roleNames(sub, anonymous))
		if err != nil {
			return nil, err
		}
		return s.compile(ctx, missing, ds)
	})
}

// keyOf takes the descriptors themselves, not the id of an API key: an identity that
// was read before the key was changed must not stand for the changed key.
func keyOf(sub identity.Subject, anonymous []string) key {
	switch {
	case sub.APIKey != nil:
		assigned, limited := sha256.Sum256(sub.APIKey.Assigned), sha256.Sum256(sub.APIKey.LimitedBy)
		return key{kind: byDescriptors, assigned: assigned, limited: limited}
	case sub.ServiceAccount():
		return key{kind: byAccount, names: sub.User.Username}
	}
	return key{names: strings.Join(roleNames(sub, anonymous), "\x00")}
}

func roleNames(sub identity.Subject, anonymous []string) []string {
	if len(anonymous) == 0 {
		return sub.User.Roles
	}
	return union(sub.User.Roles, anonymous)
}

// ofKey compiles the two layers of an API key. Without descriptors of its own it has
// what its owner had.
func (s *Service) ofKey(ctx context.Context, k identity.APIKey) (*rights, error) {
	limited, err := descriptor.Decode(k.LimitedBy)
	if err != nil {
		return nil, err
	}
	assigned, err := descriptor.Decode(k.Assigned)
	if err != nil {
		return nil, err
	}
	if len(assigned) == 0 {
		return s.compile(ctx, nil, limited)
	}
	return s.compile(ctx, nil, assigned, limited)
}

func (s *Service) compile(ctx context.Context, missing []string, layers ...[]descriptor.Role) (*rights, error) {
	r := &rights{missing: missing}
	for _, ds := range layers {
		p, err := compile(ctx, s.Privileges, ds)
		if err != nil {
			return nil, err
		}
		r.layers = append(r.layers, p)
		r.restricted = r.restricted || slices.ContainsFunc(ds, func(d descriptor.Role) bool { return len(d.Workflows) > 0 })
	}
	return r, nil
}

// Snapshot gives the descriptors that an API key of this identity is limited by. An
// API key has no roles: what it derives can do nothing.
func (s *Service) Snapshot(ctx context.Context, id identity.Identity) ([]descriptor.Role, error) {
	if id.APIKey != nil {
		return nil, nil
	}
	r, err := s.rights(ctx, id.Subject, id.AnonymousRoles)
	if err != nil {
		return nil, err
	}
	return r.layers[0].roles, nil
}

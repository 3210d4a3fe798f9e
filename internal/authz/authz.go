// Package authz decides what an identity may do, and tells why not in
// Elasticsearch's words.
package authz

import (
	"bytes"
	"context"
	"encoding/json"
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

// key tells apart what is compiled.
type key struct {
	kind  byte
	names string
}

// The kinds of keys.
const (
	byNames   byte = iota // of roles
	byAccount             // the name of a service account
	byKey                 // the id of an API key
)

// rights are permissions that must all allow: two of an API key with descriptors of
// its own, one of everybody else.
type rights struct {
	layers     []*permission
	names      []string // of the roles that count, sorted
	missing    []string // those that nobody knows
	restricted bool     // to workflows, none of which is here

	assigned, limited json.RawMessage // what an API key's were made of
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
		if err := s.authorizeRunAs(ctx, id, action, t); err != nil {
			return err
		}
	}
	r, err := s.rights(ctx, id.Subject, id.AnonymousRoles)
	if err != nil {
		return err
	}
	if r.restricted {
		return deny(id, r, action, t)
	}
	if sameUser(id, action, t) || r.allow(id, action, t) {
		return nil
	}
	if id.Type == identity.Anonymous && s.AnonymousDenied != nil {
		return s.AnonymousDenied(action)
	}
	return deny(id, r, action, t)
}

// allow asks every layer.
func (r *rights) allow(id identity.Identity, action string, t identity.Target) bool {
	for _, p := range r.layers {
		if isIndexAction(action) {
			if len(p.deniedIndices(action, t.Indices)) > 0 || len(t.Indices) == 0 && !p.grantsSomewhere(action) {
				return false
			}
		} else if !p.allows(id, action, t) {
			return false
		}
	}
	return len(r.layers) > 0
}

// isIndexAction reports whether index privileges grant an action.
func isIndexAction(action string) bool {
	return strings.HasPrefix(action, "indices:") && !privilege.IsClusterAction(action)
}

// authorizeRunAs asks whether the subject that authenticated may act for the other.
// One that no realm knows is refused like one that is out of bounds.
func (s *Service) authorizeRunAs(ctx context.Context, id identity.Identity, action string, t identity.Target) error {
	r, err := s.rights(ctx, *id.RunBy, id.AnonymousRoles)
	if err != nil {
		return err
	}
	out := func(p *permission) bool { return !p.runAs.Match(id.User.Username) }
	if id.Realm.Name != "" && !slices.ContainsFunc(r.layers, out) {
		return nil
	}
	if repeated(id.RunBy.User.Roles) != "" { // for whom there is no such text
		if r, err = s.rights(ctx, id.Subject, id.AnonymousRoles); err != nil {
			return err
		}
		return deny(id, r, action, t)
	}
	return runAsDenied(*id.RunBy, r, action, id.User.Username)
}

// rights finds what a subject may do, compiled.
func (s *Service) rights(ctx context.Context, sub identity.Subject, anonymous []string) (*rights, error) {
	if sub.APIKey != nil {
		return s.ofKey(ctx, *sub.APIKey)
	}
	k := key{kind: byNames}
	if sub.ServiceAccount() {
		k = key{byAccount, sub.User.Username}
	} else {
		k.names = strings.Join(roleNames(sub, anonymous), "\x00")
	}
	if r, ok := s.compiled.Get(ctx, k); ok {
		return r, nil
	}
	return s.compiled.Load(ctx, k, func(ctx context.Context) (*rights, error) {
		if k.kind == byAccount {
			ds, _ := s.ServiceRoles(sub.User.Username)
			return s.compile(ctx, ds)
		}
		return s.ofRoles(ctx, roleNames(sub, anonymous))
	})
}

func roleNames(sub identity.Subject, anonymous []string) []string {
	if len(anonymous) == 0 {
		return sub.User.Roles
	}
	return union(sub.User.Roles, anonymous)
}

// ofRoles compiles roles. The names that count are all that somebody knows.
func (s *Service) ofRoles(ctx context.Context, names []string) (*rights, error) {
	ds, missing, err := s.Resolve(ctx, names)
	if err != nil {
		return nil, err
	}
	r, err := s.compile(ctx, ds)
	if err != nil {
		return nil, err
	}
	for _, name := range union(nil, names) {
		if !slices.Contains(missing, name) {
			r.names = append(r.names, name)
		}
	}
	slices.Sort(r.names)
	r.missing = missing
	return r, nil
}

// ofKey compiles the two layers of an API key. Without descriptors of its own it has
// what its owner had. What is remembered under its id counts only for the descriptors
// that it was made of: an identity that was read before the key was changed must not
// stand for the changed key.
func (s *Service) ofKey(ctx context.Context, k identity.APIKey) (*rights, error) {
	id := key{byKey, k.ID}
	if r, ok := s.compiled.Get(ctx, id); ok && bytes.Equal(r.assigned, k.Assigned) && bytes.Equal(r.limited, k.LimitedBy) {
		return r, nil
	}
	g, err := s.compiled.Generation(ctx)
	if err != nil {
		return nil, err
	}
	limited, err := descriptor.Decode(k.LimitedBy)
	if err != nil {
		return nil, err
	}
	layers := [][]descriptor.Role{limited}
	assigned, err := descriptor.Decode(k.Assigned)
	if err != nil {
		return nil, err
	}
	if len(assigned) > 0 {
		layers = [][]descriptor.Role{assigned, limited}
	}
	r, err := s.compile(ctx, layers...)
	if err != nil {
		return nil, err
	}
	r.assigned, r.limited = k.Assigned, k.LimitedBy
	s.compiled.Put(id, r, g)
	return r, nil
}

func (s *Service) compile(ctx context.Context, layers ...[]descriptor.Role) (*rights, error) {
	r := &rights{}
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

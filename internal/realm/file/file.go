// Package file has the realm over the files users and users_roles of the
// configuration folder, which works when nothing else does.
//
// The files are read through usersfile, the parser of the offline commands. They are
// read again when they change: on events of the folder, and for what events do not
// tell (links into other folders, network file systems) by looking at them now and
// then.
package file

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/realm"
	"github.com/realmctl/realmctl/internal/usersfile"
)

// defaultInterval is how often files are looked at beside events.
const defaultInterval = 2 * time.Second

// Options of New.
type Options struct {
	Ref    realm.Ref
	Dir    string       // the configuration folder
	Hasher *pwhash.Pool // one that takes plain text, as Elasticsearch's file realm does
	Rules  usersfile.Rules
	Now    func() time.Time // nil: every look at a file reads it
	Log    *slog.Logger     // nil: no log
	// Interval is resource.reload.interval.high; 0 is two seconds.
	Interval time.Duration
	// Fixed is resource.reload.enabled: false. The files are read once.
	Fixed bool
	// Strict forgets all users when a file cannot be read or is not UTF-8, as
	// Elasticsearch does. Otherwise the last good version stays, and a line that is
	// not UTF-8 removes only itself.
	Strict bool
}

// Realm is a realm of type file. Use New.
type Realm struct {
	o       Options
	current atomic.Pointer[snapshot]

	mu    sync.Mutex // held while files are read
	users source
	roles source
}

// snapshot is what the files said at one time. It is never changed.
type snapshot struct {
	generation uint64
	users      *usersfile.Users
	roles      *usersfile.Roles
}

// New reads the files. What is wrong with them is logged and never an error, so that
// a bad file keeps nobody else out.
func New(ctx context.Context, o Options) *Realm {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	r := &Realm{o: o}
	users, roles := usersfile.Paths(o.Dir)
	r.users, r.roles = source{path: users}, source{path: roles}
	r.current.Store(&snapshot{})
	r.load(ctx, false)
	return r
}

// Ref implements realm.Realm.
func (r *Realm) Ref() realm.Ref { return r.o.Ref }

// Extract implements realm.Extractor.
func (r *Realm) Extract(req *http.Request) (realm.Credential, bool) { return realm.Basic(req) }

// Authenticate implements realm.Realm.
func (r *Realm) Authenticate(ctx context.Context, c realm.Credential) (realm.Result, error) {
	p, ok := c.(realm.Password)
	if !ok {
		return realm.Result{}, nil
	}
	u, hash, ok := r.current.Load().find(p.Username)
	if !ok {
		return realm.Result{}, nil
	}
	return realm.CheckPassword(ctx, r.o.Hasher, hash, p, u)
}

// Lookup implements realm.Looker.
func (r *Realm) Lookup(_ context.Context, username string) (identity.User, bool, error) {
	u, _, ok := r.current.Load().find(username)
	return u, ok, nil
}

// Generation implements realm.Versioned.
func (r *Realm) Generation(context.Context) (uint64, error) {
	return r.current.Load().generation, nil
}

// Revise implements realm.Versioned.
func (r *Realm) Revise(_ context.Context, username string) (identity.User, string, bool, error) {
	u, hash, ok := r.current.Load().find(username)
	return u, hash, ok, nil
}

// Len is the number of users in the file.
func (r *Realm) Len() int { return r.current.Load().users.Len() }

func (s *snapshot) find(username string) (identity.User, string, bool) {
	hash, ok := s.users.Hash(username)
	if !ok {
		return identity.User{}, "", false
	}
	return identity.User{Username: username, Roles: s.roles.Of(username), Enabled: true}, hash, true
}

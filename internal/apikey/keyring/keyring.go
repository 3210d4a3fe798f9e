// Package keyring keeps API keys: it issues and stores them, checks the ones that
// requests carry, and changes and revokes them. What may be asked for, and by whom,
// is up to packages apikey and crosscluster.
//
//	Authorization: ApiKey ... -> Ring (an authn.Authenticator) -> cache -> api_key
package keyring

import (
	"encoding/json"
	"log/slog"
	"time"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/sqlite"
)

// The types of keys. Cross-cluster keys cannot be used for the REST interface.
const (
	REST         = "rest"
	CrossCluster = "cross_cluster"
)

// realmType is the realm, and its type, of a subject that authenticated by API key.
const realmType = "_es_api_key"

// Options of a Ring. All are required.
type Options struct {
	DB     *sqlite.DB
	Now    func() time.Time
	Log    *slog.Logger
	Hash   *pwhash.Pool // of Config.Hashing
	Config Config
}

// Ring holds the keys. Use New.
type Ring struct {
	Options

	verified *sqlite.Cache[string, verified]
	sweep    sweeper
}

// New returns a ring whose cache holds nothing yet.
func New(o Options) *Ring {
	r := &Ring{Options: o}
	r.verified = sqlite.NewCache[string, verified](o.DB, sqlite.CacheOptions{
		Kinds: []string{changeKind}, Max: o.Config.CacheKeys, TTL: o.Config.CacheTTL, Now: o.Now,
	})
	return r
}

// Key is an API key without its secret.
type Key struct {
	ID, Name    string
	Type        string // REST or CrossCluster
	Owner       Owner
	Assigned    json.RawMessage // descriptors by name; {} when it has none of its own
	LimitedBy   json.RawMessage // the owner's descriptors
	Metadata    json.RawMessage // an object; nil: none was ever given, which is not the same as an empty one
	Certificate *string         // cross-cluster keys: regular expression over a client's DN
	CreatedAt   time.Time
	ExpiresAt   time.Time // zero: never
	Invalidated time.Time // zero: live

	hash string
}

// Owner is who a key acts for, as he was known when the key was made.
type Owner struct {
	Username        string
	Realm           identity.Realm
	FullName, Email *string
	Metadata        json.RawMessage // an object
}

// OwnerOf is a subject as the owner of keys.
func OwnerOf(s identity.Subject) Owner {
	o := Owner{Username: s.User.Username, Realm: s.Realm, FullName: s.User.FullName, Email: s.User.Email, Metadata: s.User.Metadata}
	if o.Metadata == nil {
		o.Metadata = json.RawMessage("{}")
	}
	return o
}

// owns is ownership: the name and the realm, or any realm of its security domain.
func (o Owner) owns(k Key) bool {
	a, b := o.Realm, k.Owner.Realm
	return o.Username == k.Owner.Username && (a.Name == b.Name || a.Domain != "" && a.Domain == b.Domain)
}

// Expired reports whether k has ended by now.
func (k Key) Expired(now time.Time) bool { return !k.ExpiresAt.IsZero() && !now.Before(k.ExpiresAt) }

// enabled is the answer of every call while the service is switched off.
func (r *Ring) enabled() error {
	if !r.Config.Disabled {
		return nil
	}
	return &fault.Error{
		Kind: fault.Invalid, Type: "feature_not_enabled_exception", Reason: "api keys are not enabled",
		Meta: []fault.Field{{Name: "disabled.feature", Value: "api_keys"}},
	}
}

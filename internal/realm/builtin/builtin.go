// Package builtin is the only list of realm types.
package builtin

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/realm"
	"github.com/realmctl/realmctl/internal/realm/file"
	"github.com/realmctl/realmctl/internal/realm/native"
	"github.com/realmctl/realmctl/internal/settings"
	"github.com/realmctl/realmctl/internal/user"
	"github.com/realmctl/realmctl/internal/usersfile"
)

// Deps are what realms are made of. Who only wants to know the types needs none.
type Deps struct {
	Users *user.Service
	// Hasher is of xpack.security.authc.password_hashing.algorithm and takes plain
	// text, which a users file may hold.
	Hasher *pwhash.Pool
	// Dir is the configuration folder.
	Dir  string
	Now  func() time.Time
	Log  *slog.Logger
	File FileOptions
}

// FileOptions are those of the file realm that are no settings of a realm.
type FileOptions struct {
	Rules    usersfile.Rules
	Interval time.Duration // resource.reload.interval.high
	Fixed    bool          // resource.reload.enabled: false
	Strict   bool          // a bad file removes all its users, as in Elasticsearch
}

// StrictFiles is the setting that makes bad files do what they do in Elasticsearch. It
// is our own: Elasticsearch does not know it.
const StrictFiles = "realmctl.files.strict"

// ReadFileOptions reads what the file realm takes from outside of its own settings.
// Rules are left to the caller.
func ReadFileOptions(s *settings.Settings) (FileOptions, error) {
	reload, errReload := s.Bool("resource.reload.enabled", true)
	interval, errInterval := s.Duration("resource.reload.interval.high", 0)
	strict, errStrict := s.Bool(StrictFiles, false)
	return FileOptions{Interval: interval, Fixed: !reload, Strict: strict}, errors.Join(errReload, errInterval, errStrict)
}

// Types are the realm types of Elasticsearch by name. Those without a factory come
// in later versions.
func Types(d Deps) map[string]realm.Type {
	return map[string]realm.Type{
		"file":             {Settings: realm.PasswordSettings(), Single: true, New: d.file},
		"native":           {Settings: realm.PasswordSettings(), Single: true, New: d.native},
		"active_directory": {},
		"jwt":              {},
		"kerberos":         {Single: true},
		"ldap":             {},
		"oidc":             {},
		"pki":              {},
		"saml":             {},
	}
}

// Reserved makes the realm of the reserved users, which is no choice of settings.
func Reserved(d Deps) func(realm.Ref) realm.Realm {
	return func(ref realm.Ref) realm.Realm { return native.NewReserved(ref, d.Users, d.Hasher) }
}

func (d Deps) file(ctx context.Context, c realm.Config) (realm.Realm, error) {
	return file.New(ctx, file.Options{
		Ref:      c.Ref,
		Dir:      d.Dir,
		Hasher:   d.Hasher,
		Rules:    d.File.Rules,
		Now:      d.Now,
		Log:      d.Log,
		Interval: d.File.Interval,
		Fixed:    d.File.Fixed,
		Strict:   d.File.Strict,
	}), nil
}

func (d Deps) native(_ context.Context, c realm.Config) (realm.Realm, error) {
	return native.New(c.Ref, d.Users, d.Hasher), nil
}

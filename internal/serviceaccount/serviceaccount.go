package serviceaccount

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/role/descriptor"
	"github.com/realmctl/realmctl/internal/sqlite"
)

// Options of a Service. All but FileTokens and the last two are required.
type Options struct {
	DB   *sqlite.DB
	Now  func() time.Time
	Log  *slog.Logger
	Hash *pwhash.Pool // of Config.Hashing

	// FileTokens are the hashes of the file service_tokens, by qualified name. The
	// map is not changed after it was returned. Nil: there is no file.
	FileTokens func() map[string]string
	Node       string // whose file that is, in answers
	Cleared    any    // the answer of _clear_cache
	Config     Config
}

// Service is the noun. Use New.
type Service struct {
	Options

	accounts map[string]descriptor.Role
	verified *sqlite.Cache[string, verified]
}

// New returns a service whose cache holds nothing yet.
func New(o Options) (*Service, error) {
	all, err := accounts()
	if err != nil {
		return nil, err
	}
	s := &Service{Options: o, accounts: all}
	s.verified = sqlite.NewCache[string, verified](o.DB, sqlite.CacheOptions{
		Kinds: []string{changeKind}, Max: o.Config.CacheKeys, TTL: o.Config.CacheTTL, Now: o.Now,
	})
	return s, nil
}

// Create makes a token for an account, under a name that was checked; empty: one is
// made up. The secret is not stored and cannot be read again.
//
// It returns an Invalid fault for an unknown account, a Conflict for a taken name.
func (s *Service) Create(ctx context.Context, creator identity.Identity, account, name string) (Token, error) {
	if _, ok := s.accounts[account]; !ok {
		return Token{}, fault.Invalidf("service account [%s] does not exist", account)
	}
	t := Token{Account: account, Name: cmp.Or(name, newName()), Secret: newSecret()}
	hash, err := s.Hash.Hash(ctx, t.Secret)
	if errors.Is(err, pwhash.ErrBusy) {
		return Token{}, &fault.Error{Kind: fault.Busy, Reason: "too many tokens are being made, try again", Err: err}
	}
	if err != nil {
		return Token{}, err
	}
	who, err := json.Marshal(map[string]string{
		"principal": creator.User.Username, "realm": creator.Realm.Name, "realm_type": creator.Realm.Type,
	})
	if err != nil {
		return Token{}, fmt.Errorf("encode creator of service token: %w", err)
	}
	r := record{account: account, name: t.Name, hash: hash, creator: string(who), created: s.Now()}
	if err := s.DB.Write(ctx, func(tx *sqlite.Tx) error { return insert(tx, r) }); err != nil {
		return Token{}, err
	}
	return t, nil
}

// Delete removes a token of the database; false: there was none.
func (s *Service) Delete(ctx context.Context, account, name string) (found bool, err error) {
	err = s.DB.Write(ctx, func(tx *sqlite.Tx) (err error) {
		found, err = remove(tx, account, name)
		return err
	})
	return found, err
}

// Credentials are the names of an account's tokens, sorted.
func (s *Service) Credentials(ctx context.Context, account string) (index, file []string, err error) {
	if index, err = namesOf(ctx, s.DB, account); err != nil {
		return nil, nil, err
	}
	for _, qualified := range slices.Sorted(maps.Keys(s.files())) {
		if name, ok := strings.CutPrefix(qualified, account+"/"); ok {
			file = append(file, name)
		}
	}
	return index, file, nil
}

func (s *Service) files() map[string]string {
	if s.FileTokens == nil {
		return nil
	}
	return s.FileTokens()
}

// ClearCache forgets that tokens of an account were right; all of them for "*".
func (s *Service) ClearCache(account string, names []string) {
	for _, name := range names {
		if name == "*" {
			s.verified.DeleteFunc(func(qualified string, _ verified) bool { return strings.HasPrefix(qualified, account+"/") })
			return
		}
		s.verified.Delete(account + "/" + name)
	}
}

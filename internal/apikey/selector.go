package apikey

import (
	"context"
	"strings"

	"github.com/realmctl/realmctl/internal/apikey/keyring"
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
)

// Selector says which keys a call is about. Empty members select nothing by
// themselves; those that are set must all hold.
type Selector struct {
	IDs      []string
	Name     string // a trailing * makes it a prefix
	Username string
	Realm    string
	Own      bool // the caller's keys
}

// words are what the two calls that take a Selector say differently.
type words struct{ id, verb string }

// validate follows GetApiKeyRequest and InvalidateApiKeyRequest, whose complaints
// come in this order.
func (s Selector) validate(p *fault.Problems, w words) {
	byKey, byOwner := len(s.IDs) > 0 || s.Name != "", s.Username != "" || s.Realm != ""
	if byKey && byOwner {
		p.Addf("username or realm name must not be specified when the %s or api key name %s specified", w.id, w.be())
	}
	if s.Own && byOwner {
		p.Addf("neither username nor realm-name may be specified when %s owned API keys", w.verb)
	}
	if len(s.IDs) > 0 && s.Name != "" {
		p.Addf("only one of [%s, api key name] can be specified", w.id)
	}
}

// be is the verb after id: one id is, several are.
func (w words) be() string {
	if strings.HasSuffix(w.id, "(s)") {
		return "are"
	}
	return "is"
}

// target is what the guard looks at.
func (s Selector) target() identity.Target {
	return identity.Target{Own: s.Own, Username: s.Username, Realm: s.Realm, KeyIDs: s.IDs}
}

// filter is s for the ring, after the caller's own keys are resolved.
func (s *Service) filter(ctx context.Context, caller identity.Identity, sel Selector) (keyring.Filter, error) {
	var f keyring.Filter
	if len(sel.IDs) > 0 {
		f.ByIDs(sel.IDs)
	}
	if sel.Name != "" {
		f.ByName(sel.Name)
	}
	if sel.Own {
		owner, err := s.owner(ctx, caller)
		if err != nil {
			return f, err
		}
		f.ByOwner(owner)
	}
	if sel.Username != "" {
		f.ByUsername(sel.Username)
	}
	if sel.Realm != "" {
		f.ByRealm(sel.Realm)
	}
	return f, nil
}

// owner is whose keys are the caller's. For a key that is the user who made it
// (ApiKeyService.getOwnersRealmNames).
func (s *Service) owner(ctx context.Context, caller identity.Identity) (keyring.Owner, error) {
	if caller.APIKey == nil {
		return keyring.OwnerOf(caller.Subject), nil
	}
	k, _, err := s.Keys.ByID(ctx, caller.APIKey.ID)
	return k.Owner, err
}

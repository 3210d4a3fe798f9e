package authn

import (
	"encoding/json"
	"net/http"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/realm"
)

// Anonymous is xpack.security.authc.anonymous. The zero Anonymous is off.
type Anonymous struct {
	Username string
	Roles    []string
	// Challenge answers 401 where he may not, instead of 403 (authz_exception: false).
	Challenge bool
}

// User is the anonymous user as the user API shows him. While he is off he has no
// roles and is not enabled, but his name is still taken.
func (a Anonymous) User() identity.User {
	return identity.User{
		Username: a.Username,
		Roles:    a.Roles,
		Metadata: json.RawMessage(`{"_reserved":true}`),
		Enabled:  a.enabled(),
	}
}

func (a Anonymous) enabled() bool { return len(a.Roles) > 0 }

func (a Anonymous) identity() identity.Identity {
	return identity.Identity{Subject: identity.Subject{User: a.User(), Realm: anonymousRealm()}, Type: identity.Anonymous}
}

func anonymousRealm() realm.Ref { return realm.Ref{Name: "__anonymous", Type: "__anonymous"} }

// shared reports whether this identity has the anonymous roles besides its own
// (Authentication.maybeAddAnonymousRoles).
func (a Anonymous) shared(id identity.Identity) bool {
	return a.enabled() && id.APIKey == nil && !id.ServiceAccount() && id.User.Username != a.Username
}

// carriesToken reports whether a request brings a credential that must not be
// exchanged for anonymous access when it fails. Basic credentials never get there.
func carriesToken(r *http.Request) bool {
	for _, scheme := range []string{"Bearer", "ApiKey"} {
		if _, ok := realm.Authorization(r, scheme); ok {
			return true
		}
	}
	return false
}

// AnonymousDenied is what the anonymous user is told instead of a 403 where he may not
// do an action, if Anonymous.Challenge is set.
func (s *Service) AnonymousDenied(action string) error {
	return s.refuse(&fault.Error{Reason: "action [" + action + "] requires authentication"})
}

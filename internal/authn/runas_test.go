package authn_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/realmctl/realmctl/internal/authn"
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/realm"
)

func TestRunningAsSomebodyElse(t *testing.T) {
	t.Parallel()
	elastic := as("elastic", "oracle-pass-1")
	service := identity.Identity{
		Subject: identity.Subject{User: identity.User{Username: "elastic/kibana", Enabled: true}, Realm: realm.Ref{Type: "_service_account"}},
		Type:    identity.ByToken,
	}
	key := identity.Identity{
		Subject: identity.Subject{User: identity.User{Username: "ana", Enabled: true}, APIKey: &identity.APIKey{ID: "k"}},
		Type:    identity.ByAPIKey,
	}
	asAna := identity.Identity{
		Subject: identity.Subject{User: identity.User{Username: "ana", Enabled: true}},
		Type:    identity.ByToken,
		RunBy:   &identity.Subject{User: identity.User{Username: "elastic"}},
	}
	guest := identity.Identity{
		Subject: identity.Subject{User: identity.User{Username: "guest", Enabled: true}, Realm: realm.Ref{Name: "__anonymous", Type: "__anonymous"}},
		Type:    identity.ByToken,
	}
	for _, c := range []struct {
		name       string
		edit       func(*authn.Service)
		headers    []string
		user, from string
		by         string
		refusal    string
	}{
		{"a user of another realm", nil, []string{elastic, "Es-Security-Runas-User: joe"}, "joe", "default_native", "elastic", ""},
		{"a name that nobody has is a user without realm", nil, []string{elastic, "Es-Security-Runas-User: ghost"}, "ghost", "", "elastic", ""},
		{"a name that is no ASCII is read byte by byte", nil, []string{elastic, "Es-Security-Runas-User: ä"}, "Ã¤", "", "elastic", ""},
		{"oneself", nil, []string{elastic, "Es-Security-Runas-User: elastic"}, "elastic", "reserved", "elastic", ""},
		{"a user who is off", nil, []string{elastic, "Es-Security-Runas-User: off"}, "", "", "", unknown("elastic")},
		{"nobody", nil, []string{elastic, "Es-Security-Runas-User: "}, "", "", "", unknown("elastic")},
		{"blanks", nil, []string{elastic, "Es-Security-Runas-User:   "}, "", "", "", unknown("elastic")},
		{"a wrong password first", nil, []string{as("elastic", "x"), "Es-Security-Runas-User: joe"}, "", "", "", unknown("elastic")},
		{"run-as is switched off", func(s *authn.Service) { s.NoRunAs = true }, []string{elastic, "Es-Security-Runas-User: joe"}, "elastic", "reserved", "", ""},
		{"a service account does not", func(s *authn.Service) {
			s.Authenticators = []authn.Authenticator{&keys{name: "a", result: realm.Result{Verdict: realm.Success, User: service}}}
		}, []string{"X-a: 1", "Es-Security-Runas-User: joe"}, "elastic/kibana", "", "", ""},
		{"who runs as somebody by his token does not run as another", func(s *authn.Service) {
			s.Authenticators = []authn.Authenticator{&keys{name: "a", result: realm.Result{Verdict: realm.Success, User: asAna}}}
		}, []string{"X-a: 1", "Es-Security-Runas-User: joe"}, "ana", "", "elastic", ""},
		{"the anonymous user does not by a token of his", func(s *authn.Service) {
			s.Authenticators = []authn.Authenticator{&keys{name: "a", result: realm.Result{Verdict: realm.Success, User: guest}}}
		}, []string{"X-a: 1", "Es-Security-Runas-User: joe"}, "guest", "__anonymous", "", ""},
		{"an API key does", func(s *authn.Service) {
			s.Authenticators = []authn.Authenticator{&keys{name: "a", result: realm.Result{Verdict: realm.Success, User: key}}}
		}, []string{"X-a: 1", "Es-Security-Runas-User: joe"}, "joe", "default_native", "ana", ""},
		{"a realm that cannot be asked", func(s *authn.Service) {
			s.Authenticators = []authn.Authenticator{&keys{name: "a", result: realm.Result{Verdict: realm.Success, User: key}}}
			s.Realms = realm.NewChain([]realm.Member{{Realm: &people{fail: errors.New("down")}}}, realm.Options{Now: time.Now})
		}, []string{"X-a: 1", "Es-Security-Runas-User: joe"}, "", "", "", "Unauthorized: error attempting to authenticate request"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newService()
			if c.edit != nil {
				c.edit(s)
			}
			id, err := s.Authenticate(request(t, c.headers...))
			if c.refusal != "" {
				if got := refusal(t, err); got != c.refusal {
					t.Errorf("%s\nwant %s", got, c.refusal)
				}
				return
			}
			if err != nil || id.User.Username != c.user || id.Realm.Name != c.from {
				t.Fatalf("%+v, %v; want %s of %q", id, err, c.user, c.from)
			}
			by := ""
			if id.RunBy != nil {
				by = id.RunBy.User.Username
			}
			if by != c.by {
				t.Errorf("run by %q, want %q", by, c.by)
			}
			if c.by != "" && id.APIKey != nil {
				t.Error("the target of run-as has the key of the one who runs")
			}
		})
	}
}

func TestASecondIdentityMustBeRight(t *testing.T) {
	t.Parallel()
	elastic := as("elastic", "oracle-pass-1")
	second := func(name, password string) string {
		return "es-secondary-authorization: " + strings.TrimPrefix(as(name, password), "Authorization: ")
	}
	for _, c := range []struct {
		name, header string
		cause        string // empty: accepted
	}{
		{"a right one changes nothing", second("joe", "joe-pass-1"), ""},
		{"an empty one is none", "es-secondary-authorization: ", ""},
		{"a wrong password", second("joe", "x"), "unable to authenticate user [joe] for REST request [/_security/_authenticate]"},
		{"a scheme that nobody knows", "es-secondary-authorization: Digest x", "missing authentication credentials for REST request [/_security/_authenticate]"},
		{"no base64", "es-secondary-authorization: Basic !", "invalid basic authentication header encoding"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newService()
			s.Anonymous = authn.Anonymous{Username: "guest", Roles: []string{"viewer"}} // never for the second one
			id, err := s.Authenticate(request(t, elastic, c.header, "Es-Security-Runas-User: joe"))
			if c.cause == "" {
				if err != nil || id.User.Username != "joe" || id.RunBy == nil {
					t.Errorf("%+v, %v; want joe run by elastic", id, err)
				}
				return
			}
			if got := refusal(t, err); got != "Unauthorized: Failed to authenticate secondary user" {
				t.Fatalf("%s", got)
			}
			f, _ := errors.AsType[*fault.Error](err)
			if f.Cause == nil || f.Cause.Reason != c.cause || f.Header != nil || len(f.Cause.Header) == 0 {
				t.Errorf("cause %v, headers %v; want %s and only the cause with headers", f.Cause, f.Header, c.cause)
			}
		})
	}
}

package authn_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/authn"
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/realm"
	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/sqlite"
)

// refusal is what a caller is told: "status type: reason", then the failed
// credentials before.
func refusal(t *testing.T, err error) string {
	t.Helper()
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		t.Fatalf("%v is no fault", err)
	}
	text := http.StatusText(f.StatusCode()) + ": " + f.Reason
	for _, m := range f.Meta {
		switch v := m.Value.(type) {
		case string:
			text += " | " + v
		case []string:
			text += " | [" + strings.Join(v, ", ") + "]"
		}
	}
	return text
}

const (
	unusable = "Unauthorized: unable to authenticate with provided credentials and anonymous access is not allowed for this request"
	missing  = "Unauthorized: missing authentication credentials for REST request [/_security/_authenticate]"
	failing  = "Unauthorized: unable to authenticate user [%s] for REST request [/_security/_authenticate]"
)

func unknown(name string) string { return strings.Replace(failing, "%s", name, 1) }

func TestAuthenticatorsAreAskedInOrderBeforeTheRealms(t *testing.T) {
	t.Parallel()
	someone := identity.Identity{
		Subject: identity.Subject{User: identity.User{Username: "someone", Enabled: true}, Realm: realm.Ref{Name: "k", Type: "k"}},
		Type:    identity.ByToken,
	}
	yes := realm.Result{Verdict: realm.Success, User: someone}
	no := func(reason string) realm.Result { return realm.Result{Reason: reason} }
	tokenExpired := &fault.Error{Kind: fault.Unauthorized, Reason: "token expired", Header: http.Header{"WWW-Authenticate": {"Bearer x"}}}
	for _, c := range []struct {
		name    string
		keys    []*keys
		headers []string
		user    string // or
		refusal string
	}{
		{"no credential at all", []*keys{{name: "a", result: yes}}, nil, "", missing},
		{"the first one succeeds", []*keys{{name: "a", result: yes}, {name: "b", result: no("no")}}, []string{"X-a: 1", "X-b: 1"}, "someone", ""},
		{"the second one succeeds", []*keys{{name: "a", result: no("no")}, {name: "b", result: yes}}, []string{"X-a: 1", "X-b: 1"}, "someone", ""},
		{"the realms succeed after a failure", []*keys{{name: "a", result: no("no")}}, []string{"X-a: 1", as("joe", "joe-pass-1")}, "joe", ""},
		{"a silent failure is none", []*keys{{name: "a", result: no("")}}, []string{"X-a: 1"}, "", missing},
		{"one failure", []*keys{{name: "a", result: no("unknown key")}}, []string{"X-a: 1"}, "", unusable + " | a: unknown key"},
		{"two failures", []*keys{{name: "a", result: no("x")}, {name: "b", result: no("y")}}, []string{"X-a: 1", "X-b: 1"}, "", unusable + " | [a: x, b: y]"},
		{"a failure and then a wrong password", []*keys{{name: "a", result: no("x")}}, []string{"X-a: 1", as("joe", "wrong")}, "", unknown("joe") + " | a: x"},
		{"a credential that cannot be read", []*keys{{name: "a", unread: fault.Invalidf("no base64"), result: yes}}, []string{"X-a: 1"}, "", unusable + " | a: no base64"},
		{"a terminal failure", []*keys{{name: "a", result: realm.Result{Verdict: realm.Terminate, Reason: "revoked"}}, {name: "b", result: yes}}, []string{"X-a: 1", "X-b: 1"}, "", "Unauthorized: revoked"},
		{"a terminal failure after another", []*keys{{name: "a", result: no("x")}, {name: "b", result: realm.Result{Verdict: realm.Terminate, Reason: "revoked"}}}, []string{"X-a: 1", "X-b: 1"}, "", "Unauthorized: revoked | a: x"},
		{"a fault of its own", []*keys{{name: "a", failure: tokenExpired}}, []string{"X-a: 1"}, "", "Unauthorized: token expired"},
		{"a fault that is no 401", []*keys{{name: "a", failure: &fault.Error{Kind: fault.Unavailable, Reason: "no index"}}}, []string{"X-a: 1"}, "", "Service Unavailable: no index"},
		{"no room to hash", []*keys{{name: "a", failure: pwhash.ErrBusy}}, []string{"X-a: 1"}, "", "Too Many Requests: too many passwords are being checked, try again"},
		{"a failing database", []*keys{{name: "a", failure: fmt.Errorf("select key: %w", sqlite.ErrIO)}}, []string{"X-a: 1"}, "", "Service Unavailable: " + sqlite.ErrIO.Error()},
		{"a failure inside", []*keys{{name: "a", failure: errors.New("disk")}}, []string{"X-a: 1"}, "", "Unauthorized: error attempting to authenticate request"},
		{"a failure of extraction", []*keys{{name: "a", unread: errors.New("bug")}}, []string{"X-a: 1"}, "", "Unauthorized: error attempting to authenticate request"},
		{"success of a user who is off", []*keys{{name: "a", result: realm.Result{Verdict: realm.Success, User: identity.Identity{Subject: identity.Subject{User: identity.User{Username: "x"}}}}}}, []string{"X-a: 1"}, "", unknown("x")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newService()
			s.Authenticators = nil
			for _, k := range c.keys {
				s.Authenticators = append(s.Authenticators, k)
			}
			id, err := s.Authenticate(request(t, c.headers...))
			if c.refusal == "" {
				if err != nil || id.User.Username != c.user {
					t.Errorf("%+v, %v; want %s", id, err, c.user)
				}
				return
			}
			if got := refusal(t, err); got != c.refusal {
				t.Errorf("%s\nwant %s", got, c.refusal)
			}
			if diff := cmp.Diff(identity.Identity{}, id); diff != "" {
				t.Errorf("a refused request has an identity:\n%s", diff)
			}
		})
	}
}

func TestARefusalKeepsItsOwnChallenge(t *testing.T) {
	t.Parallel()
	s := newService()
	own := http.Header{"WWW-Authenticate": {`Bearer realm="security", error="invalid_token"`}}
	s.Authenticators = []authn.Authenticator{&keys{name: "a", failure: &fault.Error{Kind: fault.Unauthorized, Reason: "token expired", Header: own}}}
	_, err := s.Authenticate(request(t, "X-a: 1"))
	f, _ := errors.AsType[*fault.Error](err)
	if f == nil {
		t.Fatalf("%v is no fault", err)
	}
	if diff := cmp.Diff(own, f.Header); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
}

func TestFailuresInsideAreLoggedAndNotTold(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s := newService()
	s.Log = slog.New(slog.NewTextHandler(&log, nil))
	s.Authenticators = []authn.Authenticator{&keys{name: "a", failure: errors.New("disk on fire")}}
	_, err := s.Authenticate(request(t, "X-a: 1"))
	if got := refusal(t, err); strings.Contains(got, "disk") {
		t.Errorf("the caller is told %q", got)
	}
	if !strings.Contains(log.String(), "disk on fire") || !strings.Contains(log.String(), "level=ERROR") {
		t.Errorf("log %q, want the failure", log.String())
	}
}

func TestTheLogTellsWhyRealmsRefused(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	native := &people{ref: realm.Ref{Name: "n", Type: "native"}}
	broken := &people{ref: realm.Ref{Name: "ldap1", Type: "ldap"}, fail: errors.New("no route to host")}
	s := &authn.Service{
		Realms: realm.NewChain([]realm.Member{{Realm: native}, {Realm: broken}}, realm.Options{Now: time.Now}),
		Log:    slog.New(slog.NewTextHandler(&log, nil)),
	}
	if _, err := s.Authenticate(request(t, as("joe", "wrong-pass"))); refusal(t, err) != unknown("joe") {
		t.Errorf("%v, want %s", err, unknown("joe"))
	}
	for _, want := range []string{
		`level=WARN msg="authentication to realm failed" realm=n user=joe reason=wrong`,
		`level=WARN msg="realm could not decide" realm=ldap1 user=joe error="no route to host"`,
	} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("log lacks %s:\n%s", want, log.String())
		}
	}
	if strings.Contains(log.String(), "wrong-pass") {
		t.Errorf("the log has the password:\n%s", log.String())
	}
}

func TestAPasswordThatCannotBeCheckedIsNoWrongPassword(t *testing.T) {
	t.Parallel()
	for fail, want := range map[error]fault.Kind{pwhash.ErrBusy: fault.Busy, sqlite.ErrBusy: fault.Busy, sqlite.ErrCorrupt: fault.Unavailable, sqlite.ErrIO: fault.Unavailable} {
		broken := &people{ref: realm.Ref{Name: "n", Type: "native"}, fail: fmt.Errorf("select user: %w", fail)}
		s := &authn.Service{Realms: realm.NewChain([]realm.Member{{Realm: broken}}, realm.Options{Now: time.Now})}
		if _, err := s.Authenticate(request(t, as("joe", "x"))); !fault.Is(err, want) {
			t.Errorf("%v after %v, want kind %d", err, fail, want)
		}
	}
}

func TestAnEndedRequestGetsNoAnswer(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, headers := range map[string][]string{"wrong password": {as("joe", "x")}, "broken authenticator": {"X-a: 1"}} {
		s := newService()
		s.Authenticators = []authn.Authenticator{&keys{name: "a", failure: errors.New("x")}}
		if _, err := s.Authenticate(request(t, headers...).WithContext(ctx)); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want the context's error", name, err)
		}
	}
}

func TestAnonymousAccess(t *testing.T) {
	t.Parallel()
	guest := authn.Anonymous{Username: "guest", Roles: []string{"viewer"}}
	key := &keys{name: "a", result: realm.Result{Reason: "no"}}
	for _, c := range []struct {
		name      string
		anonymous authn.Anonymous
		headers   []string
		user      string
		refusal   string
	}{
		{"a request without credentials is his", guest, nil, "guest", ""},
		{"without roles there is no anonymous access", authn.Anonymous{Username: "guest"}, nil, "", missing},
		{"a scheme that nobody knows is no credential", guest, []string{"Authorization: Digest x"}, "guest", ""},
		{"an empty scheme is no credential", guest, []string{"Authorization: Bearer"}, "guest", ""},
		{"a wrong password is not forgiven", guest, []string{as("joe", "wrong")}, "", unknown("joe")},
		{"a malformed password is not forgiven", guest, []string{"Authorization: Basic !"}, "", "Unauthorized: invalid basic authentication header encoding"},
		{"a wrong token is not forgiven", guest, []string{"Authorization: Bearer x"}, "", missing},
		{"a wrong key is not forgiven", guest, []string{"Authorization: ApiKey x"}, "", missing},
		{"another failed credential is", guest, []string{"X-a: 1"}, "guest", ""},
		{"others stay who they are", guest, []string{as("joe", "joe-pass-1")}, "joe", ""},
		{"he runs as nobody else", guest, []string{"Es-Security-Runas-User: joe"}, "guest", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newService()
			s.Authenticators, s.Anonymous = []authn.Authenticator{key}, c.anonymous
			id, err := s.Authenticate(request(t, c.headers...))
			if c.refusal != "" {
				if got := refusal(t, err); got != c.refusal {
					t.Errorf("%s\nwant %s", got, c.refusal)
				}
				return
			}
			if err != nil || id.User.Username != c.user || !id.User.Enabled {
				t.Errorf("%+v, %v; want %s", id, err, c.user)
			}
			if shared := len(id.AnonymousRoles) > 0; shared != (c.user == "joe") {
				t.Errorf("anonymous roles %v for %s", id.AnonymousRoles, c.user)
			}
		})
	}
}

func TestKeysDoNotShareTheAnonymousRoles(t *testing.T) {
	t.Parallel()
	ana := identity.User{Username: "ana", Enabled: true}
	for _, c := range []struct {
		name string
		id   identity.Identity
		want int
	}{
		{"a user of a realm", identity.Identity{Subject: identity.Subject{User: ana}, Type: identity.ByRealm}, 1},
		{"an access token", identity.Identity{Subject: identity.Subject{User: ana, Token: &identity.Token{}}, Type: identity.ByToken}, 1},
		{"an API key", identity.Identity{Subject: identity.Subject{User: ana, APIKey: &identity.APIKey{ID: "x"}}, Type: identity.ByAPIKey}, 0},
		{"a service account", identity.Identity{Subject: identity.Subject{User: ana, Realm: realm.Ref{Type: "_service_account"}}, Type: identity.ByToken}, 0},
		{"the anonymous name itself", identity.Identity{Subject: identity.Subject{User: identity.User{Username: "guest", Enabled: true}}, Type: identity.ByRealm}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newService()
			s.Anonymous = authn.Anonymous{Username: "guest", Roles: []string{"viewer"}}
			s.Authenticators = []authn.Authenticator{&keys{name: "a", result: realm.Result{Verdict: realm.Success, User: c.id}}}
			id, err := s.Authenticate(request(t, "X-a: 1"))
			if err != nil || len(id.AnonymousRoles) != c.want {
				t.Errorf("anonymous roles %v, %v; want %d", id.AnonymousRoles, err, c.want)
			}
		})
	}
}

func TestADeniedAnonymousMayBeAskedToAuthenticate(t *testing.T) {
	t.Parallel()
	err := newService().AnonymousDenied("cluster:x")
	if got := refusal(t, err); got != "Unauthorized: action [cluster:x] requires authentication" {
		t.Errorf("AnonymousDenied = %s", got)
	}
	if f, _ := errors.AsType[*fault.Error](err); f == nil || len(f.Header) == 0 {
		t.Errorf("%v has no challenge", err)
	}
}

func TestHeadersHaveOneValue(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Authorization":              "Authorization",
		"Es-Security-Runas-User":     "es-security-runas-user",
		"Es-Secondary-Authorization": "es-secondary-authorization",
	} {
		r := request(t, as("elastic", "oracle-pass-1"))
		r.Header.Set(name, r.Header.Get("Authorization"))
		r.Header.Add(name, "Basic x")
		_, err := newService().Authenticate(r)
		if got := refusal(t, err); got != "Bad Request: multiple values for single-valued header ["+want+"]." {
			t.Errorf("%s twice: %s", name, got)
		}
	}
	r := request(t, as("elastic", "oracle-pass-1"))
	r.Header.Add("Authorization", r.Header.Get("Authorization"))
	if id, err := newService().Authenticate(r); err != nil || id.User.Username != "elastic" {
		t.Errorf("the same value twice: %+v, %v", id, err)
	}
}

func TestClaimsAreVerifiedForAnAction(t *testing.T) {
	t.Parallel()
	const action = "cluster:admin/xpack/security/api_key/grant"
	name := func(s string) *string { return &s }
	pass := func(name, password string) realm.Password {
		return realm.Password{Username: name, Secret: secret.String(password)}
	}
	joe := identity.Subject{User: identity.User{Username: "joe", Enabled: true}}
	token := identity.Identity{Subject: joe, Type: identity.ByToken}
	asJoe := identity.Identity{Subject: joe, Type: identity.ByToken, RunBy: &identity.Subject{User: identity.User{Username: "ana"}}}
	const cannot = "Bad Request: the provided grant credentials do not support run-as"
	for _, c := range []struct {
		name    string
		bearer  authn.Authenticator
		claim   authn.Claim
		user    string
		by      string
		refusal string
	}{
		{"a password", nil, authn.Claim{Credential: pass("joe", "joe-pass-1")}, "joe", "", ""},
		{"a wrong password", nil, authn.Claim{Credential: pass("joe", "x")}, "", "", "Unauthorized: unable to authenticate user [joe] for action [" + action + "]"},
		{"a user who is off", nil, authn.Claim{Credential: pass("off", "off-pass-1")}, "", "", "Unauthorized: unable to authenticate user [off] for action [" + action + "]"},
		{"somebody else", nil, authn.Claim{Credential: pass("elastic", "oracle-pass-1"), RunAs: name("joe")}, "joe", "elastic", ""},
		{"somebody nobody knows", nil, authn.Claim{Credential: pass("elastic", "oracle-pass-1"), RunAs: name(" ")}, " ", "elastic", ""},
		{"nobody at all", nil, authn.Claim{Credential: pass("elastic", "oracle-pass-1"), RunAs: name("")}, "", "", "Unauthorized: unable to authenticate user [elastic] for action [" + action + "]"},
		{"a credential that no realm understands", nil, authn.Claim{Credential: credential("<ticket>")}, "", "", "Unauthorized: unable to authenticate user [<ticket>] for action [" + action + "]"},
		{"a token", &bearers{right: "good", id: token}, authn.Claim{Bearer: "good"}, "joe", "", ""},
		{"somebody else by a token", &bearers{right: "good", id: token}, authn.Claim{Bearer: "good", RunAs: name("elastic")}, "elastic", "joe", ""},
		{"a token of who runs as somebody", &bearers{right: "good", id: asJoe}, authn.Claim{Bearer: "good"}, "joe", "ana", ""},
		{"the one whom a token runs as", &bearers{right: "good", id: asJoe}, authn.Claim{Bearer: "good", RunAs: name("joe")}, "joe", "ana", ""},
		{"another than a token runs as", &bearers{right: "good", id: asJoe}, authn.Claim{Bearer: "good", RunAs: name("elastic")}, "", "", cannot},
		{"a token where there are none", nil, authn.Claim{Bearer: "good"}, "", "", "Unauthorized: unable to authenticate user [_bearer_token] for action [" + action + "]"},
		{"a wrong token", &bearers{}, authn.Claim{Bearer: "nope"}, "", "", "Unauthorized: unable to authenticate user [_bearer_token] for action [" + action + "] | oauth2 token: invalid token"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newService()
			s.Anonymous = authn.Anonymous{Username: "guest", Roles: []string{"viewer"}} // never for a claim
			s.Authenticators = []authn.Authenticator{&bearers{right: "good", id: identity.Identity{Subject: identity.Subject{User: identity.User{Username: "nobody's", Enabled: true}}}}}
			s.Bearer = c.bearer
			c.claim.Action = action
			id, err := s.Verify(t.Context(), c.claim)
			if c.refusal != "" {
				if got := refusal(t, err); got != c.refusal {
					t.Errorf("%s\nwant %s", got, c.refusal)
				}
				return
			}
			by := ""
			if id.RunBy != nil {
				by = id.RunBy.User.Username
			}
			if err != nil || id.User.Username != c.user || by != c.by {
				t.Errorf("%+v, %v; want %s by %q", id, err, c.user, c.by)
			}
		})
	}
}

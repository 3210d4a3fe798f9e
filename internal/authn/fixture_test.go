package authn_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/realmctl/realmctl/internal/authn"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/realm"
	"github.com/realmctl/realmctl/internal/rest"
	"github.com/realmctl/realmctl/internal/secret"
)

// people is a realm of users and their passwords.
type people struct {
	ref   realm.Ref
	known map[string]person
	fail  error // instead of an answer
}

type person struct {
	identity.User

	password secret.String
}

func (p *people) Ref() realm.Ref { return p.ref }

func (p *people) Extract(r *http.Request) (realm.Credential, bool) { return realm.Basic(r) }

func (p *people) Authenticate(_ context.Context, c realm.Credential) (realm.Result, error) {
	pw, ok := c.(realm.Password)
	if !ok || p.fail != nil {
		return realm.Result{}, p.fail
	}
	who, ok := p.known[pw.Username]
	if !ok || who.password != pw.Secret {
		return realm.Result{Reason: "wrong"}, nil
	}
	return realm.Result{Verdict: realm.Success, User: identity.Identity{Subject: identity.Subject{User: who.User}}}, nil
}

func (p *people) Lookup(_ context.Context, name string) (identity.User, bool, error) {
	who, ok := p.known[name]
	return who.User, ok, p.fail
}

// newService knows the users of the recordings: elastic and kibana (reserved), joe and
// the disabled off (native).
func newService() *authn.Service {
	text := func(s string) *string { return &s }
	reserved := &people{ref: realm.Ref{Name: "reserved", Type: "reserved"}, known: map[string]person{
		"elastic": {identity.User{Username: "elastic", Roles: []string{"superuser"}, Metadata: json.RawMessage(`{"_reserved":true}`), Enabled: true}, "oracle-pass-1"},
		"kibana": {identity.User{Username: "kibana", Roles: []string{"kibana_system"}, Metadata: json.RawMessage(
			`{"_reserved":true,"_deprecated":true,"_deprecated_reason":"Please use the [kibana_system] user instead."}`), Enabled: true}, "kibana-pass-1"},
	}}
	native := &people{ref: realm.Ref{Name: "default_native", Type: "native"}, known: map[string]person{
		"joe": {identity.User{Username: "joe", Roles: []string{"lim"}, FullName: text("Joe Doe"), Email: text("joe@example.com"), Metadata: json.RawMessage(`{"n":1}`), Enabled: true}, "joe-pass-1"},
		"off": {identity.User{Username: "off"}, "off-pass-1"},
	}}
	return &authn.Service{
		Authenticators: []authn.Authenticator{&bearers{}},
		Realms:         realm.NewChain([]realm.Member{{Realm: reserved}, {Realm: native}}, realm.Options{Now: time.Now}),
		Challenges:     []string{`Bearer realm="security"`, "ApiKey"},
	}
}

// credential is one that an authenticator of these tests understands.
type credential string

func (c credential) Principal() string { return string(c) }

// keys is an authenticator whose credential is a header of its name.
type keys struct {
	name    string
	unread  error // of Extract, when the header is there
	result  realm.Result
	failure error
}

func (k *keys) Name() string { return k.name }

func (k *keys) Extract(r *http.Request) (realm.Credential, error) {
	text := r.Header.Get("X-" + k.name)
	if text == "" {
		return nil, nil
	}
	return credential(text), k.unread
}

func (k *keys) Authenticate(context.Context, realm.Credential) (realm.Result, error) {
	return k.result, k.failure
}

// bearers is an authenticator that knows one token, or none.
type bearers struct {
	right string
	id    identity.Identity
}

func (*bearers) Name() string { return "oauth2 token" }

func (*bearers) Extract(r *http.Request) (realm.Credential, error) {
	text, ok := realm.Authorization(r, "Bearer")
	if !ok {
		return nil, nil
	}
	return credential(text), nil
}

func (b *bearers) Authenticate(_ context.Context, c realm.Credential) (realm.Result, error) {
	if b.right == "" || c.Principal() != b.right {
		return realm.Result{Reason: "invalid token"}, nil
	}
	return realm.Result{Verdict: realm.Success, User: b.id}, nil
}

// request is one with headers, given as "Name: value".
func request(t *testing.T, headers ...string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/_security/_authenticate", nil)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	return r
}

func as(name, password string) string {
	r := &http.Request{Header: http.Header{}}
	r.SetBasicAuth(name, password)
	return "Authorization: " + r.Header.Get("Authorization")
}

// open is a guard that lets everybody do everything.
type open struct{ *authn.Service }

func (open) Authorize(context.Context, string, identity.Target) error { return nil }

func handler(t testing.TB, s *authn.Service) http.Handler {
	t.Helper()
	h, err := rest.New(s.Routes(), rest.Options{Guard: open{s}, Version: "9.5.3", BuildHash: "367ec317ec5f668dd864d41be06052a567102fec"})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

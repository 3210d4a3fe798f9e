package authn

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/realm"
	"github.com/realmctl/realmctl/internal/secret"
)

// Service authenticates requests. Its fields are set before the first one.
type Service struct {
	Authenticators []Authenticator // in order, before the realms
	Realms         *realm.Chain
	Log            *slog.Logger // nil: no log

	// Challenges are the WWW-Authenticate values besides those of the realms, such as
	// Bearer and ApiKey, as far as these services are on.
	Challenges []string
	// Anonymous is who requests without credentials act for; without roles he is off.
	Anonymous Anonymous
	// NoRunAs ignores es-security-runas-user (xpack.security.authc.run_as.enabled).
	NoRunAs bool
	// Bearer is the only authenticator that claims with a bearer token are about; what
	// it does not know is a realm's. A service account claims nothing.
	Bearer Authenticator
}

func (s *Service) log() *slog.Logger {
	if s.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.Log
}

// The headers besides Authorization that say who a request acts for.
const (
	runAsHeader     = "Es-Security-Runas-User"
	secondaryHeader = "Es-Secondary-Authorization"
)

// question is one request for an identity.
type question struct {
	what        string  // REST request [/uri], or action [name], in refusals
	principal   string  // whose credential a grant carries
	runAs       *string // nil: nobody
	noAnonymous bool
	failed      []string // additional_unsuccessful_credentials
}

// Authenticate finds out who a request acts for. It never reads the body. The error
// is a 401, Busy when no more passwords can be checked now, Unavailable when the
// database fails, or Invalid for a header with two values.
func (s *Service) Authenticate(r *http.Request) (identity.Identity, error) {
	if err := single(r.Header, "Authorization", runAsHeader, secondaryHeader); err != nil {
		return identity.Identity{}, err
	}
	q := question{what: "REST request [" + uri(r) + "]"}
	if names := r.Header[runAsHeader]; len(names) > 0 {
		name := latin1(strings.TrimSpace(names[0]))
		q.runAs = &name
	}
	id, err := s.identify(r.Context(), r, s.Authenticators, &q)
	if err != nil {
		return identity.Identity{}, err
	}
	return id, s.secondary(r, q.what)
}

// latin1 reads the bytes of a header as characters, as Elasticsearch does, so that no
// other name than an ASCII one can be sent.
func latin1(header string) string {
	out := make([]rune, len(header))
	for i := range len(header) {
		out[i] = rune(header[i])
	}
	return string(out)
}

// secondary checks es-secondary-authorization. Elasticsearch keeps that identity for
// transforms and the like, which do not exist here; a wrong one is refused all the
// same, as SecondaryAuthenticator does.
func (s *Service) secondary(r *http.Request, what string) error {
	h := r.Header.Get(secondaryHeader)
	if h == "" {
		return nil
	}
	second := &http.Request{Header: http.Header{"Authorization": {h}}, TLS: r.TLS}
	_, err := s.identify(r.Context(), second, s.Authenticators, &question{what: what, noAnonymous: true})
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Kind == fault.Unauthorized {
		return &fault.Error{Kind: fault.Unauthorized, Reason: "Failed to authenticate secondary user", Cause: f}
	}
	return err
}

// single refuses headers that are sent twice with different values.
func single(h http.Header, names ...string) error {
	for _, name := range names {
		values := h[name]
		for _, v := range values {
			if v != values[0] {
				return fault.Invalidf("multiple values for single-valued header [%s].", spelling(name))
			}
		}
	}
	return nil
}

// spelling is a header's name as Elasticsearch's constants have it.
func spelling(name string) string {
	if name == "Authorization" {
		return name
	}
	return strings.ToLower(name)
}

// Claim is a credential in the body of a request: whom a key or token is granted to.
type Claim struct {
	Action     string           // what is asked for; named in the refusal
	Credential realm.Credential // for the realms, unless there is a bearer token
	Bearer     secret.String
	RunAs      *string // nil: nobody
}

// Verify finds out whom a claim is about. It says nothing about whether that user may
// run as another one; that he cannot at all is an Invalid fault.
func (s *Service) Verify(ctx context.Context, c Claim) (identity.Identity, error) {
	id, err := s.claimed(ctx, c)
	if err == nil && c.RunAs != nil && (id.RunBy == nil || id.User.Username != *c.RunAs) {
		return identity.Identity{}, &fault.Error{Kind: fault.Invalid, Type: "status_exception", Reason: "the provided grant credentials do not support run-as"}
	}
	return id, err
}

func (s *Service) claimed(ctx context.Context, c Claim) (identity.Identity, error) {
	q := question{what: "action [" + c.Action + "]", runAs: c.RunAs, noAnonymous: true}
	if c.Bearer.Empty() {
		return s.byRealm(ctx, c.Credential, &q)
	}
	q.principal = "_bearer_token"
	r := &http.Request{Header: http.Header{"Authorization": {"Bearer " + string(c.Bearer)}}}
	var all []Authenticator
	if s.Bearer != nil {
		all = append(all, s.Bearer)
	}
	return s.identify(ctx, r, all, &q)
}

// identify asks the authenticators, then the realms (AuthenticatorChain).
func (s *Service) identify(ctx context.Context, r *http.Request, all []Authenticator, q *question) (identity.Identity, error) {
	for _, a := range all {
		cred, err := a.Extract(r)
		if f, ok := errors.AsType[*fault.Error](err); ok && f.Kind == fault.Invalid {
			q.failed = append(q.failed, a.Name()+": "+f.Reason)
			continue
		}
		if err != nil {
			return identity.Identity{}, s.failure(ctx, err, q)
		}
		if cred == nil {
			continue
		}
		res, err := a.Authenticate(ctx, cred)
		switch {
		case err != nil:
			return identity.Identity{}, s.failure(ctx, err, q)
		case res.Verdict == realm.Success:
			return s.finish(ctx, res.User, q)
		case res.Verdict == realm.Terminate:
			return identity.Identity{}, s.refuse(&fault.Error{Reason: res.Reason, Meta: q.meta()})
		case res.Reason != "":
			q.failed = append(q.failed, a.Name()+": "+res.Reason)
		}
	}
	cred, ok := s.Realms.Extract(r)
	if !ok {
		return s.withoutCredential(r, q)
	}
	return s.byRealm(ctx, cred, q)
}

// byRealm asks the realms about a credential.
func (s *Service) byRealm(ctx context.Context, cred realm.Credential, q *question) (identity.Identity, error) {
	if bad, ok := cred.(realm.Malformed); ok {
		return identity.Identity{}, s.failure(ctx, bad.Err, q)
	}
	res, tried := s.Realms.Authenticate(ctx, cred)
	if res.Verdict == realm.Success {
		return s.finish(ctx, res.User, q)
	}
	s.report(ctx, cred.Principal(), tried)
	if err := ctx.Err(); err != nil {
		return identity.Identity{}, err
	}
	if err := undecided(tried); err != nil {
		return identity.Identity{}, err
	}
	return identity.Identity{}, s.unknown(cred.Principal(), q)
}

// withoutCredential is AuthenticatorChain.handleNullToken.
func (s *Service) withoutCredential(r *http.Request, q *question) (identity.Identity, error) {
	switch {
	case q.principal != "":
		return identity.Identity{}, s.unknown(q.principal, q)
	case !q.noAnonymous && s.Anonymous.enabled() && !carriesToken(r):
		return s.Anonymous.identity(), nil
	case len(q.failed) > 0:
		return identity.Identity{}, s.refuse(&fault.Error{
			Reason: "unable to authenticate with provided credentials and anonymous access is not allowed for this request",
			Meta:   q.meta(),
		})
	}
	return identity.Identity{}, s.refuse(&fault.Error{Reason: "missing authentication credentials for " + q.what})
}

// finish refuses disabled users and lets the others run as somebody else.
func (s *Service) finish(ctx context.Context, id identity.Identity, q *question) (identity.Identity, error) {
	name := id.User.Username
	if !id.User.Enabled {
		return identity.Identity{}, s.unknown(name, q)
	}
	if q.runAs != nil && !s.NoRunAs && mayRunAs(id) {
		target, err := s.target(ctx, *q.runAs)
		if err != nil {
			return identity.Identity{}, s.failure(ctx, err, q)
		}
		if !target.User.Enabled {
			return identity.Identity{}, s.unknown(name, q)
		}
		by := id.Subject
		id.Subject, id.RunBy = target, &by
	}
	if s.Anonymous.shared(id) {
		id.AnonymousRoles = s.Anonymous.Roles
	}
	return id, nil
}

// mayRunAs leaves out who runs as nobody else, without an error: service accounts,
// the anonymous user, also by a token of his, and who runs as somebody by his token
// (Authentication.supportsRunAs).
func mayRunAs(id identity.Identity) bool {
	return id.RunBy == nil && id.Realm != anonymousRealm() && !id.ServiceAccount()
}

// target is whom to run as. A name that nobody has is a user without realm, whom
// authorization refuses, so that the time taken does not tell who exists. An empty
// name is a user who is not enabled.
func (s *Service) target(ctx context.Context, name string) (identity.Subject, error) {
	if name == "" {
		return identity.Subject{}, nil
	}
	target, ok, err := s.Realms.Lookup(ctx, name)
	if err != nil || ok {
		return target, err
	}
	return identity.Subject{User: identity.User{Username: name, Enabled: true}}, nil
}

// uri is the request's target as it was sent.
func uri(r *http.Request) string {
	if r.RequestURI != "" {
		return r.RequestURI
	}
	return r.URL.RequestURI()
}

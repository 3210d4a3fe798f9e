package authn

import (
	"context"
	"errors"
	"net/http"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/realm"
	"github.com/realmctl/realmctl/internal/sqlite"
)

// challengeHeader is spelt as Elasticsearch sends it, also inside of the body.
const challengeHeader = "WWW-Authenticate"

// refuse makes a 401 of f and, unless it says so itself, adds what a client may try.
func (s *Service) refuse(f *fault.Error) error {
	f.Kind = fault.Unauthorized
	if f.Header == nil {
		f.Header = http.Header{challengeHeader: append(s.Realms.Challenges(), s.Challenges...)}
	}
	return f
}

// unknown is the refusal of a credential, whatever was wrong with it.
func (s *Service) unknown(principal string, q *question) error {
	return s.refuse(&fault.Error{Reason: "unable to authenticate user [" + principal + "] for " + q.what, Meta: q.meta()})
}

// failure is an error that ends the request: a fault as it is, that of the database too,
// anything else, which is logged, as Elasticsearch answers its own failures.
func (s *Service) failure(ctx context.Context, err error, q *question) error {
	if f := sqlite.Fault(err); f != nil {
		return f
	}
	f, ok := errors.AsType[*fault.Error](err)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, pwhash.ErrBusy):
		return tooBusy(err)
	case ok && f.Kind != fault.Unauthorized:
		return f
	case ok:
		own := *f
		own.Meta = append(own.Meta, q.meta()...)
		return s.refuse(&own)
	}
	s.log().ErrorContext(ctx, "cannot authenticate", "request", q.what, "error", err)
	return s.refuse(&fault.Error{Reason: "error attempting to authenticate request", Err: err})
}

// meta tells which credentials failed before the one that decided: one text, or a
// list of several.
func (q *question) meta() []fault.Field {
	switch len(q.failed) {
	case 0:
		return nil
	case 1:
		return []fault.Field{{Name: "additional_unsuccessful_credentials", Value: q.failed[0]}}
	}
	return []fault.Field{{Name: "additional_unsuccessful_credentials", Value: q.failed}}
}

// undecided is the answer about a credential that a realm could not check: for want of
// room, or because the database failed. A 401 would say that it is wrong.
func undecided(tried []realm.Attempt) error {
	for _, a := range tried {
		if errors.Is(a.Err, pwhash.ErrBusy) {
			return tooBusy(a.Err)
		}
		if f := sqlite.Fault(a.Err); f != nil {
			return f
		}
	}
	return nil
}

func tooBusy(err error) error {
	return &fault.Error{Kind: fault.Busy, Reason: "too many passwords are being checked, try again", Err: err}
}

// report logs why the realms did not accept a credential, as RealmsAuthenticator
// does. The caller is not told.
func (s *Service) report(ctx context.Context, principal string, tried []realm.Attempt) {
	for _, a := range tried {
		switch {
		case a.Err != nil:
			s.log().WarnContext(ctx, "realm could not decide", "realm", a.Realm.Name, "user", principal, "error", a.Err)
		case a.Verdict == realm.Terminate:
			s.log().InfoContext(ctx, "authentication terminated by realm", "realm", a.Realm.Name, "user", principal, "reason", a.Reason)
		case a.Reason != "":
			s.log().WarnContext(ctx, "authentication to realm failed", "realm", a.Realm.Name, "user", principal, "reason", a.Reason)
		}
	}
}

package realmtest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/realm"
	"github.com/realmctl/realmctl/internal/realm/realmtest"
)

// one is a realm that knows ana, good but for its fault.
type one struct {
	fault string
	down  bool
}

func ana() identity.User { return identity.User{Username: "ana", Enabled: true} }

func success() realm.Result {
	return realm.Result{Verdict: realm.Success, Stamp: "s", User: identity.Identity{Subject: identity.Subject{User: ana()}}}
}

func (o *one) Ref() realm.Ref {
	if o.fault == "nameless" {
		return realm.Ref{}
	}
	return realm.Ref{Name: "one", Type: "test"}
}

func (o *one) Authenticate(ctx context.Context, c realm.Credential) (realm.Result, error) {
	p, ok := c.(realm.Password)
	switch {
	case o.fault == "open to all kinds" && !ok:
		return success(), nil
	case !ok:
		return realm.Result{}, nil
	case o.down && o.fault != "open when down":
		return realm.Result{}, errors.New("down")
	case ctx.Err() != nil && o.fault != "deaf":
		return realm.Result{}, ctx.Err()
	case o.fault == "claims strangers" && p.Username != "ana":
		return realm.Result{Verdict: realm.Terminate}, nil
	case o.fault == "open to wrong passwords" && p.Username == "ana", p.Username == "ana" && p.Secret == "right" && o.fault != "shut":
		return success(), nil
	}
	return realm.Result{Reason: "wrong"}, nil
}

func (o *one) Extract(r *http.Request) (realm.Credential, bool) {
	if o.fault == "reads bodies" {
		_, _ = io.ReadAll(r.Body)
	}
	return realm.Basic(r)
}

func (o *one) Lookup(_ context.Context, name string) (identity.User, bool, error) {
	if o.down {
		return identity.User{}, false, errors.New("down")
	}
	if name != "ana" && o.fault != "finds strangers" {
		return identity.User{}, false, nil
	}
	return ana(), true, nil
}

func (o *one) Generation(context.Context) (uint64, error) { return 1, nil }

func (o *one) Revise(_ context.Context, name string) (identity.User, string, bool, error) {
	if o.fault == "stamps anew" {
		return ana(), "t", true, nil
	}
	return ana(), "s", name == "ana", nil
}

// TestSubject is run as it is, and once more for each fault in a process of its own,
// which must fail.
func TestSubject(t *testing.T) {
	t.Parallel()
	realmtest.Run(t, realmtest.Subject{
		New: func(*testing.T) (realm.Realm, func()) {
			o := &one{fault: os.Getenv("REALMTEST_FAULT")}
			return o, func() { o.down = true }
		},
		Username: "ana",
		Right:    realm.Password{Username: "ana", Secret: "right"},
		Wrong:    realm.Password{Username: "ana", Secret: "wrong"},
		Unknown:  realm.Password{Username: "ghost", Secret: "right"},
	})
}

func TestTheSuiteFindsEveryFault(t *testing.T) {
	t.Parallel()
	if os.Getenv("REALMTEST_FAULT") != "" {
		t.Skip("this is the process with the fault")
	}
	for fault, check := range map[string]string{
		"nameless":                "it has a name and a type",
		"shut":                    "the right credential is a success",
		"open to wrong passwords": "no other credential is one",
		"claims strangers":        "no other credential is one",
		"open to all kinds":       "credentials of another kind are none of its affair",
		"deaf":                    "an ended context lets nobody in",
		"open when down":          "a failing source lets nobody in",
		"reads bodies":            "extraction needs no body",
		"finds strangers":         "lookups know the same users",
		"stamps anew":             "revisions agree with logins",
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSubject$")
			cmd.Env = append(os.Environ(), "REALMTEST_FAULT="+fault)
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "--- FAIL: TestSubject/"+strings.ReplaceAll(check, " ", "_")) {
				t.Errorf("%q was not found by %q: %v\n%s", fault, check, err, out)
			}
		})
	}
}

// Package realmtest is what every realm type must pass, whatever it authenticates.
// A realm's own test calls Run and adds what is special about it.
package realmtest

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/realm"
)

// Subject is a realm type under test.
type Subject struct {
	// New makes a realm that knows one user, and what makes its source fail; nil if
	// nothing can. It is called at the same time by several tests.
	New func(t *testing.T) (r realm.Realm, fail func())
	// Username is that user's name.
	Username string
	// Right is his credential, Wrong one of the same kind that claims his name and is
	// not his, and Unknown one of somebody whom the realm does not know.
	Right, Wrong, Unknown realm.Credential
}

// Run checks that the realm keeps the contract of package realm.
func Run(t *testing.T, s Subject) {
	t.Helper()
	for name, check := range map[string]func(*testing.T, Subject){
		"it has a name and a type":                           named,
		"the right credential is a success":                  right,
		"no other credential is one":                         others,
		"credentials of another kind are none of its affair": foreign,
		"an ended context lets nobody in":                    ended,
		"a failing source lets nobody in":                    broken,
		"many at once do not mix up":                         concurrent,
		"extraction needs no body":                           extract,
		"lookups know the same users":                        lookup,
		"revisions agree with logins":                        revise,
		"the chain adds where the user is from":              chain,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, s)
		})
	}
}

func named(t *testing.T, s Subject) {
	r, _ := s.New(t)
	if ref := r.Ref(); ref.Name == "" || ref.Type == "" {
		t.Errorf("Ref() = %+v", ref)
	}
}

func right(t *testing.T, s Subject) {
	r, _ := s.New(t)
	res, err := r.Authenticate(t.Context(), s.Right)
	if err != nil || res.Verdict != realm.Success {
		t.Fatalf("the right credential: %+v, %v", res, err)
	}
	if u := res.User.User; u.Username != s.Username || !u.Enabled {
		t.Errorf("it belongs to %+v, want %s", u, s.Username)
	}
	if s.Right.Principal() != s.Username {
		t.Errorf("the credential claims %q, want %q", s.Right.Principal(), s.Username)
	}
}

func others(t *testing.T, s Subject) {
	r, _ := s.New(t)
	for name, c := range map[string]realm.Credential{"wrong": s.Wrong, "unknown": s.Unknown} {
		res, err := r.Authenticate(t.Context(), c)
		if err != nil || res.Verdict == realm.Success {
			t.Errorf("the %s credential: %+v, %v", name, res, err)
		}
		if diff := cmp.Diff(realm.Result{}.User, res.User); diff != "" {
			t.Errorf("a refusal names a user:\n%s", diff)
		}
	}
	if res, _ := r.Authenticate(t.Context(), s.Unknown); res.Verdict != realm.Continue {
		t.Errorf("somebody unknown: verdict %d, want Continue so that other realms are asked", res.Verdict)
	}
}

// foreignCredential is of a kind that no realm knows.
type foreignCredential struct{ name string }

func (f foreignCredential) Principal() string { return f.name }

func foreign(t *testing.T, s Subject) {
	r, _ := s.New(t)
	for _, c := range []realm.Credential{nil, foreignCredential{s.Username}, realm.Malformed{Err: io.EOF}} {
		res, err := r.Authenticate(t.Context(), c)
		if diff := cmp.Diff(realm.Result{}, res); diff != "" || err != nil {
			t.Errorf("%T: %v, %v", c, diff, err)
		}
	}
}

func ended(t *testing.T, s Subject) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, _ := s.New(t)
	res, err := r.Authenticate(ctx, s.Right)
	if err == nil && res.Verdict == realm.Success {
		t.Error("it authenticates although nobody waits for it")
	}
}

func broken(t *testing.T, s Subject) {
	r, fail := s.New(t)
	if fail == nil {
		t.Skip("its source cannot fail")
	}
	fail()
	for name, c := range map[string]realm.Credential{"right": s.Right, "wrong": s.Wrong, "unknown": s.Unknown} {
		if res, err := r.Authenticate(t.Context(), c); err == nil && res.Verdict == realm.Success {
			t.Errorf("the %s credential is a success", name)
		}
	}
	if l, ok := r.(realm.Looker); ok {
		if u, found, err := l.Lookup(t.Context(), s.Username); err == nil && found {
			t.Errorf("it finds %+v", u)
		}
	}
}

func concurrent(t *testing.T, s Subject) {
	r, _ := s.New(t)
	var group sync.WaitGroup
	for range 10 {
		for _, c := range []struct {
			cred realm.Credential
			ok   bool
		}{{s.Right, true}, {s.Wrong, false}, {s.Unknown, false}} {
			group.Go(func() {
				if res, err := r.Authenticate(t.Context(), c.cred); err != nil || (res.Verdict == realm.Success) != c.ok {
					t.Errorf("%s: %+v, %v; success: want %v", c.cred.Principal(), res, err, c.ok)
				}
			})
		}
	}
	group.Wait()
}

// untouchable is a body that must not be read.
type untouchable struct{ t *testing.T }

func (u untouchable) Read([]byte) (int, error) {
	u.t.Error("the body was read")
	return 0, io.EOF
}

func extract(t *testing.T, s Subject) {
	made, _ := s.New(t)
	x, ok := made.(realm.Extractor)
	if !ok {
		t.Skip("it extracts nothing")
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/", untouchable{t})
	if c, ok := x.Extract(r); ok {
		t.Errorf("a request without credentials has %v", c)
	}
	if p, ok := s.Right.(realm.Password); ok {
		r.SetBasicAuth(p.Username, p.Secret.Reveal())
		got, _ := x.Extract(r)
		if got != s.Right {
			t.Errorf("Extract = %v, want %v", got, s.Right)
		}
	}
}

func lookup(t *testing.T, s Subject) {
	r, _ := s.New(t)
	l, ok := r.(realm.Looker)
	if !ok {
		t.Skip("it looks nobody up")
	}
	res, err := r.Authenticate(t.Context(), s.Right)
	if err != nil {
		t.Fatal(err)
	}
	u, found, err := l.Lookup(t.Context(), s.Username)
	if err != nil || !found {
		t.Fatalf("Lookup(%s) = %v, %v", s.Username, found, err)
	}
	if diff := cmp.Diff(res.User.User, u); diff != "" {
		t.Errorf("user (-login +lookup):\n%s", diff)
	}
	if u, found, err := l.Lookup(t.Context(), s.Unknown.Principal()); found || err != nil {
		t.Errorf("Lookup(%s) = %+v, %v, %v", s.Unknown.Principal(), u, found, err)
	}
}

func revise(t *testing.T, s Subject) {
	r, _ := s.New(t)
	v, ok := r.(realm.Versioned)
	if !ok {
		t.Skip("its source tells no changes")
	}
	before, err := v.Generation(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	res, err := r.Authenticate(t.Context(), s.Right)
	if err != nil {
		t.Fatal(err)
	}
	u, stamp, found, err := v.Revise(t.Context(), s.Username)
	if err != nil || !found || stamp == "" || stamp != res.Stamp {
		t.Errorf("Revise(%s) = stamp equal: %v, %v, %v", s.Username, stamp == res.Stamp, found, err)
	}
	if diff := cmp.Diff(res.User.User, u); diff != "" {
		t.Errorf("user (-login +revision):\n%s", diff)
	}
	if _, _, found, err := v.Revise(t.Context(), s.Unknown.Principal()); found || err != nil {
		t.Errorf("Revise of somebody unknown = %v, %v", found, err)
	}
	if after, err := v.Generation(t.Context()); err != nil || after != before {
		t.Errorf("the generation moved from %d to %d by asking, %v", before, after, err)
	}
}

func chain(t *testing.T, s Subject) {
	r, _ := s.New(t)
	c := realm.NewChain([]realm.Member{{Realm: r}}, realm.Options{})
	res, tried := c.Authenticate(t.Context(), s.Right)
	if res.Verdict != realm.Success || res.User.Realm != r.Ref() || len(tried) != 1 {
		t.Errorf("verdict %d from %+v after %d attempts, want the realm's success", res.Verdict, res.User.Realm, len(tried))
	}
	if res, _ := c.Authenticate(t.Context(), s.Wrong); res.Verdict == realm.Success {
		t.Error("the wrong credential is a success")
	}
}

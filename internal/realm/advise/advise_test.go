package advise_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/realm/advise"
)

// best are the methods that are recommended, in order.
func best(t *testing.T, deployment, use string) []string {
	t.Helper()
	list, err := advise.For(deployment, use)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, a := range list {
		if a.Fit == advise.Recommended {
			got = append(got, a.Method)
		}
	}
	return got
}

func TestRecommendations(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		use  string
		want map[string][]string
	}{
		{advise.REST, map[string][]string{"self": {"api_key"}, "eck": {"api_key"}, "ece": {"api_key"}, "ech": {"api_key"}, "serverless": {"api_key"}}},
		{advise.CI, map[string][]string{"self": {"api_key", "jwt"}, "eck": {"api_key", "jwt"}, "ece": {"api_key", "jwt"}, "ech": {"api_key", "jwt"}, "serverless": {"api_key"}}},
		{advise.Browser, map[string][]string{
			"self": {"saml", "oidc"}, "eck": {"saml", "oidc"}, "ece": {"organization", "saml", "oidc"},
			"ech": {"organization", "saml", "oidc"}, "serverless": {"organization"},
		}},
		{advise.DR, map[string][]string{"self": {"file"}, "eck": {"file"}, "ece": {"organization"}, "ech": {"organization"}, "serverless": {"organization"}}},
	} {
		for deployment, want := range c.want {
			if diff := cmp.Diff(want, best(t, deployment, c.use)); diff != "" {
				t.Errorf("%s on %s differs (-want +got):\n%s", c.use, deployment, diff)
			}
		}
	}
}

// TestAvailability is the table of Elastic's documentation, and that of service tokens
// for recovery: only who has the files can put one there.
func TestAvailability(t *testing.T) {
	t.Parallel()
	missing := map[string][]string{
		"self": {"organization"}, "eck": {"organization", "service_token"}, "ece": {"file", "service_token"}, "ech": {"file", "pki", "service_token"},
		"serverless": {"active_directory", "file", "jwt", "kerberos", "ldap", "native", "oidc", "pki", "saml", "service_token"},
	}
	for _, d := range advise.Deployments() {
		got := map[string]bool{}
		for _, u := range advise.Uses() {
			list, err := advise.For(d, u)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range list {
				if a.Fit == advise.Unavailable {
					got[a.Method] = true
				}
			}
		}
		var names []string
		for name := range got {
			names = append(names, name)
		}
		slices.Sort(names)
		if diff := cmp.Diff(missing[d], names); diff != "" {
			t.Errorf("not available on %s differs (-want +got):\n%s", d, diff)
		}
	}
}

func TestEveryAnswerHasAReasonAndAnOrder(t *testing.T) {
	t.Parallel()
	order := []advise.Fit{advise.Recommended, advise.Possible, advise.Unsuitable, advise.Unavailable}
	for _, d := range advise.Deployments() {
		for _, u := range advise.Uses() {
			list, err := advise.For(d, u)
			if err != nil {
				t.Fatal(err)
			}
			for i, a := range list {
				if a.Why == "" || a.License == "" || a.Next != "" && !strings.HasPrefix(a.Next, "realmctl ") {
					t.Errorf("%s on %s: %+v has no reason, no licence or no command of ours", u, d, a)
				}
				if i > 0 && slices.Index(order, a.Fit) < slices.Index(order, list[i-1].Fit) {
					t.Errorf("%s on %s: %s comes after %s", u, d, a.Fit, list[i-1].Fit)
				}
				if (a.Fit == advise.Unsuitable || a.Fit == advise.Unavailable) && a.Next != "" {
					t.Errorf("%s on %s: %s is %s, and there is a command for it", u, d, a.Method, a.Fit)
				}
			}
		}
	}
}

func TestForWantsKnownWords(t *testing.T) {
	t.Parallel()
	if _, err := advise.For("cloud", "rest"); err == nil || err.Error() != `deployment "cloud": one of self, eck, ece, ech, serverless` {
		t.Errorf("unknown deployment: %v", err)
	}
	if _, err := advise.For("self", "app"); err == nil || err.Error() != `use "app": one of rest, browser, ci, dr` {
		t.Errorf("unknown use: %v", err)
	}
}

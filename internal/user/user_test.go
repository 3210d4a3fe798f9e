package user_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/realmctl/realmctl/internal/authn"
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/user"
)

const late = "validation_exception: Validation Failed: 1: "

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	guest := func(s *user.Service) {
		s.Anonymous = authn.Anonymous{Username: "guest", Roles: []string{"viewer"}}.User()
	}
	noReserved := func(s *user.Service) { s.NoReserved = true }
	for _, c := range []struct {
		name               string
		edit               func(*user.Service)
		method, path, body string
		want               string
	}{
		{
			"the anonymous user cannot be put", guest, "PUT", "/_security/user/guest", `{"password":"secret","roles":[]}`,
			"action_request_validation_exception: Validation Failed: 1: user [guest] is anonymous and cannot be modified via the API;",
		},
		{
			"not even while he is off", nil, "PUT", "/_security/user/_anonymous", `{"password":"secret","roles":[]}`,
			"action_request_validation_exception: Validation Failed: 1: user [_anonymous] is anonymous and cannot be modified via the API;",
		},
		{
			"nor deleted", guest, "DELETE", "/_security/user/guest", "",
			"illegal_argument_exception: user [guest] is anonymous and cannot be deleted",
		},
		{
			"nor given a password", guest, "PUT", "/_security/user/guest/_password", `{"password":"secret"}`,
			"illegal_argument_exception: user [guest] is anonymous and cannot be modified via the API",
		},
		{
			"nor disabled", guest, "PUT", "/_security/user/guest/_disable", "",
			"illegal_argument_exception: user [guest] is anonymous and cannot be modified using the api",
		},
		{
			"a reserved user keeps his roles", nil, "PUT", "/_security/user/kibana", `{"roles":["superuser"]}`,
			"action_request_validation_exception: Validation Failed: 1: user [kibana] is reserved and only the password can be changed;",
		},
		{
			"all complaints about names come at once", nil, "PUT", "/_security/user/elastic", `{"roles":[" a"],"password":"secret"}`,
			"action_request_validation_exception: Validation Failed: 1: user [elastic] is reserved and only the password can be changed;2: " + nameRule("Role") + ";",
		},
		{
			"a bad name", nil, "PUT", "/_security/user/%20x", `{"roles":[""],"password":"secret"}`,
			"action_request_validation_exception: Validation Failed: 1: " + nameRule("User") + ";2: " + nameRule("Role") + ";",
		},
		{
			"a password that another realm checks", func(s *user.Service) {
				s.Elsewhere = func(_ context.Context, name string) (bool, error) { return name == "filer", nil }
			}, "PUT", "/_security/user/filer/_password", `{"password":"secret"}`,
			late + "user [filer] does not belong to the native realm and cannot be managed via this API.;",
		},
		{
			"a password of a user that no realm knows", func(s *user.Service) {
				s.Elsewhere = func(context.Context, string) (bool, error) { return false, nil }
			}, "PUT", "/_security/user/ghost/_password", `{"password":"secret"}`,
			late + "user must exist in order to change password;",
		},
		{
			"complaints of the builder come before the rest of the body", nil, "PUT", "/_security/user/x", `{"password":"short","nope":1}`,
			late + "passwords must be at least [6] characters long;",
		},
		{
			"a password of six bytes and three characters", nil, "PUT", "/_security/user/x", `{"password":"äöü","roles":[]}`,
			late + "passwords must be at least [6] characters long;",
		},
		{
			"a reserved name while the reserved realm is off has no password", noReserved, "PUT", "/_security/user/kibana/_password", `{"password":"secret"}`,
			late + "user [kibana] belongs to the reserved realm which is disabled.;",
		},
		{
			"nor has elastic", noReserved, "PUT", "/_security/user/elastic/_password", `{"password":"secret"}`,
			late + " To update the user [elastic] in a cloud deployment, use the console.;",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t, nil) // who asks is always the reserved elastic
			if c.edit != nil {
				c.edit(a.users)
			}
			as := ""
			if a.users.NoReserved {
				as = addNative(t, a, "admin")
			}
			status, answer := a.do(t, as, c.method, c.path, c.body)
			if got := refused(t, answer); status != http.StatusBadRequest || !strings.HasPrefix(got, c.want) {
				t.Errorf("%d %s\nwant %s", status, got, c.want)
			}
		})
	}
}

func nameRule(what string) string {
	return what + " names must be at least 1 and no more than 507 characters. They can contain alphanumeric characters (a-z, A-Z, 0-9), " +
		"spaces, punctuation, and printable symbols in the Basic Latin (ASCII) block. Leading or trailing whitespace is not allowed."
}

// addNative creates a user without the API and returns his credential.
func addNative(t *testing.T, a *api, name string) string {
	t.Helper()
	in := user.NewUser{
		User:     identity.User{Username: name, Roles: []string{"r"}, Enabled: true},
		Password: user.NewPassword{Plain: "native-pass"},
	}
	if _, err := a.users.Put(t.Context(), identity.Identity{}, in); err != nil {
		t.Fatal(err)
	}
	return name + ":native-pass"
}

func TestTheReservedNamesAreOrdinaryWhileTheirRealmIsOff(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	a.users.NoReserved = true
	as := addNative(t, a, "admin")
	for _, c := range []struct{ method, path, body, want string }{
		{"PUT", "/_security/user/kibana", `{"password":"secret","roles":["x"]}`, `{"created":true}`},
		{
			"GET", "/_security/user/kibana,beats_system", "",
			`{"kibana":{"username":"kibana","roles":["x"],"full_name":null,"email":null,"metadata":{},"enabled":true}}`,
		},
		{"DELETE", "/_security/user/kibana", "", `{"found":true}`},
	} {
		status, answer := a.do(t, as, c.method, c.path, c.body)
		if status != http.StatusOK {
			t.Fatalf("%s %s = %d %s", c.method, c.path, status, answer)
		}
		sameJSON(t, c.want, answer)
	}
	if _, answer := a.do(t, as, "GET", "/_security/user", ""); strings.Contains(answer, "logstash_system") {
		t.Errorf("reserved users are listed: %s", answer)
	}
}

func TestNobodyTurnsHimselfOff(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	ana := addNative(t, a, "ana")
	for _, c := range []struct{ name, as, method, path, body, want string }{
		{"by disabling", ana, "PUT", "/_security/user/ana/_disable", "", "illegal_argument_exception: users may not update the enabled status of their own account"},
		{
			"by a put", ana, "PUT", "/_security/user/ana", `{"roles":[],"enabled":false}`,
			"action_request_validation_exception: Validation Failed: 1: native and reserved realm users may not update the enabled status of their own account;",
		},
		{"not even the reserved ones", "", "POST", "/_security/user/elastic/_disable", "", "illegal_argument_exception: users may not update the enabled status of their own account"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			status, answer := a.do(t, c.as, c.method, c.path, c.body)
			if got := refused(t, answer); status != http.StatusBadRequest || got != c.want {
				t.Errorf("%d %s, want %s", status, got, c.want)
			}
		})
	}
}

func TestWhatIsAccepted(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	ana := addNative(t, a, "ana")
	for _, c := range []struct{ name, as, path, body, want string }{
		{"oneself, who stays enabled", ana, "ana", `{"roles":["x"]}`, `{"created":false}`},
		{"no roles in an empty text", "", "bob", `{"password":"secret","roles":""}`, `{"created":true}`},
		{"a name of all that is printable", "", "!~%20%23%7B%7D", `{"password":"secret","roles":["~ !"]}`, `{"created":true}`},
		{"a password of six characters", "", "eve", `{"password":"äöüßéè","roles":[]}`, `{"created":true}`},
		{"names of internal users", "", "_xpack", `{"password":"secret","roles":[]}`, `{"created":true}`},
	} {
		status, answer := a.do(t, c.as, "PUT", "/_security/user/"+c.path, c.body)
		if status != http.StatusOK || answer != c.want {
			t.Errorf("%s: %d %s, want %s", c.name, status, answer, c.want)
		}
	}
}

func TestNamesThatAreRefused(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	for _, path := range []string{"%C3%A9", "a%7F", "a%09", "%20a", "a%20", strings.Repeat("x", 508)} {
		status, answer := a.do(t, "", "PUT", "/_security/user/"+path, `{"password":"secret","roles":[]}`)
		if got := refused(t, answer); status != http.StatusBadRequest || !strings.Contains(got, nameRule("User")) {
			t.Errorf("%s: %d %s", path, status, got)
		}
	}
	a.must(t, "PUT", "/_security/user/"+strings.Repeat("x", 507), `{"password":"secret","roles":[]}`)
}

func TestEveryoneIsListedOnceHoweverManyTheyAre(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(s *user.Service) {
		s.Anonymous = authn.Anonymous{Username: "guest", Roles: []string{"viewer"}}.User()
	})
	const many = 2100 // more than two pages
	in := user.NewUser{
		User:     identity.User{Roles: []string{}, Enabled: true},
		Password: user.NewPassword{Hash: "$2a$04$7jxZ8oKkGHdB7ZiPnXqVv.nUZ5oRnDi1RwLhyCaRKzWF7zUzdMVfW"},
	}
	for i := range many {
		in.Username = fmt.Sprintf("u%d", i)
		if _, err := a.users.Put(t.Context(), identity.Identity{}, in); err != nil {
			t.Fatal(err)
		}
	}
	var all map[string]struct{ Username string }
	answer := a.must(t, "GET", "/_security/user", "")
	if err := json.Unmarshal([]byte(answer), &all); err != nil {
		t.Fatal(err)
	}
	if want := many + 7 + 1; len(all) != want || strings.Count(answer, `"username":`) != want {
		t.Errorf("%d users in %d members, want %d", len(all), strings.Count(answer, `"username":`), want)
	}
}

func TestAStreamThatIsLeftEndsTheReading(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	n := 0
	if err := a.users.Each(t.Context(), func(user.Record) bool { n++; return n < 3 }); err != nil || n != 3 {
		t.Errorf("Each stopped after %d users with %v, want 3", n, err)
	}
}

func TestProfileUIDsAreShownOnRequest(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(s *user.Service) {
		s.ProfileUID = func(_ context.Context, name, realmType string) (string, error) {
			if name == "broken" {
				return "", errors.New("disk")
			}
			return "u_" + name + "_" + realmType, nil
		}
	})
	addNative(t, a, "ana")
	addNative(t, a, "broken")
	for path, want := range map[string]int{"ana,elastic?with_profile_uid": 2, "ana,elastic": 0, "ana?with_profile_uid=false": 0} {
		answer := a.must(t, "GET", "/_security/user/"+path, "")
		if got := strings.Count(answer, `"profile_uid":"u_ana_native"`) + strings.Count(answer, `"profile_uid":"u_elastic_reserved"`); got != want {
			t.Errorf("%s: %s, want %d uids", path, answer, want)
		}
	}
	if status, answer := a.do(t, "", "GET", "/_security/user/broken?with_profile_uid", ""); status != http.StatusInternalServerError {
		t.Errorf("a profile that cannot be read: %d %s", status, answer)
	}
}

func TestChangesMoveTheGenerationAndCreationsDoNot(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	last, err := a.users.Generation(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		method, path, body string
		moves              bool
	}{
		{"PUT", "/_security/user/ana", `{"password":"secret","roles":[]}`, false},
		{"PUT", "/_security/user/ana", `{"roles":[]}`, true},
		{"PUT", "/_security/user/ana/_password", `{"password":"secret2"}`, true},
		{"PUT", "/_security/user/ana/_disable", "", true},
		{"PUT", "/_security/user/beats_system/_disable", "", true},
		{"PUT", "/_security/user/beats_system/_password", `{"password":"secret2"}`, true},
		{"DELETE", "/_security/user/ana", "", true},
	} {
		a.must(t, c.method, c.path, c.body)
		now, err := a.users.Generation(t.Context())
		if err != nil || (now != last) != c.moves {
			t.Errorf("%s %s %s: generation %d after %d, %v; moves: want %v", c.method, c.path, c.body, now, last, err, c.moves)
		}
		last = now
	}
	if status, _ := a.do(t, "", "DELETE", "/_security/user/ana", ""); status != http.StatusNotFound {
		t.Errorf("deleting twice: %d, want 404", status)
	}
	if now, err := a.users.Generation(t.Context()); now != last || err != nil {
		t.Errorf("deleting nobody moved the generation from %d to %d, %v", last, now, err)
	}
}

func TestTheGuardIsAskedAboutTheUserConcerned(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	a.must(t, "PUT", "/_security/user/ana", `{"password":"secret","roles":[]}`)
	a.must(t, "PUT", "/_security/user/ana/_password", `{"password":"secret"}`)
	if got := a.self["cluster:admin/xpack/security/user/change_password"]; got.Username != "ana" {
		t.Errorf("target %+v, want ana", got)
	}
	a.must(t, "POST", "/_security/user/_password", `{"password":"elastic-pass"}`)
	if got := a.self["cluster:admin/xpack/security/user/change_password"]; got.Username != "elastic" {
		t.Errorf("target %+v, want the caller", got)
	}
}

func TestWhatIsDeniedIsNotDone(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	a.denied = "cluster:admin/xpack/security/user/put"
	if status, _ := a.do(t, "", "PUT", "/_security/user/ana", `{"password":"secret","roles":[]}`); status == http.StatusOK {
		t.Error("a denied put was done")
	}
	if found, err := a.users.Get(t.Context(), []string{"ana"}); len(found) != 0 || err != nil {
		t.Errorf("users %v, %v; want none", found, err)
	}
}

func TestAClosedDatabaseIsAnInternalError(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	if err := a.users.DB.Close(); err != nil {
		t.Fatal(err)
	}
	in := user.NewUser{User: identity.User{Username: "ana", Roles: []string{}}, Password: user.NewPassword{Hash: "h"}}
	_, put := a.users.Put(t.Context(), identity.Identity{}, in)
	_, get := a.users.Get(t.Context(), []string{"ana", "elastic"})
	_, remove := a.users.Delete(t.Context(), "ana")
	for what, err := range map[string]error{
		"put": put, "get": get, "delete": remove,
		"each":     a.users.Each(t.Context(), func(user.Record) bool { return true }),
		"password": a.users.ChangePassword(t.Context(), "ana", user.NewPassword{Hash: "h"}),
		"enable":   a.users.SetEnabled(t.Context(), identity.Identity{}, "ana", user.Enable),
		"init":     user.Bootstrap(t.Context(), a.users.DB, "h"),
	} {
		if _, ours := errors.AsType[*fault.Error](err); err == nil || ours {
			t.Errorf("%s: %v, want an internal error", what, err)
		}
	}
}

func TestADeprecatedUserIsWarned(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	a.must(t, "PUT", "/_security/user/kibana/_password", `{"password":"kibana-pass"}`)
	for name, want := range map[string]string{
		"elastic": "",
		"kibana":  `"The user [kibana] is deprecated and will be removed in a future version of Elasticsearch. Please use the [kibana_system] user instead."`,
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/_security/_authenticate", nil)
		r.SetBasicAuth(name, name+"-pass")
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		if got := w.Header().Get("Warning"); w.Code != http.StatusOK || !strings.HasSuffix(got, want) || (got == "") != (want == "") {
			t.Errorf("%s: status %d, warning %q, want %q", name, w.Code, got, want)
		}
	}
}

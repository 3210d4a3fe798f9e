package apikey_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/apikey"
	"github.com/realmctl/realmctl/internal/apikey/keyring"
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/role/descriptor"
	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/timevalue"
)

// in is a duration as a body would have it.
func in(t *testing.T, text string) *timevalue.Value {
	t.Helper()
	v, err := keyring.ParseLifetime(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestKeysOfKeysMayOnlySayWhoTheyAre(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	k, plain := f.create(t, user("bob", "native1"), apikey.NewKey{})
	parent, _ := f.login(t, k.ID, plain)
	const refusal = "creating derived api keys requires an explicit role descriptor that is empty (has no privileges)"
	for about, c := range map[string]struct {
		roles []descriptor.Role
		want  string
	}{
		"no descriptor would copy the parent's rights": {nil, refusal},
		"one that grants":   {[]descriptor.Role{{Name: "a"}, {Name: "b", Cluster: []string{"none"}}}, refusal},
		"one with metadata": {[]descriptor.Role{{Name: "a", Metadata: json.RawMessage(`{"a":1}`)}}, refusal},
		"empty ones":        {[]descriptor.Role{{Name: "a"}, {Name: "b", Metadata: json.RawMessage(`{}`)}}, ""},
	} {
		child, childPlain, err := f.Create(t.Context(), parent, apikey.NewKey{Name: "child", Roles: c.roles})
		if reason(err) != c.want {
			t.Errorf("%s: %v, want %q", about, err, c.want)
		}
		if err != nil {
			continue
		}
		id, outcome := f.login(t, child.ID, childPlain)
		if outcome != "ok" || id.User.Username != "bob" || string(id.APIKey.LimitedBy) != "{}" {
			t.Errorf("%s: %s as %s limited by %s, want bob limited to nothing", about, outcome, id.User.Username, id.APIKey.LimitedBy)
		}
		if child.Owner.Realm.Name != "_es_api_key" {
			t.Errorf("%s: owned in realm %s", about, child.Owner.Realm.Name)
		}
	}
}

func TestRestrictionsDoNotCombine(t *testing.T) {
	t.Parallel()
	w := []string{"search_application_query"}
	for about, c := range map[string]struct {
		roles, owner []descriptor.Role
		want         string
	}{
		"one":                {[]descriptor.Role{{Name: "a", Workflows: w}}, nil, ""},
		"two":                {[]descriptor.Role{{Name: "a", Workflows: w}, {Name: "b", Workflows: w}}, nil, "more than one role descriptor with restriction is not supported"},
		"one beside another": {[]descriptor.Role{{Name: "a", Workflows: w}, {Name: "b"}}, nil, "combining role descriptors with and without restriction is not supported"},
		"the owner's":        {nil, []descriptor.Role{{Name: "a", Workflows: w}}, "owner user role descriptors must not include restriction"},
	} {
		f := newFixture(t)
		f.snapshots = c.owner
		_, _, err := f.Create(t.Context(), user("bob", "native1"), apikey.NewKey{Name: "k", Roles: c.roles})
		if reason(err) != c.want {
			t.Errorf("%s: %v, want %q", about, err, c.want)
		}
	}
}

func TestGrantIsForWhomItProves(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.grantee = func(g apikey.Grant) (identity.Identity, error) {
		switch g.Password {
		case "right":
			return user(g.Username, "native1"), nil
		case "broken":
			return identity.Identity{}, os.ErrDeadlineExceeded
		case "run as":
			return identity.Identity{}, &fault.Error{Kind: fault.Forbidden, Reason: "may not run as"}
		}
		return identity.Identity{}, &fault.Error{Kind: fault.Unauthorized, Reason: "unable to authenticate"}
	}
	k, _, err := f.Grant(t.Context(), apikey.Grant{Type: "password", Username: "eve", Password: "right"}, apikey.NewKey{Name: "k"})
	if err != nil || k.Owner.Username != "eve" {
		t.Errorf("Grant = %+v, %v, want a key of eve", k.Owner, err)
	}
	for password, want := range map[secret.String]string{
		"wrong":  "security_exception: Failed to authenticate api key grant: security_exception: unable to authenticate",
		"run as": "security_exception: may not run as",
		"broken": os.ErrDeadlineExceeded.Error(),
	} {
		_, _, err := f.Grant(t.Context(), apikey.Grant{Type: "password", Username: "eve", Password: password}, apikey.NewKey{Name: "k"})
		if err == nil || err.Error() != want {
			t.Errorf("Grant with %s = %v, want %s", password.Reveal(), err, want)
		}
	}
	_, _, err = f.Grant(t.Context(), apikey.Grant{Type: "password", Username: "eve", Password: "wrong"}, apikey.NewKey{Name: "k"})
	if !fault.Is(err, fault.Forbidden) {
		t.Errorf("Grant with a wrong password = %v, want Forbidden: the caller himself is who he says", err)
	}
}

// The rule about keys of keys is not asked of grants. What they give can do nothing
// all the same.
func TestAGrantByAKeysTokenGivesAKeyWithoutRights(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	parent, plain := f.create(t, user("bob", "native1"), apikey.NewKey{})
	f.grantee = func(apikey.Grant) (identity.Identity, error) {
		id, _ := f.login(t, parent.ID, plain)
		return id, nil
	}
	roles := []descriptor.Role{{Name: "a", Cluster: []string{"all"}}}
	k, plain, err := f.Grant(t.Context(), apikey.Grant{Type: "access_token", AccessToken: "t"}, apikey.NewKey{Name: "k", Roles: roles})
	if err != nil {
		t.Fatal(err)
	}
	id, outcome := f.login(t, k.ID, plain)
	if outcome != "ok" || id.User.Username != "bob" || string(id.APIKey.LimitedBy) != "{}" {
		t.Errorf("%s as %s limited by %s, want bob limited to nothing", outcome, id.User.Username, id.APIKey.LimitedBy)
	}
}

func TestClone(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	encoded := func(id string, plain secret.String) string { return keyring.Encoded(id, plain).Reveal() }
	source, plain := f.create(t, user("bob", "native1"), apikey.NewKey{
		Name: "s", Expires: in(t, "1d"), Metadata: json.RawMessage(`{"b":1,"a":"<"}`), Roles: []descriptor.Role{{Name: "own"}},
	})
	credential := keyring.Encoded(source.ID, plain)
	clone := func(c apikey.Clone) keyring.Key {
		t.Helper()
		c.Source, c.Name = credential, "c"
		k, kPlain, err := f.Clone(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if _, outcome := f.login(t, k.ID, kPlain); outcome != "ok" {
			t.Errorf("login with the clone: %s", outcome)
		}
		if diff := cmp.Diff(source.Owner, k.Owner); diff != "" || !bytes.Equal(k.Assigned, source.Assigned) || !bytes.Equal(k.LimitedBy, source.LimitedBy) {
			t.Errorf("owner (-want +got):\n%s\nor descriptors differ", diff)
		}
		return k
	}
	from := `"_cloned_from":"` + source.ID + `"`
	if k := clone(apikey.Clone{}); !k.ExpiresAt.Equal(source.ExpiresAt) || string(k.Metadata) != `{"a":"<","b":1,`+from+`}` {
		t.Errorf("a plain clone ends %s with metadata %s", k.ExpiresAt, k.Metadata)
	}
	if k := clone(apikey.Clone{Forever: true, Metadata: json.RawMessage(`{"_cloned_from":"x"}`)}); !k.ExpiresAt.IsZero() || string(k.Metadata) != `{`+from+`}` {
		t.Errorf("a clone for ever ends %s with metadata %s", k.ExpiresAt, k.Metadata)
	}
	if k := clone(apikey.Clone{Expires: in(t, "1h")}); k.ExpiresAt.Sub(k.CreatedAt) != time.Hour {
		t.Errorf("a clone for an hour ends after %s", k.ExpiresAt.Sub(k.CreatedAt))
	}
	cross, crossPlain, err := f.Keys.Issue(t.Context(), keyring.Key{
		Name: "x", Type: keyring.CrossCluster, Owner: source.Owner, Assigned: source.Assigned, LimitedBy: source.LimitedBy,
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	ended, endedPlain := f.create(t, user("bob", "native1"), apikey.NewKey{Expires: in(t, "0s")})
	for credential, want := range map[string]string{
		"nope":                            "status_exception: invalid API key credential: invalid ApiKey value: illegal_argument_exception: invalid ApiKey value",
		encoded(source.ID, "x"):           "security_exception: Failed to clone API key: security_exception: invalid credentials for API key [" + source.ID + "]",
		encoded(ended.ID, endedPlain):     "security_exception: Failed to clone API key: security_exception: api key is expired",
		encoded(cross.ID, crossPlain):     "illegal_argument_exception: only REST API keys can be cloned",
		encoded("nope", "xxxxxxxxxxxxxx"): "security_exception: Failed to clone API key: security_exception: unable to find apikey with id nope",
	} {
		_, _, err := f.Clone(t.Context(), apikey.Clone{Source: secret.String(credential), Name: "c"})
		if err == nil || err.Error() != want {
			t.Errorf("Clone(%s) = %v, want %s", credential, err, want)
		}
		if err != nil && strings.Contains(err.Error(), credential) && credential != "nope" {
			t.Errorf("the error tells the credential: %v", err)
		}
	}
}

// TestWhichComplaintComesFirst has requests with several faults; the one that a real
// node names is not always the first that it could see.
func TestWhichComplaintComesFirst(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, c := range []struct{ name, path, body, want string }{
		{"a creation looks at the body before refresh", "?refresh=nope&zzz=1", `{"y":1}`, "[api_key_request] unknown field [y]"},
		{"which must be there", "?refresh=nope&zzz=1", "", "request body is required"},
		{"then at refresh, then at other parameters", "?refresh=nope&zzz=1", `{"name":"k"}`, "Unknown value for refresh: [nope]."},
		{"and validates last", "?zzz=1", `{"name":"_k"}`, "unrecognized parameter: [zzz]"},
		{"a grant, too", "/grant?refresh=nope", `{"y":1}`, "[grant_api_key_request] unknown field [y]"},
		{"then looks at refresh", "/grant?refresh=nope", `{"grant_type":"password","api_key":{"name":"_k"}}`, "Unknown value for refresh: [nope]."},
		{"and so does a clone", "/clone?refresh=nope", `{"y":1}`, "[clone_api_key_request] unknown field [y]"},
		{"before it validates", "/clone?refresh=nope", `{}`, "Unknown value for refresh: [nope]."},
		{"a grant without a type", "/grant", `{"api_key":{"name":"_k"}}`, "1: api key name may not begin with an underscore;2: [grant_type] is required;"},
		{"a grant with an empty type", "/grant", `{"grant_type":"","api_key":{"name":"k"}}`, "1: grant_type [] is not supported;"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := f.serve(t, "POST", "/_security/api_key"+c.path, c.body); !strings.HasPrefix(got, "400 ") || !strings.Contains(got, c.want) {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

package apikey_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/apikey"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/role/descriptor"
	"github.com/realmctl/realmctl/internal/sqlite"
)

func TestAKeyThatAsksForItsOwnersKeysMeansTheUser(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	k, plain := f.create(t, user("bob", "native1"), apikey.NewKey{})
	sibling, _ := f.create(t, user("bob", "native1"), apikey.NewKey{})
	f.create(t, user("bob", "native2"), apikey.NewKey{})
	id, _ := f.login(t, k.ID, plain)
	out, err := f.Invalidate(t.Context(), id, apikey.Selector{Own: true})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{k.ID, sibling.ID}, out.IDs); diff != "" {
		t.Errorf("invalidated (-want +got):\n%s", diff)
	}
}

func TestInvalidateSelects(t *testing.T) {
	t.Parallel()
	bob := user("bob", "native1")
	for about, c := range map[string]struct {
		sel  func(id string) apikey.Selector
		want int
	}{
		"an id":                 {func(id string) apikey.Selector { return apikey.Selector{IDs: []string{id}} }, 1},
		"a name":                {func(string) apikey.Selector { return apikey.Selector{Name: "b*"} }, 2},
		"a user":                {func(string) apikey.Selector { return apikey.Selector{Username: "bob"} }, 3},
		"a user of a realm":     {func(string) apikey.Selector { return apikey.Selector{Username: "bob", Realm: "native2"} }, 1},
		"one's own":             {func(string) apikey.Selector { return apikey.Selector{Own: true} }, 2},
		"one's own of a name":   {func(string) apikey.Selector { return apikey.Selector{Own: true, Name: "b1"} }, 1},
		"somebody else's by id": {func(id string) apikey.Selector { return apikey.Selector{Own: true, IDs: []string{"x", id + "x"}} }, 0},
	} {
		f := newFixture(t)
		first, _ := f.create(t, bob, apikey.NewKey{Name: "b1"})
		f.create(t, bob, apikey.NewKey{Name: "b2"})
		f.create(t, user("bob", "native2"), apikey.NewKey{Name: "t1"})
		f.create(t, user("eve", "native1"), apikey.NewKey{Name: "e1"})
		out, err := f.Invalidate(t.Context(), bob, c.sel(first.ID))
		if err != nil || len(out.IDs) != c.want {
			t.Errorf("%s: %v, %v, want %d keys", about, out.IDs, err, c.want)
		}
	}
}

func TestCrossClusterKeysNeedMoreToBeInvalidated(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	if got := f.serve(t, http.MethodPost, "/_security/cross_cluster/api_key", `{"name":"x","access":{"search":[{"names":["a"]}]}}`); !strings.HasPrefix(got, "200 ") {
		t.Fatal(got)
	}
	f.denied = true
	got := f.serve(t, http.MethodDelete, "/_security/api_key", `{"owner":true}`)
	if !strings.HasPrefix(got, `200 {"invalidated_api_keys":[],"previously_invalidated_api_keys":[],"error_count":1,"error_details":[{"type":"security_exception",`+
		`"reason":"Cannot invalidate cross-cluster API key [`) {
		t.Errorf("without manage_security: %s", got)
	}
	f.denied = false
	got = f.serve(t, http.MethodDelete, "/_security/api_key", `{"owner":true}`)
	if !strings.HasPrefix(got, `200 {"invalidated_api_keys":["`) || !strings.HasSuffix(got, `"],"previously_invalidated_api_keys":[],"error_count":0}`) {
		t.Errorf("with manage_security: %s", got)
	}
}

func TestUpdateTakesTheOwnersRightsAnew(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	bob := user("bob", "native1")
	k, plain := f.create(t, bob, apikey.NewKey{Roles: []descriptor.Role{{Name: "own", Cluster: []string{"all"}}}})
	update := func(u apikey.Update) (bool, error) {
		t.Helper()
		out, err := f.Update(t.Context(), bob, []string{k.ID}, u)
		if err != nil {
			return false, err
		}
		return out.One()
	}
	if changed, err := update(apikey.Update{}); changed || err != nil {
		t.Errorf("nothing: %v, %v, want no change", changed, err)
	}
	f.snapshots = []descriptor.Role{{Name: "r", Cluster: []string{"all"}}}
	if changed, err := update(apikey.Update{}); !changed || err != nil {
		t.Errorf("after the owner's rights changed: %v, %v, want a change", changed, err)
	}
	if changed, err := update(apikey.Update{SetRoles: true}); !changed || err != nil {
		t.Errorf("no descriptors: %v, %v, want a change", changed, err)
	}
	id, outcome := f.login(t, k.ID, plain)
	const limits = `{"r":{"cluster":["all"],"indices":[],"applications":[],"run_as":[],"metadata":{}}}`
	if outcome != "ok" || string(id.APIKey.LimitedBy) != limits || string(id.APIKey.Assigned) != `{}` {
		t.Errorf("%s with %s limited by %s", outcome, id.APIKey.Assigned, id.APIKey.LimitedBy)
	}
	w := []string{"search_application_query"}
	_, err := update(apikey.Update{SetRoles: true, Roles: []descriptor.Role{{Name: "a", Workflows: w}, {Name: "b"}}})
	if want := "combining role descriptors with and without restriction is not supported"; reason(err) != want {
		t.Errorf("restrictions that do not combine: %v, want %s", err, want)
	}
	_, err = f.Update(t.Context(), id, []string{k.ID}, apikey.Update{})
	if want := "authentication via API key not supported: only the owner user can update an API key"; reason(err) != want {
		t.Errorf("by the key itself: %v, want %s", err, want)
	}
}

func TestGetShowsWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	k, _ := f.create(t, user("bob", "native1"), apikey.NewKey{Name: "k", Roles: []descriptor.Role{{Name: "own"}}})
	f.create(t, user("eve", "native1"), apikey.NewKey{Name: "other", Expires: in(t, "0s")})
	const empty = `"cluster":[],"indices":[],"applications":[],"run_as":[],"metadata":{},"transient_metadata":{"enabled":true}}`
	shown := `{"id":"` + k.ID + `","name":"k","type":"rest","creation":`
	rest := `,"invalidated":false,"username":"bob","realm":"native1","realm_type":"native","metadata":{},"role_descriptors":{"own":{` + empty + `}`
	limited := `,"limited_by":[{"r":{` + strings.Replace(empty, `"cluster":[]`, `"cluster":["monitor"]`, 1) + `}]`
	for query, want := range map[string]string{
		"id=" + k.ID:                                                rest + "}",
		"id=" + k.ID + "&with_limited_by=true":                      rest + limited + "}",
		"id=" + k.ID + "&with_profile_uid":                          rest + `,"profile_uid":"u_bob_0"}`,
		"id=&name=k&username=&realm_name=%20&with_limited_by=false": rest + "}",
		"username=bob&realm_name=native1&active_only=true":          rest + "}",
		"owner=true":         rest + "}",
		"active_only=true":   rest + "}",
		"name=k*&owner=true": rest + "}",
	} {
		got := f.serve(t, http.MethodGet, "/_security/api_key?"+query, "")
		head, tail, ok := strings.Cut(got, `,"invalidated"`)
		if !ok || !strings.HasPrefix(head, `200 {"api_keys":[`+shown) || `,"invalidated"`+tail != want+"]}" {
			t.Errorf("GET ?%s = %s\nwant %s ... %s]}", query, got, shown, want)
		}
	}
	for query, want := range map[string]string{
		"id=nope":                                `404 {"api_keys":[]}`,
		"id=" + k.ID + ",x":                      `404 {"api_keys":[]}`,
		"name=nope":                              `200 {"api_keys":[]}`,
		"username=eve&active_only=true":          `200 {"api_keys":[]}`,
		"username=eve&filter_path=api_keys.name": `200 {"api_keys":[{"name":"other"}]}`,
	} {
		if got := f.serve(t, http.MethodGet, "/_security/api_key?"+query, ""); got != want {
			t.Errorf("GET ?%s = %s, want %s", query, got, want)
		}
	}
}

func TestTheGuardIsToldWhoseKeysItIs(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, c := range []struct {
		method, path, body string
		want               identity.Target
	}{
		{http.MethodGet, "/_security/api_key", "", identity.Target{}},
		{http.MethodGet, "/_security/api_key?owner", "", identity.Target{Own: true}},
		{http.MethodGet, "/_security/api_key?username=u&realm_name=r", "", identity.Target{Username: "u", Realm: "r"}},
		{http.MethodGet, "/_security/api_key?id=a&with_limited_by", "", identity.Target{KeyIDs: []string{"a"}, LimitedBy: true}},
		{http.MethodDelete, "/_security/api_key", `{"ids":["a","b"]}`, identity.Target{KeyIDs: []string{"a", "b"}}},
		{http.MethodDelete, "/_security/api_key", `{"owner":true}`, identity.Target{Own: true}},
		{http.MethodPost, "/_security/api_key", `{"name":"k"}`, identity.Target{Own: true}},
		{http.MethodPut, "/_security/api_key/x", "", identity.Target{Own: true}},
		{http.MethodPost, "/_security/api_key/_bulk_update", `{"ids":"x"}`, identity.Target{Own: true}},
		{http.MethodPost, "/_security/api_key/x/_clear_cache", "", identity.Target{}},
	} {
		f.asked = identity.Target{Username: "nobody asked"}
		f.serve(t, c.method, c.path, c.body)
		if diff := cmp.Diff(c.want, f.asked); diff != "" {
			t.Errorf("%s %s %s (-want +got):\n%s", c.method, c.path, c.body, diff)
		}
	}
}

func TestGrantsAreTakenAsTheyCome(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const jwt = "eyJhbGciOiJSUzI1NiJ9.e30.c2ln" // RS256
	var got apikey.Grant
	f.grantee = func(g apikey.Grant) (identity.Identity, error) {
		got = g
		return user("eve", "native1"), nil
	}
	answer := f.serve(t, http.MethodPost, "/_security/api_key/grant", `{"grant_type":"access_token","access_token":"`+jwt+`","run_as":"x",`+
		`"client_authentication":{"scheme":"SharedSecret","value":"s"},"api_key":{"name":"k"}}`)
	if !strings.HasPrefix(answer, "200 ") {
		t.Fatal(answer)
	}
	runAs := "x"
	want := apikey.Grant{Type: "access_token", Typed: true, AccessToken: jwt, RunAs: &runAs, ClientScheme: "SharedSecret", ClientSecret: "s"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("grant (-want +got):\n%s", diff)
	}
}

func TestAClientProvesOnlyJWTs(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, token := range []string{"t", "a.b.c", "eyJhbGciOiJub25lIn0.e30.x", "e30.e30.x", "eyJhbGciOiJSUzI1NiJ9.e30"} { // the third has the algorithm none
		got := f.serve(t, http.MethodPost, "/_security/api_key/grant", `{"grant_type":"access_token","access_token":"`+token+`",`+
			`"client_authentication":{"scheme":"SharedSecret","value":"s"},"api_key":{"name":"k"}}`)
		const reason = `"type":"security_exception","reason":"[client_authentication] not supported with the supplied access_token type"`
		if want := `400 {"error":{"root_cause":[{` + reason + `}],` + reason + `},"status":400}`; got != want {
			t.Errorf("%s: %s, want %s", token, got, want)
		}
	}
}

func TestBulkUpdateOfAnEmptyID(t *testing.T) {
	t.Parallel()
	got := newFixture(t).serve(t, http.MethodPost, "/_security/api_key/_bulk_update", `{"ids":[""]}`)
	want := `400 {"error":{"root_cause":[{"type":"query_shard_exception","reason":"failed to create query: Ids can't be empty","index_uuid":"_na_","index":".security-7"}],` +
		`"type":"search_phase_execution_exception","reason":"all shards failed","phase":"query","grouped":true,"failed_shards":[{"shard":0,"index":".security-7","node":"n1",` +
		`"reason":{"type":"query_shard_exception","reason":"failed to create query: Ids can't be empty","index_uuid":"_na_","index":".security-7",` +
		`"caused_by":{"type":"illegal_argument_exception","reason":"Ids can't be empty"}}}]},"status":400}`
	if got != want {
		t.Errorf("bulk update = %s, want %s", got, want)
	}
}

// A bulk update knows one member more than it uses, which shows in when it is complete.
func TestBulkUpdateTakesACertificateIdentity(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const none = `"x":{"type":"resource_not_found_exception"`
	const late = `"type":"x_content_parse_exception","reason":"Failed to build [bulk_update_api_key_request] after last required field arrived","caused_by":{"type":"illegal_argument_exception"`
	for body, want := range map[string]string{
		`{"ids":["x"],"certificate_identity":"CN=a"}`:                                                   none,
		`{"ids":["x"],"certificate_identity":null}`:                                                     none,
		`{"ids":["x"],"certificate_identity":"("}`:                                                      `failed to parse field [certificate_identity]`,
		`{"ids":["x"],"role_descriptors":{},"metadata":{},"expiration":"10"}`:                           late,
		`{"ids":["x"],"role_descriptors":{},"metadata":{},"expiration":"10","zz":1}`:                    `[bulk_update_api_key_request] unknown field [zz]`,
		`{"ids":["x"],"role_descriptors":{},"metadata":{},"certificate_identity":"","expiration":"10"}`: `[1:89] [bulk_update_api_key_request] failed to parse field [expiration]`,
	} {
		want = strings.Replace(want, none, `"x":{"type":"resource_not_found_exception"`, 1)
		if got := f.serve(t, http.MethodPost, "/_security/api_key/_bulk_update", body); !strings.Contains(got, want) {
			t.Errorf("%s = %s, want %s", body, got, want)
		}
	}
}

func TestClearCacheForgetsKeys(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	k, plain := f.create(t, user("bob", "native1"), apikey.NewKey{})
	if _, outcome := f.login(t, k.ID, plain); outcome != "ok" {
		t.Fatal(outcome)
	}
	err := f.Keys.DB.Write(t.Context(), deleteAll)
	if err != nil {
		t.Fatal(err)
	}
	if got := f.serve(t, http.MethodPost, "/_security/api_key/x,"+k.ID+"/_clear_cache", ""); got != `200 {"cleared":true}` {
		t.Errorf("clear: %s", got)
	}
	if _, outcome := f.login(t, k.ID, plain); outcome != "unable to find apikey with id "+k.ID {
		t.Errorf("after the key was cleared from the cache: %s", outcome)
	}
}

func TestFailuresHaveTheirType(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	k, _ := f.create(t, user("bob", "native1"), apikey.NewKey{Expires: in(t, "0s")})
	got := f.serve(t, http.MethodPost, "/_security/api_key/_bulk_update", `{"ids":["nope","`+k.ID+`"]}`)
	want := `200 {"updated":[],"noops":[],"errors":{"count":2,"details":{"` + k.ID + `":{"type":"illegal_argument_exception","reason":"cannot update expired API key [` + k.ID + `]"},` +
		`"nope":{"type":"resource_not_found_exception","reason":"no API key owned by requesting user found for ID [nope]"}}}}`
	if got != want {
		t.Errorf("bulk update = %s, want %s", got, want)
	}
}

// deleteAll is a job that tells nobody what it did.
func deleteAll(tx *sqlite.Tx) error {
	_, err := tx.Exec(`DELETE FROM api_key`)
	return err
}

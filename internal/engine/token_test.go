package engine_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/realmctl/realmctl/internal/engine"
)

// get sends a request that must succeed and returns a member of the answer, found by
// a dotted path.
func get(t *testing.T, e *engine.Engine, method, path, as, body, member string) string {
	t.Helper()
	status, text := ask(t, e, method, path, as, body)
	if status != http.StatusOK {
		t.Fatalf("%s %s = %d %s", method, path, status, text)
	}
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	for name := range strings.SplitSeq(member, ".") {
		m, _ := value.(map[string]any)
		value = m[name]
	}
	got, _ := value.(string)
	return got
}

// A grant takes tokens of users and keys, which act for them, and of nobody else.
func TestKeysAreGrantedByAccessTokens(t *testing.T) {
	t.Parallel()
	e := open(t, folder(t, ""))
	elastic := "elastic:" + password
	for _, name := range []string{"ana", "eve"} {
		get(t, e, "PUT", "/_security/user/"+name, elastic, `{"password":"`+name+`-pass-1","roles":["superuser"]}`, "")
	}
	key := get(t, e, "POST", "/_security/api_key", "ana:ana-pass-1", `{"name":"k"}`, "encoded")
	grant := func(as string) string {
		return get(t, e, "POST", "/_security/oauth2/token", as, `{"grant_type":"client_credentials"}`, "access_token")
	}
	dead := grant(elastic)
	get(t, e, "DELETE", "/_security/oauth2/token", elastic, `{"token":"`+dead+`"}`, "")
	service := get(t, e, "POST", "/_security/service/elastic/fleet-server/credential/token/t", elastic, "", "token.value")
	for _, c := range []struct {
		name, token, more string
		status            int
		want              string
	}{
		{"a user's", grant("ana:ana-pass-1"), "", 200, `"encoded":`},
		{"a user's, to run as another", grant("ana:ana-pass-1"), `,"run_as":"eve"`, 200, `"encoded":`},
		{"a user's, to run as nobody known", grant("ana:ana-pass-1"), `,"run_as":" "`, 403, "user [ana] is unauthorized to run as [ ]"},
		{"a user's, to run as nobody", grant("ana:ana-pass-1"), `,"run_as":""`, 403, "Failed to authenticate api key grant"},
		{"a key's", grant("ApiKey " + key), "", 200, `"encoded":`},
		{"an ended one", dead, "", 403, `"reason":"token expired","header":{"WWW-Authenticate":"Bearer realm=\"security\", error=\"invalid_token\"`},
		{"a service account's", service, "", 403, "unable to authenticate user [_bearer_token] for action [cluster:admin/xpack/security/api_key/grant]"},
		{"none", "nope", "", 403, "oauth2 token: invalid token"},
	} {
		status, body := ask(t, e, "POST", "/_security/api_key/grant", elastic, `{"grant_type":"access_token","access_token":"`+c.token+`"`+c.more+`,"api_key":{"name":"g"}}`)
		if status != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s = %d %s, want %d with %s", c.name, status, body, c.status, c.want)
		}
	}
}

// Who runs as somebody by his token needs the right to do so each time, and does not
// run as a third one.
func TestATokenOfWhoRunsAsSomebody(t *testing.T) {
	t.Parallel()
	e := open(t, folder(t, ""))
	elastic := "elastic:" + password
	const path = "/_security/oauth2/token"
	role := func(runAs string) {
		get(t, e, "PUT", "/_security/role/r", elastic, `{"cluster":["manage_token"],"run_as":[`+runAs+`]}`, "")
	}
	role(`"eve"`)
	get(t, e, "PUT", "/_security/user/ana", elastic, `{"password":"ana-pass-1","roles":["r"]}`, "")
	get(t, e, "PUT", "/_security/user/eve", elastic, `{"password":"eve-pass-1","roles":["r"]}`, "")
	as := func(credential, user, method, path, body string) (int, string) {
		t.Helper()
		return askWith(t, e, http.Header{"Authorization": {credential}, "Es-Security-Runas-User": {user}}, method, path, body)
	}
	_, body := as(basic("ana", "ana-pass-1"), "eve", "POST", path, `{"grant_type":"client_credentials"}`)
	var token struct {
		Access string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(body), &token); err != nil || token.Access == "" {
		t.Fatalf("grant = %s", body)
	}
	for _, third := range []string{"eve", "elastic", "nobody"} {
		status, body := as("Bearer "+token.Access, third, "GET", "/_security/_authenticate", "")
		if status != 200 || !strings.Contains(body, `"username":"eve"`) || !strings.Contains(body, `"token":{"managed_by":"elasticsearch"}`) {
			t.Errorf("who runs as eve, as %s = %d %s, want eve", third, status, body)
		}
	}
	if status, body := ask(t, e, "GET", "/_security/user", "Bearer "+token.Access, ""); status != 403 || !strings.Contains(body, "unauthorized for user [ana] run as [eve]") {
		t.Errorf("reads users = %d %s, want 403 for ana run as eve", status, body)
	}
	role("")
	if status, body := ask(t, e, "GET", "/_security/_authenticate", "Bearer "+token.Access, ""); status != 403 || !strings.Contains(body, "user [ana] is unauthorized to run as [eve]") {
		t.Errorf("without the right = %d %s, want 403", status, body)
	}
}

func TestTokensThatAreOffChallengeNobody(t *testing.T) {
	t.Parallel()
	o := folder(t, "")
	if err := os.WriteFile(filepath.Join(o.Dir, engine.ConfigFolder, engine.SettingsFile), []byte("xpack.security.authc.password_hashing.algorithm: bcrypt4\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	e := open(t, o)
	if status, body := ask(t, e, "GET", "/", "", ""); status != 401 || strings.Contains(body, "Bearer") {
		t.Errorf("without credentials = %d %s, want 401 that asks for no bearer token", status, body)
	}
	if status, body := ask(t, e, "POST", "/_security/oauth2/token", "elastic:"+password, `{"grant_type":"client_credentials"}`); status != 400 || !strings.Contains(body, "security tokens are not enabled") {
		t.Errorf("a grant = %d %s, want 400", status, body)
	}
}

// The anonymous user may have a token, with which he is who he was.
func TestATokenOfTheAnonymousUser(t *testing.T) {
	t.Parallel()
	e := open(t, folder(t, "xpack.security.authc.anonymous:\n  roles: r\n"))
	elastic := "elastic:" + password
	get(t, e, "PUT", "/_security/role/r", elastic, `{"cluster":["manage_token"],"run_as":["*"]}`, "")
	token := get(t, e, "POST", "/_security/oauth2/token", "", `{"grant_type":"client_credentials"}`, "access_token")
	status, body := askWith(t, e, http.Header{"Authorization": {"Bearer " + token}, "Es-Security-Runas-User": {"elastic"}}, "GET", "/_security/_authenticate", "")
	if status != 200 || !strings.Contains(body, `"username":"_anonymous"`) {
		t.Errorf("as elastic = %d %s, want the anonymous user, who runs as nobody", status, body)
	}
}

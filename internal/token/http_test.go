package token_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/sqlite"
	"github.com/realmctl/realmctl/internal/token"
)

// What is not in the recordings was asked of the real node, too.
func TestGrantsThatAreRefused(t *testing.T) {
	t.Parallel()
	oauth := func(code, problems string) string {
		return `400 {"error":"` + code + `","error_description":"Validation Failed: ` + problems + `;"}`
	}
	kerberos := func(ticket, cause string) string {
		e := `"type":"unsupported_operation_exception","reason":"could not decode base64 kerberos ticket ` + ticket + `"`
		return `500 {"error":{"root_cause":[{` + e + `}],` + e + `,"caused_by":{"type":"illegal_argument_exception","reason":"` + cause + `"}},"status":500}`
	}
	for body, want := range map[string]string{
		`{"grant_type":"client_credentials","username":""}`:                       oauth("unsupported_grant_type", "1: username is not supported with the client_credentials grant_type"),
		`{"grant_type":"password","refresh_token":"c","kerberos_ticket":"x"}`:     oauth("unsupported_grant_type", "1: kerberos_ticket is not supported with the password grant_type;2: refresh_token is not supported with the password grant_type;3: username is missing;4: password is missing"),
		`{"grant_type":"_kerberos","refresh_token":"c","username":"x"}`:           oauth("unsupported_grant_type", "1: username is not supported with the _kerberos grant_type;2: refresh_token is not supported with the _kerberos grant_type;3: kerberos_ticket is missing"),
		`{"grant_type":"refresh_token","username":"c","password":""}`:             oauth("unsupported_grant_type", "1: username is not supported with the refresh_token grant_type;2: password is not supported with the refresh_token grant_type;3: refresh_token is missing"),
		`{"grant_type":"password","username":"grant_type"}`:                       oauth("invalid_request", "1: password is missing"),
		`{"grant_type":"refresh_token","refresh_token":" "}`:                      `400 {"error":"invalid_grant","error_description":"could not refresh the requested token"}`,
		`{"grant_type":"_kerberos","kerberos_ticket":"YW Jj"}`:                    kerberos("YW Jj", "Illegal base64 character 20"),
		`{"grant_type":"_kerberos","kerberos_ticket":"Y"}`:                        kerberos("Y", "Input byte[] should at least have 2 bytes for base64 bytes"),
		`{"grant_type":"_kerberos","kerberos_ticket":"YWJjé"}`:                    kerberos("YWJjé", "Illegal base64 character -17"),
		`{"grant_type":"_kerberos","kerberos_ticket":"YWJj✓"}`:                    kerberos("YWJj✓", "Illegal base64 character 3f"),
		`{"grant_type":"client_credentials","service_account_token":"x"}`:         parseError("[1:36] [token_request] unknown field [service_account_token]"),
		`{"grant_type":["client_credentials"]}`:                                   parseError("[1:15] [token_request] grant_type doesn't support values of type: START_ARRAY"),
		`{"grant_type":"client_credentials","scope":null}`:                        parseError("[1:44] [token_request] scope doesn't support values of type: VALUE_NULL"),
		`{"grant_type":"password","username":"ana","password":"x"}`:               "401 ",
		`{"grant_type":"_kerberos","kerberos_ticket":"YWJ"}`:                      "401 ",
		`{"grant_type":"password","username":"<ana>","password":"<ana>-pass"} {}`: "200 ",
	} {
		f := newFixture(t)
		if got := f.serve(t, http.MethodPost, "", body); got != want && (len(want) > 4 || !strings.HasPrefix(got, want)) {
			t.Errorf("%s = %s\nwant %s", body, got, want)
		}
	}
}

func parseError(reason string) string {
	e := `"type":"x_content_parse_exception","reason":"` + reason + `"`
	return `400 {"error":{"root_cause":[{` + e + `}],` + e + `},"status":400}`
}

func TestTheShapeOfAGrantsAnswer(t *testing.T) {
	t.Parallel()
	const (
		ana = `"authentication":{"username":"ana","roles":["r"],"full_name":null,"email":null,"metadata":{"m":1},"enabled":true,` +
			`"authentication_realm":{"name":"native1","type":"native"},"lookup_realm":{"name":"native1","type":"native"},"authentication_type":"realm"}}`
		bob = `"authentication":{"username":"bob","roles":["r"],`
	)
	for _, c := range []struct{ query, body, want string }{
		{"", `{"grant_type":"password","username":"ana","password":"ana-pass"}`, `200 {"access_token":"T","type":"Bearer","expires_in":1200,"refresh_token":"T",` + ana},
		{"", `{"grant_type":"password","username":"ana","password":"ana-pass","scope":""}`, `200 {"access_token":"T","type":"Bearer","expires_in":1200,"refresh_token":"T","scope":"full",` + ana},
		{"", `{"grant_type":"client_credentials"}`, `200 {"access_token":"T","type":"Bearer","expires_in":1200,` + bob},
		{"?filter_path=type,expires_in", `{"grant_type":"client_credentials"}`, `200 {"type":"Bearer","expires_in":1200}`},
		{"?pretty&filter_path=error", `{}`, "400 {\n  \"error\" : \"unsupported_grant_type\",\n  \"error_description\" : "},
		{"?x=1", `{}`, `400 {"error":{"root_cause":[{"type":"illegal_argument_exception","reason":"request [/_security/oauth2/token] contains unrecognized parameter: [x]"}]`},
	} {
		f := newFixture(t)
		f.caller.AnonymousRoles = []string{"guest"} // shown by _authenticate alone
		got := f.serve(t, http.MethodPost, c.query, c.body)
		for _, field := range []string{`"access_token":"`, `"refresh_token":"`} {
			if before, after, ok := strings.Cut(got, field); ok {
				_, after, _ = strings.Cut(after, `"`)
				got = before + field + `T"` + after
			}
		}
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%s %s = %s\nwant %s", c.query, c.body, got, c.want)
		}
		if strings.Contains(got, "guest") {
			t.Errorf("%s shows the anonymous roles", got)
		}
	}
}

func TestTheGuardIsAskedAboutTheGrantType(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ method, body, want string }{
		{"POST", `{"grant_type":"password","username":"ana","password":"ana-pass"}`, "create"},
		{"POST", `{"grant_type":"client_credentials"}`, "create"},
		{"POST", `{"grant_type":"_kerberos","kerberos_ticket":"YWJj"}`, "create"},
		{"POST", `{"grant_type":"refresh_token","refresh_token":"x"}`, "refresh"},
		{"DELETE", `{"token":"x"}`, "invalidate"},
	} {
		f := newFixture(t)
		f.serve(t, c.method, "", c.body)
		if want := "cluster:admin/xpack/security/token/" + c.want; f.action != want {
			t.Errorf("%s %s asks about %q, want %q", c.method, c.body, f.action, want)
		}
	}
}

func TestServiceAccountsGetNoToken(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.caller.Realm = identity.Realm{Name: "_service_account", Type: "_service_account"}
	const e = `"type":"exception","reason":"OAuth2 token creation is not supported for service accounts"`
	const want = `500 {"error":{"root_cause":[{` + e + `}],` + e + `},"status":500}`
	if got := f.serve(t, http.MethodPost, "", `{"grant_type":"client_credentials"}`); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := f.serve(t, http.MethodPost, "", `{"grant_type":"password","username":"ana","password":"ana-pass"}`); !strings.HasPrefix(got, "200 ") {
		t.Errorf("for somebody else: %s, want 200", got)
	}
}

func TestInvalidationsThatAreOdd(t *testing.T) {
	t.Parallel()
	refused := func(problems string) string {
		e := `"type":"action_request_validation_exception","reason":"Validation Failed: ` + problems + `;"`
		return `400 {"error":{"root_cause":[{` + e + `}],` + e + `},"status":400}`
	}
	const (
		missing = "1: token string must be provided when not specifying a realm name or a username"
		none    = `{"invalidated_tokens":0,"previously_invalidated_tokens":0,"error_count":0}`
		root    = `{"type":"x_content_parse_exception","reason":"Failed to build [invalidate_token] after last required field arrived"`
		cause   = `"caused_by":{"type":"illegal_argument_exception","reason":"only one of [token, refresh_token] may be sent per request"}`
	)
	for body, want := range map[string]string{
		`{"token":""}`:                                         refused(missing),
		`{"refresh_token":""}`:                                 refused(missing),
		`{"token":"","refresh_token":""}`:                      refused(missing),
		`{"realm_name":" ","username":" "}`:                    refused(missing),
		`{"token":"","username":" "}`:                          refused(missing),
		`{"token":" "}`:                                        "404 " + none,
		`{"token":"a","refresh_token":""}`:                     "404 " + none,
		`{"token":"x","username":""}`:                          "404 " + none,
		`{"token":"","username":"zz"}`:                         "200 " + none,
		`{"refresh_token":"","username":"z","realm_name":"r"}`: "200 " + none,
		`{"token":" ","username":"zz"}`:                        refused("1: token type must not be provided when realm name or username is specified"),
		`{"token":"a","username":"b"}`:                         refused("1: token string must not be provided when realm name or username is specified;2: token type must not be provided when realm name or username is specified"),
		`{"token":"a","refresh_token":" "}`:                    `400 {"error":{"root_cause":[` + root + `}],` + root[1:] + `,` + cause + `},"status":400}`,
		`{"token":"a","refresh_token":"b","username":"c","realm_name":"d"}`: `400 {"error":{"root_cause":[` + root + `}],` +
			`"type":"x_content_parse_exception","reason":"[1:62] [invalidate_token] failed to parse field [realm_name]","caused_by":` + root + `,` + cause + `}},"status":400}`,
		`{"realm_name":["a"]}`: parseError("[1:15] [invalidate_token] realm_name doesn't support values of type: START_ARRAY"),
	} {
		f := newFixture(t)
		f.pair(t, user("ana", "native1"), f.caller)
		if got := f.serve(t, http.MethodDelete, "", body); got != want {
			t.Errorf("%s = %s\nwant %s", body, got, want)
		}
	}
}

func TestInvalidationsCount(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	p := f.pair(t, user("ana", "native1"), f.caller)
	for _, c := range []struct{ body, want string }{
		{`{"token":"` + p.Access.Reveal() + `"}`, "200 1/0"},
		{`{"token":"` + p.Access.Reveal() + `"}`, "200 0/1"},
		{`{"username":"ana"}`, "200 1/1"},
	} {
		status, body, _ := strings.Cut(f.serve(t, http.MethodDelete, "", c.body), " ")
		var got struct {
			Now    json.Number `json:"invalidated_tokens"`
			Before json.Number `json:"previously_invalidated_tokens"`
		}
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Fatal(err)
		}
		if text := status + " " + got.Now.String() + "/" + got.Before.String(); text != c.want {
			t.Errorf("%s = %s, want %s", c.body, text, c.want)
		}
	}
}

// An error of the database is nobody's fault and no refusal.
func TestATroubledDatabaseRefusesNobody(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	p := f.pair(t, user("ana", "native1"), f.caller)
	if err := f.db.Close(); err != nil {
		t.Fatal(err)
	}
	c := token.Credential{Token: p.Access}
	if res, err := f.Service.Authenticate(t.Context(), c); err == nil {
		t.Errorf("Authenticate = %+v, want an error", res)
	}
	if _, _, err := f.Refresh(t.Context(), f.caller, p.Refresh); !errors.Is(err, sqlite.ErrClosed) {
		t.Errorf("Refresh: %v, want ErrClosed", err)
	}
	for _, body := range []string{`{"grant_type":"client_credentials"}`, `{"grant_type":"refresh_token","refresh_token":"` + p.Refresh.Reveal() + `"}`} {
		if got := f.serve(t, http.MethodPost, "", body); !strings.HasPrefix(got, "500 ") {
			t.Errorf("%s = %s, want 500", body, got)
		}
	}
}

package client_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/esapi"
)

// server answers every request with a status and a body, as Elasticsearch marks
// its answers, and remembers the requests as one line each.
type server struct {
	*httptest.Server

	got    []string
	header http.Header
}

func serve(t *testing.T, status int, body string) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		s.got = append(s.got, strings.TrimSpace(fmt.Sprintf("%s %s %s", r.Method, r.RequestURI, sent)))
		s.header = r.Header
		w.Header().Set("X-elastic-product", "Elasticsearch")
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) client(o client.Options) *client.Client {
	o.URL = s.URL
	return client.New(o)
}

func TestMethodsSendTheRecordedRequests(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	fleet := client.ServicePrincipal{Namespace: "elastic", Service: "fleet-server"}
	for _, c := range []struct {
		want string
		call func(*client.Client) error
	}{
		{"GET /_security/_authenticate", func(c *client.Client) error { return second(c.Authenticate(ctx)) }},
		{"GET /_security/user", func(c *client.Client) error { return second(c.Users(ctx)) }},
		{"GET /_security/user/a%2Fb,c%20d", func(c *client.Client) error { return second(c.Users(ctx, "a/b", "c d")) }},
		{`PUT /_security/user/ana {"password":"pw","roles":["r"],"enabled":false}`, func(c *client.Client) error {
			off := false
			return second(c.PutUser(ctx, "ana", esapi.PutUser{Roles: []string{"r"}, Enabled: &off}, client.Password{Plain: "pw"}))
		}},
		{`PUT /_security/user/ana {"password_hash":"$2a$x","roles":[]}`, func(c *client.Client) error {
			return second(c.PutUser(ctx, "ana", esapi.PutUser{Roles: []string{}}, client.Password{Hash: "$2a$x"}))
		}},
		{"DELETE /_security/user/..", func(c *client.Client) error { return second(c.DeleteUser(ctx, "..")) }},
		{`PUT /_security/user/ana/_password {"password":"<&>"}`, func(c *client.Client) error {
			return c.ChangePassword(ctx, "ana", client.Password{Plain: "<&>"})
		}},
		{"PUT /_security/user/ana/_enable", func(c *client.Client) error { return c.EnableUser(ctx, "ana") }},
		{"PUT /_security/user/ana/_disable", func(c *client.Client) error { return c.DisableUser(ctx, "ana") }},
		{"GET /_security/user/_privileges", func(c *client.Client) error { return second(c.UserPrivileges(ctx)) }},
		{`POST /_security/user/_has_privileges {"cluster":["monitor"]}`, func(c *client.Client) error {
			return second(c.HasPrivileges(ctx, esapi.HasPrivilegesRequest{Cluster: []string{"monitor"}}))
		}},
		{"GET /_security/role/r", func(c *client.Client) error { return second(c.Roles(ctx, "r")) }},
		{`PUT /_security/role/r {"cluster": [ ] }`, func(c *client.Client) error {
			return second(c.PutRole(ctx, "r", json.RawMessage(`{"cluster": [ ] }`)))
		}},
		{"DELETE /_security/role/r", func(c *client.Client) error { return second(c.DeleteRole(ctx, "r")) }},
		{"POST /_security/role/r1,r2/_clear_cache", func(c *client.Client) error { return second(c.ClearRoleCache(ctx, "r1", "r2")) }},
		{"GET /_security/privilege/_builtin", func(c *client.Client) error { return second(c.BuiltinPrivileges(ctx)) }},
		{"GET /_security/privilege", func(c *client.Client) error { return second(c.Privileges(ctx, "")) }},
		{"GET /_security/privilege/app/p1,p2", func(c *client.Client) error { return second(c.Privileges(ctx, "app", "p1", "p2")) }},
		{`PUT /_security/privilege {}`, func(c *client.Client) error { return second(c.PutPrivileges(ctx, json.RawMessage(`{}`))) }},
		{"DELETE /_security/privilege/app/p", func(c *client.Client) error { return second(c.DeletePrivileges(ctx, "app", "p")) }},
		{"GET /_security/api_key?active_only=true&name=a%2A&owner=true", func(c *client.Client) error {
			return second(c.APIKeys(ctx, client.APIKeyFilter{Name: "a*", Own: true, ActiveOnly: true}))
		}},
		{`POST /_security/_query/api_key {"size":100,"search_after":["x"]}`, func(c *client.Client) error {
			return second(c.QueryAPIKeys(ctx, esapi.QueryAPIKeys{Size: 100, SearchAfter: []json.RawMessage{[]byte(`"x"`)}}))
		}},
		{`DELETE /_security/api_key {"ids":["i"],"owner":true}`, func(c *client.Client) error {
			return second(c.InvalidateAPIKeys(ctx, esapi.InvalidateAPIKeys{IDs: []string{"i"}, Owner: true}))
		}},
		{`DELETE /_security/oauth2/token {"token":"a+/="}`, func(c *client.Client) error {
			return second(c.InvalidateToken(ctx, client.TokenPair{Access: "a+/="}))
		}},
		{`DELETE /_security/oauth2/token {"refresh_token":"r"}`, func(c *client.Client) error {
			return second(c.InvalidateToken(ctx, client.TokenPair{Refresh: "r"}))
		}},
		{`DELETE /_security/oauth2/token {"username":"ana","realm_name":"native1"}`, func(c *client.Client) error {
			return second(c.InvalidateTokensOf(ctx, "ana", "native1"))
		}},
		{"GET /_security/service", func(c *client.Client) error {
			return second(c.ServiceAccounts(ctx, client.ServicePrincipal{}))
		}},
		{"GET /_security/service/elastic/fleet-server/credential", func(c *client.Client) error { return second(c.ServiceCredentials(ctx, fleet)) }},
		{"DELETE /_security/service/elastic/fleet-server/credential/token/t", func(c *client.Client) error {
			return second(c.DeleteServiceToken(ctx, fleet, "t"))
		}},
		{"GET /", func(c *client.Client) error { return second(c.Info(ctx)) }},
		{"GET /_license", func(c *client.Client) error { return second(c.License(ctx)) }},
		{"POST /_security/realm/%2A/_clear_cache?usernames=a%2Cb", func(c *client.Client) error {
			return second(c.ClearRealmCache(ctx, []string{"*"}, []string{"a", "b"}))
		}},
	} {
		t.Run(c.want, func(t *testing.T) {
			t.Parallel()
			s := serve(t, 200, `{}`)
			if err := c.call(s.client(client.Options{})); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{c.want}, s.got); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
		})
	}
}

func second[T any](_ T, err error) error { return err }

func TestSecretsComeBesideThePrintableAnswer(t *testing.T) {
	t.Parallel()
	const answer = `{"id":"i","name":"n","expiration":7,"api_key":"s3cret","encoded":"aTpzM2NyZXQ="}`
	seven := int64(7)
	want := esapi.CreatedAPIKey{ID: "i", Name: "n", Expiration: &seven}

	s := serve(t, 200, answer)
	key, plain, err := s.client(client.Options{}).CreateAPIKey(t.Context(), esapi.CreateAPIKey{Name: "n", RoleDescriptors: map[string]json.RawMessage{"r": []byte("{}")}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, key); diff != "" || plain.Reveal() != "aTpzM2NyZXQ=" {
		t.Errorf("CreateAPIKey secret %q (-want +got):\n%s", plain.Reveal(), diff)
	}
	key, plain, err = s.client(client.Options{}).GrantAPIKey(t.Context(), esapi.GrantAPIKey{GrantType: "password", Username: "u", APIKey: esapi.CreateAPIKey{Name: "n"}}, client.Grantee{Password: "pw"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, key); diff != "" || plain.Reveal() != "aTpzM2NyZXQ=" {
		t.Errorf("GrantAPIKey secret %q (-want +got):\n%s", plain.Reveal(), diff)
	}
	if diff := cmp.Diff([]string{
		`POST /_security/api_key {"name":"n","role_descriptors":{"r":{}}}`,
		`POST /_security/api_key/grant {"grant_type":"password","username":"u","api_key":{"name":"n"},"password":"pw"}`,
	}, s.got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}

	s = serve(t, 200, `{"access_token":"acc","type":"Bearer","expires_in":1200,"refresh_token":"ref"}`)
	for _, call := range []func(*client.Client) (esapi.CreatedToken, client.TokenPair, error){
		func(c *client.Client) (esapi.CreatedToken, client.TokenPair, error) {
			return c.CreateToken(t.Context())
		},
		func(c *client.Client) (esapi.CreatedToken, client.TokenPair, error) {
			return c.CreateTokenOf(t.Context(), "u", "pw")
		},
		func(c *client.Client) (esapi.CreatedToken, client.TokenPair, error) {
			return c.RefreshToken(t.Context(), "ref")
		},
	} {
		token, pair, err := call(s.client(client.Options{}))
		if err != nil || token != (esapi.CreatedToken{Type: "Bearer", ExpiresIn: 1200}) || pair != (client.TokenPair{Access: "acc", Refresh: "ref"}) {
			t.Errorf("%+v, %q and %q, %v", token, pair.Access.Reveal(), pair.Refresh.Reveal(), err)
		}
	}
	if diff := cmp.Diff([]string{
		`POST /_security/oauth2/token {"grant_type":"client_credentials"}`,
		`POST /_security/oauth2/token {"grant_type":"password","username":"u","password":"pw"}`,
		`POST /_security/oauth2/token {"grant_type":"refresh_token","refresh_token":"ref"}`,
	}, s.got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}

	s = serve(t, 200, `{"created":true,"token":{"name":"t","value":"AAEAAWVs"}}`)
	fleet := client.ServicePrincipal{Namespace: "elastic", Service: "fleet-server"}
	for _, name := range []string{"t", ""} {
		token, value, err := s.client(client.Options{}).CreateServiceToken(t.Context(), fleet, name)
		if err != nil || token.Token.Name != "t" || value.Reveal() != "AAEAAWVs" {
			t.Errorf("CreateServiceToken(%q) = %v, %q, %v", name, token, value.Reveal(), err)
		}
	}
	if diff := cmp.Diff([]string{
		"POST /_security/service/elastic/fleet-server/credential/token/t",
		"POST /_security/service/elastic/fleet-server/credential/token",
	}, s.got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestCredentialsAndRunAsAreHeaders(t *testing.T) {
	t.Parallel()
	s := serve(t, 200, `{}`)
	c := s.client(client.Options{Auth: client.Auth{Scheme: "Bearer", Value: "tok", Client: "shared"}, RunAs: "bob"})
	if _, err := c.Authenticate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"Authorization": "Bearer tok", "ES-Client-Authentication": "SharedSecret shared", "es-security-runas-user": "bob", "User-Agent": "realmctl"} {
		if got := s.header.Get(name); got != want {
			t.Errorf("header %s = %q, want %q", name, got, want)
		}
	}
}

func TestTheRawCallReturnsAnyStatus(t *testing.T) {
	t.Parallel()
	s := serve(t, 404, `{"found":false}`)
	got, err := s.client(client.Options{}).Do(t.Context(), "DELETE", "/_security/user/x?refresh=true", []byte("no JSON"))
	if err != nil || got.Status != 404 || string(got.Body) != `{"found":false}` {
		t.Errorf("Do = %+v, %v", got, err)
	}
	if diff := cmp.Diff([]string{"DELETE /_security/user/x?refresh=true no JSON"}, s.got); diff != "" {
		t.Error(diff)
	}
}

func TestExchangesAreObservedWithoutCredentials(t *testing.T) {
	t.Parallel()
	s := serve(t, 200, `{}`)
	clock := time.Unix(0, 0)
	var seen []client.Exchange
	c := s.client(client.Options{
		Auth:    client.Auth{Scheme: "ApiKey", Value: "hush", Client: "hush"},
		Observe: func(x client.Exchange) { seen = append(seen, x) },
		Now:     func() time.Time { clock = clock.Add(time.Second); return clock },
	})
	if _, err := c.Users(t.Context(), "ana"); err != nil {
		t.Fatal(err)
	}
	if len(seen) != 1 || seen[0].Path != "/_security/user/ana" || seen[0].Status != 200 || seen[0].Took != time.Second {
		t.Fatalf("observed %+v", seen)
	}
	if text := fmt.Sprint(seen); strings.Contains(text, "hush") {
		t.Errorf("the credential is in %s", text)
	}
}

func TestWarningsArePassedOn(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-elastic-product", "Elasticsearch")
		w.Header().Add("Warning", `299 Elasticsearch-9.5.3-abc "The role \"kibana_user\" is deprecated"`)
		w.Header().Add("Warning", `nonsense`)
	}))
	defer s.Close()
	var got []string
	c := client.New(client.Options{URL: s.URL, Warn: func(text string) { got = append(got, text) }})
	if _, err := c.Authenticate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{`The role "kibana_user" is deprecated`}, got); diff != "" {
		t.Error(diff)
	}
}

func TestACancelledCallReturnsItsCause(t *testing.T) {
	t.Parallel()
	s := serve(t, 200, `{}`)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(io.ErrUnexpectedEOF)
	if _, err := s.client(client.Options{}).Authenticate(ctx); err != io.ErrUnexpectedEOF { //nolint:errorlint // the cause itself
		t.Errorf("err = %v, want the cause", err)
	}
}

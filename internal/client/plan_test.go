package client_test

import (
	"errors"
	"net/http"
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/esapi"
)

func TestADryRunSendsReadsAndWritesDownChanges(t *testing.T) {
	t.Parallel()
	s := serve(t, 200, `{}`)
	plan := &client.Plan{}
	c := s.client(client.Options{Plan: plan})
	if _, err := c.Users(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := c.PutUser(t.Context(), "ana", esapi.PutUser{Roles: []string{"a'b"}}, client.Password{Plain: client.Variable("ANA_PASSWORD")})
	if !errors.Is(err, client.ErrPlanned) {
		t.Fatalf("err = %v, want ErrPlanned", err)
	}
	if diff := cmp.Diff([]string{"GET /_security/user"}, s.got); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	got := plan.Requests
	if len(got) != 1 || got[0].Method != http.MethodPut || got[0].Path != "/_security/user/ana" || string(got[0].Body) != `{"password":"$ANA_PASSWORD","roles":["a'b"]}` {
		t.Errorf("planned %+v", got)
	}
}

func TestCurlExpandsOnlyItsVariables(t *testing.T) {
	t.Parallel()
	plan := &client.Plan{All: true}
	c := client.New(client.Options{
		URL: "https://es.example:9200/prefix/", Plan: plan, RunAs: "bo$b",
		Auth: client.Auth{Scheme: "ApiKey", Value: "hush", Curl: `-H "Authorization: ApiKey $ELASTICSEARCH_API_KEY"`},
	})
	_, err := c.PutUser(t.Context(), "a'b", esapi.PutUser{Roles: []string{"$HOME"}}, client.Password{Plain: client.Variable("PW")})
	if !errors.Is(err, client.ErrPlanned) {
		t.Fatal(err)
	}
	got := plan.Requests[0].Curl("--cacert", "my ca.pem")
	const want = `curl -sS -X PUT --cacert 'my ca.pem' -H "Authorization: ApiKey $ELASTICSEARCH_API_KEY" -H "es-security-runas-user: bo\$b" ` +
		`-H "Content-Type: application/json" -d '{"password":"'"$PW"'","roles":["$HOME"]}' https://es.example:9200/prefix/_security/user/a%27b`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no POSIX shell to try the quoting with")
	}
	cmd := exec.CommandContext(t.Context(), shell, "-c", `curl() { printf '%s\n' "$@"; }; `+got)
	cmd.Env = []string{"PW=p w", "ELASTICSEARCH_API_KEY=K", "HOME=/root"}
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	const words = "-sS\n-X\nPUT\n--cacert\nmy ca.pem\n-H\nAuthorization: ApiKey K\n-H\nes-security-runas-user: bo$b\n-H\nContent-Type: application/json\n-d\n" +
		`{"password":"p w","roles":["$HOME"]}` + "\nhttps://es.example:9200/prefix/_security/user/a%27b\n"
	if diff := cmp.Diff(words, string(out)); diff != "" {
		t.Errorf("a shell reads (-want +got):\n%s", diff)
	}
}

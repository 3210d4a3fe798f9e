package user_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/user"
)

func TestAReplacedUserKeepsThePassword(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	ana := addNative(t, a, "ana")
	a.must(t, "PUT", "/_security/user/ana", `{"roles":["a","b"],"metadata":{"k":[1,2.50,"<é>"]},"full_name":"A","email":null}`)
	status, answer := a.do(t, ana, "GET", "/_security/_authenticate", "")
	if status != http.StatusOK {
		t.Fatalf("%d %s", status, answer)
	}
	want := `{"username":"ana","roles":["a","b"],"full_name":"A","email":null,"metadata":{"k":[1,2.5,"<é>"]},"enabled":true,` +
		`"authentication_realm":{"name":"default_native","type":"native"},"lookup_realm":{"name":"default_native","type":"native"},"authentication_type":"realm"}`
	if diff := cmp.Diff(want, answer); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
}

func TestReservedUsersWithoutAPasswordCannotLogIn(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	for _, password := range []string{"", "changeme"} {
		if status, _ := a.do(t, "kibana_system:"+password, "GET", "/_security/_authenticate", ""); status != http.StatusUnauthorized {
			t.Errorf("password %q: status %d, want 401", password, status)
		}
	}
	a.must(t, "PUT", "/_security/user/kibana_system/_disable", "")
	a.must(t, "PUT", "/_security/user/kibana_system/_password", `{"password":"kibana-pass"}`)
	if status, _ := a.do(t, "kibana_system:kibana-pass", "GET", "/_security/_authenticate", ""); status != http.StatusUnauthorized {
		t.Errorf("a password enabled a disabled user: %d", status)
	}
	a.must(t, "PUT", "/_security/user/kibana_system/_enable", "")
	if status, _ := a.do(t, "kibana_system:kibana-pass", "GET", "/_security/_authenticate", ""); status != http.StatusOK {
		t.Errorf("the enabled user with a password: %d, want 200", status)
	}
}

func TestBootstrapAlsoEnablesElastic(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	admin := addNative(t, a, "admin")
	if status, answer := a.do(t, admin, "PUT", "/_security/user/elastic/_disable", ""); status != http.StatusOK {
		t.Fatalf("%d %s", status, answer)
	}
	hash, err := a.hasher.Hash(t.Context(), "another-pass")
	if err != nil {
		t.Fatal(err)
	}
	if err := user.Bootstrap(t.Context(), a.users.DB, hash); err != nil {
		t.Fatal(err)
	}
	if status, _ := a.do(t, "elastic:another-pass", "GET", "/_security/_authenticate", ""); status != http.StatusOK {
		t.Errorf("elastic with the new password: %d, want 200", status)
	}
	if status, _ := a.do(t, "elastic:elastic-pass", "GET", "/_security/_authenticate", ""); status != http.StatusUnauthorized {
		t.Errorf("elastic with the old password: %d, want 401", status)
	}
}

func TestABusyPoolRefusesNewPasswords(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	hold := make(chan struct{})
	entered := make(chan struct{})
	var err error
	a.users.Hasher, err = pwhash.New("bcrypt4", pwhash.Options{Workers: 1, Queue: -1, Counter: func(string) {
		entered <- struct{}{}
		<-hold
	}})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- a.users.Hasher.Spend(context.WithoutCancel(t.Context())) }()
	<-entered
	status, answer := a.do(t, "", "PUT", "/_security/user/ana", `{"password":"secret","roles":[]}`)
	if got := refused(t, answer); status != http.StatusTooManyRequests || !strings.HasPrefix(got, "es_rejected_execution_exception: ") {
		t.Errorf("%d %s, want 429", status, got)
	}
	close(hold)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if found, err := a.users.Get(t.Context(), []string{"ana"}); len(found) != 0 || err != nil {
		t.Errorf("the refused user exists: %v, %v", found, err)
	}
}

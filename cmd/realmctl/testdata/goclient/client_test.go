// Package goclient proves that the official Go client can talk to realmctl serve.
//
// It is a module of its own, so that the client's dependencies stay out of
// realmctl's go.sum. Run it against a server named by the environment:
// ELASTICSEARCH_URL, ELASTICSEARCH_USERNAME and ELASTICSEARCH_PASSWORD.
package goclient

import (
	"crypto/rand"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/elastic/go-elasticsearch/v9"
	"github.com/elastic/go-elasticsearch/v9/esapi"
)

func connect(t *testing.T, c elasticsearch.Config) *elasticsearch.Client {
	t.Helper()
	c.Addresses = []string{os.Getenv("ELASTICSEARCH_URL")}
	if c.Addresses[0] == "" {
		t.Fatal("ELASTICSEARCH_URL names no server")
	}
	es, err := elasticsearch.NewClient(c)
	if err != nil {
		t.Fatal(err)
	}
	return es
}

// answer wants a 2xx and decodes its body.
func answer[T any](t *testing.T, resp *esapi.Response, err error) T {
	t.Helper()
	var into T
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.IsError() {
		t.Fatalf("status %d: %s", resp.StatusCode, body)
	}
	if err := json.Unmarshal(body, &into); err != nil {
		t.Fatalf("decode %s: %v", body, err)
	}
	return into
}

func TestUserRoleAndKey(t *testing.T) {
	admin := connect(t, elasticsearch.Config{Username: os.Getenv("ELASTICSEARCH_USERNAME"), Password: os.Getenv("ELASTICSEARCH_PASSWORD")})
	security, ctx := admin.Security, t.Context()
	name, password := "goclient-"+strings.ToLower(rand.Text()[:8]), rand.Text()

	resp, err := security.PutRole(name, strings.NewReader(`{"cluster":["manage_own_api_key"],"indices":[{"names":["logs-*"],"privileges":["read"]}]}`), security.PutRole.WithContext(ctx))
	if got := answer[struct{ Role struct{ Created bool } }](t, resp, err); !got.Role.Created {
		t.Error("put role: created = false, want true")
	}
	resp, err = security.PutUser(name, strings.NewReader(`{"password":"`+password+`","roles":["`+name+`"]}`), security.PutUser.WithContext(ctx))
	if got := answer[struct{ Created bool }](t, resp, err); !got.Created {
		t.Error("put user: created = false, want true")
	}

	user := connect(t, elasticsearch.Config{Username: name, Password: password})
	resp, err = user.Security.CreateAPIKey(strings.NewReader(`{"name":"`+name+`","expiration":"1h"}`), user.Security.CreateAPIKey.WithContext(ctx))
	key := answer[struct{ ID, Encoded string }](t, resp, err)

	byKey := connect(t, elasticsearch.Config{APIKey: key.Encoded})
	resp, err = byKey.Security.Authenticate(byKey.Security.Authenticate.WithContext(ctx))
	who := answer[struct {
		Username string
		APIKey   struct{ ID string } `json:"api_key"`
	}](t, resp, err)
	if who.Username != name || who.APIKey.ID != key.ID {
		t.Errorf("authenticate by key = %s by key %s, want %s by key %s", who.Username, who.APIKey.ID, name, key.ID)
	}

	resp, err = security.InvalidateAPIKey(strings.NewReader(`{"ids":["`+key.ID+`"]}`), security.InvalidateAPIKey.WithContext(ctx))
	if got := answer[struct {
		Invalidated []string `json:"invalidated_api_keys"`
	}](t, resp, err); len(got.Invalidated) != 1 {
		t.Errorf("invalidated %v, want the one key", got.Invalidated)
	}
	resp, err = security.DeleteUser(name, security.DeleteUser.WithContext(ctx))
	answer[map[string]any](t, resp, err)
	resp, err = security.DeleteRole(name, security.DeleteRole.WithContext(ctx))
	answer[map[string]any](t, resp, err)
}

package serviceaccount_test

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/serviceaccount"
	"github.com/realmctl/realmctl/internal/settings"
)

func TestAccountsAreThoseOfARealNode(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	raw, err := os.ReadFile("accounts.json")
	if err != nil {
		t.Fatal(err)
	}
	var want, got map[string]any
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	body := strings.TrimPrefix(f.serve(t, http.MethodGet, "/_security/service"), "200 ")
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want) != 4 {
		t.Errorf("%d accounts (-want +got):\n%s", len(want), diff)
	}
	if ds, ok := f.Roles("elastic/auto-ops"); !ok || len(ds) != 1 || ds[0].Name != "elastic/auto-ops" {
		t.Errorf("Roles(elastic/auto-ops) = %v, %v", ds, ok)
	}
	if ds, ok := f.Roles("elastic/nope"); ok {
		t.Errorf("Roles(elastic/nope) = %v", ds)
	}
	for path, want := range map[string]string{
		"/_security/service/nope":                    `200 {}`,
		"/_security/service/nope/kibana":             `200 {}`,
		"/_security/service/elastic/nope":            `200 {}`,
		"/_security/service/elastic/nope/credential": `200 {"service_account":"elastic/nope","count":0,"tokens":{},"nodes_credentials":{"_nodes":{"total":1,"successful":1,"failed":0},"file_tokens":{}}}`,
	} {
		if got := f.serve(t, http.MethodGet, path); got != want {
			t.Errorf("GET %s = %s, want %s", path, got, want)
		}
	}
}

func TestTokenNames(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const base = "/_security/service/elastic/fleet-server/credential/token/"
	for name, ok := range map[string]bool{
		"a": true, "-a": true, "A_9-": true, strings.Repeat("x", 256): true,
		"_a": false, "a.b": false, "a%20b": false, "%C3%A9": false, "*": false, strings.Repeat("x", 257): false,
	} {
		got := f.serve(t, http.MethodPost, base+name)
		if strings.HasPrefix(got, "200 ") != ok {
			t.Errorf("POST %s: %.120s", name, got)
		}
		if !ok && !strings.Contains(got, "Validation Failed: 1: invalid service token name [") {
			t.Errorf("POST %s: %s", name, got)
		}
	}
	if got := f.serve(t, http.MethodDelete, base+"_a"); !strings.HasPrefix(got, "400 ") || !strings.Contains(got, "Validation Failed: 1: invalid service token name [_a]") {
		t.Errorf("delete a bad name: %s", got)
	}
	if got := f.serve(t, http.MethodPost, base+"a,*/_clear_cache"); got != `200 {"cleared":true}` {
		t.Errorf("clear: %s", got)
	}
	if got := f.serve(t, http.MethodPost, base+"a,_b/_clear_cache"); !strings.HasPrefix(got, "400 ") || !strings.Contains(got, `"reason":"invalid service token name [_b]`) {
		t.Errorf("clear a bad name: %s", got)
	}
}

func TestReadConfig(t *testing.T) {
	t.Parallel()
	parse := func(text string) (serviceaccount.Config, error) {
		s, err := settings.Loader{}.Parse("elasticsearch.yml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return serviceaccount.ReadConfig(s)
	}
	got, err := parse("xpack.security.authc:\n  service_token.cache: {ttl: 1m, max_tokens: 7}\n  service_token_hashing.algorithm: bcrypt4\n")
	if diff := cmp.Diff(serviceaccount.Config{Hashing: "bcrypt4", CacheTTL: time.Minute, CacheKeys: 7}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if got, err := parse(""); err != nil || got != serviceaccount.Defaults() {
		t.Errorf("without settings: %+v, %v", got, err)
	}
	if got, err := parse("xpack.security.authc.service_token.cache.ttl: 0"); err != nil || got.CacheKeys != 0 {
		t.Errorf("a ttl of 0: %+v, %v, want no cache", got, err)
	}
	for _, text := range []string{
		"xpack.security.authc.service_token_hashing.algorithm: ssha256", "xpack.security.authc.service_token.cache.ttl: x",
		"xpack.security.authc.service_token.cache.max_tokens: x",
	} {
		if got, err := parse(text); err == nil || !strings.HasPrefix(err.Error(), "elasticsearch.yml:1: xpack.security.authc.service_token") {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

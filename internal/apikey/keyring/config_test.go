package keyring_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/apikey/keyring"
	"github.com/realmctl/realmctl/internal/settings"
)

func TestReadConfig(t *testing.T) {
	t.Parallel()
	changed := keyring.Config{
		Disabled: true, Hashing: "pbkdf2_1000", CacheTTL: time.Minute, CacheKeys: 7, Retention: time.Hour, SweepPace: 2 * time.Hour,
	}
	uncached := keyring.Defaults()
	uncached.CacheTTL, uncached.CacheKeys = 0, 0
	for text, want := range map[string]keyring.Config{
		"": keyring.Defaults(),
		"xpack.security.authc.api_key:\n  enabled: false\n  hashing.algorithm: pbkdf2_1000\n  cache: {ttl: 1m, max_keys: 7}\n" +
			"  delete: {retention_period: 1h, interval: 2h}\n": changed,
		"xpack.security.authc.api_key.cache.ttl: 0\n": uncached,
	} {
		s, err := settings.Loader{}.Parse("elasticsearch.yml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		got, err := keyring.ReadConfig(s)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
	for text, want := range map[string]string{
		"xpack.security.authc.api_key.enabled: maybe":           "elasticsearch.yml:1: xpack.security.authc.api_key.enabled",
		"\nxpack.security.authc.api_key.hashing.algorithm: md5": "elasticsearch.yml:2: xpack.security.authc.api_key.hashing.algorithm: Invalid algorithm: md5.",
		"xpack.security.authc.api_key.cache.max_keys: many":     "elasticsearch.yml:1: xpack.security.authc.api_key.cache.max_keys",
		"xpack.security.authc.api_key.delete.interval: often":   "elasticsearch.yml:1: xpack.security.authc.api_key.delete.interval",
	} {
		s, err := settings.Loader{}.Parse("elasticsearch.yml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if c, err := keyring.ReadConfig(s); err == nil || len(err.Error()) < len(want) || err.Error()[:len(want)] != want {
			t.Errorf("%q: %+v, %v, want an error that begins with %s", text, c, err, want)
		}
	}
}

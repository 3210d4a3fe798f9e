package serviceaccount

import (
	"time"

	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/settings"
)

// Config is what the settings xpack.security.authc.service_token* say.
type Config struct {
	Hashing   string        // service_token_hashing.algorithm
	CacheTTL  time.Duration // service_token.cache.ttl
	CacheKeys int           // service_token.cache.max_tokens
}

// Defaults are Elasticsearch's.
func Defaults() Config {
	return Config{Hashing: "pbkdf2_stretch", CacheTTL: 20 * time.Minute, CacheKeys: 100_000}
}

// ReadConfig reads the settings; those that are not set have their defaults. The
// error names file, line and setting.
func ReadConfig(s *settings.Settings) (Config, error) {
	const (
		hashing = "xpack.security.authc.service_token_hashing.algorithm"
		cache   = "xpack.security.authc.service_token.cache."
	)
	c := Defaults()
	var err error
	c.Hashing = s.Text(hashing, c.Hashing)
	if err := pwhash.Check(pwhash.Passwords, c.Hashing); err != nil {
		return Config{}, s.Errorf(hashing, "%s", err)
	}
	if c.CacheKeys, err = s.Int(cache+"max_tokens", c.CacheKeys); err != nil {
		return Config{}, err
	}
	if c.CacheTTL, err = s.Duration(cache+"ttl", c.CacheTTL); err != nil {
		return Config{}, err
	}
	if c.CacheTTL <= 0 {
		c.CacheKeys = 0 // a ttl of 0 switches the cache off
	}
	return c, nil
}

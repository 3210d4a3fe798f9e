package keyring

import (
	"time"

	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/settings"
)

// Config is what the settings xpack.security.authc.api_key.* say.
type Config struct {
	Disabled  bool          // not enabled
	Hashing   string        // hashing.algorithm
	CacheTTL  time.Duration // cache.ttl
	CacheKeys int           // cache.max_keys
	Retention time.Duration // delete.retention_period: how long ended keys are kept
	SweepPace time.Duration // delete.interval: the least time between two sweeps
}

// Defaults are Elasticsearch's.
func Defaults() Config {
	return Config{
		Hashing: "ssha256", CacheTTL: 24 * time.Hour, CacheKeys: 25000,
		Retention: 7 * 24 * time.Hour, SweepPace: 24 * time.Hour,
	}
}

// ReadConfig reads the settings; those that are not set have their defaults. The
// error names file, line and setting.
func ReadConfig(s *settings.Settings) (Config, error) {
	const prefix = "xpack.security.authc.api_key."
	c := Defaults()
	enabled, err := s.Bool(prefix+"enabled", true)
	if err != nil {
		return Config{}, err
	}
	c.Disabled = !enabled
	c.Hashing = s.Text(prefix+"hashing.algorithm", c.Hashing)
	if err := pwhash.Check(pwhash.APIKeys, c.Hashing); err != nil {
		return Config{}, s.Errorf(prefix+"hashing.algorithm", "%s", err)
	}
	if c.CacheKeys, err = s.Int(prefix+"cache.max_keys", c.CacheKeys); err != nil {
		return Config{}, err
	}
	for key, into := range map[string]*time.Duration{
		"cache.ttl": &c.CacheTTL, "delete.retention_period": &c.Retention, "delete.interval": &c.SweepPace,
	} {
		if *into, err = s.Duration(prefix+key, *into); err != nil {
			return Config{}, err
		}
	}
	if c.CacheTTL <= 0 {
		c.CacheKeys = 0 // a ttl of 0 switches the cache off
	}
	return c, nil
}

package token

import (
	"errors"
	"time"

	"github.com/realmctl/realmctl/internal/settings"
)

// Config is what the settings xpack.security.authc.token.* say.
type Config struct {
	Disabled bool          // not enabled
	Timeout  time.Duration // how long an access token is good, in whole seconds
	Keep     time.Duration // delete.interval: how long tokens are kept after their refresh tokens have expired
}

// The bounds of Config.Timeout.
const (
	minTimeout = time.Second
	maxTimeout = time.Hour
)

// Defaults are Elasticsearch's.
func Defaults() Config { return Config{Timeout: 20 * time.Minute, Keep: 30 * time.Minute} }

// ReadConfig reads the settings; those that are not set have their defaults. As in
// Elasticsearch, tokens are on unless HTTP is plain. The error names file, line and
// setting.
func ReadConfig(s *settings.Settings) (Config, error) {
	const prefix = "xpack.security.authc.token."
	c := Defaults()
	secure, errSecure := s.Bool("xpack.security.http.ssl.enabled", false)
	enabled, errEnabled := s.Bool(prefix+"enabled", secure)
	timeout, errTimeout := s.Duration(prefix+"timeout", c.Timeout)
	if errTimeout == nil && (timeout < minTimeout || timeout > maxTimeout) {
		errTimeout = s.Errorf(prefix+"timeout", "must be between 1s and 1h")
	}
	keep, errKeep := s.Duration(prefix+"delete.interval", c.Keep)
	return Config{Disabled: !enabled, Timeout: timeout.Truncate(time.Second), Keep: keep}, errors.Join(errSecure, errEnabled, errTimeout, errKeep)
}

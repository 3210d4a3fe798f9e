package tool

import (
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/settings"
	"github.com/realmctl/realmctl/internal/usersfile"
)

// Conf is the configuration folder of a node with its settings.
type Conf struct {
	*settings.Settings // elasticsearch.yml, and -E over it

	Dir string
}

// Settings that several tools look at.
const (
	PasswordHashing = "xpack.security.authc.password_hashing.algorithm"
	fipsMode        = "xpack.security.fips_mode.enabled"
)

// newConf reads the settings; the overrides are what -E was given.
func newConf(w World, overrides []string) (*Conf, error) {
	if err := checkOverrides(overrides); err != nil {
		return nil, err
	}
	if w.Conf == "" {
		return nil, Failf(Config, "the system property [es.path.conf] must be set: name the configuration folder in ES_PATH_CONF")
	}
	dir, err := filepath.Abs(w.Conf)
	if err != nil {
		return nil, err
	}
	file, err := settings.Loader{Lookup: w.Lookup}.Load(filepath.Join(dir, "elasticsearch.yml"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		file = new(settings.Settings)
	case err != nil:
		return nil, cannotLoad(err)
	}
	over, err := parseOverrides(w, file, overrides)
	if err != nil {
		return nil, cannotLoad(err)
	}
	return &Conf{Settings: file.Over(over), Dir: dir}, nil
}

func cannotLoad(err error) error {
	return Failf(CodeError, "Failed to load settings from [elasticsearch.yml]: %w", err)
}

// checkOverrides follows EnvironmentAwareCommand.
func checkOverrides(overrides []string) error {
	seen := map[string]bool{}
	for _, o := range overrides {
		key, value, _ := strings.Cut(o, "=")
		if value == "" {
			return Failf(Usage, "setting [%s] must not be empty", key)
		}
		if seen[key] {
			return Failf(Usage, "setting [%s] set twice via command line -E", key)
		}
		seen[key] = true
	}
	return nil
}

// parseOverrides makes a settings file of the overrides, a line each, whose values
// may name variables and settings of the file below.
func parseOverrides(w World, below *settings.Settings, overrides []string) (*settings.Settings, error) {
	var doc strings.Builder
	for _, o := range overrides {
		key, value, _ := strings.Cut(o, "=")
		doc.WriteString(quote(key) + ": " + quote(value) + "\n")
	}
	lookup := func(name string) (string, bool) {
		if value, ok := w.Lookup(name); ok {
			return value, true
		}
		return below.String(name)
	}
	return settings.Loader{Lookup: lookup}.Parse("-E", []byte(doc.String()))
}

// quote makes a text a scalar of YAML, which JSON strings are.
func quote(s string) string {
	data, err := json.Marshal(s)
	if err != nil { // a string always has a JSON form
		return `""`
	}
	return string(data)
}

// Path is a file of the folder.
func (c *Conf) Path(name string) string { return filepath.Join(c.Dir, name) }

// Rules are the settings that decide about names of file users.
func (c *Conf) Rules() (usersfile.Rules, error) {
	on, err := c.Bool("xpack.security.authc.reserved_realm.enabled", true)
	return usersfile.Rules{ReservedOff: !on, Anonymous: c.Text("xpack.security.authc.anonymous.username", "")}, err
}

// Hasher makes the hashes that the setting asks for, or the default.
func (c *Conf) Hasher(setting, def string) (*pwhash.Pool, error) {
	name, err := c.algorithm(setting, def)
	if err != nil {
		return nil, err
	}
	return pwhash.New(name, pwhash.Options{})
}

func (c *Conf) algorithm(setting, def string) (string, error) {
	fips := false
	if setting == PasswordHashing || !c.Has(setting) { // else nothing asks for it
		var err error
		if fips, err = c.Bool(fipsMode, false); err != nil {
			return "", err
		}
	}
	if fips {
		def = "pbkdf2_stretch"
	}
	name := c.Text(setting, def)
	if err := pwhash.Check(pwhash.Passwords, name); err != nil {
		return "", err
	}
	if fips && setting == PasswordHashing && !strings.HasPrefix(strings.ToLower(name), "pbkdf2") {
		return "", Failf(Config, "Only PBKDF2 is allowed for password hashing in a FIPS 140 JVM. Please set the appropriate value for [ %s ] setting.", setting)
	}
	return name, nil
}

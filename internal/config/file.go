package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/viper"
	"go.yaml.in/yaml/v3"
)

// File is the user's configuration file.
type File struct {
	Path           string
	CurrentContext string
	Names          []string // of the contexts, as written and in that order
	Contexts       map[string]Context
	Defaults       Defaults
	Policy         Policy
}

// Context is a server or an engine with the names of the variables that hold its
// credential; it never holds a secret.
type Context struct {
	URL            string `mapstructure:"url" json:"url,omitempty"`
	Data           string `mapstructure:"data" json:"data,omitempty"`
	Auth           string `mapstructure:"auth" json:"auth,omitempty"`
	Username       string `mapstructure:"username" json:"username,omitempty"`
	PasswordEnv    string `mapstructure:"password_env" json:"password_env,omitempty"`
	APIKeyEnv      string `mapstructure:"api_key_env" json:"api_key_env,omitempty"`
	TokenEnv       string `mapstructure:"token_env" json:"token_env,omitempty"`
	CACert         string `mapstructure:"ca_cert" json:"ca_cert,omitempty"`
	CAFingerprint  string `mapstructure:"ca_fingerprint" json:"ca_fingerprint,omitempty"`
	ClientCert     string `mapstructure:"client_cert" json:"client_cert,omitempty"`
	ClientKey      string `mapstructure:"client_key" json:"client_key,omitempty"`
	AllowPlaintext bool   `mapstructure:"allow_plaintext" json:"allow_plaintext,omitempty"`
	Timeout        string `mapstructure:"timeout" json:"timeout,omitempty"`
	RunAs          string `mapstructure:"run_as" json:"run_as,omitempty"`
	Protected      bool   `mapstructure:"protected" json:"protected,omitempty"`
	ReadOnly       bool   `mapstructure:"read_only" json:"read_only,omitempty"`
	EnvFile        string `mapstructure:"env_file" json:"env_file,omitempty"`
}

// Defaults of flags.
type Defaults struct {
	Output string `mapstructure:"output" json:"output,omitempty"`
	Color  string `mapstructure:"color" json:"color,omitempty"`
}

// Policy limits what may be created.
type Policy struct {
	APIKey   APIKeyPolicy   `mapstructure:"api_key" json:"api_key"`
	Password PasswordPolicy `mapstructure:"password" json:"password"`
}

// APIKeyPolicy limits API keys. Durations are Elasticsearch's, such as 30d.
type APIKeyPolicy struct {
	DefaultExpiration string   `mapstructure:"default_expiration" json:"default_expiration,omitempty"`
	MaxExpiration     string   `mapstructure:"max_expiration" json:"max_expiration,omitempty"`
	RequireExpiration bool     `mapstructure:"require_expiration" json:"require_expiration,omitempty"`
	NamePattern       string   `mapstructure:"name_pattern" json:"name_pattern,omitempty"`
	RequireMetadata   []string `mapstructure:"require_metadata" json:"require_metadata,omitempty"`
	ForbidPrivileges  []string `mapstructure:"forbid_privileges" json:"forbid_privileges,omitempty"`
}

// PasswordPolicy limits passwords: their length and how many of the four classes
// (lower case, upper case, digits, symbols) they must have.
type PasswordPolicy struct {
	MinLength int `mapstructure:"min_length" json:"min_length,omitempty"`
	Classes   int `mapstructure:"classes" json:"classes,omitempty"`
}

// raw is the file's shape.
type raw struct {
	CurrentContext string             `mapstructure:"current_context"`
	Contexts       map[string]Context `mapstructure:"contexts"`
	Defaults       Defaults           `mapstructure:"defaults"`
	Policy         Policy             `mapstructure:"policy"`
}

// readFile reads the configuration file; a missing one is an empty one.
func readFile(path string) (*File, error) {
	f := &File{Path: path, Contexts: map[string]Context{}}
	if path == "" {
		return f, nil
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) && !readableFolder(path) {
		return f, nil
	}
	if err != nil {
		return nil, errorf("read the configuration: %v", err)
	}
	if info, err := os.Stat(path); err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o002 != 0 {
		return nil, errorf("%s may be written by everybody", path).hint("chmod 600 %s", path)
	}
	return parseFile(path, data)
}

// readableFolder tells a file that is kept from us from a home that is not ours.
func readableFolder(path string) bool {
	_, err := os.Stat(filepath.Dir(path))
	return err == nil
}

func parseFile(path string, data []byte) (*File, error) {
	f := &File{Path: path, Contexts: map[string]Context{}}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, errorf("%s:%s", path, strings.TrimPrefix(strings.TrimPrefix(err.Error(), "yaml: "), "line "))
	}
	if len(doc.Content) == 0 {
		return f, nil
	}
	if err := checkContexts(path, &doc); err != nil {
		return nil, err
	}
	v := viper.NewWithOptions(viper.KeyDelimiter("/")) // names of contexts may hold dots, never slashes
	v.SetConfigType("yaml")
	if err := v.ReadConfig(bytes.NewReader(data)); err != nil {
		return nil, errorf("%s: %v", path, err)
	}
	var r raw
	if err := v.UnmarshalExact(&r); err != nil {
		return nil, errorf("%s: %s", path, oneLine(err))
	}
	f.CurrentContext, f.Defaults, f.Policy = r.CurrentContext, r.Defaults, r.Policy
	for _, name := range contextNames(&doc) {
		c := r.Contexts[strings.ToLower(name)] // viper lower-cases keys
		if err := c.check(name); err != nil {
			return nil, errorf("%s: %v", path, err)
		}
		f.Names = append(f.Names, name)
		f.Contexts[name] = c
	}
	if _, ok := f.Contexts[f.CurrentContext]; f.CurrentContext != "" && !ok {
		return nil, errorf("%s: current_context %s is not among the contexts", path, f.CurrentContext).hint("realmctl context list")
	}
	return f, f.Policy.check(path)
}

// oneLine is mapstructure's list of complaints without its heading.
func oneLine(err error) string {
	lines := strings.Split(strings.TrimSpace(err.Error()), "\n")
	if len(lines) > 1 {
		lines = slices.DeleteFunc(lines[1:], func(l string) bool { return strings.TrimSpace(l) == "" })
	}
	for i, l := range lines {
		lines[i] = strings.TrimPrefix(strings.TrimSpace(l), "* ")
	}
	return strings.Join(lines, "; ")
}

// check finds what would make a context unsafe or useless.
func (c Context) check(name string) error {
	if (c.URL == "") == (c.Data == "") {
		return fmt.Errorf("context %s needs url or data, and not both", name)
	}
	if c.URL != "" {
		if _, err := parseURL(c.URL); err != nil {
			return fmt.Errorf("context %s: %w", name, err)
		}
	}
	for key, value := range map[string]string{"password_env": c.PasswordEnv, "api_key_env": c.APIKeyEnv, "token_env": c.TokenEnv} {
		if value != "" && !isVariable(value) {
			return fmt.Errorf("context %s: %s must be the name of a variable, not its value", name, key)
		}
	}
	if strings.Contains(c.ClientKey, "PRIVATE KEY") {
		return fmt.Errorf("context %s: client_key must be a path; a configuration holds no secrets", name)
	}
	return nil
}

func (p Policy) check(path string) error {
	if _, err := regexp.Compile(p.APIKey.NamePattern); err != nil {
		return errorf("%s: policy.api_key.name_pattern: %v", path, err)
	}
	return nil
}

// IsContextName reports whether a context may be called so.
func IsContextName(name string) bool {
	return name != "" && strings.IndexFunc(name, func(r rune) bool {
		return !isAlphanumeric(r) && r != '.' && r != '_' && r != '-'
	}) < 0
}

// isVariable reports whether a text can be the name of an environment variable.
func isVariable(name string) bool {
	for i, r := range name {
		if r != '_' && (!isAlphanumeric(r) || i == 0 && r <= '9') {
			return false
		}
	}
	return name != ""
}

// parseURL accepts the address of a server: no user, no query. Its errors never
// quote what could hold a password.
func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("the URL cannot be parsed")
	}
	if u.User != nil {
		return nil, errors.New("the URL holds a user or a password; credentials come from variables")
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, fmt.Errorf("%q is not a URL such as https://host:9200", text)
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("the URL %s://%s%s must have no query and no fragment", u.Scheme, u.Host, u.Path)
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	return u, nil
}

package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// chooser looks for the credential and remembers what it passed over.
type chooser struct {
	env     *Environment
	target  Target
	context Context
	auth    Kind // what was asked for; empty: anything
	passed  []Passed
}

// credential applies --auth, then the sources in order, then within a source the
// order of kinds.
func (c *chooser) credential() (Credential, error) {
	if c.auth != "" && !slices.Contains(Kinds(), c.auth) {
		return Credential{}, usagef("--auth %s: one of %s", c.auth, kindList())
	}
	if c.auth == NoAuth {
		return Credential{Kind: NoAuth}, nil
	}
	if c.env.flags.CredentialEnv != "" {
		return c.named(c.env.flags.CredentialEnv)
	}
	if c.env.flags.Method != "" {
		return c.byMethod(c.env.flags.Method)
	}
	finders := []finder{findAPIKey("ELASTICSEARCH_API_KEY"), findBearer("ELASTICSEARCH_BEARER_TOKEN"), findBasic("ELASTICSEARCH_USERNAME", "ELASTICSEARCH_PASSWORD", ""), findPKI}
	if cred, ok := c.ordered(finders, c.contextFinders()); ok {
		return cred, nil
	}
	if cred, ok := c.flagCertificate(); ok {
		return cred, nil
	}
	if cred, ok := c.elastic(); ok {
		return cred, nil
	}
	return Credential{}, c.none()
}

func kindList() string {
	var texts []string
	for _, k := range Kinds() {
		texts = append(texts, string(k))
	}
	return strings.Join(texts, ", ")
}

// named is --credential-env: the variable holds an API key or a bearer token.
func (c *chooser) named(name string) (Credential, error) {
	text, source, err := c.env.Secret(name)
	if err != nil {
		return Credential{}, err
	}
	kind := c.auth
	if kind == "" {
		kind = Shape(strings.TrimSpace(text.Reveal()))
	}
	one := vars{source, func(n string) (string, bool) { return text.Reveal(), n == name }}
	var cred Credential
	switch kind {
	case APIKey:
		cred, _, _ = findAPIKey(name)(one)
	case Bearer:
		cred, _, _ = findBearer(name)(one)
	case Basic, PKI, Elastic, NoAuth:
		return Credential{}, usagef("--auth %s does not go with --credential-env", kind)
	}
	c.passOthers()
	return cred, nil
}

// Methods lists what --method of authenticate takes: each has its own variables.
func Methods() []string {
	return []string{"native", "file", "ldap", "ad", "pki", "jwt", "api-key", "service-token"}
}

// byMethod takes the variables of one method and no others.
func (c *chooser) byMethod(method string) (Credential, error) {
	find := map[string]finder{
		"native":        findBasic("ELASTICSEARCH_USERNAME", "ELASTICSEARCH_PASSWORD", ""),
		"file":          findBasic("FILE_USER", "FILE_PASSWORD", ""),
		"ldap":          findBasic("LDAP_USER", "LDAP_PASSWORD", ""),
		"ad":            findBasic("AD_USER", "AD_PASSWORD", ""),
		"pki":           findPKI,
		"jwt":           findBearer("JWT_TOKEN"),
		"api-key":       findAPIKey("ELASTICSEARCH_API_KEY"),
		"service-token": findBearer("ELASTICSEARCH_BEARER_TOKEN"),
	}[method]
	if find == nil {
		return Credential{}, usagef("--method %s: one of %s", method, strings.Join(Methods(), ", "))
	}
	if cred, ok := c.ordered([]finder{find}, nil); ok {
		return cred, nil
	}
	return Credential{}, errorf("there is no credential for --method %s", method).hint("realmctl env check shows its variables")
}

// ordered asks source after source, first for the general variables, then for
// those that the context names.
func (c *chooser) ordered(general, named []finder) (Credential, bool) {
	var chosen *Credential
	try := func(v vars, find finder) {
		cred, half, ok := find(v)
		switch {
		case half != "":
			c.pass(half, v.source, "incomplete")
		case !ok:
		case c.auth != "" && cred.Kind != c.auth:
			c.pass(cred.Variable, v.source, "--auth "+string(c.auth))
		case cred.Kind == PKI && (c.target.Local() || c.target.URL.Scheme != "https"):
			c.pass(cred.Variable, v.source, "a certificate needs https")
		case chosen != nil:
			c.pass(cred.Variable, v.source, chosen.Variable+" in "+chosen.Source.Name+" comes first")
		default:
			chosen = &cred
		}
	}
	for _, finders := range [][]finder{general, named} {
		for _, v := range c.env.sources() {
			for _, find := range finders {
				try(v, find)
			}
		}
	}
	if chosen == nil {
		return Credential{}, false
	}
	return *chosen, true
}

// contextFinders look for the variables that the context names.
func (c *chooser) contextFinders() []finder {
	var finders []finder
	if c.context.APIKeyEnv != "" {
		finders = append(finders, findAPIKey(c.context.APIKeyEnv))
	}
	if c.context.TokenEnv != "" {
		finders = append(finders, findBearer(c.context.TokenEnv))
	}
	if c.context.PasswordEnv != "" {
		finders = append(finders, findBasic("ELASTICSEARCH_USERNAME", c.context.PasswordEnv, c.context.Username))
	}
	return finders
}

// flagCertificate takes a client certificate that a flag or the context names as
// the credential when there is no other.
func (c *chooser) flagCertificate() (Credential, bool) {
	if c.auth != "" && c.auth != PKI || c.target.Local() || c.target.URL.Scheme != "https" {
		return Credential{}, false
	}
	f := c.env.flags
	if f.ClientCert != "" {
		return Credential{Kind: PKI, Source: Source{"the command line", Chosen}, Variable: "--client-cert", cert: f.ClientCert, key: f.ClientKey}, true
	}
	if c.context.ClientCert != "" {
		cert, key := relativeTo(c.env.file.Path, c.context.ClientCert), relativeTo(c.env.file.Path, c.context.ClientKey)
		return Credential{Kind: PKI, Source: c.target.Source, Variable: "client_cert", cert: cert, key: key}, true
	}
	return Credential{}, false
}

// elastic is the last resort: the built-in superuser, against a server only when
// it was asked for by name.
func (c *chooser) elastic() (Credential, bool) {
	for _, v := range c.env.sources() {
		cred, _, ok := findElastic(v)
		switch {
		case !ok:
		case c.auth != "" && c.auth != Elastic:
			c.pass(cred.Variable, v.source, "--auth "+string(c.auth))
		case c.auth == "" && !c.target.Local():
			c.pass(cred.Variable, v.source, "against a server only with --auth elastic")
		default:
			return cred, true
		}
	}
	return Credential{}, false
}

// passOthers notes what --credential-env passes over.
func (c *chooser) passOthers() {
	for _, v := range c.env.sources() {
		for _, name := range []string{"ELASTICSEARCH_API_KEY", "ELASTICSEARCH_BEARER_TOKEN", "ELASTICSEARCH_PASSWORD", "ELASTIC_PASSWORD"} {
			if value, ok := v.get(name); ok && value != "" && name != c.env.flags.CredentialEnv {
				c.pass(name, v.source, "--credential-env comes first")
			}
		}
	}
}

func (c *chooser) pass(what string, s Source, why string) {
	c.passed = append(c.passed, Passed{what, s, why})
}

// none says what to do when there is no credential.
func (c *chooser) none() error {
	err := errorf("there is no credential for %s", c.target)
	if len(c.passed) > 0 {
		var texts []string
		for _, p := range c.passed {
			texts = append(texts, p.What+" in "+p.Source.Name+" ("+p.Why+")")
		}
		err.Text += "; passed over: " + strings.Join(texts, ", ")
	}
	err.Hint = "add ELASTICSEARCH_API_KEY=... to " + c.env.EnvFile() + " (realmctl env template)"
	if _, statErr := os.Stat(filepath.Join(c.env.world.Dir, "..", ".env")); statErr == nil && c.env.folder == nil {
		err.Hint = "--env-file ../.env"
	}
	return err
}

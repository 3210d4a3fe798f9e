package config

import (
	"strings"
	"time"

	"github.com/realmctl/realmctl/internal/secret"
)

// Settings is the outcome: one plain struct that commands work with.
type Settings struct {
	*Environment

	Target     Target
	Credential Credential
	Passed     []Passed // credentials that were there and not used
	TLS        TLS
	RunAs      string
	Timeout    time.Duration
	Protected  bool   // destructive commands want the context's name
	ReadOnly   string // why nothing may be changed; empty: changes are allowed
}

// TLS says whom to trust and which certificate to show. Certificates and keys are
// paths or PEM texts.
type TLS struct {
	CA            string
	CAFingerprint string // SHA-256 of the CA certificate, hexadecimal
	Cert, Key     string
	KeyPassword   secret.String
	Insecure      bool
}

// defaultTimeout of one request.
const defaultTimeout = 30 * time.Second

// Resolve decides target, credential and trust.
func (e *Environment) Resolve() (*Settings, error) {
	t, c, err := e.target()
	if err != nil {
		return nil, err
	}
	s := &Settings{Environment: e, Target: t, Protected: c.Protected, RunAs: firstOf(e.flags.RunAs, c.RunAs)}
	if c.ReadOnly {
		s.ReadOnly = "context " + t.Context + " is read-only"
	}
	choose := chooser{env: e, target: t, context: c, auth: Kind(firstOf(e.flags.Auth, c.Auth))}
	s.Credential, err = choose.credential()
	s.Passed = choose.passed
	if err != nil {
		return nil, err
	}
	if err := s.checkTrust(s.Credential.Variable, s.Credential.Source); err != nil && s.Credential.Kind != NoAuth {
		return nil, err
	}
	if err := s.checkPlaintext(c); err != nil {
		return nil, err
	}
	if s.TLS, err = s.tls(c); err != nil {
		return nil, err
	}
	s.Timeout, err = duration(firstOf(e.flags.Timeout, e.Variable("REALMCTL_TIMEOUT"), c.Timeout))
	return s, err
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

func duration(text string) (time.Duration, error) {
	if text == "" {
		return defaultTimeout, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, usagef("the timeout %q is not a duration such as 30s", text)
	}
	return d, nil
}

// checkTrust keeps a secret from a target that a less trusted source named.
func (s *Settings) checkTrust(what string, from Source) error {
	if from.Trust <= s.Target.Source.Trust {
		return nil
	}
	err := errorf("%s in %s is not sent to what %s names (%s)", what, from, s.Target.Source, s.Target)
	if s.Target.Local() {
		return err.hint("--data ./%s, if this engine is meant", EngineFolder)
	}
	return err.hint("--url %s, if this server is meant", s.Target)
}

// Sendable is the value of a variable that will be sent to the target, which must
// be trusted with it.
func (s *Settings) Sendable(name string) (secret.String, error) {
	value, from, err := s.Secret(name)
	if err != nil {
		return "", err
	}
	return value, s.checkTrust(name, from)
}

// checkPlaintext keeps credentials off an unencrypted network.
func (s *Settings) checkPlaintext(c Context) error {
	allowed := s.flags.AllowPlaintext || c.AllowPlaintext || s.Process("REALMCTL_ALLOW_PLAINTEXT") == "1"
	if s.Credential.Kind == NoAuth || s.Target.Loopback() || s.Target.URL.Scheme == "https" || allowed {
		return nil
	}
	return errorf("a credential is not sent to %s without encryption", s.Target).
		hint("use https, or allow it with --allow-plaintext")
}

// tls gathers what the handshake needs. A folder's .env may name a CA only for the
// URL that it names itself.
func (s *Settings) tls(c Context) (TLS, error) {
	if s.Target.Local() {
		return TLS{}, nil
	}
	f := s.flags
	from := s.chosen()
	if s.folder != nil && s.folder.source.Trust >= s.Target.Source.Trust {
		from = append(from, *s.folder)
	}
	variable := func(name string) string { value, _, _ := first(from, name); return value }
	t := TLS{
		CA:            firstOf(f.CACert, configPath(s.file.Path, c.CACert), variable("CA_CERT")),
		CAFingerprint: firstOf(f.CAFingerprint, c.CAFingerprint, variable("ELASTICSEARCH_CA_FINGERPRINT")),
		Cert:          firstOf(s.Credential.cert, f.ClientCert, configPath(s.file.Path, c.ClientCert)),
		Key:           firstOf(s.Credential.key, f.ClientKey, configPath(s.file.Path, c.ClientKey)),
	}
	if (t.Cert == "") != (t.Key == "") {
		return TLS{}, usagef("--client-cert and --client-key belong together")
	}
	if password, _, err := s.Secret("CLIENT_KEY_PASSWORD"); err == nil {
		t.KeyPassword = password
	}
	var err error
	t.Insecure, err = s.insecure(f.Insecure)
	return t, err
}

// configPath resolves a path of the configuration; PEM text stays as it is.
func configPath(file, value string) string {
	if value == "" || strings.Contains(value, "-----BEGIN") {
		return value
	}
	return relativeTo(file, value)
}

// insecure switches verification off: on this machine at once, elsewhere only for
// the host that is named.
func (s *Settings) insecure(value string) (bool, error) {
	switch {
	case value == "":
		return false, nil
	case value == InsecureLoopback && s.Target.Loopback(), value == s.Target.URL.Host, value == s.Target.URL.Hostname():
		return true, nil
	case value == InsecureLoopback:
		return false, usagef("--insecure off this machine needs the host: --insecure=%s", s.Target.URL.Hostname())
	}
	return false, usagef("--insecure=%s is not the host of %s", value, s.Target)
}

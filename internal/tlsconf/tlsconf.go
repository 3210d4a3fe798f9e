// Package tlsconf turns the ssl.* settings of Elasticsearch, and what a client is
// told about trust, into configurations of crypto/tls. Certificates and keys are
// PEM.
package tlsconf

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/settings"
)

// Files is the configuration of a listener that shows the certificate of a file,
// with its chain, and asks clients for none.
func Files(certificate, key string) (*tls.Config, error) {
	cert, err := pair(certificate, key, "")
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}, nil
}

// Server is the configuration of a listener from a group of settings such as
// xpack.security.http.ssl; nil when it is not enabled. Paths are relative to dir.
// Errors are *settings.Error.
func Server(ssl *settings.Settings, dir string) (*tls.Config, error) {
	on, err := ssl.Bool("enabled", false)
	if err != nil || !on {
		return nil, err
	}
	s := server{ssl: ssl, dir: dir}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	for _, read := range []func(*tls.Config) error{s.stores, s.identity, s.clients, s.protocols, s.ciphers} {
		if err := read(c); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// server reads the parts of a listener's configuration.
type server struct {
	ssl *settings.Settings
	dir string
}

// stores refuses what is not PEM.
func (s server) stores(*tls.Config) error {
	for _, key := range s.ssl.Keys() {
		if strings.HasPrefix(key, "keystore.") || strings.HasPrefix(key, "truststore.") {
			return s.ssl.Errorf(key, "Java and PKCS#12 stores are not supported; use [certificate], [key] and [certificate_authorities] with PEM files")
		}
	}
	return nil
}

func (s server) identity(c *tls.Config) error {
	for _, key := range []string{"certificate", "key"} {
		if !s.ssl.Has(key) {
			return s.ssl.Errorf("enabled", "TLS needs [certificate] and [key]; there is no [%s]", key)
		}
	}
	passphrase, _ := s.ssl.String("secure_key_passphrase")
	passphrase = s.ssl.Text("key_passphrase", passphrase)
	cert, err := pair(s.path(s.ssl.Text("certificate", "")), s.path(s.ssl.Text("key", "")), secret.String(passphrase))
	if err != nil {
		return s.ssl.Errorf("key", "%v", err)
	}
	c.Certificates = []tls.Certificate{cert}
	return nil
}

// clients reads what is asked of them. Without authorities those of the system
// count.
func (s server) clients(c *tls.Config) error {
	asked, err := s.ssl.Enum("client_authentication", "none", "none", "optional", "required")
	if err != nil {
		return err
	}
	mode, err := s.ssl.Enum("verification_mode", "full", "full", "certificate", "none")
	if err != nil {
		return err
	}
	switch {
	case asked == "optional" && mode == "none":
		c.ClientAuth = tls.RequestClientCert
	case asked == "optional":
		c.ClientAuth = tls.VerifyClientCertIfGiven
	case asked == "required" && mode == "none":
		c.ClientAuth = tls.RequireAnyClientCert
	case asked == "required":
		c.ClientAuth = tls.RequireAndVerifyClientCert
	}
	files, ok := s.ssl.Strings("certificate_authorities")
	if !ok {
		return nil
	}
	c.ClientCAs = x509.NewCertPool()
	for _, file := range files {
		if err := addAuthorities(c.ClientCAs, s.path(file)); err != nil {
			return s.ssl.Errorf("certificate_authorities", "%v", err)
		}
	}
	return nil
}

// protocols takes the oldest and the newest that are listed; crypto/tls leaves no
// gap between them.
func (s server) protocols(c *tls.Config) error {
	names, ok := s.ssl.Strings("supported_protocols")
	if !ok {
		return nil
	}
	var versions []uint16
	for _, name := range names {
		switch name {
		case "TLSv1.3":
			versions = append(versions, tls.VersionTLS13)
		case "TLSv1.2":
			versions = append(versions, tls.VersionTLS12)
		case "TLSv1.1":
			versions = append(versions, tls.VersionTLS11)
		case "TLSv1":
			versions = append(versions, tls.VersionTLS10)
		default:
			return s.ssl.Errorf("supported_protocols", "[%s] is not one of [TLSv1.3, TLSv1.2, TLSv1.1, TLSv1]", name)
		}
	}
	if len(versions) == 0 {
		return s.ssl.Errorf("supported_protocols", "the list is empty")
	}
	c.MinVersion, c.MaxVersion = slices.Min(versions), slices.Max(versions)
	return nil
}

// ciphers matters up to TLS 1.2; crypto/tls chooses those of 1.3 itself.
func (s server) ciphers(c *tls.Config) error {
	names, _ := s.ssl.Strings("cipher_suites")
	for _, name := range names {
		all := append(tls.CipherSuites(), tls.InsecureCipherSuites()...)
		i := slices.IndexFunc(all, func(suite *tls.CipherSuite) bool { return suite.Name == name })
		if i < 0 {
			return s.ssl.Errorf("cipher_suites", "[%s] is not supported", name)
		}
		c.CipherSuites = append(c.CipherSuites, all[i].ID)
	}
	return nil
}

func (s server) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(s.dir, name)
}

// pair reads a certificate and its key, each a path or a PEM text.
func pair(certificate, key string, passphrase secret.String) (tls.Certificate, error) {
	certPEM, err := read("certificate", certificate)
	if err != nil {
		return tls.Certificate{}, err
	}
	keyPEM, err := read("key", key)
	if err != nil {
		return tls.Certificate{}, err
	}
	if keyPEM, err = decrypted(keyPEM, passphrase); err != nil {
		return tls.Certificate{}, err
	}
	cert, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return tls.Certificate{}, errors.New(strings.TrimPrefix(err.Error(), "tls: "))
	}
	return cert, nil
}

// addAuthorities adds the certificates of a path or PEM text.
func addAuthorities(pool *x509.CertPool, text string) error {
	pem, err := read("certificate authority", text)
	if err != nil {
		return err
	}
	if !pool.AppendCertsFromPEM(pem) {
		return errors.New("no certificate in PEM found for the certificate authority")
	}
	return nil
}

// read returns a PEM text, or the file that has it. It never quotes what may be a
// key.
func read(what, text string) ([]byte, error) {
	if strings.Contains(text, "-----BEGIN") {
		return []byte(text), nil
	}
	if strings.ContainsAny(text, "\r\n") || len(text) > 4096 {
		return nil, fmt.Errorf("the %s is neither a file nor a PEM text", what)
	}
	data, err := os.ReadFile(text)
	if err != nil {
		return nil, fmt.Errorf("read the %s: %w", what, err)
	}
	return data, nil
}

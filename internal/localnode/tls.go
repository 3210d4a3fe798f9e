package localnode

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/realmctl/realmctl/internal/pkcs12"
	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/settings"
)

// TLS is how a client on the node's machine connects to it, from the node's own
// xpack.security.http.ssl.* settings: it trusts the authorities that are named
// there, or else the node's own certificates and those of the system; host names
// count only with verification_mode full. Paths are relative to dir; secure finds
// the settings of the keystore.
func TLS(s *settings.Settings, dir string, secure func(name string) (secret.String, error)) (*tls.Config, error) {
	t := trust{ssl: s.Group(httpSSL), dir: dir, secure: secure}
	mode, err := t.ssl.Enum("verification_mode", "full", "full", "certificate", "none")
	if err != nil {
		return nil, err
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if mode == "none" {
		c.InsecureSkipVerify = true // as the settings say
		return c, nil
	}
	if err := t.read(); err != nil {
		return nil, err
	}
	c.RootCAs = t.pool
	if mode == "certificate" {
		c.InsecureSkipVerify = true // the chain is verified below, the name is not
		c.VerifyConnection = t.verifyChain
	}
	return c, nil
}

// trust collects who is trusted.
type trust struct {
	ssl    *settings.Settings
	dir    string
	secure func(string) (secret.String, error)
	pool   *x509.CertPool
}

func (t *trust) read() error {
	t.pool = x509.NewCertPool()
	if files, ok := t.ssl.Strings("certificate_authorities"); ok {
		for _, f := range files {
			if err := t.addPEM("certificate_authorities", f); err != nil {
				return err
			}
		}
		return nil
	}
	if t.ssl.Has("truststore.path") {
		return t.addStore("truststore")
	}
	if system, err := x509.SystemCertPool(); err == nil { // without one the node's own certificates have to do
		t.pool = system
	}
	if t.ssl.Has("keystore.path") {
		return t.addStore("keystore")
	}
	if file := t.ssl.Text("certificate", ""); file != "" {
		return t.addPEM("certificate", file)
	}
	return nil
}

func inFolder(dir, file string) string {
	if filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(dir, file)
}

func (t *trust) addPEM(key, file string) error {
	data, err := os.ReadFile(inFolder(t.dir, file))
	if err != nil {
		return t.ssl.Errorf(key, "%v", err)
	}
	if !t.pool.AppendCertsFromPEM(data) {
		return t.ssl.Errorf(key, "there is no certificate in %s", file)
	}
	return nil
}

func (t *trust) addStore(name string) error {
	store, err := openStore(t.ssl, name, t.dir, t.secure)
	if err != nil {
		return err
	}
	for _, c := range store.Certificates {
		t.pool.AddCert(c)
	}
	return nil
}

// KeyStore reads the store with the certificate of the HTTP interface, and perhaps
// with its authority and their keys; nil when the settings name none.
func KeyStore(s *settings.Settings, dir string, secure func(name string) (secret.String, error)) (*pkcs12.Store, error) {
	ssl := s.Group(httpSSL)
	if !ssl.Has("keystore.path") {
		return nil, nil
	}
	return openStore(ssl, "keystore", dir, secure)
}

func openStore(ssl *settings.Settings, name, dir string, secure func(string) (secret.String, error)) (*pkcs12.Store, error) {
	key := name + ".path"
	file := ssl.Text(key, "")
	if kind := strings.ToLower(ssl.Text(name+".type", "")); kind != "" && kind != "pkcs12" || kind == "" && !isPKCS12(file) {
		return nil, ssl.Errorf(key, "only stores of the type PKCS12 are read; convert it: keytool -importkeystore -deststoretype PKCS12")
	}
	password := secret.String(ssl.Text(name+".password", ""))
	if password.Empty() {
		var err error
		if password, err = secure(httpSSL + "." + name + ".secure_password"); err != nil {
			return nil, err
		}
	}
	data, err := os.ReadFile(inFolder(dir, file))
	if err != nil {
		return nil, ssl.Errorf(key, "%v", err)
	}
	store, err := pkcs12.Parse(data, password)
	if err != nil {
		return nil, ssl.Errorf(key, "%v", err)
	}
	return store, nil
}

// isPKCS12 goes by the name, as Elasticsearch does.
func isPKCS12(file string) bool {
	switch strings.ToLower(filepath.Ext(file)) {
	case ".p12", ".pfx", ".pkcs12":
		return true
	}
	return false
}

// verifyChain is what crypto/tls does, without the host's name.
func (t *trust) verifyChain(cs tls.ConnectionState) error {
	if len(cs.PeerCertificates) == 0 {
		return errors.New("the server shows no certificate")
	}
	o := x509.VerifyOptions{Roots: t.pool, Intermediates: x509.NewCertPool()}
	for _, c := range cs.PeerCertificates[1:] {
		o.Intermediates.AddCert(c)
	}
	if _, err := cs.PeerCertificates[0].Verify(o); err != nil {
		return &tls.CertificateVerificationError{UnverifiedCertificates: cs.PeerCertificates, Err: err}
	}
	return nil
}

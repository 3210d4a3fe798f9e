package tlsconf

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/realmctl/realmctl/internal/secret"
)

// Client says whom a client trusts and which certificate it shows. Certificates and
// keys are paths or PEM texts. The zero value trusts what the system does.
type Client struct {
	CA            string
	CAFingerprint string // SHA-256 of the CA certificate, hexadecimal, with or without colons
	Cert, Key     string
	KeyPassword   secret.String
	Insecure      bool // trust anyone; excludes CA and CAFingerprint
}

// Config is the configuration for connections to one host, a name or address
// without a port. It must not be used for others.
//
// With a fingerprint and no CA, the server has to send the CA's certificate along:
// that is then the only one that can vouch for it. Unlike some clients of
// Elasticsearch it is not enough that the certificate is in the list.
func (c Client) Config(host string) (*tls.Config, error) {
	conf := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if c.Insecure {
		if c.CA != "" || c.CAFingerprint != "" {
			return nil, errors.New("trusting anyone and trusting one CA exclude each other")
		}
		conf.InsecureSkipVerify = true // what the caller asked for by that name
	}
	if c.CA != "" {
		conf.RootCAs = x509.NewCertPool()
		if err := addAuthorities(conf.RootCAs, c.CA); err != nil {
			return nil, err
		}
	}
	if c.CAFingerprint != "" {
		if err := c.pin(conf, host); err != nil {
			return nil, err
		}
	}
	if c.Cert == "" && c.Key == "" {
		return conf, nil
	}
	if c.Cert == "" || c.Key == "" {
		return nil, errors.New("a client certificate and its key belong together")
	}
	cert, err := pair(c.Cert, c.Key, c.KeyPassword)
	if err != nil {
		return nil, fmt.Errorf("client certificate: %w", err)
	}
	conf.Certificates = []tls.Certificate{cert}
	return conf, nil
}

// pin makes conf trust only chains that end in the certificate of the fingerprint.
func (c Client) pin(conf *tls.Config, host string) error {
	sum, err := hex.DecodeString(strings.NewReplacer(":", "", " ", "").Replace(c.CAFingerprint))
	if err != nil || len(sum) != sha256.Size {
		return errors.New("a CA fingerprint is a SHA-256 of 64 hexadecimal digits")
	}
	pinned := func(cert *x509.Certificate) bool {
		got := sha256.Sum256(cert.Raw)
		return subtle.ConstantTimeCompare(got[:], sum) == 1
	}
	alone := conf.RootCAs == nil
	conf.InsecureSkipVerify = alone // VerifyConnection below does it, with the only root there is
	conf.VerifyConnection = func(cs tls.ConnectionState) error {
		chains := cs.VerifiedChains
		if alone {
			var err error
			if chains, err = verify(cs.PeerCertificates, host, pinned); err != nil {
				return &tls.CertificateVerificationError{UnverifiedCertificates: cs.PeerCertificates, Err: err}
			}
		}
		for _, chain := range chains {
			if slices.ContainsFunc(chain, pinned) {
				return nil
			}
		}
		return &tls.CertificateVerificationError{UnverifiedCertificates: cs.PeerCertificates, Err: errors.New("the CA's fingerprint is another one")}
	}
	return nil
}

// verify is what crypto/tls does, with the pinned certificates of the list as the
// only roots.
func verify(list []*x509.Certificate, host string, pinned func(*x509.Certificate) bool) ([][]*x509.Certificate, error) {
	o := x509.VerifyOptions{DNSName: host, Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool()}
	found := false
	for _, cert := range list {
		o.Intermediates.AddCert(cert)
		if pinned(cert) {
			o.Roots.AddCert(cert)
			found = true
		}
	}
	if !found {
		return nil, errors.New("the server sends no certificate with the CA's fingerprint")
	}
	return list[0].Verify(o)
}

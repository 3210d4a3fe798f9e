package tlsconf_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/settings"
	"github.com/realmctl/realmctl/internal/tlsconf"
)

// identity is a certificate and its key, in PEM and ready for use.
type identity struct {
	cert      *x509.Certificate
	key       *ecdsa.PrivateKey
	pem, keys string
}

// issue makes a certificate for localhost, by itself when by is nil.
func issue(t *testing.T, name string, by *identity) *identity {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: by == nil, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		DNSNames:    []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	issuer, issuerKey := template, key
	if by != nil {
		issuer, issuerKey = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), issuerKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return &identity{
		cert: cert, key: key, pem: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		keys: string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})),
	}
}

func (i *identity) fingerprint() string {
	sum := sha256.Sum256(i.cert.Raw)
	return hex.EncodeToString(sum[:])
}

// handshake returns what either side makes of the other.
func handshake(t *testing.T, server, client *tls.Config) (atServer, atClient error) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	served := make(chan error, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			served <- err
			return
		}
		s := tls.Server(c, server)
		err = s.HandshakeContext(t.Context())
		_ = s.Close()
		served <- err
	}()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s := tls.Client(c, client)
	err = s.HandshakeContext(t.Context())
	if err == nil { // with TLS 1.3 the server's refusal comes with the first read
		if _, readErr := s.Read(make([]byte, 1)); readErr != nil && strings.Contains(readErr.Error(), "tls:") {
			err = readErr
		}
	}
	_ = s.Close()
	return <-served, err
}

func TestWhomAClientTrusts(t *testing.T) {
	t.Parallel()
	ca, other := issue(t, "ca", nil), issue(t, "other", nil)
	good, alien := issue(t, "node", ca), issue(t, "alien", other)
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, []byte(other.pem+ca.pem), 0o600); err != nil {
		t.Fatal(err)
	}
	colons := strings.ToUpper(ca.fingerprint()[:2] + ":" + ca.fingerprint()[2:])
	for name, c := range map[string]struct {
		shown  string // the server's list
		key    string
		client tlsconf.Client
		host   string
		want   string // empty: trusted
	}{
		"the CA as a file":            {good.pem, good.keys, tlsconf.Client{CA: file}, "localhost", ""},
		"the CA as text":              {good.pem, good.keys, tlsconf.Client{CA: ca.pem}, "127.0.0.1", ""},
		"another CA":                  {good.pem, good.keys, tlsconf.Client{CA: other.pem}, "localhost", "certificate signed by unknown authority"},
		"the system":                  {good.pem, good.keys, tlsconf.Client{}, "localhost", "certificate signed by unknown authority"},
		"another host":                {good.pem, good.keys, tlsconf.Client{CA: ca.pem}, "example.org", "not example.org"},
		"anyone":                      {good.pem, good.keys, tlsconf.Client{Insecure: true}, "example.org", ""},
		"the CA's fingerprint":        {good.pem + ca.pem, good.keys, tlsconf.Client{CAFingerprint: ca.fingerprint()}, "127.0.0.1", ""},
		"a fingerprint with colons":   {good.pem + ca.pem, good.keys, tlsconf.Client{CAFingerprint: colons}, "localhost", ""},
		"a CA that is not sent":       {good.pem, good.keys, tlsconf.Client{CAFingerprint: ca.fingerprint()}, "localhost", "the server sends no certificate with the CA's fingerprint"},
		"a CA that only stands there": {alien.pem + ca.pem, alien.keys, tlsconf.Client{CAFingerprint: ca.fingerprint()}, "localhost", "certificate signed by unknown authority"},
		"a fingerprint, another host": {good.pem + ca.pem, good.keys, tlsconf.Client{CAFingerprint: ca.fingerprint()}, "example.org", "not example.org"},
		"the server's own print":      {ca.pem, ca.keys, tlsconf.Client{CAFingerprint: ca.fingerprint()}, "localhost", ""},
		"CA and its fingerprint":      {good.pem, good.keys, tlsconf.Client{CA: file, CAFingerprint: ca.fingerprint()}, "localhost", ""},
		"CA and another fingerprint":  {good.pem, good.keys, tlsconf.Client{CA: file, CAFingerprint: other.fingerprint()}, "localhost", "the CA's fingerprint is another one"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conf, err := c.client.Config(c.host)
			if err != nil {
				t.Fatal(err)
			}
			cert, err := tls.X509KeyPair([]byte(c.shown), []byte(c.key))
			if err != nil {
				t.Fatal(err)
			}
			_, err = handshake(t, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}, conf)
			if err != nil && c.want == "" || !strings.Contains(fmt.Sprint(err), c.want) {
				t.Errorf("handshake = %v, want %q", err, c.want)
			}
			if _, ok := errors.AsType[*tls.CertificateVerificationError](err); c.want != "" && !ok {
				t.Errorf("handshake = %T, want a CertificateVerificationError", err)
			}
		})
	}
}

func TestClientsThatCannotBe(t *testing.T) {
	t.Parallel()
	ca := issue(t, "ca", nil)
	for name, c := range map[string]struct {
		client tlsconf.Client
		want   string
	}{
		"anyone and a CA":        {tlsconf.Client{Insecure: true, CA: ca.pem}, "trusting anyone and trusting one CA exclude each other"},
		"no such CA":             {tlsconf.Client{CA: "/none/ca.pem"}, "read the certificate authority: open /none/ca.pem: no such file or directory"},
		"a CA that is none":      {tlsconf.Client{CA: ca.keys}, "no certificate in PEM found for the certificate authority"},
		"a short fingerprint":    {tlsconf.Client{CAFingerprint: "abcd"}, "a CA fingerprint is a SHA-256 of 64 hexadecimal digits"},
		"no hexadecimal":         {tlsconf.Client{CAFingerprint: strings.Repeat("x", 64)}, "a CA fingerprint is a SHA-256 of 64 hexadecimal digits"},
		"a certificate only":     {tlsconf.Client{Cert: ca.pem}, "a client certificate and its key belong together"},
		"a key only":             {tlsconf.Client{Key: ca.keys}, "a client certificate and its key belong together"},
		"another's key":          {tlsconf.Client{Cert: ca.pem, Key: issue(t, "x", nil).keys}, "client certificate: private key does not match public key"},
		"a key cut at its start": {tlsconf.Client{Cert: ca.pem, Key: ca.keys[30:]}, "client certificate: the key is neither a file nor a PEM text"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := c.client.Config("localhost"); err == nil || err.Error() != c.want {
				t.Errorf("Config() = %v, want %s", err, c.want)
			}
		})
	}
}

func TestEncryptedKeys(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*-*.pem")
	if err != nil || len(files) != 10 {
		t.Fatalf("keys = %v, %v, want 10", files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			config := func(passphrase secret.String) string {
				_, err := tlsconf.Client{Cert: "testdata/cert.pem", Key: file, KeyPassword: passphrase}.Config("localhost")
				return fmt.Sprint(err)
			}
			if got, want := config(""), "client certificate: the key is encrypted and there is no passphrase"; got != want {
				t.Errorf("without a passphrase: %s, want %s", got, want)
			}
			if strings.Contains(file, "other") {
				if got := config("test-pass-1"); !strings.Contains(got, "not supported") || !strings.Contains(got, "; use ") {
					t.Errorf("= %s, want what is supported", got)
				}
				return
			}
			if got := config("test-pass-1"); got != "<nil>" {
				t.Errorf("with its passphrase: %s", got)
			}
			for i := range 300 { // some wrong ones decipher to what looks padded
				if got := config(secret.String(fmt.Sprint("wrong", i))); !strings.HasPrefix(got, "client certificate: ") {
					t.Errorf("with the passphrase wrong%d: %s", i, got)
				}
				if !strings.Contains(file, "rfc1423") && i == 2 {
					break // slow, and checked more strictly
				}
			}
		})
	}
}

// server reads settings of a listener from lines below ssl.
func server(t *testing.T, lines ...string) (*tls.Config, error) {
	t.Helper()
	s, err := settings.Loader{}.Parse("f.yml", []byte("ssl:\n  "+strings.Join(lines, "\n  ")+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	return tlsconf.Server(s.Group("ssl"), "testdata")
}

func TestServerAsksClients(t *testing.T) {
	t.Parallel()
	ca := issue(t, "ca", nil)
	good, alien := issue(t, "someone", ca), issue(t, "alien", issue(t, "other", nil))
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, []byte(ca.pem), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		asked, mode       string
		none, good, alien bool // who gets in
	}{
		{"none", "full", true, true, true},
		{"optional", "full", true, true, false},
		{"required", "certificate", false, true, false},
		{"Required", "NONE", false, true, true},
		{"optional", "none", true, true, true},
	} {
		t.Run(c.asked+" "+c.mode, func(t *testing.T) {
			t.Parallel()
			conf, err := server(t, "enabled: true", "certificate: cert.pem", "key: key.pem", "client_authentication: "+c.asked, "verification_mode: "+c.mode, "certificate_authorities: ["+file+"]")
			if err != nil {
				t.Fatal(err)
			}
			for who, want := range map[*identity]bool{nil: c.none, good: c.good, alien: c.alien} {
				client := tlsconf.Client{CA: "testdata/cert.pem"}
				if who != nil {
					client.Cert, client.Key = who.pem, who.keys
				}
				clientConf, err := client.Config("localhost")
				if err != nil {
					t.Fatal(err)
				}
				if who != nil { // also to a server that would rather have another one
					cert := clientConf.Certificates[0]
					clientConf.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &cert, nil }
				}
				atServer, _ := handshake(t, conf, clientConf)
				if got := atServer == nil; got != want {
					t.Errorf("%v gets in: %v (%v), want %v", who, got, atServer, want)
				}
			}
		})
	}
}

func TestServerProtocols(t *testing.T) {
	t.Parallel()
	for list, want := range map[string][2]uint16{
		"[TLSv1.3]":          {tls.VersionTLS13, tls.VersionTLS13},
		"'TLSv1.3, TLSv1.2'": {tls.VersionTLS12, tls.VersionTLS13},
		"[TLSv1.1, TLSv1]":   {tls.VersionTLS10, tls.VersionTLS11},
	} {
		conf, err := server(t, "enabled: true", "certificate: cert.pem", "key: key.pem", "supported_protocols: "+list, "cipher_suites: TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384")
		if err != nil || conf.MinVersion != want[0] || conf.MaxVersion != want[1] || len(conf.CipherSuites) != 1 {
			t.Errorf("supported_protocols %s = %v, %v, want %v", list, conf, err, want)
		}
	}
	conf, err := server(t, "enabled: true", "certificate: cert.pem", "key: pbes2-sha512.pem", "secure_key_passphrase: test-pass-1")
	if err != nil || conf.MinVersion != tls.VersionTLS12 || conf.MaxVersion != 0 {
		t.Errorf("the default protocols = %v, %v", conf, err)
	}
	if conf, err := server(t, "enabled: false", "certificate: none"); conf != nil || err != nil {
		t.Errorf("not enabled = %v, %v, want nothing", conf, err)
	}
}

func TestServerComplaints(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lines []string
		want  string
	}{
		"enabled is no bool":    {[]string{"enabled: on"}, "f.yml:2: ssl.enabled: [on] is neither [true] nor [false]"},
		"no certificate":        {[]string{"enabled: true", "key: key.pem"}, "f.yml:2: ssl.enabled: TLS needs [certificate] and [key]; there is no [certificate]"},
		"no key":                {[]string{"enabled: true", "certificate: cert.pem"}, "f.yml:2: ssl.enabled: TLS needs [certificate] and [key]; there is no [key]"},
		"a store":               {[]string{"enabled: true", "keystore.path: http.p12"}, "f.yml:3: ssl.keystore.path: Java and PKCS#12 stores are not supported; use [certificate], [key] and [certificate_authorities] with PEM files"},
		"no such file":          {[]string{"enabled: true", "certificate: cert.pem", "key: none.pem"}, "f.yml:4: ssl.key: read the key: open testdata/none.pem: no such file or directory"},
		"no passphrase":         {[]string{"enabled: true", "certificate: cert.pem", "key: pbes2-sha1.pem"}, "f.yml:4: ssl.key: the key is encrypted and there is no passphrase"},
		"a wrong passphrase":    {[]string{"enabled: true", "certificate: cert.pem", "key: pbes2-sha1.pem", "key_passphrase: hunter2"}, "f.yml:4: ssl.key: the key's passphrase is wrong"},
		"files swapped":         {[]string{"enabled: true", "certificate: key.pem", "key: cert.pem"}, "f.yml:4: ssl.key: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched"},
		"an unknown word":       {[]string{"enabled: true", "certificate: cert.pem", "key: key.pem", "client_authentication: maybe"}, "f.yml:5: ssl.client_authentication: [maybe] is not one of [none, optional, required]"},
		"an unknown mode":       {[]string{"enabled: true", "certificate: cert.pem", "key: key.pem", "verification_mode: maybe"}, "f.yml:5: ssl.verification_mode: [maybe] is not one of [full, certificate, none]"},
		"authorities that miss": {[]string{"enabled: true", "certificate: cert.pem", "key: key.pem", "certificate_authorities: [cert.pem, /none]"}, "f.yml:5: ssl.certificate_authorities: read the certificate authority: open /none: no such file or directory"},
		"an old protocol":       {[]string{"enabled: true", "certificate: cert.pem", "key: key.pem", "supported_protocols: SSLv3"}, "f.yml:5: ssl.supported_protocols: [SSLv3] is not one of [TLSv1.3, TLSv1.2, TLSv1.1, TLSv1]"},
		"no protocol":           {[]string{"enabled: true", "certificate: cert.pem", "key: key.pem", "supported_protocols: []"}, "f.yml:5: ssl.supported_protocols: the list is empty"},
		"an unknown cipher":     {[]string{"enabled: true", "certificate: cert.pem", "key: key.pem", "cipher_suites: [ROT13]"}, "f.yml:5: ssl.cipher_suites: [ROT13] is not supported"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conf, err := server(t, c.lines...)
			if conf != nil || err == nil || err.Error() != c.want {
				t.Errorf("Server() = %v, want %s", err, c.want)
			}
		})
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	conf, err := tlsconf.Files("testdata/cert.pem", "testdata/key.pem")
	if err != nil {
		t.Fatal(err)
	}
	client, err := tlsconf.Client{CA: "testdata/cert.pem"}.Config("localhost")
	if err != nil {
		t.Fatal(err)
	}
	if atServer, atClient := handshake(t, conf, client); atServer != nil || atClient != nil {
		t.Errorf("handshake = %v, %v", atServer, atClient)
	}
	if _, err := tlsconf.Files("testdata/cert.pem", "testdata/pbes2-sha1.pem"); err == nil {
		t.Error("an encrypted key passes without its passphrase")
	}
}

func FuzzKey(f *testing.F) {
	files, err := filepath.Glob("testdata/*.pem")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
	}
	f.Fuzz(func(t *testing.T, key string) {
		if !strings.Contains(key, "-----BEGIN") {
			t.Skip("a path")
		}
		conf, err := tlsconf.Client{Cert: "testdata/cert.pem", Key: key, KeyPassword: "another"}.Config("localhost")
		if err == nil && len(conf.Certificates) != 1 {
			t.Errorf("Config() = %v without a certificate", conf)
		}
	})
}

package localnode_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/realmctl/realmctl/internal/localnode"
	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/settings"
)

func parse(t *testing.T, yml string) *settings.Settings {
	t.Helper()
	s, err := settings.Loader{}.Parse("elasticsearch.yml", []byte(yml))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestURL(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ about, yml, want string }{
		{"nothing is set", "", "http://127.0.0.1:9200"},
		{"TLS is on", "xpack.security.http.ssl.enabled: true", "https://127.0.0.1:9200"},
		{"a port", "http.port: 9300", "http://127.0.0.1:9300"},
		{"a range of ports", "http.port: 9250-9260", "http://127.0.0.1:9250"},
		{"the published port counts", "http.port: 9250-9260\nhttp.publish_port: 443", "http://127.0.0.1:443"},
		{"a published host", "http.publish_host: es.example\nnetwork.host: 10.0.0.1", "http://es.example:9200"},
		{"the network's host", "network.host: 10.0.0.1", "http://10.0.0.1:9200"},
		{"the first of several hosts", "network.host: [ es1.example, es2.example ]", "http://es1.example:9200"},
		{"all addresses", "network.host: 0.0.0.0", "http://127.0.0.1:9200"},
		{"all addresses, IPv6", `network.host: "::"`, "http://127.0.0.1:9200"},
		{"IPv6", `http.host: "2001:db8::1"`, "http://[2001:db8::1]:9200"},
		{"loopback by its name", "network.host: _local:ipv4_", "http://127.0.0.1:9200"},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			got, err := localnode.URL(parse(t, c.yml))
			if err != nil || got != c.want {
				t.Errorf("URL = %q, %v, want %q", got, err, c.want)
			}
		})
	}
}

func TestURLComplainsWithThePlace(t *testing.T) {
	t.Parallel()
	for yml, want := range map[string]string{
		"a: 1\nhttp.port: none":                        "elasticsearch.yml:2: http.port: [none] is no port",
		"http.publish_port: 0":                         "elasticsearch.yml:1: http.publish_port: [0] is no port",
		"xpack.security.http.ssl.enabled: maybe":       "elasticsearch.yml:1: xpack.security.http.ssl.enabled: [maybe] is neither [true] nor [false]",
		"network.host: _local:ipv5_\nhttp.port: 70000": "elasticsearch.yml:2: http.port: [70000] is no port",
	} {
		if got, err := localnode.URL(parse(t, yml)); err == nil || err.Error() != want {
			t.Errorf("URL of %q = %q, %v, want %s", yml, got, err, want)
		}
	}
	if _, err := localnode.URL(parse(t, "network.host: _nosuchinterface_")); err == nil {
		t.Error("an interface that is not there has an address")
	}
}

func TestHere(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]bool{
		"http://127.0.0.1:9200": true, "http://localhost": true, "https://[::1]:9200/x": true, "http://127.9.9.9": true,
		"http://192.0.2.1:9200": false, "http://es.example": false, "http://localhost.example": false, "http://%zz": false, "": false,
	} {
		if got := localnode.Here(raw); got != want {
			t.Errorf("Here(%q) = %v, want %v", raw, got, want)
		}
	}
	own, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range own {
		if n, ok := a.(*net.IPNet); ok && !localnode.Here("http://"+net.JoinHostPort(n.IP.String(), "9200")) {
			t.Errorf("Here of the own address %s is false", n.IP)
		}
	}
}

// node is a server with TLS whose certificate is for the name, in a folder with what
// settings may refer to.
func node(t *testing.T, name string) (dir, url string) {
	t.Helper()
	dir = t.TempDir()
	authority, authorityKey := certificate(t, nil, nil, "authority")
	leaf, key := certificate(t, authority, authorityKey, name)
	write(t, filepath.Join(dir, "ca.crt"), authority)
	write(t, filepath.Join(dir, "http.crt"), leaf)
	other, _ := certificate(t, nil, nil, "other")
	write(t, filepath.Join(dir, "other.crt"), other)
	if err := os.WriteFile(filepath.Join(dir, "empty.crt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	store, err := os.ReadFile(filepath.Join("..", "pkcs12", "testdata", "http.p12"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "http.p12"), store, 0o600); err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{leaf.Raw}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
	s.StartTLS()
	t.Cleanup(s.Close)
	return dir, s.URL
}

func certificate(t *testing.T, parent *x509.Certificate, parentKey *ecdsa.PrivateKey, name string) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: parent == nil, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	if ip := net.ParseIP(name); ip != nil {
		c.IPAddresses = []net.IP{ip}
	} else {
		c.DNSNames = []string{name}
	}
	if parent == nil {
		parent, parentKey = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, parentKey)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return made, key
}

func write(t *testing.T, path string, c *x509.Certificate) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
}

const ssl = "xpack.security.http.ssl."

// noSecrets is a keystore without settings.
func noSecrets(string) (secret.String, error) { return "", nil }

func TestTLSTrustsWhatTheSettingsSay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		about, name, yml string
		ok               bool
	}{
		{"the authority that is named", "127.0.0.1", ssl + "certificate_authorities: [ ca.crt ]", true},
		{"another authority", "127.0.0.1", ssl + "certificate_authorities: other.crt", false},
		{"nothing but the system", "127.0.0.1", "", false},
		{"its own certificate", "127.0.0.1", ssl + "certificate: http.crt", true},
		{"another name", "es.example", ssl + "certificate_authorities: ca.crt", false},
		{"another name, which does not count", "es.example", ssl + "certificate_authorities: ca.crt\n" + ssl + "verification_mode: certificate", true},
		{"another authority, which still counts", "es.example", ssl + "certificate_authorities: other.crt\n" + ssl + "verification_mode: certificate", false},
		{"anybody", "es.example", ssl + "verification_mode: none", true},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			dir, url := node(t, c.name)
			conf, err := localnode.TLS(parse(t, c.yml), dir, noSecrets)
			if err != nil {
				t.Fatal(err)
			}
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := (&http.Client{Transport: &http.Transport{TLSClientConfig: conf}}).Do(req)
			if err == nil {
				_ = resp.Body.Close()
			}
			if (err == nil) != c.ok {
				t.Errorf("connecting: %v, want success %v", err, c.ok)
			}
			if _, untrusted := errors.AsType[*tls.CertificateVerificationError](err); !c.ok && !untrusted {
				t.Errorf("connecting: %v, want a *tls.CertificateVerificationError", err)
			}
		})
	}
}

func TestStoresAreOpenedWithTheKeystoresPassword(t *testing.T) {
	t.Parallel()
	dir, _ := node(t, "127.0.0.1")
	var asked []string
	secure := func(name string) (secret.String, error) {
		asked = append(asked, name)
		return "corpus-p12-1", nil
	}
	s := parse(t, ssl+"keystore.path: http.p12\n")
	store, err := localnode.KeyStore(s, dir, secure)
	if err != nil || len(store.Keys) != 2 {
		t.Fatalf("KeyStore: %v, %v, want two keys", store, err)
	}
	conf, err := localnode.TLS(s, dir, secure)
	if err != nil || conf.RootCAs == nil {
		t.Errorf("TLS: %v", err)
	}
	if got := strings.Join(asked, " "); got != ssl+"keystore.secure_password "+ssl+"keystore.secure_password" {
		t.Errorf("secure settings asked for: %s", got)
	}
	if store, err := localnode.KeyStore(parse(t, ""), dir, secure); store != nil || err != nil {
		t.Errorf("KeyStore without settings: %v, %v, want nothing", store, err)
	}
}

func TestTLSComplainsWithThePlace(t *testing.T) {
	t.Parallel()
	dir, _ := node(t, "127.0.0.1")
	for yml, want := range map[string]string{
		ssl + "certificate_authorities: empty.crt":                             ssl + "certificate_authorities: there is no certificate in empty.crt",
		ssl + "truststore.path: trust.jks":                                     ssl + "truststore.path: only stores of the type PKCS12 are read; convert it: keytool -importkeystore -deststoretype PKCS12",
		ssl + "truststore.path: http.p12\n" + ssl + "truststore.type: jks":     ssl + "truststore.path: only stores of the type PKCS12 are read; convert it: keytool -importkeystore -deststoretype PKCS12",
		ssl + "keystore.path: http.p12":                                        ssl + "keystore.path: the password of the store is wrong",
		ssl + "keystore.path: http.p12\n" + ssl + "keystore.password: nothing": ssl + "keystore.path: the password of the store is wrong",
		ssl + "verification_mode: some":                                        ssl + "verification_mode: [some] is not one of [full, certificate, none]",
	} {
		_, err := localnode.TLS(parse(t, yml), dir, noSecrets)
		if err == nil || err.Error() != "elasticsearch.yml:1: "+want && err.Error() != "elasticsearch.yml:2: "+want {
			t.Errorf("TLS of %q: %v, want %s", yml, err, want)
		}
	}
	_, err := localnode.TLS(parse(t, ssl+"certificate_authorities: missing.crt"), dir, noSecrets)
	if err == nil || !strings.Contains(err.Error(), "missing.crt: no such file or directory") {
		t.Errorf("TLS with a missing file: %v", err)
	}
	wrong := errors.New("the keystore is shut")
	_, err = localnode.TLS(parse(t, ssl+"keystore.path: http.p12"), dir, func(string) (secret.String, error) { return "", wrong })
	if !errors.Is(err, wrong) {
		t.Errorf("TLS when the keystore cannot be read: %v, want %v", err, wrong)
	}
}

package pkcs12_test

import (
	"crypto"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/pkcs12"
	"github.com/realmctl/realmctl/internal/secret"
)

func read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestParseReadsWhatOtherProgramsWrite(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		about, file string
		password    secret.String
		subjects    []string // of all certificates
		keys        []string // subjects of the keys' certificates
	}{
		{"a node's http.p12 with its CA", "http.p12", "corpus-p12-1", []string{"CN=localhost", "CN=corpus CA", "CN=corpus CA"}, []string{"CN=localhost", "CN=corpus CA"}},
		{"Java's keytool", "keytool.p12", "secret1", []string{"CN=keytool"}, []string{"CN=keytool"}},
		{"AES-256, not in ASCII", "aes.p12", "pässword", []string{"CN=node"}, []string{"CN=node"}},
		{"AES-128 with SHA-512 in the MAC", "aes128sha512.p12", "pässword", []string{"CN=node"}, []string{"CN=node"}},
		{"triple DES", "des.p12", "pässword", []string{"CN=node"}, []string{"CN=node"}},
		{"without a MAC", "nomac.p12", "pässword", []string{"CN=node"}, []string{"CN=node"}},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			s, err := pkcs12.Parse(read(t, c.file), c.password)
			if err != nil {
				t.Fatal(err)
			}
			var subjects, keys []string
			for _, cert := range s.Certificates {
				subjects = append(subjects, cert.Subject.String())
			}
			for _, k := range s.Keys {
				if k.Certificate == nil {
					t.Fatal("a key has no certificate")
				}
				if !belongs(k) {
					t.Errorf("the certificate of %s is not that of its key", k.Certificate.Subject)
				}
				keys = append(keys, k.Certificate.Subject.String())
			}
			if diff := cmp.Diff(c.subjects, subjects); diff != "" {
				t.Errorf("certificates differ (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.keys, keys); diff != "" {
				t.Errorf("keys differ (-want +got):\n%s", diff)
			}
		})
	}
}

func belongs(k pkcs12.Key) bool {
	signer, ok := k.Private.(crypto.Signer)
	if !ok {
		return false
	}
	public, ok := signer.Public().(interface{ Equal(crypto.PublicKey) bool })
	return ok && public.Equal(k.Certificate.PublicKey)
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	whole := read(t, "aes.p12")
	for _, c := range []struct {
		about    string
		data     []byte
		password secret.String
		want     error
	}{
		{"a wrong password", whole, "other", pkcs12.ErrPassword},
		{"no password", whole, "", pkcs12.ErrPassword},
		{"a wrong password where there is no MAC", read(t, "nomac.p12"), "other", pkcs12.ErrPassword},
		{"a cut file", whole[:len(whole)-1], "pässword", pkcs12.ErrFormat},
		{"bytes behind the end", append(append([]byte{}, whole...), 0), "pässword", pkcs12.ErrFormat},
		{"an empty file", nil, "pässword", pkcs12.ErrFormat},
		{"a PEM file", []byte("-----BEGIN CERTIFICATE-----\n"), "pässword", pkcs12.ErrFormat},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			if _, err := pkcs12.Parse(c.data, c.password); !errors.Is(err, c.want) {
				t.Errorf("Parse: %v, want %v", err, c.want)
			}
		})
	}
}

func TestParseNamesAnAlgorithmThatIsNotSupported(t *testing.T) {
	t.Parallel()
	_, err := pkcs12.Parse(read(t, "rc2.p12"), "pässword")
	const want = "the store uses an algorithm that is not supported (1.2.840.113549.1.12.1.6); write it anew with a current keytool or OpenSSL"
	if err == nil || err.Error() != want {
		t.Errorf("Parse of a store with RC2: %v, want %s", err, want)
	}
}

func TestAChangedByteIsNoticed(t *testing.T) {
	t.Parallel()
	data := read(t, "keytool.p12")
	data[len(data)/2] ^= 1
	if s, err := pkcs12.Parse(data, "secret1"); err == nil {
		t.Errorf("Parse of a changed store: %v, want an error", s)
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"keytool.p12", "des.p12", "nomac.p12"} {
		f.Add(read(f, name))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := pkcs12.Parse(data, "pässword")
		if err != nil {
			return
		}
		for _, k := range s.Keys {
			if k.Private == nil {
				t.Error("a key without a key")
			}
		}
	})
}

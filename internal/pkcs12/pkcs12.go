// Package pkcs12 reads key stores in the form of PKCS #12 (RFC 7292), as Java's
// keytool, Elasticsearch's certutil and OpenSSL write them: certificates and private
// keys, encrypted by PBES2 with AES or by triple DES. RC2, which stores from before
// 2021 use, is not read.
package pkcs12

import (
	"crypto"
	"crypto/hmac"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"

	"github.com/realmctl/realmctl/internal/secret"
)

// Why a store cannot be read.
var (
	ErrFormat   = errors.New("not a PKCS #12 store")
	ErrPassword = errors.New("the password of the store is wrong")
)

// Key is a private key with the certificate that belongs to it.
type Key struct {
	Private     crypto.PrivateKey
	Certificate *x509.Certificate // nil: the store has none for the key
}

// Store is what a store holds.
type Store struct {
	Certificates []*x509.Certificate
	Keys         []Key
}

// The structures of RFC 7292.
type (
	pfx struct {
		Version  int
		AuthSafe contentInfo
		MAC      macData `asn1:"optional"`
	}
	contentInfo struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue `asn1:"tag:0,explicit,optional"`
	}
	macData struct {
		Digest struct {
			Algorithm pkix.AlgorithmIdentifier
			Value     []byte
		}
		Salt       []byte
		Iterations int `asn1:"optional,default:1"`
	}
	encryptedData struct {
		Version int
		Info    struct {
			Type      asn1.ObjectIdentifier
			Algorithm pkix.AlgorithmIdentifier
			Content   []byte `asn1:"tag:0,optional"`
		}
	}
	bag struct {
		ID         asn1.ObjectIdentifier
		Value      asn1.RawValue `asn1:"tag:0,explicit"`
		Attributes asn1.RawValue `asn1:"set,optional"`
	}
	certBag struct {
		ID   asn1.ObjectIdentifier
		Data []byte `asn1:"tag:0,explicit"`
	}
	encryptedKey struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
)

// Object identifiers of contents and bags.
const (
	oidData      = "1.2.840.113549.1.7.1"
	oidEncrypted = "1.2.840.113549.1.7.6"
	oidKey       = "1.2.840.113549.1.12.10.1.1"
	oidShrouded  = "1.2.840.113549.1.12.10.1.2"
	oidCert      = "1.2.840.113549.1.12.10.1.3"
	oidX509      = "1.2.840.113549.1.9.22.1"
)

// maxIterations keeps a hostile store from taking minutes; Java uses 10,000.
const maxIterations = 1_000_000

// Parse reads a store.
func Parse(data []byte, password secret.String) (*Store, error) {
	var p pfx
	if err := unmarshal(data, &p); err != nil {
		return nil, err
	}
	var safe []byte
	if p.Version != 3 || p.AuthSafe.Type.String() != oidData || unmarshal(p.AuthSafe.Content.Bytes, &safe) != nil {
		return nil, ErrFormat
	}
	if err := p.MAC.verify(safe, password); err != nil {
		return nil, err
	}
	var contents []contentInfo
	if err := unmarshal(safe, &contents); err != nil {
		return nil, err
	}
	r := reader{password: password}
	for _, c := range contents {
		if err := r.content(c); err != nil {
			return nil, err
		}
	}
	r.match()
	return &r.store, nil
}

// unmarshal wants nothing behind the value.
func unmarshal(data []byte, into any) error {
	rest, err := asn1.Unmarshal(data, into)
	if err != nil || len(rest) > 0 {
		return ErrFormat
	}
	return nil
}

// verify checks the whole with the password. A store without a MAC is only as good
// as its decryption.
func (m macData) verify(content []byte, password secret.String) error {
	if len(m.Digest.Algorithm.Algorithm) == 0 {
		return nil
	}
	h, err := digest(m.Digest.Algorithm.Algorithm)
	if err != nil {
		return err
	}
	if m.Iterations < 1 || m.Iterations > maxIterations {
		return ErrFormat
	}
	mac := hmac.New(h, deriveKey(h, forMAC, password, m.Salt, m.Iterations, h().Size()))
	mac.Write(content)
	if !hmac.Equal(mac.Sum(nil), m.Digest.Value) {
		return ErrPassword
	}
	return nil
}

// reader collects what the bags hold.
type reader struct {
	password secret.String
	store    Store
}

func (r *reader) content(c contentInfo) error {
	var plain []byte
	switch c.Type.String() {
	case oidData:
		if err := unmarshal(c.Content.Bytes, &plain); err != nil {
			return err
		}
	case oidEncrypted:
		var e encryptedData
		if err := unmarshal(c.Content.Bytes, &e); err != nil {
			return err
		}
		var err error
		if plain, err = decrypt(e.Info.Algorithm, e.Info.Content, r.password); err != nil {
			return err
		}
	default:
		return fmt.Errorf("%w: content of the kind %s", ErrFormat, c.Type)
	}
	var bags []bag
	if err := unmarshal(plain, &bags); err != nil {
		return err
	}
	for _, b := range bags {
		if err := r.bag(b); err != nil {
			return err
		}
	}
	return nil
}

// bag takes certificates and keys, and passes over other kinds.
func (r *reader) bag(b bag) error {
	switch b.ID.String() {
	case oidKey:
		return r.key(b.Value.Bytes)
	case oidShrouded:
		var k encryptedKey
		if err := unmarshal(b.Value.Bytes, &k); err != nil {
			return err
		}
		der, err := decrypt(k.Algorithm, k.Data, r.password)
		if err != nil {
			return err
		}
		return r.key(der)
	case oidCert:
		var c certBag
		if err := unmarshal(b.Value.Bytes, &c); err != nil || c.ID.String() != oidX509 {
			return ErrFormat
		}
		cert, err := x509.ParseCertificate(c.Data)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrFormat, err)
		}
		r.store.Certificates = append(r.store.Certificates, cert)
	}
	return nil
}

func (r *reader) key(der []byte) error {
	k, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFormat, err)
	}
	r.store.Keys = append(r.store.Keys, Key{Private: k})
	return nil
}

// match finds the certificate of each key by the public key in it.
func (r *reader) match() {
	for i := range r.store.Keys {
		k := &r.store.Keys[i]
		signer, ok := k.Private.(crypto.Signer)
		if !ok {
			continue
		}
		public, ok := signer.Public().(interface{ Equal(crypto.PublicKey) bool })
		for _, c := range r.store.Certificates {
			if ok && public.Equal(c.PublicKey) {
				k.Certificate = c
				break
			}
		}
	}
}

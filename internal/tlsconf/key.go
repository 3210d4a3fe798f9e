package tlsconf

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha1" //nolint:gosec // the default of RFC 8018 for HMAC
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"hash"
	"strings"

	"github.com/realmctl/realmctl/internal/secret"
)

var errPassphrase = errors.New("the key's passphrase is wrong")

// decrypted returns the PEM text with its key in the clear. Keys are encrypted as
// RFC 1423 has it, which Elasticsearch's certutil writes, or by PBES2 of RFC 8018,
// which OpenSSL does.
func decrypted(text []byte, passphrase secret.String) ([]byte, error) {
	for rest := text; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return text, nil
		}
		var decrypt func(*pem.Block, []byte) ([]byte, error)
		kind := block.Type
		switch {
		case block.Type == "ENCRYPTED PRIVATE KEY":
			decrypt, kind = pbes2, "PRIVATE KEY"
		case strings.HasSuffix(block.Type, "PRIVATE KEY") && strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"):
			decrypt = rfc1423
		default:
			continue
		}
		if passphrase.Empty() {
			return nil, errors.New("the key is encrypted and there is no passphrase")
		}
		der, err := decrypt(block, []byte(passphrase.Reveal()))
		if err != nil {
			return nil, err
		}
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), nil
	}
}

func rfc1423(block *pem.Block, passphrase []byte) ([]byte, error) {
	der, err := x509.DecryptPEMBlock(block, passphrase) //nolint:staticcheck // weak, but there are such keys
	if errors.Is(err, x509.IncorrectPasswordError) {
		return nil, errPassphrase
	}
	return der, err
}

// The structures of RFC 8018, appendix A.
type (
	encryptedKey struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	pbes2Params struct {
		Derivation, Encryption pkix.AlgorithmIdentifier
	}
	pbkdf2Params struct {
		Salt       []byte
		Iterations int
		KeyLength  int                      `asn1:"optional"`
		PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
	}
)

// maxIterations keeps a hostile key from taking minutes; OpenSSL uses 2048.
const maxIterations = 10_000_000

func pbes2(block *pem.Block, passphrase []byte) ([]byte, error) {
	var key encryptedKey
	var params pbes2Params
	if _, err := asn1.Unmarshal(block.Bytes, &key); err != nil {
		return nil, errors.New("the encrypted key is malformed")
	}
	if id := key.Algorithm.Algorithm.String(); id != "1.2.840.113549.1.5.13" {
		return nil, fmt.Errorf("the key is encrypted in a way that is not supported (%s); use PBES2 with AES", id)
	}
	if _, err := asn1.Unmarshal(key.Algorithm.Parameters.FullBytes, &params); err != nil {
		return nil, errors.New("the encrypted key is malformed")
	}
	size, err := aesSize(params.Encryption.Algorithm)
	if err != nil {
		return nil, err
	}
	derivedKey, err := derive(params.Derivation, passphrase, size)
	if err != nil {
		return nil, err
	}
	return aesCBC(derivedKey, params.Encryption.Parameters.Bytes, key.Data)
}

func aesSize(id asn1.ObjectIdentifier) (int, error) {
	switch id.String() {
	case "2.16.840.1.101.3.4.1.2":
		return 16, nil
	case "2.16.840.1.101.3.4.1.22":
		return 24, nil
	case "2.16.840.1.101.3.4.1.42":
		return 32, nil
	}
	return 0, fmt.Errorf("the key's cipher is not supported (%s); use AES in CBC mode", id)
}

func derive(a pkix.AlgorithmIdentifier, passphrase []byte, size int) ([]byte, error) {
	if a.Algorithm.String() != "1.2.840.113549.1.5.12" {
		return nil, fmt.Errorf("the derivation of the key's cipher is not supported (%s); use PBKDF2", a.Algorithm)
	}
	var p pbkdf2Params
	if _, err := asn1.Unmarshal(a.Parameters.FullBytes, &p); err != nil || p.Iterations < 1 || p.Iterations > maxIterations {
		return nil, errors.New("the encrypted key is malformed")
	}
	var h func() hash.Hash
	switch p.PRF.Algorithm.String() {
	case "", "1.2.840.113549.2.7": // the default
		h = sha1.New
	case "1.2.840.113549.2.9":
		h = sha256.New
	case "1.2.840.113549.2.10":
		h = sha512.New384
	case "1.2.840.113549.2.11":
		h = sha512.New
	default:
		return nil, fmt.Errorf("the derivation of the key's cipher is not supported (%s); use HMAC with SHA-2", p.PRF.Algorithm)
	}
	return pbkdf2.Key(h, string(passphrase), p.Salt, p.Iterations, size)
}

// aesCBC also removes the padding, whose form tells a wrong passphrase.
func aesCBC(key, iv, data []byte) ([]byte, error) {
	c, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	if len(iv) != aes.BlockSize || len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return nil, errors.New("the encrypted key is malformed")
	}
	out := make([]byte, len(data))
	cipher.NewCBCDecrypter(c, iv).CryptBlocks(out, data)
	n := int(out[len(out)-1])
	if n < 1 || n > aes.BlockSize || !bytes.HasSuffix(out, bytes.Repeat([]byte{byte(n)}, n)) {
		return nil, errPassphrase
	}
	out = out[:len(out)-n]
	if _, err := x509.ParsePKCS8PrivateKey(out); err != nil {
		return nil, errPassphrase
	}
	return out, nil
}

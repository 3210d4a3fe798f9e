package pkcs12

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des" //nolint:gosec // older stores are encrypted so
	"crypto/pbkdf2"
	"crypto/sha1" //nolint:gosec // the default of RFC 8018 and RFC 7292
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"fmt"
	"hash"
	"math/big"
	"unicode/utf16"

	"github.com/realmctl/realmctl/internal/secret"
)

// The structures of RFC 8018, appendix A, and RFC 7292, appendix C.
type (
	pbes2Params struct {
		Derivation, Encryption pkix.AlgorithmIdentifier
	}
	pbkdf2Params struct {
		Salt       []byte
		Iterations int
		KeyLength  int                      `asn1:"optional"`
		PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
	}
	pbeParams struct {
		Salt       []byte
		Iterations int
	}
)

// Object identifiers of algorithms.
const (
	oidPBES2     = "1.2.840.113549.1.5.13"
	oidPBKDF2    = "1.2.840.113549.1.5.12"
	oidTripleDES = "1.2.840.113549.1.12.1.3" // pbeWithSHAAnd3-KeyTripleDES-CBC
)

// digest is the hash of an algorithm: as such, or in an HMAC.
func digest(id asn1.ObjectIdentifier) (func() hash.Hash, error) {
	switch id.String() {
	case "1.3.14.3.2.26", "1.2.840.113549.2.7":
		return sha1.New, nil
	case "2.16.840.1.101.3.4.2.1", "1.2.840.113549.2.9":
		return sha256.New, nil
	case "2.16.840.1.101.3.4.2.2", "1.2.840.113549.2.10":
		return sha512.New384, nil
	case "2.16.840.1.101.3.4.2.3", "1.2.840.113549.2.11":
		return sha512.New, nil
	}
	return nil, unsupported(id)
}

func unsupported(id asn1.ObjectIdentifier) error {
	return fmt.Errorf("the store uses an algorithm that is not supported (%s); write it anew with a current keytool or OpenSSL", id)
}

func decrypt(a pkix.AlgorithmIdentifier, data []byte, password secret.String) ([]byte, error) {
	switch a.Algorithm.String() {
	case oidPBES2:
		return pbes2(a, data, password)
	case oidTripleDES:
		var p pbeParams
		if err := unmarshal(a.Parameters.FullBytes, &p); err != nil || p.Iterations < 1 || p.Iterations > maxIterations {
			return nil, ErrFormat
		}
		block, err := des.NewTripleDESCipher(deriveKey(sha1.New, forKey, password, p.Salt, p.Iterations, 24)) //nolint:gosec // see above
		if err != nil {
			return nil, err
		}
		return cbc(block, deriveKey(sha1.New, forIV, password, p.Salt, p.Iterations, des.BlockSize), data)
	}
	return nil, unsupported(a.Algorithm)
}

func pbes2(a pkix.AlgorithmIdentifier, data []byte, password secret.String) ([]byte, error) {
	var p pbes2Params
	if err := unmarshal(a.Parameters.FullBytes, &p); err != nil {
		return nil, err
	}
	size := map[string]int{
		"2.16.840.1.101.3.4.1.2": 16, "2.16.840.1.101.3.4.1.22": 24, "2.16.840.1.101.3.4.1.42": 32,
	}[p.Encryption.Algorithm.String()] // AES in CBC mode
	if size == 0 {
		return nil, unsupported(p.Encryption.Algorithm)
	}
	if p.Derivation.Algorithm.String() != oidPBKDF2 {
		return nil, unsupported(p.Derivation.Algorithm)
	}
	var d pbkdf2Params
	if err := unmarshal(p.Derivation.Parameters.FullBytes, &d); err != nil || d.Iterations < 1 || d.Iterations > maxIterations {
		return nil, ErrFormat
	}
	h := sha1.New
	if len(d.PRF.Algorithm) > 0 {
		var err error
		if h, err = digest(d.PRF.Algorithm); err != nil {
			return nil, err
		}
	}
	key, err := pbkdf2.Key(h, password.Reveal(), d.Salt, d.Iterations, size)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cbc(block, p.Encryption.Parameters.Bytes, data)
}

// cbc also removes the padding, whose form tells a wrong password.
func cbc(block cipher.Block, iv, data []byte) ([]byte, error) {
	size := block.BlockSize()
	if len(iv) != size || len(data) == 0 || len(data)%size != 0 {
		return nil, ErrFormat
	}
	out := make([]byte, len(data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(out, data)
	n := int(out[len(out)-1])
	if n < 1 || n > size || !bytes.HasSuffix(out, bytes.Repeat([]byte{byte(n)}, n)) {
		return nil, ErrPassword
	}
	return out[:len(out)-n], nil
}

// What a derived key is for (RFC 7292, appendix B.3).
const (
	forKey = 1
	forIV  = 2
	forMAC = 3
)

// deriveKey is the key derivation of RFC 7292, appendix B.2.
func deriveKey(h func() hash.Hash, id byte, password secret.String, salt []byte, iterations, size int) []byte {
	v := h().BlockSize()
	diversifier := bytes.Repeat([]byte{id}, v)
	state := append(fill(salt, v), fill(bmp(password), v)...)
	one := big.NewInt(1)
	var out []byte
	for len(out) < size {
		sum := h()
		sum.Write(diversifier)
		sum.Write(state)
		a := sum.Sum(nil)
		for range iterations - 1 {
			sum.Reset()
			sum.Write(a)
			a = sum.Sum(a[:0])
		}
		out = append(out, a...)
		b := new(big.Int).SetBytes(fill(a, v))
		b.Add(b, one)
		for i := 0; i < len(state); i += v { // each block of v bytes becomes itself + b + 1, modulo its size
			sum := new(big.Int).SetBytes(state[i : i+v])
			block := sum.Add(sum, b).Bytes()
			block = block[max(0, len(block)-v):]
			copy(state[i:i+v], make([]byte, v-len(block)))
			copy(state[i+v-len(block):i+v], block)
		}
	}
	return out[:size]
}

// fill repeats b to the next multiple of n bytes; nothing stays nothing.
func fill(b []byte, n int) []byte {
	if len(b) == 0 {
		return nil
	}
	size := (len(b) + n - 1) / n * n
	return bytes.Repeat(b, size/len(b)+1)[:size]
}

// bmp is the password in UTF-16 with a final zero.
func bmp(password secret.String) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(password.Reveal())) {
		out = binary.BigEndian.AppendUint16(out, u)
	}
	return append(out, 0, 0)
}

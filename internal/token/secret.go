package token

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"

	"github.com/realmctl/realmctl/internal/secret"
)

// A token is 16 random bytes and 8 more that it shares with the other one of its
// pair. Sent, they stand after a version and their number, both written as vInt, in
// base64 with padding.
const (
	rawLen    = 24
	sharedLen = 8
	// version is the transport version of Elasticsearch 9.5.3. Tokens of others are
	// read as well.
	version = 9458007
)

// raw is what is secret of a token.
type raw [rawLen]byte

// digest is what is stored of a token. Random bytes need no slow hash.
type digest [sha256.Size]byte

// alphabet is that of base64 (RFC 4648, section 4).
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// newRaw returns an access token and the refresh token to it.
func newRaw() (access, refresh raw) {
	_, _ = rand.Read(access[:]) // it never fails
	_, _ = rand.Read(refresh[:])
	copy(refresh[rawLen-sharedLen:], access[rawLen-sharedLen:])
	return access, refresh
}

func (r raw) digest() digest { return sha256.Sum256(r[:]) }

// encode is the form in which a token is sent.
func (r raw) encode() secret.String {
	b := binary.AppendUvarint(nil, version)
	b = binary.AppendUvarint(b, rawLen)
	return secret.String(base64.StdEncoding.EncodeToString(append(b, r[:]...)))
}

// parse reads a token; false: it is none of this service, but may be somebody
// else's. What stands after it is ignored, as by TokenService, which reads a stream:
// padding, and whatever is no base64.
func parse(text secret.String) (raw, bool) {
	digits := strings.IndexFunc(string(text), func(r rune) bool { return !strings.ContainsRune(alphabet, r) })
	if digits < 0 {
		digits = len(text)
	}
	if digits%4 == 1 { // of which no byte could be made
		digits--
	}
	b, err := base64.RawStdEncoding.DecodeString(string(text[:digits]))
	if err != nil {
		return raw{}, false
	}
	_, n := binary.Uvarint(b) // any version
	if n <= 0 {
		return raw{}, false
	}
	length, m := binary.Uvarint(b[n:])
	if m <= 0 || length != rawLen || len(b) < n+m+rawLen {
		return raw{}, false
	}
	return raw(b[n+m : n+m+rawLen]), true
}

var errSealed = errors.New("the sealed pair of tokens cannot be read")

// seal encrypts a pair so that only who has the refresh token that it supersedes can
// read it: the database alone does not tell it.
func seal(superseded, access, refresh raw) ([]byte, error) {
	aead, err := aeadOf(superseded)
	if err != nil {
		return nil, err
	}
	return aead.Seal(nil, nil, append(access[:], refresh[:]...), nil), nil //nolint:gosec // G407: this AEAD makes its own random nonce
}

// open reads what seal wrote.
func open(superseded raw, sealed []byte) (access, refresh raw, err error) {
	aead, err := aeadOf(superseded)
	if err != nil {
		return raw{}, raw{}, err
	}
	b, err := aead.Open(nil, nil, sealed, nil)
	if err != nil || len(b) != 2*rawLen {
		return raw{}, raw{}, errSealed
	}
	return raw(b[:rawLen]), raw(b[rawLen:]), nil
}

func aeadOf(superseded raw) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, superseded[:], nil, "superseding tokens", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

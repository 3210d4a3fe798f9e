package tokensfile

import (
	"crypto/rand"
	"encoding/base64"

	"github.com/realmctl/realmctl/internal/secret"
)

// NewSecret makes the secret of a token: 22 characters for 128 random bits.
func NewSecret() secret.String {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return secret.String(base64.RawURLEncoding.EncodeToString(b[:]))
}

// Bearer is the form in which a token is sent: base64 without padding of a magic
// number, the name and the secret (ServiceAccountToken.asBearerString).
func Bearer(account, token string, plain secret.String) secret.String {
	return secret.String(base64.RawStdEncoding.EncodeToString([]byte("\x00\x01\x00\x01" + Key(account, token) + ":" + plain.Reveal())))
}

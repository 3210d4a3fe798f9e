package keyring

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/realm"
	"github.com/realmctl/realmctl/internal/secret"
)

// newID returns 20 characters that sort by time: 8 bytes of it, then 7 random ones.
func newID(now time.Time) string {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 15), uint64(now.UnixNano()))
	b = b[:15]
	_, _ = rand.Read(b[8:]) // it never fails
	const sorted = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
	return base64.NewEncoding(sorted).EncodeToString(b)
}

// newSecret returns 22 characters, whose number Elasticsearch checks.
func newSecret() secret.String {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return secret.String(base64.RawURLEncoding.EncodeToString(b[:]))
}

// Encoded is the form in which a key is sent: base64 of id:secret.
func Encoded(id string, plain secret.String) secret.String {
	return secret.String(base64.StdEncoding.EncodeToString([]byte(id + ":" + plain.Reveal())))
}

// ParseCredential takes it apart. Its faults are those of ApiKeyService and of Java's
// decoder, which never quote the credential.
func ParseCredential(text string) (Credential, error) {
	raw, err := realm.DecodeBase64(text)
	if err != nil {
		return Credential{}, err
	}
	id, rest, found := strings.Cut(string(raw), ":")
	if !found || id == "" {
		return Credential{}, fault.Invalidf("invalid ApiKey value")
	}
	return Credential{ID: strings.ToValidUTF8(id, "\uFFFD"), Secret: secret.String(rest)}, nil
}

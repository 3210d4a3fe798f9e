package serviceaccount

import (
	"crypto/rand"
	"encoding/base64"
	"strings"

	"github.com/realmctl/realmctl/internal/secret"
)

// prefix begins every token before encoding: magic, token type, reserved, version.
const prefix = "\x00\x01\x00\x01"

// minSecret is the least length of a secret that is looked at.
const minSecret = 10

// maxNameLen is how long the name of a token may be.
const maxNameLen = 256

// Token is a credential of a service account.
type Token struct {
	Account string // namespace/service
	Name    string
	Secret  secret.String
}

// Principal implements realm.Credential.
func (t Token) Principal() string { return t.Account }

// Qualified is the name of the token with its account.
func (t Token) Qualified() string { return t.Account + "/" + t.Name }

// bearer is the form in which a token is sent: base64 without padding.
func (t Token) bearer() secret.String {
	return secret.String(base64.RawStdEncoding.EncodeToString([]byte(prefix + t.Qualified() + ":" + t.Secret.Reveal())))
}

// parseBearer takes it apart; false: it is no token of a service account.
func parseBearer(text string) (Token, bool) {
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return Token{}, false
	}
	body, ok := strings.CutPrefix(string(raw), prefix)
	if !ok {
		return Token{}, false
	}
	name, plain, ok := strings.Cut(body, ":")
	parts := strings.Split(name, "/")
	if !ok || len(parts) != 3 || parts[0] == "" || parts[1] == "" || !validName(parts[2]) {
		return Token{}, false
	}
	return Token{Account: parts[0] + "/" + parts[1], Name: parts[2], Secret: secret.String(plain)}, true
}

// newSecret returns 22 characters for 128 random bits.
func newSecret() secret.String {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	return secret.String(base64.RawURLEncoding.EncodeToString(b[:]))
}

// newName is the name of a token that was asked for without one.
func newName() string {
	var b [15]byte
	_, _ = rand.Read(b[:])
	return "token_" + base64.RawURLEncoding.EncodeToString(b[:])
}

// validName is the rule for the name of a token (ServiceAccountToken's VALID_TOKEN_NAME).
func validName(name string) bool {
	if name == "" || len(name) > maxNameLen || name[0] == '_' {
		return false
	}
	return !strings.ContainsFunc(name, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_'
	})
}

// badName is the complaint about a name.
func badName(name string) string {
	return "invalid service token name [" + name + "]. service account token name must have at least 1 character and at most 256 characters " +
		"that are alphanumeric (A-Z, a-z, 0-9) or hyphen (-) or underscore (_). It must not begin with an underscore (_)."
}

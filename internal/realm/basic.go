package realm

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/secret"
)

// BasicChallenge is the WWW-Authenticate value of Basic authentication.
const BasicChallenge = `Basic realm="security", charset="UTF-8"`

// Authorization returns what follows the scheme in the request's Authorization
// header. The scheme's case does not matter; a scheme with nothing behind it is no
// credential at all.
func Authorization(r *http.Request, scheme string) (string, bool) {
	h := r.Header.Get("Authorization")
	n := len(scheme)
	if len(h) < n+2 || h[n] != ' ' || !strings.EqualFold(h[:n], scheme) {
		return "", false
	}
	return h[n+1:], true
}

// Basic reads the credential of Basic authentication (RFC 7617). It is the Extract
// of every realm that takes passwords.
func Basic(r *http.Request) (Credential, bool) {
	text, ok := Authorization(r, "Basic")
	if !ok {
		return nil, false
	}
	plain, err := DecodeBase64(strings.TrimSpace(text))
	if f, bad := errors.AsType[*fault.Error](err); bad {
		return Malformed{&fault.Error{
			Kind:   fault.Unauthorized,
			Reason: "invalid basic authentication header encoding",
			Cause:  f,
		}}, true
	}
	name, password, ok := strings.Cut(string(plain), ":")
	if !ok {
		return Malformed{&fault.Error{Kind: fault.Unauthorized, Reason: "invalid basic authentication header value"}}, true
	}
	if !utf8.ValidString(name) {
		name = string([]rune(name)) // as Java reads it; it is quoted in answers
	}
	return Password{Username: name, Secret: secret.String(password)}, true
}

// DecodeBase64 reads standard base64 as java.util.Base64 does, because its
// complaints are sent to the caller: padding may be missing, white space may not be
// there, and spare bits do not matter. The error is an Invalid fault.
func DecodeBase64(s string) ([]byte, error) {
	if len(s) == 1 {
		return nil, fault.Invalidf("Input byte[] should at least have 2 bytes for base64 bytes")
	}
	digits := s
	if i := strings.IndexFunc(s, notBase64); i >= 0 {
		if s[i] != '=' {
			return nil, fault.Invalidf("Illegal base64 character %x", int8(s[i]))
		}
		digits = s[:i]
	}
	rest := s[len(digits):]
	switch len(digits) % 4 {
	case 0:
		if rest != "" {
			return nil, fault.Invalidf("Input byte array has wrong 4-byte ending unit")
		}
	case 1:
		return nil, fault.Invalidf("Last unit does not have enough valid bits")
	case 2:
		if rest != "" && !strings.HasPrefix(rest, "==") {
			return nil, fault.Invalidf("Input byte array has wrong 4-byte ending unit")
		}
		rest = strings.TrimPrefix(rest, "==")
	case 3:
		rest = strings.TrimPrefix(rest, "=")
	}
	if rest != "" {
		return nil, fault.Invalidf("Input byte array has incorrect ending byte at %d", len(s)-len(rest))
	}
	return base64.RawStdEncoding.DecodeString(digits)
}

func notBase64(c rune) bool {
	letter := c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
	return !letter && (c < '0' || c > '9') && c != '+' && c != '/'
}

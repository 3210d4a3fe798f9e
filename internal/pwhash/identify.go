package pwhash

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// What a stored text can be that lets nobody in. Reasons never quote the text: it
// may be a password.
var (
	// ErrUnknown is a text that looks like a hash of no format we know.
	ErrUnknown = errors.New("hash of an unknown format")
	// ErrMalformed is a text that begins as a known format and is none.
	ErrMalformed = errors.New("malformed hash")
	// ErrPlain is a password that was stored as it is, where that is not accepted.
	ErrPlain = errors.New("plain text instead of a hash")
)

// Info is what a stored text says about itself.
type Info struct {
	// Algorithm is its name in settings; "noop" for a password that was not hashed.
	Algorithm string
	// Cost is log2 of bcrypt's rounds or the iterations of PBKDF2, else 0.
	Cost int
	// SaltBytes and KeyBytes are lengths; for plain text both are 0.
	SaltBytes, KeyBytes int
}

// Identify tells how a stored text was made, from the text alone as Elasticsearch
// does (Hasher.resolveFromHash). It returns ErrUnknown or ErrMalformed for what no
// password can ever match.
func Identify(hash string) (Info, error) {
	p, err := parse(hash)
	if err != nil {
		return Info{}, err
	}
	info := Info{Algorithm: p.name, Cost: p.cost, SaltBytes: len(p.salt)}
	switch p.family {
	case bcryptHash:
		info.SaltBytes, info.KeyBytes = 16, 23
	case plainText:
	default:
		info.KeyBytes = base64.StdEncoding.DecodedLen(len(p.key)) - strings.Count(p.key, "=")
	}
	return info, nil
}

// parsed is a stored text taken apart.
type parsed struct {
	algorithm

	salt []byte
	key  string // in base64 as it stands; for bcrypt and plain text the whole text
}

const (
	pbkdf2Prefix  = "{PBKDF2}"
	stretchPrefix = "{PBKDF2_STRETCH}"
	sha1Prefix    = "{SHA}"
	md5Prefix     = "{MD5}"
	ssha256Prefix = "{SSHA256}"
)

func parse(hash string) (parsed, error) {
	if isBcrypt(hash) {
		return parseBcrypt(hash)
	}
	if rest, ok := strings.CutPrefix(hash, stretchPrefix); ok {
		return parsePBKDF2(stretchHash, rest)
	}
	if rest, ok := strings.CutPrefix(hash, pbkdf2Prefix); ok {
		return parsePBKDF2(pbkdf2Hash, rest)
	}
	if rest, ok := strings.CutPrefix(hash, sha1Prefix); ok {
		return parseDigest(algorithm{name: "sha1", family: sha1Hash}, rest, 20)
	}
	if rest, ok := strings.CutPrefix(hash, md5Prefix); ok {
		return parseDigest(algorithm{name: "md5", family: md5Hash}, rest, 16)
	}
	if rest, ok := strings.CutPrefix(hash, ssha256Prefix); ok {
		return parseSSHA256(rest)
	}
	if hash == "" || looksHashed(hash) {
		return parsed{}, ErrUnknown
	}
	return parsed{algorithm: algorithm{name: "noop", family: plainText}, key: hash}, nil
}

// isBcrypt knows the versions that Elasticsearch's BCrypt does. $2x$ is not one.
func isBcrypt(hash string) bool {
	return len(hash) >= 4 && hash[0] == '$' && hash[1] == '2' && hash[3] == '$' && strings.IndexByte("aby", hash[2]) >= 0
}

// looksHashed recognizes $name$... and {name}..., also behind blanks or colons that
// slipped in. Elasticsearch takes such a text for the password itself.
func looksHashed(text string) bool {
	text = strings.TrimLeft(text, " \t:")
	if text == "" || text[0] != '$' && text[0] != '{' {
		return false
	}
	end := byte('$')
	if text[0] == '{' {
		end = '}'
	}
	name, _, closed := strings.Cut(text[1:], string(end))
	return closed && name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}

const (
	bcryptLength   = len("$2a$10$") + 22 + 31
	bcryptAlphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)

// parseBcrypt accepts what Elasticsearch would give out again in the same form: it
// compares whole texts, so that no other one ever matches.
func parseBcrypt(hash string) (parsed, error) {
	if len(hash) != bcryptLength {
		return parsed{}, malformed("%d bytes long instead of %d", len(hash), bcryptLength)
	}
	cost, err := strconv.Atoi(hash[4:6])
	if err != nil || hash[4] == '+' || hash[4] == '-' || hash[6] != '$' {
		return parsed{}, malformed("the cost is not a number of two digits")
	}
	a, ok := find(bcryptHash, cost)
	if !ok {
		return parsed{}, malformed("unknown hash function [bcrypt%d]", cost)
	}
	if strings.Trim(hash[7:], bcryptAlphabet) != "" {
		return parsed{}, malformed("a character that bcrypt does not use")
	}
	if strings.IndexByte(".Oeu", hash[28]) < 0 { // 16 bytes leave 2 bits for the last of 22
		return parsed{}, malformed("the salt has more than 16 bytes")
	}
	return parsed{algorithm: a, key: hash}, nil
}

// maxPBKDF2Key bounds what a stored text can make us compute; keys that Elasticsearch
// makes have 32 bytes.
const maxPBKDF2Key = 512

// parsePBKDF2 follows Hasher.verifyPbkdf2Hash, whose exceptions are our reasons.
func parsePBKDF2(f family, rest string) (parsed, error) {
	iterations, rest, ok := strings.Cut(rest, "$")
	cost, err := strconv.Atoi(iterations)
	if !ok || err != nil {
		return parsed{}, malformed("%s", noIterations)
	}
	a, ok := find(f, cost)
	if !ok {
		return parsed{}, malformed("unknown hash function [%s%d]", javaPrefix(f), cost)
	}
	saltText, key, ok := strings.Cut(rest, "$")
	if !ok {
		return parsed{}, malformed("there is no key")
	}
	if n := canonical(key); n <= 0 || n%16 != 0 || n > maxPBKDF2Key {
		return parsed{}, malformed("PBKDF2 key length must be positive and multiple of [128 bits]")
	}
	salt, err := javaBase64(saltText)
	if err != nil {
		return parsed{}, malformed("the salt is not base64")
	}
	if len(salt) < 8 {
		return parsed{}, malformed("PBKDF2 salt must be at least [8 bytes] long")
	}
	return parsed{algorithm: a, salt: salt, key: key}, nil
}

// parseSSHA256 expects the salt in the first 12 characters, whatever it decodes to.
func parseSSHA256(rest string) (parsed, error) {
	const saltText = 12
	if len(rest) < saltText {
		return parsed{}, malformed("there is no salt")
	}
	salt, err := javaBase64(rest[:saltText])
	if err != nil {
		return parsed{}, malformed("the salt is not base64")
	}
	p, err := parseDigest(algorithm{name: "ssha256", family: ssha256Hash}, rest[saltText:], 32)
	p.salt = salt
	return p, err
}

func parseDigest(a algorithm, text string, size int) (parsed, error) {
	if canonical(text) != size {
		return parsed{}, malformed("not the base64 of %d bytes", size)
	}
	return parsed{algorithm: a, key: text}, nil
}

// canonical is the number of bytes of a text that an encoder would write in the
// same way, else -1. Nothing else can match: texts are compared.
func canonical(text string) int {
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") {
		return -1
	}
	return len(b)
}

// javaBase64 decodes as java.util.Base64.Decoder does: padding may be absent, line
// ends are no good.
func javaBase64(text string) ([]byte, error) {
	if strings.ContainsAny(text, "\r\n") {
		return nil, base64.CorruptInputError(strings.IndexAny(text, "\r\n"))
	}
	if len(text)%4 == 0 {
		return base64.StdEncoding.DecodeString(text)
	}
	return base64.RawStdEncoding.DecodeString(text)
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
}

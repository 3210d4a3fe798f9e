package pwhash

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/realmctl/realmctl/internal/fault"
)

const noIterations = "The number of iterations could not be determined from the provided PBKDF2 hash."

// CheckStored is the check of a password_hash that a caller supplies: an Invalid
// fault with Elasticsearch's text unless the text claims to be of an algorithm for
// passwords. The rest of it is not looked at, as there; Verify does that.
func CheckStored(hash string) error {
	if isBcrypt(hash) || strings.HasPrefix(hash, stretchPrefix) || strings.HasPrefix(hash, pbkdf2Prefix) {
		return CheckCost(hash)
	}
	return fault.Invalidf("The provided password hash is not a hash or it could not be resolved to a supported hash algorithm. "+
		"The supported password hash algorithms are [%s]", strings.Join(Algorithms(Passwords), ", "))
}

// CheckCost is an Invalid fault with Elasticsearch's text for a text that begins as
// bcrypt or PBKDF2 and names no cost that there is, for which Hasher.resolveFromHash
// throws. Every other text passes.
func CheckCost(hash string) error {
	switch {
	case isBcrypt(hash):
		return checkBcrypt(hash)
	case strings.HasPrefix(hash, stretchPrefix):
		return checkPBKDF2(stretchHash, hash[len(stretchPrefix):])
	case strings.HasPrefix(hash, pbkdf2Prefix):
		return checkPBKDF2(pbkdf2Hash, hash[len(pbkdf2Prefix):])
	}
	return nil
}

// checkBcrypt takes what lies between the prefix and the last 54 characters for the
// cost, and answers with Java's own words when that is nothing.
func checkBcrypt(hash string) error {
	const prefix, tail = 4, 54
	units := utf16.Encode([]rune(hash)) // characters as Java counts them
	end := len(units) - tail
	if end < prefix {
		return fault.Invalidf("%d > %d", prefix, end)
	}
	text := string(utf16.Decode(units[prefix:end]))
	cost, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return notANumber(text)
	}
	if _, ok := find(bcryptHash, int(cost)); !ok {
		return fault.Invalidf("unknown hash function [bcrypt%d]", cost)
	}
	return nil
}

func checkPBKDF2(f family, rest string) error {
	text, _, ok := strings.Cut(rest, "$")
	if !ok {
		return fault.Invalidf("%s", noIterations)
	}
	cost, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		bad := fault.Invalidf("%s", noIterations)
		bad.Cause = notANumber(text)
		return bad
	}
	if _, ok := find(f, int(cost)); !ok {
		return fault.Invalidf("unknown hash function [%s%d]", javaPrefix(f), cost)
	}
	return nil
}

func javaPrefix(f family) string {
	if f == stretchHash {
		return "pbkdf2_stretch_"
	}
	return "pbkdf2_"
}

// notANumber is java.lang.NumberFormatException.
func notANumber(text string) *fault.Error {
	return &fault.Error{Kind: fault.Invalid, Type: "number_format_exception", Reason: fmt.Sprintf("For input string: \"%s\"", text)}
}

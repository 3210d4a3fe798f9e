package pwhash_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/pwhash"
)

// list is the one of the real node's answers.
const list = "[bcrypt, bcrypt4, bcrypt5, bcrypt6, bcrypt7, bcrypt8, bcrypt9, bcrypt10, bcrypt11, bcrypt12, bcrypt13, bcrypt14, " +
	"pbkdf2, pbkdf2_1000, pbkdf2_10000, pbkdf2_50000, pbkdf2_100000, pbkdf2_500000, pbkdf2_1000000, " +
	"pbkdf2_stretch, pbkdf2_stretch_1000, pbkdf2_stretch_10000, pbkdf2_stretch_50000, pbkdf2_stretch_100000, pbkdf2_stretch_500000, pbkdf2_stretch_1000000]"

func TestCheckStored(t *testing.T) {
	t.Parallel()
	const body = "abcdefghijklmnopqrstuunkRosyhM4.bJpx2Lxc1zQCrnpFZZTfq"
	invalid := func(reason string) error { return &fault.Error{Kind: fault.Invalid, Reason: reason} }
	notNumber := func(text string) *fault.Error {
		return &fault.Error{Kind: fault.Invalid, Type: "number_format_exception", Reason: `For input string: "` + text + `"`}
	}
	unknown := invalid("The provided password hash is not a hash or it could not be resolved to a supported hash algorithm. The supported password hash algorithms are " + list)
	iterations := func(cause *fault.Error) error {
		return &fault.Error{Kind: fault.Invalid, Reason: "The number of iterations could not be determined from the provided PBKDF2 hash.", Cause: cause}
	}
	for name, c := range map[string]struct {
		hash string
		want error
	}{
		"bcrypt":                              {"$2a$10$" + body, nil},
		"bcrypt of the other minors":          {"$2y$04$" + body, nil},
		"bcrypt of cost 15":                   {"$2a$15$" + body, invalid("unknown hash function [bcrypt15]")},
		"bcrypt of cost 3":                    {"$2b$03$" + body, invalid("unknown hash function [bcrypt3]")},
		"bcrypt cut off":                      {"$2a$10$rMZe6TdsUwBX", invalid("4 > -35")},
		"bcrypt cut off by one":               {"$2a$10$" + body[:50], invalid("4 > 3")},
		"bcrypt with one digit left":          {"$2a$10$" + body[:52], invalid("unknown hash function [bcrypt1]")},
		"bcrypt of cost -4":                   {"$2a$-4$" + body, invalid("unknown hash function [bcrypt-4]")},
		"bcrypt of cost +4":                   {"$2a$+4$" + body, nil},
		"pbkdf2 of -1000 iterations":          {"{PBKDF2}-1000$", invalid("unknown hash function [pbkdf2_-1000]")},
		"pbkdf2 of +1000 iterations":          {"{PBKDF2}+1000$x", nil},
		"bcrypt whose cost is nothing":        {"$2a$10$" + body[:51], notNumber("")},
		"bcrypt whose cost is no number":      {"$2a$1x$" + body, notNumber("1x")},
		"bcrypt one character too long":       {"$2a$10$" + body + "x", notNumber("10$")},
		"bcrypt counted in UTF-16":            {"$2a$10$" + body[:52] + "é", nil},
		"bcrypt with a third digit":           {"$2a$010$" + body, nil},
		"bcrypt $2x$":                         {"$2x$10$" + body, unknown},
		"pbkdf2 that is not even well formed": {"{PBKDF2}10000$x", nil},
		"pbkdf2 of 77 iterations":             {"{PBKDF2}77$a$b", invalid("unknown hash function [pbkdf2_77]")},
		"pbkdf2_stretch of 7 iterations":      {"{PBKDF2_STRETCH}7$a$b", invalid("unknown hash function [pbkdf2_stretch_7]")},
		"pbkdf2 without a dollar sign":        {"{PBKDF2}1000", iterations(nil)},
		"pbkdf2 of many iterations":           {"{PBKDF2}many$a$b", iterations(notNumber("many"))},
		"pbkdf2 of too large a number":        {"{PBKDF2}99999999999$a$b", iterations(notNumber("99999999999"))},
		"pbkdf2_stretch that is complete":     {"{PBKDF2_STRETCH}10000$a$b", nil},
		"ssha256":                             {"{SSHA256}AQIDBAUGBwg=FZ6/ia6EAcWtoVgtnFzWXq2Xh11w0qDyf7lqwdkZdB0=", unknown},
		"plain text":                          {"not a hash", unknown},
		"nothing":                             {"", unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := pwhash.CheckStored(c.hash)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("CheckStored(%q) differs (-want +got):\n%s", c.hash, diff)
			}
		})
	}
}

func TestCheckOfSettings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		use  pwhash.Use
		name string
		want string
	}{
		{pwhash.Passwords, "bcrypt", ""},
		{pwhash.Passwords, "PBKDF2_STRETCH_1000", ""},
		{pwhash.Passwords, "ssha256", "Invalid algorithm: ssha256. Valid values for password hashing are " + list},
		{pwhash.Passwords, "Bcrypt15", "Invalid algorithm: Bcrypt15. Valid values for password hashing are " + list},
		{pwhash.APIKeys, "SSHA256", ""},
		{pwhash.APIKeys, "noop", "Invalid algorithm: noop. Valid values for password hashing are " + list[:len(list)-1] + ", ssha256]"},
		{pwhash.Caches, "ssha256", ""},
		{pwhash.Caches, "CLEAR_TEXT", ""},
		{pwhash.Caches, "sha256", "unknown hash function [sha256]"},
	} {
		err := pwhash.Check(c.use, c.name)
		if got := text(err); got != c.want {
			t.Errorf("Check(%v, %s) = %q, want %q", c.use, c.name, got, c.want)
		}
	}
	if _, err := pwhash.New("Argon2", pwhash.Options{}); text(err) != "unknown hash function [Argon2]" {
		t.Errorf("New(Argon2) = %v", err)
	}
	for _, name := range []string{"bcrypt10", "BCRYPT"} {
		p, err := pwhash.New(name, pwhash.Options{})
		if err != nil || p.Algorithm() != "bcrypt" {
			t.Errorf("New(%s) hashes with %v, %v, want bcrypt", name, p, err)
		}
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// Package tokensfile reads and edits service_tokens, the file of tokens that let
// service accounts in on the node that has it:
//
//	namespace/service/token:hash     the last line of a token wins
//
// Reading follows FileServiceAccountTokenStore and FileLineParser, save that a
// broken line removes only itself and not every token.
package tokensfile

import (
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/realmctl/realmctl/internal/linefile"
	"github.com/realmctl/realmctl/internal/pwhash"
)

// Name of the file in the configuration folder.
const Name = "service_tokens"

// Path is the file of a configuration folder.
func Path(dir string) string { return filepath.Join(dir, Name) }

// Accounts are the service accounts of Elasticsearch 9.5.3, in the order of its
// messages.
func Accounts() []string {
	return []string{"elastic/fleet-server", "elastic/fleet-server-remote", "elastic/auto-ops", "elastic/kibana"}
}

// Key is the name of a token with its account, as it stands in the file.
func Key(account, token string) string { return account + "/" + token }

// NameError is a token name that Elasticsearch refuses, in its words.
type NameError struct{ Name string }

// Error implements error.
func (e *NameError) Error() string {
	return "invalid service token name [" + e.Name + "]. service account token name must have at least 1 character and at most 256 characters " +
		"that are alphanumeric (A-Z, a-z, 0-9) or hyphen (-) or underscore (_). It must not begin with an underscore (_)."
}

// CheckName follows Validation.isValidServiceAccountTokenName.
func CheckName(token string) error {
	const chars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	if token == "" || len(token) > 256 || token[0] == '_' || strings.Trim(token, chars) != "" {
		return &NameError{Name: token}
	}
	return nil
}

// Parse reads the text of the file to hashes by key; path is for messages, and
// report, if not nil, is told of each line that is left out or overridden.
func Parse(path, text string, report func(linefile.Problem)) map[string]string {
	hashes := map[string]string{}
	tell := func(line int, format string, args ...any) {
		if report != nil {
			report(linefile.Problem{Line: line, Text: fmt.Sprintf(format, args...)})
		}
	}
	for l := range lines(text) {
		switch {
		case l.blank:
		case l.code == codeNotUTF8:
			tell(l.Number, "invalid entry at line #%d of service_tokens file [%s]: not UTF-8. skipping...", l.Number, path)
		case l.code == codeNoColon:
			tell(l.Number, "invalid format at line #%d of service_tokens file [%s] - missing ':' character - skipping...", l.Number, path)
		case l.plain():
			tell(l.Number, "skipping plaintext service account token for key [%s]", l.key)
		default:
			if _, there := hashes[l.key]; there {
				tell(l.Number, "found duplicated key [%s], earlier entries are overridden", l.key)
			}
			hashes[l.key] = l.hash
		}
	}
	return hashes
}

// Names lists the keys in order; account limits them to one, empty does not.
func Names(hashes map[string]string, account string) []string {
	var names []string
	for key := range hashes {
		if account == "" || strings.HasPrefix(key, account+"/") {
			names = append(names, key)
		}
	}
	slices.Sort(names)
	return names
}

// Has says whether the text of the file has a line of the key, which need not let
// anybody in.
func Has(text, key string) bool {
	for l := range lines(text) {
		if !l.blank && l.code == "" && l.key == key {
			return true
		}
	}
	return false
}

// line of the file: a token, a fault (code), or a comment or blank one.
type line struct {
	linefile.Line

	blank     bool
	key, hash string
	keyAt     int // where the key begins in the line
	code      string
}

// Codes of faults, as findings have them.
const (
	codeNotUTF8 = "not-utf8"
	codeNoColon = "missing-colon"
)

func lines(text string) iter.Seq[line] {
	valid := utf8.ValidString(text)
	return func(yield func(line) bool) {
		for l := range linefile.Lines(text) {
			if !yield(parse(l, valid)) {
				return
			}
		}
	}
}

func parse(raw linefile.Line, valid bool) line {
	l := line{Line: raw}
	switch {
	case strings.HasPrefix(raw.Text, "#") || linefile.Blank(raw.Text):
		l.blank = true
		return l
	case !valid && !utf8.ValidString(raw.Text):
		l.code = codeNotUTF8
		return l
	}
	trimmed := linefile.Trim(raw.Text)
	var found bool
	if l.key, l.hash, found = strings.Cut(trimmed, ":"); !found {
		l.key, l.code = "", codeNoColon
	}
	l.keyAt = strings.Index(raw.Text, trimmed)
	return l
}

// plain says whether the line's hash is none that Elasticsearch knows; it skips
// the line then (Hasher.resolveFromHash gives NOOP).
func (l line) plain() bool {
	for _, prefix := range []string{"$2a$", "$2b$", "$2y$", "{PBKDF2}", "{PBKDF2_STRETCH}", "{SHA}", "{MD5}", "{SSHA256}"} {
		if strings.HasPrefix(l.hash, prefix) {
			return false
		}
	}
	return true
}

// CheckHash accepts what may be stored for a token. Errors do not quote it.
func CheckHash(hash string) error {
	info, err := pwhash.Identify(hash)
	if err == nil && info.Algorithm == "noop" {
		err = pwhash.ErrPlain
	}
	if err != nil {
		return fmt.Errorf("not a hash that can be stored: %w", err)
	}
	return nil
}

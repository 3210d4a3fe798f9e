package document

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode"

	"github.com/realmctl/realmctl/internal/fault"
)

// maxID is how long the id of a document may be, in bytes (DocWriteRequest).
const maxID = 512

// CheckIDs refuses ids of documents that are too long.
func CheckIDs(ids ...string) error {
	var p fault.Problems
	for _, id := range ids {
		if len(id) > maxID {
			p.Addf("id [%s] is too long, must be no longer than %d bytes but was: %d", id, maxID, len(id))
		}
	}
	return p.Err()
}

// Check refuses metadata with names that the index takes for no field's: it is what
// the index says about a document that begins with the members of before, which
// encodes as an object, and goes on with metadata, in the order of Merge. Names below
// the first level are not looked at, for nothing is mapped there.
func Check(before any, metadata json.RawMessage) error {
	list, err := members(metadata)
	if err != nil {
		return err
	}
	for i, m := range list {
		f := complaint(m.name)
		if f == nil {
			continue
		}
		at, err := column(before, list[:i])
		if err != nil {
			return err
		}
		f.Reason = "[1:" + strconv.Itoa(at) + "] " + f.Reason
		return f
	}
	return nil
}

// column is the one, in bytes and from 1, at which a member of metadata begins that
// follows others.
func column(before any, others []member) (int, error) {
	head, err := encode(before)
	if err != nil {
		return 0, err
	}
	part, err := object(others)
	if err != nil {
		return 0, err
	}
	at := len(head) - len(`}`) + len(`,"metadata":`) + len(part) - len(`}`) + 1
	if len(others) > 0 {
		at += len(`,`)
	}
	return at, nil
}

// complaint is that of DotExpandingXContentParser.splitAndValidatePath, or of
// DocumentParser about a name without dots.
func complaint(name string) *fault.Error {
	parts := strings.Split(strings.TrimRight(name, "."), ".") // as Java splits: no empty parts at the end
	switch {
	case name == "":
		return unparsable("field name cannot be an empty string")
	case strings.Trim(name, ".") == "":
		return unparsable("field name cannot contain only dots")
	case !strings.Contains(name, ".") && isBlank(name):
		return refusal("Field name cannot contain only whitespace: [metadata." + name + "]")
	case !strings.Contains(name, "."):
		return nil
	}
	for _, part := range parts {
		if part == "" {
			return unparsable("field name cannot contain only whitespace: ['" + name + "']")
		}
		if isBlank(part) {
			return unparsable("field name starting or ending with a [.] makes object resolution ambiguous: [" + name + "]")
		}
	}
	return nil
}

func unparsable(reason string) *fault.Error {
	f := refusal("failed to parse: " + reason)
	f.Cause = fault.Invalidf("%s", reason)
	return f
}

func refusal(reason string) *fault.Error {
	return &fault.Error{Kind: fault.Invalid, Type: "document_parsing_exception", Reason: reason}
}

// isBlank is Java's String.isBlank.
func isBlank(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return !isWhitespace(r) }) < 0
}

// isWhitespace is Character.isWhitespace.
func isWhitespace(r rune) bool {
	switch r {
	case '\u00a0', '\u2007', '\u202f':
		return false // they do not break
	case '\t', '\n', '\v', '\f', '\r', '\x1c', '\x1d', '\x1e', '\x1f':
		return true
	}
	return unicode.In(r, unicode.Zs, unicode.Zl, unicode.Zp)
}

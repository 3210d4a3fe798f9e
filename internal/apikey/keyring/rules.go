package keyring

import (
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf16"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/role/descriptor"
	"github.com/realmctl/realmctl/internal/timevalue"
)

// maxNameLen is how long a name may be, in UTF-16 units.
const maxNameLen = 256

// ValidateName follows AbstractCreateApiKeyRequest.
func ValidateName(p *fault.Problems, name string) {
	if name == "" {
		p.Addf("api key name is required")
		return
	}
	if len(utf16.Encode([]rune(name))) > maxNameLen {
		p.Addf("api key name may not be more than %d characters long", maxNameLen)
	}
	if name != strings.TrimFunc(name, func(c rune) bool { return c <= ' ' }) { // what Java's trim takes
		p.Addf("api key name may not begin or end with whitespace")
	}
	if strings.HasPrefix(name, "_") {
		p.Addf("api key name may not begin with an underscore")
	}
}

// ValidateMetadata refuses keys that are Elasticsearch's own.
func ValidateMetadata(p *fault.Problems, metadata json.RawMessage) {
	if descriptor.HasReservedKey(metadata) {
		p.Addf("API key metadata keys may not start with [_]")
	}
}

// ValidateNewLifetime wants a lifetime that a key is given later to have an end.
func ValidateNewLifetime(p *fault.Problems, v *timevalue.Value) {
	if v != nil && v.Duration() <= 0 {
		p.Addf("API key expiration must be in the future")
	}
}

// ParseLifetime reads an expiration. The faults have the causes that Java's have.
func ParseLifetime(text string) (*timevalue.Value, error) {
	v, err := timevalue.Parse("expiration", text)
	if err == nil {
		return &v, nil
	}
	f := fault.Invalidf("%s", err)
	if n, ok := errors.AsType[*timevalue.NumberError](err); ok {
		f.Cause = &fault.Error{Kind: fault.Invalid, Type: "number_format_exception", Reason: `For input string: "` + n.Input + `"`}
	}
	return nil, f
}

// Lifetime is the Build of a body whose expiration is read once all has arrived.
func Lifetime(text **string, into **timevalue.Value) func() error {
	return func() (err error) {
		if *text != nil {
			*into, err = ParseLifetime(**text)
		}
		return err
	}
}

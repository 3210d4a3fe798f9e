// Package media reads media types as Elasticsearch does.
package media

import (
	"strconv"
	"strings"

	"github.com/realmctl/realmctl/internal/fault"
)

// Type is a parsed Accept or Content-Type (ParsedMediaType).
type Type struct {
	original string
	name     string // type and subtype, lower case
	Params   []Param
}

// Param is a parameter of a media type, in lower case.
type Param struct{ Name, Value string }

// Parse gives nil for what does not count: no header, a wildcard, several
// types in one header.
func Parse(text string) (*Type, error) {
	if text == "*/*" || strings.Contains(text, ",") {
		return nil, nil
	}
	name, rest, _ := strings.Cut(text, ";")
	kind, sub, ok := strings.Cut(strings.TrimRight(strings.ToLower(name), " \t"), "/")
	kind, sub = strings.TrimSpace(kind), strings.TrimSpace(sub)
	if !ok || !isToken(kind) || !isToken(sub) {
		return nil, fault.Invalidf("invalid media-type [%s]", text)
	}
	m := &Type{original: text, name: kind + "/" + sub}
	for part := range strings.SplitSeq(rest, ";") {
		part = strings.ToLower(strings.TrimSpace(part))
		if part == "" {
			continue
		}
		key, value, ok := strings.Cut(part, "=")
		value = strings.TrimRight(value, "=") // Java's split drops empty parts
		if !ok || value == "" || strings.Contains(value, "=") || key != strings.TrimSpace(key) || value != strings.TrimSpace(value) || key == "" {
			return nil, fault.Invalidf("invalid parameters for header [%s]", text)
		}
		m.Params = append(m.Params, Param{Name: key, Value: value})
	}
	return m, nil
}

// isToken follows the pattern of ParsedMediaType, which admits what lies between
// Z and a, too.
func isToken(s string) bool {
	for _, c := range s {
		if (c < 'A' || c > 'z') && (c < '0' || c > '9') && !strings.ContainsRune("!#$%&'*+-.|~", c) {
			return false
		}
	}
	return s != ""
}

// param is a parameter's value, or empty.
func (m *Type) param(name string) string {
	if m == nil {
		return ""
	}
	for _, p := range m.Params {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

// String is the header as it came, or Java's null.
func (m *Type) String() string {
	if m == nil {
		return "null"
	}
	return m.original
}

// Format is a format of bodies.
type Format uint8

// The formats. Unknown ones are refused in requests and ignored in Accept.
const (
	Unknown Format = iota
	JSON
	YAML
	Binary // cbor and smile, which this engine does not have
)

// Named is the format of that name (the parameter format).
func Named(name string) Format {
	switch strings.ToLower(name) {
	case "json":
		return JSON
	case "yaml":
		return YAML
	case "cbor", "smile":
		return Binary
	}
	return Unknown
}

// Format is the format that Elasticsearch takes the media type for. Parameters do not
// matter, not even the charset.
func (m *Type) Format() (f Format, vendor bool) {
	if m == nil {
		return Unknown, false
	}
	switch m.name {
	case "application/json", "application/x-ndjson", "application/*":
		return JSON, false
	case "application/vnd.elasticsearch+json", "application/vnd.elasticsearch+x-ndjson":
		return JSON, true
	case "application/yaml":
		return YAML, false
	case "application/vnd.elasticsearch+yaml":
		return YAML, true
	case "application/cbor", "application/smile":
		return Binary, false
	case "application/vnd.elasticsearch+cbor", "application/vnd.elasticsearch+smile":
		return Binary, true
	}
	return Unknown, false
}

// The major versions that can be asked for.
const (
	currentMajor  = 9
	previousMajor = 8
)

// Versions compares what accept and, if there is a body, content ask to be
// compatible with, and gives a complaint or nothing (RestCompatibleVersionHelper).
func Versions(accept, content *Type, body bool) string {
	a, aGiven := accept.major()
	c, cGiven := content.major()
	const between = " version must be either version 9 or 8, but found "
	switch {
	case a < previousMajor || a > currentMajor:
		return "Accept" + between + strconv.Itoa(a) + ". Accept=" + accept.String()
	case !body:
		return ""
	case c < previousMajor || c > currentMajor:
		return "Content-Type" + between + strconv.Itoa(c) + ". Content-Type=" + content.String()
	}
	const required = "A compatible version is required on both Content-Type and Accept headers if either one has requested a compatible version"
	both := ". Accept=" + accept.String() + ", Content-Type=" + content.String()
	switch {
	case a != c:
		return required + " and the compatible versions must match" + both
	case aGiven != cGiven:
		return required + both
	}
	return ""
}

// major is the version asked for, the current one by default. What is no
// number is version 0, which nobody serves.
func (m *Type) major() (version int, given bool) {
	text := m.param("compatible-with")
	if text == "" {
		return currentMajor, false
	}
	n, err := strconv.ParseInt(text, 10, 8)
	if err != nil {
		return 0, true
	}
	return int(n), true
}

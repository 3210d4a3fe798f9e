package rest

import (
	"strconv"
	"strings"

	"github.com/realmctl/realmctl/internal/fault"
)

// mediaType is a parsed Accept or Content-Type (ParsedMediaType).
type mediaType struct {
	original string
	name     string // type and subtype, lower case
	params   []mediaParam
}

type mediaParam struct{ name, value string }

// parseMediaType gives nil for what does not count: no header, a wildcard, several
// types in one header.
func parseMediaType(text string) (*mediaType, error) {
	if text == "*/*" || strings.Contains(text, ",") {
		return nil, nil
	}
	name, rest, _ := strings.Cut(text, ";")
	kind, sub, ok := strings.Cut(strings.TrimRight(strings.ToLower(name), " \t"), "/")
	kind, sub = strings.TrimSpace(kind), strings.TrimSpace(sub)
	if !ok || !isToken(kind) || !isToken(sub) {
		return nil, fault.Invalidf("invalid media-type [%s]", text)
	}
	m := &mediaType{original: text, name: kind + "/" + sub}
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
		m.params = append(m.params, mediaParam{key, value})
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
func (m *mediaType) param(name string) string {
	if m == nil {
		return ""
	}
	for _, p := range m.params {
		if p.name == name {
			return p.value
		}
	}
	return ""
}

// String is the header as it came, or Java's null.
func (m *mediaType) String() string {
	if m == nil {
		return "null"
	}
	return m.original
}

// kind is a body format.
type kind uint8

const (
	unknownKind kind = iota
	jsonKind
	yamlKind
	binaryKind // cbor and smile, which this engine does not have
)

// kind is the format that Elasticsearch takes the media type for. Parameters do not
// matter, not even the charset.
func (m *mediaType) kind() (k kind, vendor bool) {
	if m == nil {
		return unknownKind, false
	}
	switch m.name {
	case "application/json", "application/x-ndjson", "application/*":
		return jsonKind, false
	case "application/vnd.elasticsearch+json", "application/vnd.elasticsearch+x-ndjson":
		return jsonKind, true
	case "application/yaml":
		return yamlKind, false
	case "application/vnd.elasticsearch+yaml":
		return yamlKind, true
	case "application/cbor", "application/smile":
		return binaryKind, false
	case "application/vnd.elasticsearch+cbor", "application/vnd.elasticsearch+smile":
		return binaryKind, true
	}
	return unknownKind, false
}

// mediaTypes reads Accept and Content-Type and compares their versions.
func (x *exchange) mediaTypes() error {
	var err error
	if x.content, err = x.mediaHeader("Content-Type"); err != nil {
		return err
	}
	if x.accept, err = x.mediaHeader("Accept"); err != nil {
		return err
	}
	if len(x.r.Header["Accept"]) == 0 && len(x.r.Header["Content-Type"]) == 0 {
		return nil
	}
	if text := x.versions(); text != "" {
		return mediaFault("Accept, Content-Type", &fault.Error{Kind: fault.Invalid, Type: "status_exception", Reason: text})
	}
	return nil
}

func (x *exchange) mediaHeader(name string) (*mediaType, error) {
	values := x.r.Header[name]
	if len(values) == 0 {
		return nil, nil
	}
	err := error(fault.Invalidf("Incorrect header [%s]. Only one value should be provided", name))
	var m *mediaType
	switch {
	case len(values) > 1:
	case strings.TrimSpace(values[0]) == "":
		err = fault.Invalidf("Header [%s] cannot be empty.", name)
	default:
		m, err = parseMediaType(values[0])
	}
	if f, bad := err.(*fault.Error); bad { //nolint:errorlint // made right above
		return nil, mediaFault(name, f)
	}
	return m, nil
}

func mediaFault(headers string, cause *fault.Error) error {
	return &fault.Error{
		Kind:   fault.Invalid,
		Type:   "media_type_header_exception",
		Reason: "Invalid media-type value on headers [" + headers + "]",
		Cause:  cause,
	}
}

// The major versions that can be asked for.
const (
	currentMajor  = 9
	previousMajor = 8
)

// versions compares compatible-with of both headers, and gives a complaint or
// nothing (RestCompatibleVersionHelper).
func (x *exchange) versions() string {
	accept, acceptGiven := majorVersion(x.accept)
	content, contentGiven := majorVersion(x.content)
	const between = " version must be either version 9 or 8, but found "
	switch {
	case accept < previousMajor || accept > currentMajor:
		return "Accept" + between + strconv.Itoa(accept) + ". Accept=" + x.accept.String()
	case !x.hasBody():
		return ""
	case content < previousMajor || content > currentMajor:
		return "Content-Type" + between + strconv.Itoa(content) + ". Content-Type=" + x.content.String()
	}
	const required = "A compatible version is required on both Content-Type and Accept headers if either one has requested a compatible version"
	both := ". Accept=" + x.accept.String() + ", Content-Type=" + x.content.String()
	switch {
	case accept != content:
		return required + " and the compatible versions must match" + both
	case acceptGiven != contentGiven:
		return required + both
	}
	return ""
}

// majorVersion is the version asked for, the current one by default. What is no
// number is version 0, which nobody serves.
func majorVersion(m *mediaType) (version int, given bool) {
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

// checkContentType refuses bodies of formats that are not understood
// (RestController.dispatchRequest).
func (x *exchange) checkContentType() error {
	if k, _ := x.content.kind(); k == jsonKind || k == yamlKind || !x.hasBody() {
		return nil
	}
	return plain(406, "Content-Type header ["+strings.Join(x.r.Header["Content-Type"], ",")+"] is not supported")
}

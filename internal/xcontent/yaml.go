package xcontent

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"math/big"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/xcontent/lex"
)

// maxYAMLDepth is how deeply a document may be nested.
const maxYAMLDepth = 1000

// NewYAML reads the first YAML document as the same tokens. Aliases are not
// followed: a small document could stand for a huge one.
func NewYAML(data []byte) *Reader { return &Reader{src: &yamlSource{data: data}} }

// yamlSource holds the tokens of a document, which is parsed at the first Next.
type yamlSource struct {
	data   []byte
	tokens []yamlToken
	pos    int // of the token that comes next; the current one is before it
	err    error
}

type yamlToken struct {
	token Token
	name  string
	text  string
	at    Location
}

func (y *yamlSource) Next() (Token, error) {
	if y.pos == 0 && y.err == nil && y.tokens == nil {
		y.err = y.parse()
	}
	if y.pos < len(y.tokens) {
		y.pos++
		return y.tokens[y.pos-1].token, nil
	}
	if y.err != nil {
		return None, y.err
	}
	y.pos = len(y.tokens) + 1
	return None, nil
}

// current is the current token, or an empty one outside of the document.
func (y *yamlSource) current() yamlToken {
	if i := y.pos - 1; i >= 0 && i < len(y.tokens) {
		return y.tokens[i]
	}
	return yamlToken{at: Location{Line: 1}}
}

func (y *yamlSource) Token() Token          { return y.current().token }
func (y *yamlSource) Name() string          { return y.current().name }
func (y *yamlSource) Text() (string, error) { return y.current().text, nil }
func (y *yamlSource) Location() Location    { return y.current().at }

func (y *yamlSource) Cannot(reason string) error {
	at := y.Location()
	return lex.At(at, reason, &fault.Error{Kind: fault.Invalid, Type: "input_coercion_exception", Reason: reason})
}

func (y *yamlSource) parse() error {
	var doc yaml.Node
	switch err := yaml.NewDecoder(bytes.NewReader(y.data)).Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return yamlError(Location{}, strings.TrimPrefix(err.Error(), "yaml: "))
	case len(doc.Content) != 1:
		return nil
	}
	return y.add(doc.Content[0], "", 1)
}

func yamlError(at Location, text string) error {
	return lex.At(at, text, &fault.Error{Kind: fault.Invalid, Type: "marked_yaml_exception", Reason: text})
}

// add appends the tokens of a node; name is that of the member it is the value of.
func (y *yamlSource) add(n *yaml.Node, name string, depth int) error {
	at := Location{Line: n.Line, Col: n.Column}
	if depth > maxYAMLDepth {
		return yamlError(at, "document is nested too deeply")
	}
	switch n.Kind {
	case yaml.ScalarNode:
		y.push(scalarToken(n), name, n.Value, at)
	case yaml.SequenceNode:
		return y.sequence(n, name, depth)
	case yaml.MappingNode:
		return y.mapping(n, name, depth)
	case yaml.AliasNode: // Jackson gives its name, too, and nothing of what it stands for
		y.push(String, name, n.Value, at)
	case yaml.DocumentNode:
	}
	return nil
}

func (y *yamlSource) push(t Token, name, text string, at Location) {
	y.tokens = append(y.tokens, yamlToken{token: t, name: name, text: text, at: at})
}

func (y *yamlSource) sequence(n *yaml.Node, name string, depth int) error {
	at := Location{Line: n.Line, Col: n.Column}
	y.push(StartArray, name, "", at)
	for _, item := range n.Content {
		if err := y.add(item, "", depth+1); err != nil {
			return err
		}
	}
	y.push(EndArray, name, "", y.tokens[len(y.tokens)-1].at)
	return nil
}

func (y *yamlSource) mapping(n *yaml.Node, name string, depth int) error {
	at := Location{Line: n.Line, Col: n.Column}
	y.push(StartObject, name, "", at)
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		place := Location{Line: key.Line, Col: key.Column}
		switch {
		case key.Kind != yaml.ScalarNode:
			return yamlError(place, "only scalars can be names")
		case seen[key.Value]:
			text := "Duplicate field '" + key.Value + "'"
			return lex.At(place, text, &fault.Error{Kind: fault.Invalid, Type: "json_parse_exception", Reason: text})
		}
		seen[key.Value] = true
		y.push(FieldName, key.Value, key.Value, place)
		if err := y.add(n.Content[i+1], key.Value, depth+1); err != nil {
			return err
		}
	}
	y.push(EndObject, name, "", y.tokens[len(y.tokens)-1].at)
	return nil
}

// scalarToken is the token of a scalar by its tag, given or resolved. It puts the
// value into the form that JSON has for it.
func scalarToken(n *yaml.Node) Token {
	switch n.ShortTag() {
	case "!!null":
		return Null
	case "!!bool":
		n.Value = strings.ToLower(n.Value)
		return Boolean
	case "!!int", "!!float":
		if text, ok := plainNumber(n.Value); ok {
			n.Value = text
			return Number
		}
	}
	if n.Style != 0 {
		return String
	}
	switch strings.ToLower(n.Value) { // booleans of YAML 1.1
	case "yes", "on":
		n.Value = "true"
		return Boolean
	case "no", "off":
		n.Value = "false"
		return Boolean
	}
	return String
}

// plainNumber is a number as JSON writes it. Infinity and what is no number have no
// such form.
func plainNumber(text string) (string, bool) {
	text = strings.ReplaceAll(strings.TrimPrefix(text, "+"), "_", "")
	if i, ok := new(big.Int).SetString(text, 0); ok {
		return i.String(), true
	}
	if text != "" && strings.Contains("-0123456789", text[:1]) && json.Valid([]byte(text)) {
		return text, true
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return "", false
	}
	return string(appendDouble(nil, f)), true
}

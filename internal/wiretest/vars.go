package wiretest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// vars are the values that stand for ${name}.
type vars map[string]string

// expand replaces ${name} from the inside out, because ${base64:...} may hold
// names. A name that no step has saved is an error.
func (v vars) expand(text string) (string, error) {
	for {
		from := strings.LastIndex(text, "${")
		if from < 0 {
			return text, nil
		}
		n := strings.IndexByte(text[from:], '}')
		if n < 0 {
			return "", fmt.Errorf("${ without } in %q", text)
		}
		name := text[from+2 : from+n]
		value, ok := v[name]
		if plain, encoded := strings.CutPrefix(name, "base64:"); encoded {
			value, ok = base64.StdEncoding.EncodeToString([]byte(plain)), true
		}
		if !ok {
			return "", fmt.Errorf("no step has saved ${%s}", name)
		}
		text = text[:from] + value + text[from+n+1:]
	}
}

// save stores what later steps need of an answer.
func (v vars) save(wanted map[string]string, body any) error {
	for name, path := range wanted {
		value := body
		for _, part := range splitPath(path) {
			value = member(value, part)
		}
		switch value := value.(type) {
		case string:
			v[name] = value
		case json.Number:
			v[name] = value.String()
		default:
			return fmt.Errorf("cannot save %s: %v at %s", name, value, path)
		}
	}
	return nil
}

// member is a member of an object or an element of an array, or nil.
func member(value any, name string) any {
	switch value := value.(type) {
	case map[string]any:
		return value[name]
	case []any:
		if i, err := strconv.Atoi(name); err == nil && i < len(value) {
			return value[i]
		}
	}
	return nil
}

// splitPath parts a path at its dots; a backslash makes a dot a part of a key.
func splitPath(path string) []string {
	const dot = "\x00"
	parts := strings.Split(strings.ReplaceAll(path, `\.`, dot), ".")
	for i := range parts {
		parts[i] = strings.ReplaceAll(parts[i], dot, ".")
	}
	return parts
}

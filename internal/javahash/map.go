package javahash

import (
	"bytes"
	"encoding/json"
)

// Map is a HashMap with texts as keys; as JSON it has its members in Java's order.
// The zero Map is empty.
type Map[V any] struct {
	names  []string // in the order in which they came
	values map[string]V
}

// Put sets the value of a key.
func (m *Map[V]) Put(key string, v V) {
	if _, ok := m.values[key]; !ok {
		m.names = append(m.names, key)
	}
	if m.values == nil {
		m.values = map[string]V{}
	}
	m.values[key] = v
}

// Get gives the value of a key; false: there is none.
func (m *Map[V]) Get(key string) (V, bool) {
	v, ok := m.values[key]
	return v, ok
}

// MarshalJSON implements json.Marshaler.
func (m Map[V]) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, name := range Sort(m.names, String) {
		if i > 0 {
			b = append(b, ',')
		}
		key, err := encode(name)
		if err != nil {
			return nil, err
		}
		value, err := encode(m.values[name])
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, key...), ':'), value...)
	}
	return append(b, '}'), nil
}

// encode is json.Marshal without escapes for HTML.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

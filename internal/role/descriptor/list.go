package descriptor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
)

// List marshals as the JSON object of name to role that answers of the API hold.
type List []Role

// MarshalJSON keeps the order of the list.
func (l List) MarshalJSON() ([]byte, error) { return object(l, json.RawMessage(enabled)) }

// Encode gives the stored form of descriptors, an object of name to role. It is
// what API keys keep as role_descriptors and limited_by_role_descriptors.
func Encode(ds []Role) (json.RawMessage, error) { return object(ds, nil) }

func object(ds []Role, transient json.RawMessage) ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, d := range ds {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := encode(d.Name)
		if err != nil {
			return nil, fmt.Errorf("encode role name %q: %w", d.Name, err)
		}
		body, err := d.JSON(transient)
		if err != nil {
			return nil, fmt.Errorf("encode role %q: %w", d.Name, err)
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(body)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// Decode reads what Encode wrote; the order is kept. Nil is no descriptor.
func Decode(stored json.RawMessage) ([]Role, error) {
	if len(stored) == 0 {
		return nil, nil
	}
	dec := json.NewDecoder(bytes.NewReader(stored))
	t, err := dec.Token()
	if err != nil {
		return nil, fmt.Errorf("decode role descriptors: %w", err)
	}
	if t != json.Delim('{') {
		return nil, fmt.Errorf("decode role descriptors: want an object, found %v", t)
	}
	var out []Role
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return nil, fmt.Errorf("decode role descriptors: %w", err)
		}
		name, _ := t.(string) // a token where a member begins is its name
		d := Role{Name: name}
		if err := dec.Decode(&d); err != nil {
			return nil, fmt.Errorf("decode role %q: %w", name, err)
		}
		out = append(out, d)
	}
	if _, err := dec.Token(); err != nil { // the end of the object
		return nil, fmt.Errorf("decode role descriptors: %w", err)
	}
	return out, nil
}

// SameJSON compares two JSON values as Java's maps do: the order of members does
// not matter. An absent value is an empty object.
func SameJSON(a, b json.RawMessage) bool {
	if bytes.Equal(a, b) {
		return true
	}
	va, errA := value(a)
	vb, errB := value(b)
	return errA == nil && errB == nil && reflect.DeepEqual(va, vb)
}

func value(raw json.RawMessage) (any, error) {
	if len(raw) == 0 {
		return map[string]any{}, nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	err := dec.Decode(&v)
	return v, err
}

// members are the top-level members of an object; nil for anything else.
func members(raw json.RawMessage) map[string]json.RawMessage {
	var m map[string]json.RawMessage
	if len(raw) == 0 || json.Unmarshal(raw, &m) != nil {
		return nil
	}
	return m
}

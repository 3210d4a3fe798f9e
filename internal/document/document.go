// Package document knows what Elasticsearch's index of users, roles and privileges
// does to their documents, which shows in its answers: an update merges objects, and
// some names of fields are refused.
package document

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/realmctl/realmctl/internal/javahash"
)

// member is a member of an object.
type member struct {
	name  string
	value json.RawMessage
}

// members reads an object; nil is an empty one.
func members(object json.RawMessage) ([]member, error) {
	if len(object) == 0 {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(object))
	t, err := d.Token()
	if err != nil {
		return nil, fmt.Errorf("decode an object: %w", err)
	}
	if t != json.Delim('{') {
		return nil, fmt.Errorf("decode an object: it begins with %v", t)
	}
	var list []member
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("decode an object: %w", err)
		}
		m := member{}
		m.name, _ = name.(string) // what stands there is a name
		if err := d.Decode(&m.value); err != nil {
			return nil, fmt.Errorf("decode an object: %w", err)
		}
		list = append(list, m)
	}
	if _, err := d.Token(); err != nil {
		return nil, fmt.Errorf("decode an object: %w", err)
	}
	return list, nil
}

// Merge is what an object of a document becomes when an update gives it anew
// (XContentHelper.update): what only it had stays, objects in it are merged likewise,
// all else is replaced. Nil stands for an empty object. What is new comes in the
// order of a HashMap, into which requests are read.
func Merge(old, change json.RawMessage) (json.RawMessage, error) {
	list, err := members(old)
	if err != nil {
		return nil, err
	}
	changes, err := members(change)
	if err != nil {
		return nil, err
	}
	for _, c := range javahash.Sort(changes, func(m member) int32 { return javahash.String(m.name) }) {
		i := slices.IndexFunc(list, func(m member) bool { return m.name == c.name })
		if i < 0 {
			list = append(list, c)
			continue
		}
		if isObject(list[i].value) && isObject(c.value) {
			if c.value, err = Merge(list[i].value, c.value); err != nil {
				return nil, err
			}
		}
		list[i].value = c.value
	}
	return object(list)
}

func isObject(v json.RawMessage) bool { return len(v) > 0 && v[0] == '{' }

func object(list []member) (json.RawMessage, error) {
	b := []byte{'{'}
	for i, m := range list {
		if i > 0 {
			b = append(b, ',')
		}
		name, err := encode(m.name)
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, name...), ':'), m.value...)
	}
	return append(b, '}'), nil
}

// encode is json.Marshal without escapes for HTML.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encode a document: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

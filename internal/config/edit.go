package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/realmctl/realmctl/internal/atomicfile"
)

// Edit changes the configuration file under a lock and keeps its comments and
// everything it does not touch. What change makes of it must be readable again.
func Edit(ctx context.Context, path string, change func(*Editor) error) error {
	if path == "" {
		return errorf("there is no place for a configuration file").hint("REALMCTL_CONFIG=/path/to/config.yaml")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the configuration folder: %w", err)
	}
	lock, err := atomicfile.Acquire(ctx, path)
	if err != nil {
		return err
	}
	defer lock.Release()
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the configuration: %w", err)
	}
	if _, err := parseFile(path, data); err != nil {
		return err
	}
	e, err := newEditor(data)
	if err != nil {
		return errorf("%s: %v", path, err)
	}
	if err := change(e); err != nil {
		return err
	}
	out, err := e.bytes()
	if err != nil {
		return err
	}
	if _, err := parseFile(path, out); err != nil {
		return err
	}
	_, err = lock.Replace(path, string(out), atomicfile.Options{})
	return err
}

// Editor is the configuration file as a tree.
type Editor struct{ doc yaml.Node }

func newEditor(data []byte) (*Editor, error) {
	e := &Editor{}
	if err := yaml.Unmarshal(data, &e.doc); err != nil {
		return nil, err
	}
	if len(e.doc.Content) == 0 {
		e.doc = yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{{Kind: yaml.MappingNode, Tag: "!!map"}}}
	}
	return e, nil
}

func (e *Editor) bytes() ([]byte, error) {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := errors.Join(enc.Encode(&e.doc), enc.Close()); err != nil {
		return nil, fmt.Errorf("encode the configuration: %w", err)
	}
	return b.Bytes(), nil
}

// Use makes a context the current one; an empty name leaves none.
func (e *Editor) Use(name string) {
	if name == "" {
		drop(e.top(), "current_context")
		return
	}
	set(e.top(), "current_context", scalar(name))
}

// Has reports whether there is a context of that name, in whatever case.
func (e *Editor) Has(name string) bool {
	return slices.ContainsFunc(contextNames(&e.doc), func(n string) bool { return strings.EqualFold(n, name) })
}

// Put sets the members of a context that are named, and makes the context if there
// is none. An empty value takes a member away.
func (e *Editor) Put(name string, members []Member) {
	contexts := member(e.top(), "contexts")
	if contexts == nil || contexts.Kind != yaml.MappingNode {
		contexts = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		set(e.top(), "contexts", contexts)
	}
	c := member(contexts, name)
	if c == nil || c.Kind != yaml.MappingNode {
		c = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		set(contexts, name, c)
	}
	for _, m := range members {
		if m.Value == "" {
			drop(c, m.Key)
			continue
		}
		set(c, m.Key, scalar(m.Value))
	}
}

// Member is one setting of a context, as text.
type Member struct{ Key, Value string }

// Remove takes a context away, and the choice of it.
func (e *Editor) Remove(name string) {
	if contexts := member(e.top(), "contexts"); contexts != nil {
		drop(contexts, name)
	}
	if current := member(e.top(), "current_context"); current != nil && current.Value == name {
		drop(e.top(), "current_context")
	}
}

func (e *Editor) top() *yaml.Node { return e.doc.Content[0] }

// scalar has no tag, so that true stays a boolean.
func scalar(value string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: value} }

// set keeps the comments of a member that is there.
func set(mapping *yaml.Node, key string, value *yaml.Node) {
	if old := member(mapping, key); old != nil {
		value.HeadComment, value.LineComment, value.FootComment = old.HeadComment, old.LineComment, old.FootComment
		*old = *value
		return
	}
	mapping.Style = 0 // {} becomes a block
	mapping.Content = append(mapping.Content, scalar(key), value)
}

func drop(mapping *yaml.Node, key string) {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			mapping.Content = slices.Delete(mapping.Content, i, i+2)
			return
		}
	}
}

// Package rolemapping reads role_mapping.yml, which gives roles to distinguished
// names of users and groups of the realms ldap, active_directory and pki.
package rolemapping

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/realmctl/realmctl/internal/atomicfile"
	"github.com/realmctl/realmctl/internal/linefile"
)

// Name is the file in a configuration folder (setting files.role_mapping of a realm).
const Name = "role_mapping.yml"

// Path is the file of a folder.
func Path(dir string) string { return filepath.Join(dir, Name) }

// Entry gives a role to names.
type Entry struct {
	Role  string
	Names []string // distinguished names (RFC 4514), in the file's order
}

// SyntaxError is a place that nothing can be read from.
type SyntaxError struct {
	Line, Column int
	Code, Text   string
}

// Error implements error.
func (e *SyntaxError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Text) }

// Parse reads the text of a file; an empty one maps nothing. The error is a
// *SyntaxError. Elasticsearch reads the file as settings (DnRoleMapper), and so cuts a
// text that is no list at its commas, which every distinguished name has: here that is
// an error.
func Parse(text string) ([]Entry, error) {
	roles, err := parse(text)
	if err != nil {
		return nil, err
	}
	var entries []Entry
	for _, r := range roles {
		if r.fault != nil {
			return nil, r.fault
		}
		e := Entry{Role: r.key.Value}
		for _, name := range r.names {
			e.Names = append(e.Names, name.Value)
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// mapped is a member of the file.
type mapped struct {
	key   *yaml.Node
	names []*yaml.Node
	fault *SyntaxError // what is wrong with the names
}

func parse(text string) ([]mapped, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		line, text := linefile.YAMLFault(err)
		return nil, &SyntaxError{Line: line, Column: 1, Code: "yaml", Text: text}
	}
	if len(doc.Content) == 0 || doc.Content[0].Tag == "!!null" {
		return nil, nil
	}
	top := doc.Content[0]
	if top.Kind != yaml.MappingNode {
		return nil, fault(top, "no-mapping", "no mapping of roles to lists of names")
	}
	var roles []mapped
	seen := map[string]bool{}
	for i := 0; i+1 < len(top.Content); i += 2 {
		key, value := top.Content[i], top.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			return nil, fault(key, "no-mapping", "the name of a role is expected here")
		}
		if seen[key.Value] {
			return nil, fault(key, "duplicate-role", "role ["+key.Value+"] is there twice")
		}
		seen[key.Value] = true
		m := mapped{key: key}
		m.names, m.fault = names(key.Value, value)
		roles = append(roles, m)
	}
	return roles, nil
}

// names are those of a role; without any it is given to nobody.
func names(role string, list *yaml.Node) ([]*yaml.Node, *SyntaxError) {
	if list.Tag == "!!null" {
		return nil, nil
	}
	if list.Kind != yaml.SequenceNode {
		return nil, fault(list, "no-list", "role ["+role+"]: a list of names is expected; Elasticsearch would cut a text at its commas")
	}
	for _, n := range list.Content {
		if n.Kind != yaml.ScalarNode {
			return nil, fault(n, "no-name", "role ["+role+"]: a name is expected here")
		}
	}
	return list.Content, nil
}

func fault(n *yaml.Node, code, text string) *SyntaxError {
	return &SyntaxError{Line: n.Line, Column: n.Column, Code: code, Text: text}
}

// Lint finds what is wrong in the file of a folder; without one nothing is. known says
// which roles there are, those of knownFrom and the built-in ones. reader is the service
// account, which must be able to read the file; nil: it is not known.
func Lint(dir string, known func(string) bool, knownFrom string, reader *atomicfile.Account) ([]linefile.Finding, error) {
	f := &linefile.Findings{File: Path(dir)}
	text, err := f.Begin(reader)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	roles, err := parse(text)
	if e, ok := errors.AsType[*SyntaxError](err); ok {
		f.Add(e.Line, e.Column, linefile.Error, e.Code, "%s: a node with a realm that reads the file does not start", e.Text)
	}
	for _, r := range roles {
		lintRole(f, r, known, knownFrom)
	}
	return f.List(), nil
}

func lintRole(f *linefile.Findings, r mapped, known func(string) bool, knownFrom string) {
	role := r.key.Value
	switch {
	case strings.Contains(role, "."): // the file is read as settings, whose names are cut there
		f.Add(r.key.Line, r.key.Column, linefile.Error, "hazard", "role [%s]: Elasticsearch cuts the name at its first dot and gives the role to nobody", role)
	case known != nil && !known(role):
		f.Add(r.key.Line, r.key.Column, linefile.Warning, "unknown-role", "role [%s] is neither built in nor in %s", role, knownFrom)
	}
	if r.fault != nil {
		f.Add(r.fault.Line, r.fault.Column, linefile.Error, r.fault.Code, "%s", r.fault.Text)
	}
	for _, n := range r.names {
		if !distinguished(n.Value) {
			f.Add(n.Line, n.Column, linefile.Error, "no-name", "[%s] is no distinguished name: a node with a realm that reads the file does not start", n.Value)
		}
	}
}

// distinguished says whether a text may be a distinguished name; the realms that use
// it look closer.
func distinguished(name string) bool { return strings.Contains(name, "=") }

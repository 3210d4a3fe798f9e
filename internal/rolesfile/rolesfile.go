// Package rolesfile takes roles.yml apart as FileRolesStore does: a line that
// begins in column 0 starts a role, indented lines go on with it, and each role is
// YAML of its own, so that a broken one takes no other with it. What a role may do
// is for the package role to parse; this one gives it the text.
package rolesfile

import (
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/realmctl/realmctl/internal/linefile"
)

// Name of the file in the configuration folder.
const Name = "roles.yml"

// Path is the file of a configuration folder.
func Path(dir string) string { return filepath.Join(dir, Name) }

// Segment is the text of one role.
type Segment struct {
	// Name of the role, also when its body is broken YAML; empty: there is none.
	Name string
	// Text is what is parsed as YAML: comments in column 0 and blank lines are
	// left out, and each line ends with LF.
	Text string
	// Lines are the numbers, from 1, that the lines of Text have in the file.
	Lines []int
	// Fault is Elasticsearch's log line when the role cannot be used whatever its
	// body says; empty: nothing is known against it.
	Fault string
}

// Line is where the role begins in the file.
func (s Segment) Line() int { return s.Lines[0] }

// LineOf turns a line of Text, from 1, into one of the file.
func (s Segment) LineOf(line int) int {
	return s.Lines[max(0, min(line, len(s.Lines))-1)]
}

// Load reads the roles of a file; without one there are none. reserved says which
// names belong to built-in roles; nil: none do.
func Load(path string, reserved func(string) bool) ([]Segment, error) {
	text, err := linefile.Read(path)
	if notExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return Parse(path, text, reserved), nil
}

// Parse takes the text of a file apart; path is for messages.
func Parse(path, text string, reserved func(string) bool) []Segment {
	segments, _ := split(text)
	for i := range segments {
		segments[i].name(path, reserved)
	}
	return segments
}

// Names lists the usable roles in the order of the file, each once. For
// Elasticsearch's tools these are the known roles beside the built-in ones.
func Names(segments []Segment) []string {
	var names []string
	seen := map[string]bool{}
	for _, s := range segments {
		if s.Fault == "" && !seen[s.Name] {
			seen[s.Name] = true
			names = append(names, s.Name)
		}
	}
	return names
}

// split follows FileRolesStore.roleSegments. Indented lines before the first role
// belong to none; their numbers are lost.
func split(text string) (segments []Segment, lost []int) {
	var b strings.Builder
	end := func() {
		if n := len(segments); n > 0 {
			segments[n-1].Text = b.String()
		}
		b.Reset()
	}
	for line := range linefile.Lines(text) {
		switch {
		case strings.HasPrefix(line.Text, "#") || strings.Trim(line.Text, regexSpaces) == "":
			continue
		case strings.IndexByte(regexSpaces, line.Text[0]) < 0:
			end()
			segments = append(segments, Segment{})
		case len(segments) == 0:
			lost = append(lost, line.Number)
			continue
		}
		s := &segments[len(segments)-1]
		s.Lines = append(s.Lines, line.Number)
		b.WriteString(line.Text)
		b.WriteByte('\n')
	}
	end()
	return segments, lost
}

// regexSpaces are \s of java.util.regex.
const regexSpaces = " \t\n\v\f\r"

// name finds the role's name and what Elasticsearch has against it.
func (s *Segment) name(path string, reserved func(string) bool) {
	if !utf8.ValidString(s.Text) {
		s.Fault = fmt.Sprintf("invalid role definition in roles file [%s], line [%d]: not UTF-8. skipping role...", path, s.Line())
		return
	}
	name, err := firstKey(s.Text)
	switch {
	case err != nil:
		s.Fault = fmt.Sprintf("invalid role definition in roles file [%s]. skipping role...", path)
		return
	case name == nil:
		s.Fault = fmt.Sprintf("invalid role definition [null] in roles file [%s]. skipping role...", path)
		return
	}
	s.Name = *name
	var reason string
	switch {
	case !validName(s.Name):
		reason = "Role names must be at least 1 and no more than 1024 characters. They can contain alphanumeric characters (a-z, A-Z, 0-9), spaces, " +
			"punctuation, and printable symbols in the Basic Latin (ASCII) block. Leading or trailing whitespace is not allowed."
	case reserved != nil && reserved(s.Name):
		reason = "Role [" + s.Name + "] is reserved and may not be used."
	default:
		return
	}
	s.Fault = fmt.Sprintf("invalid role definition [%s] in roles file [%s]. invalid role name - %s. skipping role...", s.Name, path, reason)
}

// firstKey is the first key of the YAML mapping in text; nil: it is no mapping.
// Elasticsearch reads as it parses, so a fault behind the key does not matter.
func firstKey(text string) (*string, error) {
	key, err := decodeKey(text)
	if err == nil {
		return key, nil
	}
	head, _, _ := strings.Cut(text, "\n")
	for i := range min(len(head), longestKey) {
		if head[i] != ':' || i+1 < len(head) && head[i+1] != ' ' && head[i+1] != '\t' {
			continue
		}
		if key, err := decodeKey(head[:i+1]); err == nil && key != nil {
			return key, nil
		}
	}
	return nil, err
}

// longestKey bounds where a key is looked for; longer names are refused anyway.
const longestKey = 2048

func decodeKey(text string) (*string, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		return nil, err
	}
	if len(doc.Content) == 0 || doc.Content[0].Kind != yaml.MappingNode || len(doc.Content[0].Content) == 0 {
		return nil, nil
	}
	key := doc.Content[0].Content[0]
	if key.Kind != yaml.ScalarNode {
		return nil, nil
	}
	return &key.Value, nil
}

// validName is Validation.isValidUserOrRoleName.
func validName(name string) bool {
	if name == "" || len(name) > 1024 || name[0] == ' ' || name[len(name)-1] == ' ' {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r > '~' })
}

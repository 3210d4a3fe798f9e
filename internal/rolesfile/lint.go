package rolesfile

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/realmctl/realmctl/internal/atomicfile"
	"github.com/realmctl/realmctl/internal/linefile"
)

// LintOptions say what Lint knows besides the file.
type LintOptions struct {
	// Reserved says which names belong to built-in roles; nil: none do.
	Reserved func(string) bool
	// Check says what is wrong with the body of a role and what comes of it, nil:
	// nothing. A nil Check finds nothing either.
	Check func(Segment) error
	// Reader is the service account, which must be able to read the file; nil: it
	// is not known.
	Reader *atomicfile.Account
}

// Lint finds what is wrong in the file of a folder; without one nothing is.
func Lint(dir string, o LintOptions) ([]linefile.Finding, error) {
	f := &linefile.Findings{File: Path(dir)}
	text, err := f.Begin(o.Reader)
	if notExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	segments, lost := split(text)
	for _, line := range lost {
		f.Add(line, 1, linefile.Warning, "no-role", "an indented line before the first role, which Elasticsearch ignores")
	}
	last := map[string]int{}
	for i := range segments {
		segments[i].name(f.File, o.Reserved)
		last[segments[i].Name] = i
	}
	for i, s := range segments {
		lintSegment(f, s, o)
		if s.Fault == "" && last[s.Name] != i {
			f.Add(s.Line(), 1, linefile.Warning, "duplicate-role", "role [%s] comes again in line %d, which wins", s.Name, segments[last[s.Name]].Line())
		}
	}
	return f.List(), nil
}

func lintSegment(f *linefile.Findings, s Segment, o LintOptions) {
	switch {
	case !utf8.ValidString(s.Text): // found already
		return
	case s.Name != "" && s.Fault != "":
		_, reason, _ := strings.Cut(s.Fault, "invalid role name - ")
		f.Add(s.Line(), 1, linefile.Error, "invalid-role", "role [%s]: %s", s.Name, strings.TrimSuffix(reason, ". skipping role..."))
		return
	}
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(s.Text), &doc); err != nil {
		line, what := linefile.YAMLFault(err)
		f.Add(s.LineOf(line), 1, linefile.Error, "yaml", "%s: Elasticsearch skips the role", what)
		return
	}
	if s.Fault != "" {
		f.Add(s.Line(), 1, linefile.Error, "no-role", "no role: a line in column 1 is a role's name and a colon")
		return
	}
	if body := doc.Content[0].Content[1]; body.Kind != yaml.MappingNode {
		f.Add(s.LineOf(body.Line), 1, linefile.Error, "no-body", "role [%s] has no body: Elasticsearch skips it", s.Name)
		return
	}
	if o.Check == nil {
		return
	}
	if err := o.Check(s); err != nil {
		f.Add(s.Line(), 1, linefile.Error, "invalid-role", "role [%s]: %v", s.Name, err)
	}
}

// Difference is what two files do not have in common about a role.
type Difference struct {
	Role string `json:"role"`
	What string `json:"what"` // only-in-a, only-in-b or definition
}

// Diff compares the usable roles of two files by their text.
func Diff(a, b []Segment) []Difference {
	textA, textB := byName(a), byName(b)
	var found []Difference
	for _, name := range Names(a) {
		text, there := textB[name]
		switch {
		case !there:
			found = append(found, Difference{name, "only-in-a"})
		case text != textA[name]:
			found = append(found, Difference{name, "definition"})
		}
	}
	for _, name := range Names(b) {
		if _, there := textA[name]; !there {
			found = append(found, Difference{name, "only-in-b"})
		}
	}
	return found
}

func byName(segments []Segment) map[string]string {
	texts := map[string]string{}
	for _, s := range segments {
		if s.Fault == "" {
			texts[s.Name] = s.Text
		}
	}
	return texts
}

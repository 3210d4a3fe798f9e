// Package settings reads elasticsearch.yml as Elasticsearch does (its classes
// Settings and InternalSettingsPreparer): names may be nested or dotted, ${NAME}
// stands for a variable or another setting, and every complaint names file, line
// and setting.
package settings

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/realmctl/realmctl/internal/timevalue"
)

// Settings are the settings of one file, or those of it below a prefix. The zero
// value has none.
type Settings struct {
	file   string
	prefix string // of the names in all, with its last dot
	all    map[string]value
}

// value is what one setting was set to.
type value struct {
	line   int
	from   string   // another file than that of the Settings; see Over
	raw    []string // as it stands in the file, safe to show
	texts  []string // with variables replaced
	isList bool
}

// Error is a complaint about a place in a settings file.
type Error struct {
	File    string
	Line    int    // 0: the file as a whole
	Setting string // empty: none in particular
	Text    string
}

// Error implements error as file:line: setting: text.
func (e *Error) Error() string {
	text := e.File
	if e.Line > 0 {
		text += ":" + strconv.Itoa(e.Line)
	}
	if e.Setting != "" {
		text += ": " + e.Setting
	}
	return text + ": " + e.Text
}

// Loader reads settings files.
type Loader struct {
	// Lookup finds the variables of the environment that ${NAME} stands for; nil:
	// there are none.
	Lookup func(name string) (string, bool)
}

// Load reads a file without any variables. It returns an error that wraps
// fs.ErrNotExist when there is no file; what is wrong with the text is an *Error,
// or several joined.
func Load(path string) (*Settings, error) { return Loader{}.Load(path) }

// Load reads a file; see the function of the same name.
func (l Loader) Load(path string) (*Settings, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return l.Parse(path, data)
}

// Keys lists the names that are set, sorted, without the group's prefix.
func (s *Settings) Keys() []string {
	var keys []string
	for name := range s.all {
		if key, ok := strings.CutPrefix(name, s.prefix); ok {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// Names lists the first parts of the keys, sorted, each once: the types in
// Group("xpack.security.authc.realms"), the realms of a type in its group.
func (s *Settings) Names() []string {
	names := map[string]bool{}
	for _, key := range s.Keys() {
		name, _, _ := strings.Cut(key, ".")
		names[name] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// Group are the settings below a prefix, given without its last dot. Errors about
// them name the whole setting.
func (s *Settings) Group(prefix string) *Settings {
	return &Settings{file: s.file, prefix: s.prefix + prefix + ".", all: s.all}
}

// Has reports whether a setting is set. One that is set to "" is not.
func (s *Settings) Has(key string) bool {
	_, ok := s.all[s.prefix+key]
	return ok
}

// Line is where a setting stands in the file, or the first setting of a group of
// that name; 0: nowhere.
func (s *Settings) Line(key string) int {
	if v, ok := s.all[s.prefix+key]; ok {
		return v.line
	}
	group := strings.TrimSuffix(s.prefix+key, ".") + "."
	first := 0
	for name, v := range s.all {
		if strings.HasPrefix(name, group) && (first == 0 || v.line < first) {
			first = v.line
		}
	}
	return first
}

// File is the name of the file.
func (s *Settings) File() string { return s.file }

// Errorf is a complaint about a setting, or a group, at its place in the file.
func (s *Settings) Errorf(key, format string, args ...any) error {
	name := strings.TrimSuffix(s.prefix+key, ".")
	file := cmp.Or(s.all[s.prefix+key].from, s.file)
	return &Error{File: file, Line: s.Line(key), Setting: name, Text: fmt.Sprintf(format, args...)}
}

// String is a text. The items of a list are joined by commas.
func (s *Settings) String(key string) (string, bool) {
	v, ok := s.all[s.prefix+key]
	return strings.Join(v.texts, ","), ok
}

// Text is String with a default.
func (s *Settings) Text(key, def string) string {
	if text, ok := s.String(key); ok {
		return text
	}
	return def
}

// Strings is a list, which may stand in the file as a YAML list, as key.0, key.1,
// ..., or as one text with commas; there, blanks around items do not count.
func (s *Settings) Strings(key string) ([]string, bool) {
	v, ok := s.all[s.prefix+key]
	if !ok || v.isList {
		return slices.Clone(v.texts), ok
	}
	var items []string
	for item := range strings.SplitSeq(v.texts[0], ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items, true
}

// Int is a whole number of 32 bits.
func (s *Settings) Int(key string, def int) (int, error) {
	text, ok := s.String(key)
	if !ok {
		return def, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, s.Errorf(key, "[%s] is not a whole number", s.shown(key))
	}
	return int(n), nil
}

// Bool is true or false and nothing else.
func (s *Settings) Bool(key string, def bool) (bool, error) {
	switch text, ok := s.String(key); {
	case !ok:
		return def, nil
	case text == "true":
		return true, nil
	case text == "false":
		return false, nil
	}
	return false, s.Errorf(key, "[%s] is neither [true] nor [false]", s.shown(key))
}

// Duration is a time as Elasticsearch writes it, such as 20m; -1 is -1ms.
func (s *Settings) Duration(key string, def time.Duration) (time.Duration, error) {
	text, ok := s.String(key)
	if !ok {
		return def, nil
	}
	v, err := timevalue.Parse(s.prefix+key, text)
	if err != nil {
		return 0, s.Errorf(key, "[%s] is not a duration such as 30s, 20m or 7d", s.shown(key))
	}
	return v.Duration(), nil
}

// Enum is one of several words, in upper or lower case; it returns the word as
// listed.
func (s *Settings) Enum(key, def string, words ...string) (string, error) {
	text, ok := s.String(key)
	if !ok {
		return def, nil
	}
	for _, word := range words {
		if strings.EqualFold(text, word) {
			return word, nil
		}
	}
	return "", s.Errorf(key, "[%s] is not one of [%s]", s.shown(key), strings.Join(words, ", "))
}

// shown is the text as it stands in the file: what a variable holds may be secret.
func (s *Settings) shown(key string) string { return strings.Join(s.all[s.prefix+key].raw, ",") }

package envfile

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/joho/godotenv"
)

const byteOrderMark = "\ufeff"

// document is a .env file: the values as godotenv sees them, and where each of
// them stands, so that one can be changed and the rest kept byte for byte.
type document struct {
	raw    string
	values map[string]string
	stmts  []statement
}

// statement is one assignment; offsets count in the raw text.
type statement struct {
	key        string
	start      int // of the assignment, "export" included
	value, end int // of the value with its quotes
}

// parse reads a .env file. What godotenv says of a fault quotes the text, so only
// the line is told.
func parse(raw string) (*document, error) {
	bom := 0
	if strings.HasPrefix(raw, byteOrderMark) {
		bom = len(byteOrderMark)
	}
	s := scanner{src: strings.ReplaceAll(raw[bom:], "\r\n", "\n")}
	if err := s.scan(); err != nil {
		return nil, err
	}
	values, err := godotenv.Unmarshal(raw[bom:])
	if err != nil {
		return nil, fmt.Errorf("%w: a fault in a place that cannot be named", ErrSyntax)
	}
	at := offsets(raw, bom)
	for i, st := range s.stmts {
		s.stmts[i] = statement{key: st.key, start: at(st.start), value: at(st.value), end: at(st.end)}
		if _, ok := values[st.key]; !ok {
			return nil, fmt.Errorf("%w: an assignment that two parsers read differently", ErrSyntax)
		}
	}
	return &document{raw: raw, values: values, stmts: s.stmts}, nil
}

// offsets turns an offset in the text without CR before LF, which godotenv drops,
// into one in the raw text.
func offsets(raw string, bom int) func(int) int {
	var dropped []int // where in the short text a CR is missing
	for i := bom; ; {
		j := strings.Index(raw[i:], "\r\n")
		if j < 0 {
			break
		}
		i += j
		dropped = append(dropped, i-bom-len(dropped))
		i += 2
	}
	return func(at int) int {
		before, _ := slices.BinarySearch(dropped, at) // those at the same place come after it
		return bom + at + before
	}
}

// scanner finds assignments by the very rules of godotenv's parser.
type scanner struct {
	src   string
	pos   int
	stmts []statement
}

func (s *scanner) scan() error {
	for s.next() {
		st := statement{start: s.pos}
		if err := s.key(&st); err != nil {
			return err
		}
		if err := s.value(&st); err != nil {
			return err
		}
		s.stmts = append(s.stmts, st)
	}
	return nil
}

// next goes to the next assignment, over blanks and comment lines.
func (s *scanner) next() bool {
	for {
		i := strings.IndexFunc(s.src[s.pos:], func(r rune) bool { return !unicode.IsSpace(r) })
		if i < 0 {
			return false
		}
		s.pos += i
		if s.src[s.pos] != '#' {
			return true
		}
		end := strings.IndexByte(s.src[s.pos:], '\n')
		if end < 0 {
			return false
		}
		s.pos += end
	}
}

// key reads the name up to "=" or ":". Without either, the text is a value
// without a name, which godotenv keeps under the empty name.
func (s *scanner) key(st *statement) error {
	const export = "export"
	if rest, ok := strings.CutPrefix(s.src[s.pos:], export); ok {
		if trimmed := strings.TrimLeftFunc(rest, blank); trimmed != rest {
			s.pos = len(s.src) - len(trimmed)
		}
	}
	if s.pos == len(s.src) {
		return s.fault(st.start, "no name after export")
	}
	for i := s.pos; i < len(s.src); i++ {
		c := s.src[i]
		r := rune(c) // byte by byte, as godotenv has it
		switch {
		case c == '=' || c == ':':
			st.key = strings.TrimRightFunc(s.src[s.pos:i], unicode.IsSpace)
			s.pos = i + 1
			return nil
		case blank(r) || c == '_' || c == '.' || unicode.IsLetter(r) || unicode.IsNumber(r):
		default:
			return s.fault(i, "a character that no name can have")
		}
	}
	return nil
}

func (s *scanner) value(st *statement) error {
	rest := strings.TrimLeftFunc(s.src[s.pos:], blank)
	st.value = len(s.src) - len(rest)
	if rest != "" && (rest[0] == '"' || rest[0] == '\'') {
		for i := 1; i < len(rest); i++ {
			if rest[i] == rest[0] && rest[i-1] != '\\' {
				st.end = st.value + i + 1
				s.pos = st.end
				return nil
			}
		}
		return s.fault(st.value, "a quote that is not closed")
	}
	line := rest
	if i := strings.IndexAny(rest, "\r\n"); i >= 0 {
		line = rest[:i]
	}
	s.pos = st.value + len(line)
	for i := len(line) - 1; i > 0; i-- {
		if r, _ := utf8.DecodeLastRuneInString(line[:i]); line[i] == '#' && blank(r) {
			line = line[:i]
			break
		}
	}
	st.end = st.value + len(strings.TrimRightFunc(line, blank))
	return nil
}

func (s *scanner) fault(at int, what string) error {
	return fmt.Errorf("%w: line %d: %s", ErrSyntax, 1+strings.Count(s.src[:at], "\n"), what)
}

// blank is godotenv's isSpace: a space that does not end a line.
func blank(r rune) bool {
	switch r {
	case '\t', '\v', '\f', '\r', ' ', 0x85, 0xA0:
		return true
	}
	return false
}

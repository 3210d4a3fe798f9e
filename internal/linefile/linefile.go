// Package linefile holds what the line-based files of the file realm share: lines
// as Java's Files.readAllLines finds them, edits that leave every other byte
// alone, and what is told about a line.
package linefile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"slices"
	"strings"
	"syscall"
	"unicode/utf8"
)

// MaxSize is the largest file that is read, in bytes; more is no file of users.
const MaxSize = 2 << 30

// Line is one line of a text, without its terminator.
type Line struct {
	Number int    // counted from 1
	Start  int    // offset of the first byte
	Next   int    // offset of the line that follows; Start+len(Text) at the end without terminator
	Text   string // shares the memory of the whole text
}

// Edit replaces the bytes [Start, End) of a text.
type Edit struct {
	Start, End int
	With       string
}

// Problem is a line that a reader leaves out, told in Elasticsearch's words
// where it has some.
type Problem struct {
	Line int
	Text string
}

// DeniedError is a file that is there, or may be, and that the caller may not read.
type DeniedError struct{ Err error }

// Error implements error.
func (e *DeniedError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *DeniedError) Unwrap() error { return e.Err }

// Denied makes a DeniedError of a lack of permission, and leaves other errors alone.
func Denied(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return &DeniedError{err}
	}
	return err
}

// Read returns the content of a file; a file over MaxSize is an error, and so is a
// named pipe, for which nobody may ever have an end.
func Read(path string) (string, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // to open a pipe would wait for a writer
	if err != nil {
		return "", Denied(err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	if info.Mode()&fs.ModeNamedPipe != 0 {
		return "", &fs.PathError{Op: "read", Path: path, Err: errPipe}
	}
	var b strings.Builder
	if info.Mode().IsRegular() {
		b.Grow(int(min(info.Size(), MaxSize)))
	}
	n, err := io.Copy(&b, io.LimitReader(f, MaxSize+1))
	if err != nil {
		return "", err // it names the file
	}
	if n > MaxSize {
		return "", fmt.Errorf("read %s: larger than %d bytes", path, MaxSize)
	}
	return b.String(), nil
}

var errPipe = errors.New("a named pipe is no file of users")

// Lines yields the lines of text. A line ends with LF, CR or CR LF; a terminator
// at the very end starts no further line (java.io.BufferedReader.readLine).
func Lines(text string) iter.Seq[Line] {
	return func(yield func(Line) bool) {
		lf, cr := seeker{char: '\n'}, seeker{char: '\r'}
		for number, start := 1, 0; start < len(text); number++ {
			end := min(lf.from(text, start), cr.from(text, start))
			next := min(end+1, len(text))
			if end < len(text) && text[end] == '\r' && next < len(text) && text[next] == '\n' {
				next++
			}
			if !yield(Line{Number: number, Start: start, Next: next, Text: text[start:end]}) {
				return
			}
			start = next
		}
	}
}

// seeker remembers where a character comes next, so that a text without it is
// searched once and not once a line.
type seeker struct {
	char byte
	at   int
	used bool
}

// from is the offset of the first char at or after start, or the text's length.
func (s *seeker) from(text string, start int) int {
	if s.used && s.at >= start {
		return s.at
	}
	s.used, s.at = true, len(text)
	if i := strings.IndexByte(text[start:], s.char); i >= 0 {
		s.at = start + i
	}
	return s.at
}

// Newline is the terminator that a new last line gets: the one before it, or LF.
func Newline(text string) string {
	switch {
	case strings.HasSuffix(text, "\r\n"):
		return "\r\n"
	case strings.HasSuffix(text, "\n"):
		return "\n"
	case strings.HasSuffix(text, "\r"):
		return "\r"
	}
	// The last line is open: look at how the line before it ends.
	i := strings.LastIndexAny(text, "\r\n")
	if i < 0 {
		return "\n"
	}
	return Newline(text[:i+1])
}

// Append adds whole lines to text, first closing a last line that is open.
func Append(text string, lines ...string) string {
	if len(lines) == 0 {
		return text
	}
	newline := Newline(text)
	var b strings.Builder
	b.Grow(len(text) + (1+len(lines))*len(newline) + lengths(lines))
	b.WriteString(text)
	if text != "" && !strings.HasSuffix(text, "\n") && !strings.HasSuffix(text, "\r") {
		b.WriteString(newline)
	}
	for _, line := range lines {
		b.WriteString(line)
		b.WriteString(newline)
	}
	return b.String()
}

func lengths(lines []string) int {
	n := 0
	for _, line := range lines {
		n += len(line)
	}
	return n
}

// Apply makes the edits, which must not overlap, and keeps every other byte.
func Apply(text string, edits []Edit) string {
	if len(edits) == 0 {
		return text
	}
	edits = slices.Clone(edits)
	slices.SortStableFunc(edits, func(a, b Edit) int { return a.Start - b.Start })
	size := len(text)
	for _, e := range edits {
		size += len(e.With) - (e.End - e.Start)
	}
	var b strings.Builder
	b.Grow(size)
	at := 0
	for _, e := range edits {
		b.WriteString(text[at:e.Start])
		b.WriteString(e.With)
		at = e.End
	}
	b.WriteString(text[at:])
	return b.String()
}

// Trim is Java's String.trim: it takes off everything up to U+0020.
func Trim(s string) string {
	for s != "" && s[0] <= ' ' {
		s = s[1:]
	}
	for s != "" && s[len(s)-1] <= ' ' {
		s = s[:len(s)-1]
	}
	return s
}

// Blank is Java's String.isBlank, which knows Unicode's spaces but not the
// non-breaking ones.
func Blank(s string) bool {
	for _, r := range s {
		switch {
		case r >= '\t' && r <= '\r', r >= 0x1c && r <= ' ':
		case r == 0x1680, r >= 0x2000 && r <= 0x2006, r >= 0x2008 && r <= 0x200a:
		case r == 0x2028, r == 0x2029, r == 0x205f, r == 0x3000:
		default:
			return false
		}
	}
	return true
}

// Column counts the characters before offset in a line, from 1; bytes that are
// no UTF-8 count one each.
func Column(line string, offset int) int {
	return utf8.RuneCountInString(line[:offset]) + 1
}

package linefile

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/realmctl/realmctl/internal/atomicfile"
)

// MaxFindings bounds what is told of one file.
const MaxFindings = 10_000

// Findings collects what is found in one file, up to MaxFindings.
type Findings struct {
	File string

	list []Finding
	more int
}

// Add adds a finding; line 0 is the file as a whole.
func (f *Findings) Add(line, column int, s Severity, code, format string, args ...any) {
	if len(f.list) >= MaxFindings {
		f.more++
		return
	}
	f.list = append(f.list, Finding{File: f.File, Line: line, Column: column, Severity: s, Code: code, Text: shorten(fmt.Sprintf(format, args...))})
}

// shorten keeps both ends of a text that quotes more than names can be long: what
// stands for a name in a broken line can be the whole file.
func shorten(text string) string {
	const longest, start, end = 3000, 200, 400
	if len(text) <= longest {
		return text
	}
	return strings.ToValidUTF8(text[:start], "") + "..." + strings.ToValidUTF8(text[len(text)-end:], "")
}

// List gives the findings in order of line and column; the last one says when
// there were more.
func (f *Findings) List() []Finding {
	Sort(f.list)
	if f.more == 0 {
		return f.list
	}
	return append(f.list, Finding{File: f.File, Severity: Warning, Code: "more", Text: fmt.Sprintf("%d more findings are not shown", f.more)})
}

// Begin reads the file and finds what can be told of any, by LintText and LintFile. The
// error is fs.ErrNotExist when there is no file.
func (f *Findings) Begin(reader *atomicfile.Account) (text string, err error) {
	text, err = Read(f.File)
	if err != nil {
		return "", err
	}
	f.LintText(text)
	return text, f.LintFile(reader)
}

// LintFile finds who may read and write a file with hashes, and what an
// interrupted rewrite left beside it. reader must be able to read it; nil: the
// service account is not known.
func (f *Findings) LintFile(reader *atomicfile.Account) error {
	info, err := os.Stat(f.File)
	if err != nil {
		return err
	}
	mode := info.Mode().Perm()
	if runtime.GOOS != "windows" { // where mode bits mean nothing
		switch {
		case mode&0o002 != 0:
			f.Add(0, 0, Error, "world-writable", "mode %04o: anybody on this machine can make themselves a superuser", mode)
		case mode&0o004 != 0:
			f.Add(0, 0, Warning, "world-readable", "mode %04o: anybody on this machine can read it", mode)
		}
	}
	if reader != nil {
		switch ok, err := reader.CanRead(f.File); {
		case err != nil:
			return err
		case !ok:
			f.Add(0, 0, Error, "unreadable", "the account %s cannot read it (mode %04o)", reader.Name, mode)
		}
	}
	undo, done := atomicfile.Backups(f.File, "")
	if exists(undo) {
		f.Add(0, 0, Error, "interrupted", "a rewrite in place was interrupted; the content from before is in %s", filepath.Base(undo))
	}
	if exists(done) {
		f.Add(0, 0, Warning, "backup", "%s holds what was replaced; remove it when it is no longer needed", filepath.Base(done))
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// Siblings are the files of a configuration folder that a new one takes owner,
// group and mode from, the most alike first.
func Siblings() []string {
	return []string{"users", "users_roles", "service_tokens", "roles.yml", "role_mapping.yml", "elasticsearch.yml"}
}

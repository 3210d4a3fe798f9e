package tokensfile

import (
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/realmctl/realmctl/internal/atomicfile"
	"github.com/realmctl/realmctl/internal/linefile"
	"github.com/realmctl/realmctl/internal/pwhash"
)

// Lint finds what is wrong in the file of a folder; without one nothing is. reader
// is the service account, which must be able to read it; nil: it is not known.
func Lint(dir string, reader *atomicfile.Account) ([]linefile.Finding, error) {
	f := &linefile.Findings{File: Path(dir)}
	text, err := f.Begin(reader)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	last := map[string]int{}
	for l := range lines(text) {
		if !l.blank && l.code == "" && !l.plain() {
			last[l.key] = l.Number
		}
	}
	for l := range lines(text) {
		if !l.blank {
			lintLine(f, l, last)
		}
	}
	return f.List(), nil
}

func lintLine(f *linefile.Findings, l line, last map[string]int) {
	column, hashColumn := linefile.Column(l.Text, l.keyAt), linefile.Column(l.Text, min(l.keyAt+len(l.key)+1, len(l.Text)))
	switch l.code {
	case codeNotUTF8: // found already
		return
	case codeNoColon:
		f.Add(l.Number, column, linefile.Error, l.code, "no colon: Elasticsearch does not start with such a file, and drops every token when it turns up later")
		return
	}
	lintKey(f, l, column)
	if n := last[l.key]; n > l.Number {
		f.Add(l.Number, column, linefile.Warning, "duplicate-token", "token [%s] has a later line (%d), which wins: this one does nothing", l.key, n)
	}
	if l.plain() {
		f.Add(l.Number, hashColumn, linefile.Error, "plain-text", "the secret of [%s] is not hashed, so Elasticsearch skips the line", l.key)
		return
	}
	if _, err := pwhash.Identify(l.hash); err != nil {
		f.Add(l.Number, hashColumn, linefile.Error, "malformed-hash", "%s: this token lets nobody in", err)
	}
}

func lintKey(f *linefile.Findings, l line, column int) {
	i := strings.LastIndexByte(l.key, '/')
	account, token := l.key[:max(i, 0)], l.key[i+1:]
	if !slices.Contains(Accounts(), account) {
		f.Add(l.Number, column, linefile.Warning, "unknown-account", "there is no service account [%s], so this token lets nobody in", account)
	}
	if err := CheckName(token); err != nil {
		f.Add(l.Number, column, linefile.Warning, "invalid-name", "%s So this token lets nobody in.", err)
	}
}

// Difference is what two files do not have in common about a token. Hashes are
// never shown.
type Difference struct {
	Token string `json:"token"`
	What  string `json:"what"` // only-in-a, only-in-b or hash
}

// Diff compares two files by token.
func Diff(a, b map[string]string) []Difference {
	keys := maps.Clone(a)
	if keys == nil {
		keys = map[string]string{}
	}
	maps.Copy(keys, b)
	var found []Difference
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		hashA, inA := a[key]
		hashB, inB := b[key]
		switch {
		case !inB:
			found = append(found, Difference{key, "only-in-a"})
		case !inA:
			found = append(found, Difference{key, "only-in-b"})
		case hashA != hashB:
			found = append(found, Difference{key, "hash"})
		}
	}
	return found
}

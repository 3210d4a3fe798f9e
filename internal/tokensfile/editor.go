package tokensfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/realmctl/realmctl/internal/atomicfile"
	"github.com/realmctl/realmctl/internal/linefile"
)

// What an edit can be refused for, in the words of elasticsearch-service-tokens.
var (
	ErrExists  = errors.New("already exists")
	ErrUnknown = errors.New("does not exist")
)

// Probe finds out whether the file of a folder could be changed, before a secret
// is made. It takes no lock.
func Probe(dir string, o atomicfile.Options) error {
	o.Like = linefile.Siblings()
	return atomicfile.Probe(Path(dir), o)
}

// Editor changes the file. It holds the lock on the folder from Edit to Close.
type Editor struct {
	o        atomicfile.Options
	lock     *atomicfile.Lock
	path     string
	old, now string
}

// Edit locks the folder and reads the file, which need not be there yet. It waits
// for other editors until ctx ends, then returns atomicfile.ErrBusy.
func Edit(ctx context.Context, dir string, o atomicfile.Options) (*Editor, error) {
	o.Like = linefile.Siblings()
	e := &Editor{o: o, path: Path(dir)}
	var err error
	if e.lock, err = atomicfile.Acquire(ctx, e.path); err != nil {
		return nil, err
	}
	e.old, err = linefile.Read(e.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		e.Close()
		return nil, err
	}
	e.now = e.old
	return e, nil
}

// Close gives the lock back. What was not saved is lost.
func (e *Editor) Close() { e.lock.Release() }

// Hashes are the tokens with the edits so far.
func (e *Editor) Hashes() map[string]string { return Parse(e.path, e.now, nil) }

// Add adds a token. Lines of the same key that let nobody in are replaced.
func (e *Editor) Add(account, token, hash string) error {
	if err := CheckName(token); err != nil {
		return err
	}
	if strings.ContainsAny(account, ":#\r\n") || strings.Count(account, "/") != 1 || linefile.Trim(account) != account {
		return fmt.Errorf("%q is no service account", account)
	}
	key := Key(account, token)
	if _, there := e.Hashes()[key]; there {
		return fmt.Errorf("service token [%s] %w", key, ErrExists)
	}
	if err := CheckHash(hash); err != nil {
		return err
	}
	e.now = linefile.Append(drop(e.now, key), key+":"+hash)
	return nil
}

// Refused says whether Elasticsearch gives up on the whole file, for a line without a
// colon or a byte that is not UTF-8: to it there are no tokens then.
func (e *Editor) Refused() bool {
	for l := range lines(e.now) {
		if l.code != "" {
			return true
		}
	}
	return false
}

// Delete removes each line of a token, those too that let nobody in.
func (e *Editor) Delete(account, token string) error {
	key := Key(account, token)
	if !Has(e.now, key) {
		return fmt.Errorf("service token [%s] %w", key, ErrUnknown)
	}
	e.now = drop(e.now, key)
	return nil
}

// Format tidies the file without changing what Elasticsearch sees in it: line ends
// become LF, and blanks around entries go.
func (e *Editor) Format() { e.now = Format(e.now) }

// Save writes the file if it changed.
func (e *Editor) Save() (atomicfile.Outcome, error) {
	if e.now == e.old {
		return atomicfile.Outcome{}, nil
	}
	return e.lock.Replace(e.path, e.now, e.o)
}

// drop removes the lines of a key.
func drop(text, key string) string {
	var edits []linefile.Edit
	for l := range lines(text) {
		if !l.blank && l.code == "" && l.key == key {
			edits = append(edits, linefile.Edit{Start: l.Start, End: l.Next})
		}
	}
	return linefile.Apply(text, edits)
}

// Format tidies the text of the file; comments, blank and broken lines stay.
func Format(text string) string {
	var b strings.Builder
	b.Grow(len(text) + 1)
	for l := range lines(text) {
		entry := l.Text
		if !l.blank && l.code == "" {
			entry = l.key + ":" + l.hash
			if strings.HasPrefix(entry, "#") { // must not become a comment
				entry = " " + entry
			}
		}
		b.WriteString(entry)
		b.WriteByte('\n')
	}
	return b.String()
}

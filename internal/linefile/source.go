package linefile

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

// ErrNotUTF8 is what a strict source says of a whole file.
var ErrNotUTF8 = errors.New("not UTF-8")

// checkEvery is how often a file is looked at. Elasticsearch does so every five
// seconds (resource.reload.interval.high).
const checkEvery = time.Second

// racy is how old a file must be for its times to tell whether it changed: clocks
// of file systems are coarse.
const racy = 2 * time.Second

// Source is what a file holds, read again when it changed. Nothing watches it: who
// asks has it looked at, at most once in a second. A file that is gone is empty; one
// that cannot be read keeps what it held.
type Source[T any] struct {
	Path string
	Now  func() time.Time
	// Parse turns the text into what Get gives; it runs for one text at a time.
	Parse func(text string) T
	// Strict makes an unreadable file, and one that is not UTF-8, an empty one.
	Strict bool
	// Changed is told of a new text, save the first; nil: nobody is.
	Changed func()
	// Failed is told, once for each error, why the file cannot be read; nil: nobody is.
	Failed func(error)

	value atomic.Pointer[T]
	next  atomic.Int64 // when to look again, in nanoseconds since 1970

	mu   sync.Mutex
	info fs.FileInfo // nil: there was no file
	text string
	sure bool   // the file cannot change without its times or size changing
	told string // the last error
}

// Get gives what the file holds.
func (s *Source[T]) Get() T {
	now := s.Now()
	value := s.value.Load()
	if value != nil && now.UnixNano() < s.next.Load() {
		return *value
	}
	if value == nil {
		s.mu.Lock()
	} else if !s.mu.TryLock() {
		return *value // somebody else is looking
	}
	defer s.mu.Unlock()
	if value = s.value.Load(); value == nil || now.UnixNano() >= s.next.Load() {
		s.look(now)
		s.next.Store(now.Add(checkEvery).UnixNano())
	}
	return *s.value.Load()
}

// Tell makes the Failed of a source of this kind. removed is what Elasticsearch says,
// which is true of a strict source; the others keep what they held.
func Tell(log *slog.Logger, path, kind string, strict bool, removed string) func(error) {
	return func(err error) {
		if strict {
			log.Error(removed, "error", err) //nolint:sloglint // the text is Elasticsearch's
			return
		}
		log.Error("cannot read the "+kind+" file, what was read before stays", "file", path, "error", err) //nolint:sloglint // it names the kind
	}
}

// Follow calls look, which asks sources, once in a second until ctx ends, so that changes
// are seen and logged though nobody else asks.
func Follow(ctx context.Context, look func()) {
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			look()
		}
	}
}

func (s *Source[T]) look(now time.Time) {
	info, text, err := s.read()
	first := s.value.Load() == nil
	if err != nil {
		s.fail(err)
		if !s.Strict && !first {
			return
		}
	} else {
		s.told = ""
		s.sure = info == nil || now.Sub(info.ModTime()) > racy
	}
	s.info = info
	if !first && text == s.text {
		return
	}
	s.text = text
	value := s.Parse(text)
	s.value.Store(&value)
	if !first && s.Changed != nil {
		s.Changed()
	}
}

// read gives the text, which is empty beside an error; info is nil without a file.
func (s *Source[T]) read() (fs.FileInfo, string, error) {
	info, err := os.Stat(s.Path)
	if err == nil && s.sure && same(info, s.info) {
		return info, s.text, nil
	}
	text := ""
	if err == nil {
		text, err = Read(s.Path)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, "", nil
	case err != nil:
		return info, "", err
	case s.Strict && !utf8.ValidString(text):
		return info, "", ErrNotUTF8
	}
	return info, text, nil
}

func (s *Source[T]) fail(err error) {
	s.sure = false
	if s.Failed != nil && s.told != err.Error() {
		s.Failed(err)
	}
	s.told = err.Error()
}

// same says whether two looks found the same file unchanged.
func same(a, b fs.FileInfo) bool {
	return b != nil && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime()) && os.SameFile(a, b)
}

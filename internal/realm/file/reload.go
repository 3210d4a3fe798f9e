package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fsnotify/fsnotify"

	"github.com/realmctl/realmctl/internal/linefile"
	"github.com/realmctl/realmctl/internal/usersfile"
)

const (
	// settle is how long after an event the files are read: an editor or a volume
	// does several things in a row.
	settle = 100 * time.Millisecond
	// racy is how young a file may be so that a further change of it might leave its
	// time as it is.
	racy = 2 * time.Second
)

// source is one of the files as it was read last.
type source struct {
	path string
	info fs.FileInfo // nil: there was none
	open bool        // it may have changed without a trace since it was read
	text string
	read bool   // it has been read, or seen to be missing
	told string // the failure that the log knows already
}

// Start implements realm.Starter.
func (r *Realm) Start(ctx context.Context) error {
	if r.o.Fixed {
		return nil
	}
	w, err := fsnotify.NewWatcher()
	if err == nil {
		err = w.Add(r.o.Dir)
	}
	if err != nil {
		r.o.Log.WarnContext(ctx, "no events for the file realm, its files are only looked at now and then", "folder", r.o.Dir, "error", err)
	}
	go r.watch(ctx, w)
	return nil
}

// watch reads the files again until ctx ends. w may be nil.
func (r *Realm) watch(ctx context.Context, w *fsnotify.Watcher) {
	var events <-chan fsnotify.Event
	var failures <-chan error
	if w != nil {
		defer func() { _ = w.Close() }()
		events, failures = w.Events, w.Errors
	}
	interval := r.o.Interval
	if interval <= 0 {
		interval = defaultInterval
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	var quiet <-chan time.Time // fires when a row of events is over
	for {
		select {
		case <-ctx.Done():
			return
		case e, ok := <-events:
			if !ok {
				events = nil
			} else if quiet == nil && r.concerns(e.Name) {
				quiet = time.After(settle)
			}
		case err, ok := <-failures:
			if !ok {
				failures = nil
			} else { // events may have been lost
				r.o.Log.DebugContext(ctx, "watching the file realm", "error", err)
				r.load(ctx, true)
			}
		case <-quiet:
			quiet = nil
			r.load(ctx, true)
		case <-tick.C:
			r.load(ctx, false)
		}
	}
}

// concerns reports whether an event may be about our files: their own names, or
// ..data and the like, which a Kubernetes volume swaps.
func (r *Realm) concerns(path string) bool {
	name := filepath.Base(path)
	return name == usersfile.UsersName || name == usersfile.RolesName || strings.HasPrefix(name, "..")
}

// load reads what may have changed, or both files when something certainly did.
func (r *Realm) load(ctx context.Context, certain bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	next := *r.current.Load()
	next.generation++
	first := !r.users.read
	users := r.refresh(ctx, &r.users, certain, "users", "skipping/removing all users...")
	roles := r.refresh(ctx, &r.roles, certain, "users_roles", "skipping/removing all entries...")
	if users {
		next.users = usersfile.ParseUsers(r.users.path, r.users.text, r.options(ctx))
		r.note(ctx, first, "users file [%s] changed. updating users...", r.users.path)
	}
	if roles {
		next.roles = usersfile.ParseRoles(r.roles.path, r.roles.text, r.options(ctx))
		r.note(ctx, first, "users roles file [%s] changed. updating users roles...", r.roles.path)
	}
	if users || roles {
		r.current.Store(&next)
	}
}

func (r *Realm) options(ctx context.Context) usersfile.Options {
	return usersfile.Options{Rules: r.o.Rules, Report: func(p linefile.Problem) { r.say(ctx, slog.LevelError, p.Text) }}
}

// note tells of a change, but not of the first reading.
func (r *Realm) note(ctx context.Context, first bool, format, path string) {
	if !first {
		r.say(ctx, slog.LevelInfo, fmt.Sprintf(format, path))
	}
}

// say logs a line of Elasticsearch's, word for word, because operators search for it.
func (r *Realm) say(ctx context.Context, level slog.Level, line string, more ...any) {
	r.o.Log.Log(ctx, level, line, append([]any{"realm", r.o.Ref.Name}, more...)...) //nolint:sloglint // the text is Elasticsearch's
}

// refresh reads a file if it may have changed, and reports whether its text did.
func (r *Realm) refresh(ctx context.Context, s *source, certain bool, kind, removing string) bool {
	info, err := os.Stat(s.path)
	if err == nil && !certain && s.same(info) {
		return false
	}
	text := ""
	if err == nil {
		text, err = linefile.Read(s.path)
	}
	if err == nil && r.o.Strict && !utf8.ValidString(text) {
		err = usersfile.ErrNotUTF8
	}
	if errors.Is(err, fs.ErrNotExist) {
		info, err = nil, nil
	}
	if err != nil {
		r.fail(ctx, s, err, fmt.Sprintf("failed to parse %s file [%s]. %s", kind, s.path, removing))
		if !r.o.Strict {
			return false
		}
		text = ""
	} else {
		s.told = ""
	}
	changed := !s.read || text != s.text
	s.info, s.text, s.read = info, text, true
	s.open = err != nil || info != nil && r.young(info)
	return changed
}

// young reports whether a file was written so lately that its time may not tell of a
// further change.
func (r *Realm) young(info fs.FileInfo) bool {
	return r.o.Now == nil || r.o.Now().Sub(info.ModTime()) < racy
}

// fail logs, once, that a file cannot be read and what became of its entries.
func (r *Realm) fail(ctx context.Context, s *source, err error, line string) {
	if s.told == err.Error() {
		return
	}
	s.told = err.Error()
	if r.o.Strict {
		r.say(ctx, slog.LevelError, line, "error", err)
		return
	}
	r.o.Log.ErrorContext(ctx, "cannot read a file of the file realm, what was read before stays", "file", s.path, "error", err)
}

// same reports whether the file is certainly the one that was read.
func (s *source) same(now fs.FileInfo) bool {
	return s.read && !s.open && s.info != nil && os.SameFile(s.info, now) &&
		s.info.Size() == now.Size() && s.info.ModTime().Equal(now.ModTime())
}

// Package engine puts the security engine together: the nouns of Elasticsearch's
// security API over one database and one configuration folder, behind one
// http.Handler.
//
//	DIR/security.db   users, roles, keys, tokens
//	DIR/config/       elasticsearch.yml, users, users_roles, roles.yml, service_tokens
package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/realmctl/realmctl/internal/rest"
	"github.com/realmctl/realmctl/internal/settings"
	"github.com/realmctl/realmctl/internal/sqlite"
)

// The parts of a data directory.
const (
	Database     = "security.db"
	ConfigFolder = "config"
	SettingsFile = "elasticsearch.yml"
)

// Options of Open. Dir and Now are required.
type Options struct {
	Dir string
	Now func() time.Time
	Log *slog.Logger // nil discards
	// Lookup finds environment variables that the settings file names. Nil: none is set.
	Lookup func(name string) (string, bool)
	// Watch follows the files of the configuration folder, for engines that run on.
	Watch bool
}

// Engine is an open data directory. It serves Elasticsearch's security API.
type Engine struct {
	// Settings are those of the data directory's elasticsearch.yml.
	Settings *settings.Settings

	handler http.Handler
	db      *sqlite.DB
	stop    context.CancelFunc
}

// ErrNoEngine says that a folder holds no data directory.
var ErrNoEngine = errors.New("there is no engine")

// Open opens an existing data directory; Create makes one. Errors of settings name
// file, line and setting; those of the database are sqlite's.
func Open(ctx context.Context, o Options) (*Engine, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	path := filepath.Join(o.Dir, Database)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w in %s", ErrNoEngine, o.Dir)
	}
	if err == nil && info.Size() == 0 { // SQLite would make a new database of it, in which nobody is known
		return nil, fmt.Errorf("open database %s: %w (it is empty)", path, sqlite.ErrCorrupt)
	}
	return open(ctx, o, path)
}

func open(ctx context.Context, o Options, path string) (*Engine, error) {
	s, err := readSettings(o)
	if err != nil {
		return nil, err
	}
	db, err := sqlite.Open(ctx, path, sqlite.Options{Now: o.Now, Log: o.Log})
	if err != nil {
		return nil, err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	e := &Engine{Settings: s, db: db, stop: stop}
	c := composer{Options: o, settings: s, db: db}
	routes, guard, err := c.compose(running)
	if err == nil {
		e.handler, err = rest.New(routes, rest.Options{Guard: guard, Log: o.Log, Version: version, BuildHash: buildHash, Fault: sqlite.Fault})
	}
	if err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

// readSettings reads elasticsearch.yml. As with Elasticsearch, there may be none.
func readSettings(o Options) (*settings.Settings, error) {
	l := settings.Loader{Lookup: o.Lookup}
	path := filepath.Join(o.Dir, ConfigFolder, SettingsFile)
	s, err := l.Load(path)
	if errors.Is(err, fs.ErrNotExist) {
		return l.Parse(path, nil)
	}
	if err != nil {
		return nil, err
	}
	known := func(key string) bool { return key == strictFiles || settings.Known(key) }
	return s, s.Unknown(known, append(settings.SecurityNames(), strictFiles)...)
}

// ServeHTTP implements http.Handler.
func (e *Engine) ServeHTTP(w http.ResponseWriter, r *http.Request) { e.handler.ServeHTTP(w, r) }

// Close ends what runs in the background and closes the database. What was
// acknowledged is on disk before.
func (e *Engine) Close() error {
	e.stop()
	return e.db.Close()
}

package cli

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/realmctl/realmctl/internal/engine"
	"github.com/realmctl/realmctl/internal/loopback"
)

// local is the way to the embedded engine of a folder: a transport that calls it in
// process. The engine is opened once.
func (a *App) local(ctx context.Context, dir string) (http.RoundTripper, error) {
	if t, ok := a.engines[dir]; ok {
		return t, nil
	}
	e, err := a.openEngine(ctx, engine.Options{Dir: dir, Log: a.engineLog()})
	if err != nil {
		return nil, err
	}
	if a.engines == nil {
		a.engines = map[string]http.RoundTripper{}
	}
	a.engines[dir] = loopback.Transport{Handler: e}
	return a.engines[dir], nil
}

// openEngine opens the engine of a folder and closes it at the end of the command.
func (a *App) openEngine(ctx context.Context, o engine.Options) (*engine.Engine, error) {
	o.Now, o.Lookup = a.Now, a.world.Lookup
	e, err := engine.Open(ctx, o)
	if errors.Is(err, engine.ErrNoEngine) {
		return nil, failf(exitConfig, "%w", err).withHint("realmctl init makes one")
	}
	if err != nil {
		return nil, err
	}
	a.closers = append(a.closers, e.Close)
	return e, nil
}

// engineLog shows what an operator must act on; -v and -vv show more.
func (a *App) engineLog() *slog.Logger {
	level := slog.LevelError
	switch {
	case a.flags.Verbose > 1:
		level = slog.LevelInfo
	case a.flags.Verbose > 0:
		level = slog.LevelWarn
	}
	return slog.New(slog.NewTextHandler(a.Err, &slog.HandlerOptions{Level: level}))
}

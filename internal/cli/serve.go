package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/engine"
	"github.com/realmctl/realmctl/internal/tlsconf"
)

type serveOptions struct {
	listen           string
	tlsCert, tlsKey  string
	legacyPaths      bool
	shutdownPatience time.Duration
}

func newServeCmd(app *App) *cobra.Command {
	o := serveOptions{shutdownPatience: 10 * time.Second}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Put the embedded engine on a port",
		Long: `Put the embedded engine of this folder (or --data) on a port, for Elasticsearch
clients. The settings http.host, http.port and xpack.security.http.ssl.* of its
config/elasticsearch.yml apply unless flags say otherwise. It ends at Ctrl-C or
SIGTERM, after the requests under way.`,
		Example: `  realmctl serve
  realmctl serve --listen 0.0.0.0:9200 --tls-cert cert.pem --tls-key key.pem`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), app) },
	}
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", "", "the `address`, host:port; port 0 picks a free one (default 127.0.0.1:9200)")
	f.StringVar(&o.tlsCert, "tls-cert", "", "serve HTTPS with the certificate in the `file`")
	f.StringVar(&o.tlsKey, "tls-key", "", "the certificate's key in the `file`")
	f.BoolVar(&o.legacyPaths, "legacy-paths", false, "take /_xpack/security/... for /_security/..., as clients of 7.x and before write it")
	return withCodes(cmd, exitNoInput, exitUnavailable, exitExists, exitIO, exitTryAgain, exitConfig)
}

func (o *serveOptions) run(ctx context.Context, app *App) error {
	if app.planning() {
		return usagef("serve sends no requests; --dry-run and --curl have nothing to show")
	}
	if (o.tlsCert == "") != (o.tlsKey == "") {
		return usagef("--tls-cert and --tls-key belong together")
	}
	dir := app.engineFolder()
	log := app.serverLog()
	e, err := app.openEngine(ctx, engine.Options{Dir: dir, Log: log, Watch: true})
	if err != nil {
		return err
	}
	secure, err := o.tls(e, dir)
	if err != nil {
		return err
	}
	l, err := o.bind(ctx, app, e, secure)
	if err != nil {
		return err
	}
	h := accessLog(e, log, app.Now)
	if o.legacyPaths {
		h = legacyPaths(h)
	}
	return o.serve(ctx, app, l, secure, h)
}

// legacyPaths takes the paths of Elasticsearch 7 and before for those of today, with
// the warning that 7.x sent.
func legacyPaths(next http.Handler) http.Handler {
	const old, now = "/_xpack/security/", "/_security/"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, legacy := strings.CutPrefix(r.URL.Path, old)
		if !legacy {
			next.ServeHTTP(w, r)
			return
		}
		as := r.Clone(r.Context())
		as.URL.Path = now + path
		as.URL.RawPath = strings.Replace(r.URL.RawPath, old, now, 1)
		as.RequestURI = strings.Replace(r.RequestURI, old, now, 1)
		w.Header().Add("Warning", fmt.Sprintf("299 Elasticsearch-%s \"[%s %s] is deprecated! Use [%s %s] instead.\"",
			speaks, r.Method, r.URL.EscapedPath(), r.Method, as.URL.EscapedPath()))
		next.ServeHTTP(w, as)
	})
}

// serverLog shows warnings, and requests unless --quiet.
func (a *App) serverLog() *slog.Logger {
	level := slog.LevelInfo
	switch {
	case a.flags.Quiet:
		level = slog.LevelWarn
	case a.flags.Verbose > 0:
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(a.Err, &slog.HandlerOptions{Level: level}))
}

// tls is nil for plain HTTP.
func (o *serveOptions) tls(e *engine.Engine, dir string) (*tls.Config, error) {
	if o.tlsCert != "" {
		c, err := tlsconf.Files(o.tlsCert, o.tlsKey)
		if err != nil {
			return nil, badTLS(err)
		}
		return c, nil
	}
	return tlsconf.Server(e.Settings.Group("xpack.security.http.ssl"), filepath.Join(dir, engine.ConfigFolder))
}

// bind takes the port. Without TLS passwords would cross the network in the clear,
// so that must be wanted.
func (o *serveOptions) bind(ctx context.Context, app *App, e *engine.Engine, secure *tls.Config) (net.Listener, error) {
	address := o.listen
	if address == "" {
		address = net.JoinHostPort(e.Settings.Text("http.host", "127.0.0.1"), e.Settings.Text("http.port", "9200"))
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, usagef("--listen %q: host:port is expected", address)
	}
	allowed := app.flags.AllowPlaintext || app.variable("REALMCTL_ALLOW_PLAINTEXT") == "1"
	if secure == nil && !loopbackHost(host) && !allowed {
		return nil, failf(exitConfig, "%s is not served without encryption", address).withHint("--tls-cert and --tls-key, or --allow-plaintext")
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, failf(exitUnavailable, "listen on %s: %w", address, errors.Unwrap(err))
	}
	return l, nil
}

func loopbackHost(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// serve answers until the context ends, then lets requests under way finish.
func (o *serveOptions) serve(ctx context.Context, app *App, l net.Listener, secure *tls.Config, h http.Handler) error {
	scheme := "http"
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	if secure != nil {
		scheme = "https"
		s.TLSConfig = secure
		l = tls.NewListener(l, secure)
	}
	fmt.Fprintf(app.Err, "listening on %s://%s\n", scheme, l.Addr())
	failed := make(chan error, 1)
	go func() { failed <- s.Serve(l) }()
	select {
	case err := <-failed:
		return failf(exitUnavailable, "serve: %w", err)
	case <-ctx.Done():
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.shutdownPatience)
	defer cancel()
	if err := s.Shutdown(patience); err != nil {
		return failf(exitInternal, "requests under way were cut off: %w", errors.Join(err, s.Close()))
	}
	app.notef("stopped")
	return nil
}

// accessLog writes a line for every request: what was asked, from where, the
// outcome. It leaves out headers, bodies and queries, which may hold secrets.
func accessLog(next http.Handler, log *slog.Logger, now func() time.Time) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := now()
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, r)
		log.InfoContext(r.Context(), "request", "method", r.Method, "path", r.URL.EscapedPath(), "status", seen.status,
			"took", now().Sub(begun).Round(time.Microsecond).String(), "remote", r.RemoteAddr)
	})
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter

	status int
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController find what else the writer can do.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/config"
	"github.com/realmctl/realmctl/internal/tlsconf"
)

// localURL stands for the engine where a URL is needed: it is where serve listens
// unless told otherwise.
const localURL = "http://127.0.0.1:9200"

// connect makes the client for a target.
func (a *App) connect(ctx context.Context, s *config.Settings) (*client.Client, error) {
	o := client.Options{
		URL: localURL, RunAs: s.RunAs, Timeout: s.Timeout, Retries: a.flags.Retries, ReadOnly: s.ReadOnly, Plan: a.plan,
		Warn: func(text string) { a.warnf("%s", text) }, Now: a.Now, UserAgent: "realmctl/" + version(),
	}
	scheme, value := s.Credential.Header()
	o.Auth = client.Auth{Scheme: scheme, Value: value, Client: s.Credential.Client, Curl: s.Credential.Curl()}
	if a.flags.Verbose > 0 {
		o.Observe = a.trace
	}
	if err := a.reach(ctx, s, &o); err != nil {
		return nil, err
	}
	return client.New(o), nil
}

// as is a second client with another credential, to see that it works.
func (a *App) as(ctx context.Context, auth client.Auth) (*client.Client, error) {
	s, err := a.Settings()
	if err != nil {
		return nil, err
	}
	o := client.Options{URL: localURL, Timeout: s.Timeout, Auth: auth, UserAgent: "realmctl/" + version()}
	if err := a.reach(ctx, s, &o); err != nil {
		return nil, err
	}
	return client.New(o), nil
}

// reach sets the way to the target.
func (a *App) reach(ctx context.Context, s *config.Settings, o *client.Options) error {
	var err error
	if s.Target.Local() {
		o.Transport, err = a.local(ctx, s.Target.Data)
		return err
	}
	o.URL = s.Target.String()
	o.Transport, err = remote(s.TLS, s.Target.URL.Hostname())
	return err
}

// remote is the network, with the TLS settings and the proxies of the environment.
func remote(t config.TLS, host string) (http.RoundTripper, error) {
	settings, err := tlsconf.Client(t).Config(host)
	if err != nil {
		return nil, badTLS(err)
	}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		TLSClientConfig:       settings,
		ForceAttemptHTTP2:     true,
		MaxIdleConnsPerHost:   8,
		IdleConnTimeout:       30 * time.Second,
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: time.Second,
	}, nil
}

// badTLS is what is wrong with TLS settings; files that cannot be read have codes of
// their own.
func badTLS(err error) error {
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return err
	}
	return failf(exitConfig, "%w", err)
}

// trace shows a request for -v and its headers for -vv, never a body.
func (a *App) trace(x client.Exchange) {
	outcome := fmt.Sprint(x.Status)
	if x.Err != nil {
		outcome = oneLine(x.Err.Error())
	}
	fmt.Fprintf(a.Err, "> %s %s: %s in %s\n", x.Method, x.Path, outcome, x.Took.Round(time.Millisecond))
	if a.flags.Verbose < 2 {
		return
	}
	a.headers("  > ", x.Request)
	a.headers("  < ", x.Response)
}

func (a *App) headers(prefix string, h http.Header) {
	names := make([]string, 0, len(h))
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(a.Err, "%s%s: %s\n", prefix, name, strings.Join(h[name], ", "))
	}
}

// curlFlags are curl's flags for the TLS settings.
func curlFlags(s *config.Settings) []string {
	var flags []string
	for _, f := range []struct{ name, value string }{{"--cacert", s.TLS.CA}, {"--cert", s.TLS.Cert}, {"--key", s.TLS.Key}} {
		if f.value != "" && !strings.Contains(f.value, "-----BEGIN") {
			flags = append(flags, f.name, f.value)
		}
	}
	if s.TLS.Insecure {
		flags = append(flags, "--insecure")
	}
	return flags
}

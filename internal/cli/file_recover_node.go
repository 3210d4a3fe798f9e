package cli

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/config"
	"github.com/realmctl/realmctl/internal/settings"
	"github.com/realmctl/realmctl/internal/tlsconf"
)

// node is the one that a configuration folder belongs to.
type node struct {
	app       *App
	dir       string // its configuration folder
	url       *url.URL
	ca        string // path of what it is trusted by; empty: the system's CAs, or --ca-fingerprint
	transport http.RoundTripper
	timeout   time.Duration
	patience  time.Duration // how long it may take to see a change of its files
}

// nodeOf finds the node of a folder, and why it could not see a change. It goes to
// --url or to what elasticsearch.yml says, and never by a proxy.
func (a *App) nodeOf(c *conf) (*node, error) {
	if err := c.seesFiles(); err != nil {
		return nil, err
	}
	n := &node{app: a, dir: c.dir, patience: filePatience}
	var err error
	if n.url, err = a.nodeURL(c); err != nil {
		return nil, err
	}
	allowed := a.flags.AllowPlaintext || a.variable("REALMCTL_ALLOW_PLAINTEXT") == "1"
	if n.url.Scheme == "http" && !loopbackHost(n.url.Hostname()) && !allowed {
		return nil, failf(exitConfig, "a superuser's password is not sent to %s without encryption", n.url).
			withHint("--url http://127.0.0.1:%s, if it listens there, or --allow-plaintext", portOf(n.url))
	}
	if n.timeout, err = a.timeout(30 * time.Second); err != nil {
		return nil, err
	}
	interval, err := c.settings.Duration("resource.reload.interval.high", 5*time.Second)
	if err != nil {
		return nil, failf(exitConfig, "%w", err)
	}
	n.patience = max(n.patience, 4*interval)
	return n, n.trust(c)
}

// seesFiles refuses a node that would never see a change of its files.
func (c *conf) seesFiles() error {
	security, errSecurity := c.settings.Bool("xpack.security.enabled", true)
	reload, errReload := c.settings.Bool("resource.reload.enabled", true)
	if err := errors.Join(errSecurity, errReload); err != nil {
		return failf(exitConfig, "%w", err)
	}
	switch {
	case !security:
		return failf(exitConfig, "%w", c.settings.Errorf("xpack.security.enabled", "security is off: everybody may do everything, and there is nothing to recover"))
	case !reload:
		return failf(exitConfig, "%w", c.settings.Errorf("resource.reload.enabled", "the node reads its files only when it starts")).
			withHint("realmctl file add NAME --roles superuser, then restart the node")
	}
	realms, err := c.settings.Realms()
	if err != nil {
		return failf(exitConfig, "%w", err)
	}
	for _, r := range realms.List {
		if on, err := r.Bool("enabled", true); r.Type == "file" && (err != nil || !on) {
			return failf(exitConfig, "%w", r.Errorf("enabled", "the file realm must be enabled"))
		}
	}
	return nil
}

// nodeURL is --url, or the address that the settings give.
func (a *App) nodeURL(c *conf) (*url.URL, error) {
	text := a.flags.URL
	if text == "" {
		if c.broken != nil {
			return nil, failf(exitConfig, "the address of the node is not known: %w", c.broken).withHint("--url http://127.0.0.1:9200")
		}
		var err error
		if text, err = addressOf(c.settings); err != nil {
			return nil, err
		}
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" {
		return nil, usagef("--url: a URL such as https://127.0.0.1:9200 is expected")
	}
	return u, nil
}

// addressOf is where a node with these settings listens, as seen from its machine.
func addressOf(s *settings.Settings) (string, error) {
	secure, err := s.Bool("xpack.security.http.ssl.enabled", false)
	if err != nil {
		return "", failf(exitConfig, "%w", err)
	}
	scheme := "http"
	if secure {
		scheme = "https"
	}
	host := "127.0.0.1"
	for _, key := range []string{"http.bind_host", "http.host", "network.bind_host", "network.host"} {
		if hosts, ok := s.Strings(key); ok {
			if host = bound(hosts); host == "" {
				return "", failf(exitConfig, "%w", s.Errorf(key, "the address of the node cannot be told from %s", list(hosts))).withHint("--url %s://HOST:PORT", scheme)
			}
			break
		}
	}
	port, ok := s.String("http.port")
	if !ok {
		port = s.Text("http.publish_port", "9200")
	}
	port, _, _ = strings.Cut(port, "-") // the first of a range
	if port == "0" {
		return "", failf(exitConfig, "%w", s.Errorf("http.port", "the node takes any free port")).withHint("--url %s://%s", scheme, net.JoinHostPort(host, "PORT"))
	}
	return scheme + "://" + net.JoinHostPort(host, port), nil
}

// bound is an address that reaches a node bound to these; empty: it cannot be told.
func bound(hosts []string) string {
	host := ""
	for _, h := range hosts {
		switch {
		case h == "_local_" || h == "_local:ipv4_" || h == "0.0.0.0" || h == "::" || h == "_all_" || loopbackHost(h):
			if loopbackHost(h) {
				return h
			}
			return "127.0.0.1"
		case h == "_local:ipv6_":
			return "::1"
		case h == "_site_" || h == "_site:ipv4_":
			h = siteAddress()
		case strings.HasPrefix(h, "_"):
			h = ""
		}
		if host == "" {
			host = h
		}
	}
	return host
}

// siteAddress is the first private address of this machine.
func siteAddress() string {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return ""
	}
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && n.IP.IsPrivate() {
			return n.IP.String()
		}
	}
	return ""
}

func portOf(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return "9200"
}

// trust takes the flags, else what the folder itself says of the node's certificate.
func (n *node) trust(c *conf) error {
	f := n.app.flags
	t := config.TLS{CA: f.CACert, CAFingerprint: f.CAFingerprint}
	switch host := n.url.Hostname(); {
	case f.Insecure == "":
	case f.Insecure == config.InsecureLoopback && !loopbackHost(host):
		return usagef("--insecure off this machine needs the host: --insecure=%s", host)
	case f.Insecure != config.InsecureLoopback && f.Insecure != host && f.Insecure != n.url.Host:
		return usagef("--insecure=%s is not the host of %s", f.Insecure, n.url)
	default:
		t.Insecure = true
	}
	if n.url.Scheme == "https" && t.CA == "" && t.CAFingerprint == "" && !t.Insecure {
		t.CA = c.authority()
	}
	n.ca = t.CA
	conf, err := tlsconf.Client(t).Config(n.url.Hostname())
	if err != nil {
		return failf(exitConfig, "%w", err)
	}
	n.transport = &http.Transport{TLSClientConfig: conf, ForceAttemptHTTP2: true, TLSHandshakeTimeout: 10 * time.Second}
	return nil
}

// authority is a file that vouches for the node's certificate; empty: none is known.
func (c *conf) authority() string {
	ssl := c.settings.Group("xpack.security.http.ssl")
	var candidates []string
	if cas, ok := ssl.Strings("certificate_authorities"); ok {
		candidates = append(candidates, cas...)
	}
	candidates = append(candidates, "certs/http_ca.crt", ssl.Text("certificate", ""))
	for _, path := range candidates {
		if path == "" {
			continue
		}
		if !filepath.IsAbs(path) {
			path = filepath.Join(c.dir, path)
		}
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path
		}
	}
	return ""
}

// client talks to the node as somebody.
func (n *node) client(auth client.Auth) *client.Client {
	o := client.Options{
		URL: n.url.String(), Transport: n.transport, Auth: auth, Timeout: n.timeout, Retries: n.app.flags.Retries,
		Now: n.app.Now, UserAgent: "realmctl/" + version(),
	}
	if n.app.flags.Verbose > 0 {
		o.Observe = n.app.trace
	}
	return client.New(o)
}

// reachable wants an answer of Elasticsearch, before anything is changed for it.
func (n *node) reachable(ctx context.Context) error {
	answer, err := n.client(client.Auth{}).Do(ctx, http.MethodGet, "/_security/_authenticate", nil)
	switch {
	case err != nil:
		return err
	case answer.Status == http.StatusUnauthorized && strings.Contains(string(answer.Body), "security_exception"), answer.Status == http.StatusOK:
		return nil
	}
	return failf(exitProtocol, "%s answers %d where Elasticsearch asks who is there", n.url, answer.Status).withHint("--url names the node of %s", n.dir)
}

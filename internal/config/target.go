package config

import (
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// Target is what a command talks to: a server, or an engine on this machine.
type Target struct {
	URL     *url.URL // nil: an engine
	Data    string   // the engine's folder, absolute
	Context string   // the context in force; empty: none
	Source  Source   // what named it
}

// Local reports whether the target is an embedded engine.
func (t Target) Local() bool { return t.URL == nil }

// String is the address for people.
func (t Target) String() string {
	if t.Local() {
		return t.Data
	}
	return t.URL.String()
}

// Loopback reports whether requests cannot leave this machine.
func (t Target) Loopback() bool { return t.Local() || isLoopback(t.URL.Hostname()) }

func isLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// EngineFolder is where an engine lives below the folder it was made for.
const EngineFolder = ".realmctl"

// target finds the target and makes the .env file count that belongs to it.
func (e *Environment) target() (Target, Context, error) {
	f := e.flags
	if f.URL != "" && f.Data != "" {
		return Target{}, Context{}, usagef("--url and --data exclude each other")
	}
	if f.Context != "" && (f.URL != "" || f.Data != "") {
		return Target{}, Context{}, usagef("--context excludes --url and --data")
	}
	if f.URL != "" {
		t, err := e.server(f.URL, Source{"--url", Chosen})
		return t, Context{}, keep(err, e.UseFolder)
	}
	if f.Data != "" {
		return e.engine(f.Data, Source{"--data", Chosen}), Context{}, e.UseFolder()
	}
	if f.Context != "" {
		return e.explicitContext(f.Context, "--context")
	}
	if name := e.Process("REALMCTL_CONTEXT"); name != "" {
		return e.explicitContext(name, "REALMCTL_CONTEXT")
	}
	return e.implicit()
}

// keep runs next only when there is no error yet.
func keep(err error, next func() error) error {
	if err != nil {
		return err
	}
	return next()
}

// implicit goes on where no flag and no context was given.
func (e *Environment) implicit() (Target, Context, error) {
	if err := e.UseFolder(); err != nil {
		return Target{}, Context{}, err
	}
	if text, source, ok := first(e.chosen(), "ELASTICSEARCH_URL"); ok {
		t, err := e.server(text, Source{"ELASTICSEARCH_URL in " + source.Name, source.Trust})
		return t, Context{}, err
	}
	if data := e.Process("REALMCTL_DATA"); data != "" {
		return e.engine(data, Source{"REALMCTL_DATA", Chosen}), Context{}, nil
	}
	if text, source, ok := first(e.sources(), "ELASTICSEARCH_URL"); ok {
		t, err := e.server(text, Source{"ELASTICSEARCH_URL in " + source.Name, source.Trust})
		return t, Context{}, err
	}
	if e.file.CurrentContext != "" {
		return e.context(e.file.CurrentContext, Source{"current_context of " + e.file.Path, Chosen})
	}
	folder := filepath.Join(e.world.Dir, EngineFolder)
	if info, err := os.Stat(folder); err == nil && info.IsDir() {
		return Target{Data: folder, Source: Source{"./" + EngineFolder, Folder}}, Context{}, nil
	}
	return Target{}, Context{}, errorf("there is no engine here and no server is named").
		hint("realmctl init makes an engine in this folder; ELASTICSEARCH_URL=https://... names a server")
}

func (e *Environment) server(text string, s Source) (Target, error) {
	if text == "" {
		return Target{}, errorf("%s is set but empty", s.Name).hint("unset it, or give it a value")
	}
	u, err := parseURL(text)
	if err != nil {
		return Target{}, errorf("%s: %v", s.Name, err)
	}
	return Target{URL: u, Source: s}, nil
}

func (e *Environment) engine(dir string, s Source) Target {
	return Target{Data: filepath.Clean(e.abs(dir)), Source: s}
}

// explicitContext is a context that was asked for; an exported URL must not say
// otherwise.
func (e *Environment) explicitContext(name, by string) (Target, Context, error) {
	t, c, err := e.context(name, Source{by + " " + name, Chosen})
	if err != nil || t.Local() {
		return t, c, err
	}
	text, source, ok := first(e.chosen(), "ELASTICSEARCH_URL")
	if !ok || text == "" {
		return t, c, nil
	}
	if u, err := parseURL(text); err != nil || !sameServer(u, t.URL) {
		return Target{}, Context{}, errorf("context %s is %s, but ELASTICSEARCH_URL in %s is another server", name, t.URL, source).
			hint("unset ELASTICSEARCH_URL, or leave %s out", by)
	}
	return t, c, nil
}

func (e *Environment) context(name string, s Source) (Target, Context, error) {
	c, ok := e.file.Contexts[name]
	if !ok {
		return Target{}, Context{}, errorf("there is no context %s", name).hint("realmctl context list")
	}
	t := Target{Context: name, Source: s}
	if c.URL != "" {
		u, err := parseURL(c.URL)
		if err != nil {
			return Target{}, Context{}, errorf("context %s: %v", name, err)
		}
		t.URL = u
	} else {
		t.Data = relativeTo(e.file.Path, c.Data)
	}
	path, source := plainEnv+"."+name, Source{plainEnv + "." + name, Folder}
	if c.EnvFile != "" {
		path = relativeTo(e.file.Path, c.EnvFile)
		source = Source{path, Chosen}
	}
	return t, c, e.useFolder(path, source)
}

// relativeTo resolves a path of the configuration from where that file lies.
func relativeTo(file, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(filepath.Dir(file), path)
}

// sameServer compares two addresses as a client would reach them.
func sameServer(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b) && a.Path == b.Path
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if u.Scheme == "https" {
		return "443"
	}
	return "80"
}

package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/realmctl/realmctl/internal/envfile"
	"github.com/realmctl/realmctl/internal/secret"
)

// Trust says how much a source may decide. The zero Trust is the least.
type Trust uint8

// The levels of trust.
const (
	Folder Trust = iota // what lies in the working directory, whoever put it there
	Chosen              // a flag, the process environment, --env-file, the user's configuration
)

// Source is where a value came from, as error texts name it.
type Source struct {
	Name  string
	Trust Trust
}

// String is the name.
func (s Source) String() string { return s.Name }

// Flags are the global flags that say which server, as whom, and how safely.
type Flags struct {
	Context, URL, Data        string
	CredentialEnv, Auth       string
	Method                    string // of authenticate; empty: any
	RunAs                     string
	EnvFiles                  []string
	NoEnvFile                 bool
	CACert, CAFingerprint     string
	ClientCert, ClientKey     string
	Insecure                  string // empty: no; InsecureLoopback; or a host
	AllowPlaintext            bool
	Timeout, Output, ColorUse string
}

// InsecureLoopback is the value of --insecure without a host.
const InsecureLoopback = "loopback"

// World is what the rules look at besides flags.
type World struct {
	Lookup     envfile.Lookup // the process environment
	Dir        string         // the working directory
	ConfigFile string         // empty: there is none
}

// OS is the world of the running process.
func OS() (World, error) {
	dir, err := os.Getwd()
	if err != nil {
		return World{}, fmt.Errorf("find the working directory: %w", err)
	}
	w := World{Lookup: envfile.Process(), Dir: dir}
	if path, ok := w.Lookup("REALMCTL_CONFIG"); ok && path != "" {
		w.ConfigFile = path
	} else if base, err := os.UserConfigDir(); err == nil { // without a home there is no file, which is no error
		w.ConfigFile = filepath.Join(base, "realmctl", "config.yaml")
	}
	return w, nil
}

// vars is one source of variables.
type vars struct {
	source Source
	get    envfile.Lookup
}

// Environment is everything read and nothing decided yet. Offline commands use its
// variables; the others go on with Resolve.
type Environment struct {
	Warnings []string // about .env files, for people

	flags   Flags
	world   World
	file    *File
	files   []vars // --env-file, in order
	process vars
	folder  *vars  // the .env file that counts; nil: none, or not wanted
	envFile string // its path, whether it exists or not
}

// Load reads the configuration file and every --env-file.
func Load(w World, f Flags) (*Environment, error) {
	file, err := readFile(w.ConfigFile)
	if err != nil {
		return nil, err
	}
	e := &Environment{flags: f, world: w, file: file, process: vars{Source{"the process environment", Chosen}, w.Lookup}, envFile: plainEnv}
	for _, path := range f.EnvFiles {
		v, err := e.readEnv(path, Source{"--env-file " + path, Chosen})
		if err != nil {
			return nil, err
		}
		if v == nil {
			return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
		}
		e.files = append(e.files, *v)
	}
	return e, nil
}

// plainEnv is the .env file of a folder without a context.
const plainEnv = "./.env"

// UseFolder makes the variables of ./.env count. Resolve does so by itself; it is
// for commands that ignore URL and context.
func (e *Environment) UseFolder() error { return e.useFolder(plainEnv, Source{plainEnv, Folder}) }

func (e *Environment) useFolder(path string, s Source) error {
	e.envFile, e.folder = path, nil
	if e.flags.NoEnvFile {
		return nil
	}
	v, err := e.readEnv(path, s)
	e.folder = v
	return err
}

// readEnv reads a .env file; nil means that there is none.
func (e *Environment) readEnv(path string, s Source) (*vars, error) {
	f, err := envfile.Read(e.abs(path), envfile.Options{Explicit: s.Trust == Chosen, Environ: e.world.Lookup})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if untrusted, ok := errors.AsType[*envfile.TrustError](err); ok {
		return nil, errorf("%v", untrusted).hint("%s", untrusted.Hint)
	}
	if errors.Is(err, envfile.ErrSyntax) {
		return nil, errorf("%v", err) // it never quotes the file
	}
	if err != nil {
		return nil, err
	}
	e.Warnings = append(e.Warnings, f.Warnings...)
	for _, name := range f.Ignored {
		e.Warnings = append(e.Warnings, fmt.Sprintf("%s in %s is ignored: a .env file may not set it", name, s))
	}
	return &vars{s, f.Lookup}, nil
}

func (e *Environment) abs(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(e.world.Dir, path)
}

// sources in the order in which credentials are looked for.
func (e *Environment) sources() []vars {
	all := append(append([]vars{}, e.files...), e.process)
	if e.folder != nil {
		all = append(all, *e.folder)
	}
	return all
}

// chosen are the sources that a folder cannot influence.
func (e *Environment) chosen() []vars { return append(append([]vars{}, e.files...), e.process) }

// first is the first source that has a variable, empty or not.
func first(all []vars, name string) (string, Source, bool) {
	for _, v := range all {
		if value, ok := v.get(name); ok {
			return value, v.source, true
		}
	}
	return "", Source{}, false
}

// Variable looks a variable up in every source, for settings that are no secrets.
// An empty one counts as unset.
func (e *Environment) Variable(name string) string {
	value, _, _ := first(e.sources(), name)
	return value
}

// Process looks a variable up in the process environment alone.
func (e *Environment) Process(name string) string {
	value, _ := e.process.get(name)
	return value
}

// Secret is the value of the variable that name says, from the first source that
// has it. The zero value and an error mean that it is not set.
func (e *Environment) Secret(name string) (secret.String, Source, error) {
	for _, v := range e.sources() {
		if value, ok := v.get(name); ok && value != "" {
			return secret.String(value), v.source, nil
		}
	}
	if !envfile.IsVar(name) { // not quoted: it may be the secret itself
		return "", Source{}, errorf("no variable has such a name").hint("the flag takes the name of a variable, never its value")
	}
	return "", Source{}, errorf("the variable %s is not set", name).hint("add %s=... to %s, or export it", name, e.EnvFile())
}

// Pair is the values of two variables that belong together, from the first source
// that has both; halves of two sources are never combined.
func (e *Environment) Pair(a, b string) (x, y secret.String, s Source, err error) {
	for _, v := range e.sources() {
		first, okA := v.get(a)
		second, okB := v.get(b)
		if okA && okB && first != "" && second != "" {
			return secret.String(first), secret.String(second), v.source, nil
		}
	}
	return "", "", Source{}, errorf("%s and %s are not both set in one place", a, b).hint("add both to %s, or export both", e.EnvFile())
}

// EnvFile is the .env file that counts here, and where created secrets go by
// default. It need not exist.
func (e *Environment) EnvFile() string { return e.envFile }

// File is the user's configuration.
func (e *Environment) File() *File { return e.file }

// Saved is a variable of the .env file that counts, and of no other source.
func (e *Environment) Saved(name string) (secret.String, bool) {
	if e.folder == nil {
		return "", false
	}
	value, ok := e.folder.get(name)
	return secret.String(value), ok && value != ""
}

// Setting is a variable in one source.
type Setting struct {
	Source Source
	Value  secret.String
}

// All is a variable in every source that has it, the first to count first.
func (e *Environment) All(name string) []Setting {
	var all []Setting
	for _, v := range e.sources() {
		if value, ok := v.get(name); ok {
			all = append(all, Setting{v.source, secret.String(value)})
		}
	}
	return all
}

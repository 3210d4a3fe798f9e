// Package envfile reads secrets from the process environment and .env files, and
// puts created ones into sinks: a line of a .env file, a file of their own, a
// Kubernetes manifest, the environment file of a GitHub runner.
//
// A .env file is parsed with godotenv and never loaded into the process, so that
// child processes do not inherit it. No error of this package quotes a file.
package envfile

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

// maxSize bounds a .env file, in bytes.
const maxSize = 1 << 20

// Why a file is not read. Callers map both to a configuration error.
var (
	// ErrUntrusted: somebody else could have written the file.
	ErrUntrusted = errors.New("not trusted")
	// ErrSyntax: the file is no .env file.
	ErrSyntax = errors.New("not a .env file")
)

// Lookup finds a variable; false says that it is not set, which is not the same
// as empty.
type Lookup func(name string) (string, bool)

// Process looks into the environment of this process.
func Process() Lookup { return os.LookupEnv }

// TrustError is an ErrUntrusted with the way out.
type TrustError struct {
	Path, Reason, Hint string
}

// Error implements error.
func (e *TrustError) Error() string { return fmt.Sprintf("%s: %s", e.Path, e.Reason) }

// Is makes errors.Is(err, ErrUntrusted) true.
func (e *TrustError) Is(target error) bool { return target == ErrUntrusted }

// Options say how a file is read.
type Options struct {
	// Explicit: a person named this file, so that only a world-writable one is
	// refused. A file found by itself must also belong to the caller.
	Explicit bool
	// Environ tells SUDO_UID and SUDO_GID; nil: the process environment.
	Environ Lookup
}

// File is the content of a .env file.
type File struct {
	// Path is where it was read from.
	Path string
	// Warnings are for people, a line each, once per process.
	Warnings []string
	// Ignored names variables that a .env file may not set; Lookup hides them.
	Ignored []string

	values map[string]string
}

// Read reads a .env file. A missing file is fs.ErrNotExist, one that somebody else
// may have written a *TrustError, one that cannot be parsed ErrSyntax.
func Read(path string, o Options) (*File, error) {
	if o.Environ == nil {
		o.Environ = Process()
	}
	raw, warnings, err := readTrusted(path, o)
	if err != nil {
		return nil, err
	}
	d, err := parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f := &File{Path: path, Warnings: warnings, values: d.values}
	for _, name := range slices.Sorted(maps.Keys(d.values)) {
		if Forbidden(name) {
			f.Ignored = append(f.Ignored, name)
		}
		if name == "" || Forbidden(name) { // godotenv keeps a text without "=" under no name
			delete(f.values, name)
		}
	}
	return f, nil
}

// Lookup finds a variable of the file.
func (f *File) Lookup(name string) (string, bool) {
	value, ok := f.values[name]
	return value, ok
}

// Names lists the variables in order of name.
func (f *File) Names() []string { return slices.Sorted(maps.Keys(f.values)) }

// Forbidden says whether a .env file may not set the variable: it would choose
// the target that a credential goes to, or the way there.
func Forbidden(name string) bool {
	switch strings.ToUpper(name) {
	case "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY":
		return true
	}
	switch name {
	case "REALMCTL_CONTEXT", "REALMCTL_CONFIG", "REALMCTL_DATA", "ES_PATH_CONF", "CI":
		return true
	}
	return false
}

func readTrusted(path string, o Options) (raw string, warnings []string, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", nil, err
	}
	if !o.Explicit && !info.Mode().IsRegular() { // opening a pipe could wait for ever
		return "", nil, &TrustError{Path: path, Reason: "not a regular file", Hint: "--env-file " + path}
	}
	f, err := os.Open(path)
	if err != nil {
		return "", nil, err
	}
	defer func() { _ = f.Close() }()
	warning, err := trust(f, path, o)
	if err != nil {
		return "", nil, err
	}
	if warning != "" {
		warnings = append(warnings, warning)
	}
	raw, err = readAll(f)
	if err != nil {
		return "", nil, fmt.Errorf("read %s: %w", path, err)
	}
	return raw, warnings, nil
}

func readAll(r io.Reader) (string, error) {
	var b strings.Builder
	n, err := io.Copy(&b, io.LimitReader(r, maxSize+1))
	if err != nil {
		return "", err
	}
	if n > maxSize {
		return "", fmt.Errorf("%w: larger than %d bytes", ErrSyntax, maxSize)
	}
	return b.String(), nil
}

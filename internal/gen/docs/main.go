// Command docs writes the command reference and the completion scripts into the
// repository, or with --check finds out whether they are current.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/realmctl/realmctl/internal/cli"
)

func main() {
	check := flag.Bool("check", false, "write nothing; fail when a file is not current")
	flag.Parse()
	if err := run(".", *check); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:forbidigo // this is a main of its own
	}
}

// folders hold nothing but generated files.
func folders() []string { return []string{"docs/commands", "completions"} }

// run works below the top of the repository.
func run(top string, check bool) error {
	files, err := cli.Reference()
	if err != nil {
		return err
	}
	var stale []error
	for _, name := range sorted(files) {
		path := filepath.Join(top, name)
		present, err := os.ReadFile(path)
		if err == nil && bytes.Equal(present, files[name]) {
			continue
		}
		if check {
			stale = append(stale, fmt.Errorf("%s is not current: go run ./internal/gen/docs", name))
			continue
		}
		if err := write(path, files[name]); err != nil {
			return err
		}
	}
	return errors.Join(append(stale, leftovers(top, files, check)...)...)
}

func write(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // a folder of a repository
		return err
	}
	return os.WriteFile(path, content, 0o644) //nolint:gosec // as above
}

// leftovers finds files of commands that are gone, and removes them.
func leftovers(top string, files map[string][]byte, check bool) []error {
	var errs []error
	for _, folder := range folders() {
		entries, err := os.ReadDir(filepath.Join(top, folder))
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, e := range entries {
			name := folder + "/" + e.Name()
			if _, ok := files[name]; ok {
				continue
			}
			if check {
				errs = append(errs, fmt.Errorf("%s belongs to no command: go run ./internal/gen/docs", name))
				continue
			}
			errs = append(errs, os.Remove(filepath.Join(top, name)))
		}
	}
	return errs
}

func sorted(files map[string][]byte) []string {
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

package cli

import (
	"errors"
	"net/http"
	"slices"

	"github.com/spf13/pflag"

	"github.com/realmctl/realmctl/internal/client"
)

// missing turns the 404 of a noun that was asked for by name into its own words.
func missing(err error, noun string, names []string) error {
	if isMissing(err) {
		return notFound(noun, names)
	}
	return err
}

// isMissing reports whether a call found nothing: a 404 that is a result.
func isMissing(err error) bool {
	e, ok := errors.AsType[*client.APIError](err)
	return ok && e.Status == http.StatusNotFound
}

// notFound is nil without names.
func notFound(noun string, names []string) error {
	switch len(names) {
	case 0:
		return nil
	case 1:
		return failf(exitNotFound, "there is no %s %s", noun, names[0])
	}
	return failf(exitNotFound, "there are no %ss %s", noun, list(names))
}

// named refuses flags that choose by name and were given without one: such an empty
// variable of a script must not mean everybody.
func named(f *pflag.FlagSet, flags ...string) error {
	for _, flag := range flags {
		if value := f.Lookup(flag).Value.String(); f.Changed(flag) && (value == "" || value == "[]") {
			return usagef("--%s names nobody", flag)
		}
	}
	return nil
}

// unique drops names that were given before.
func unique(names []string) []string {
	var out []string
	for _, n := range names {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// without are the names that a map does not have.
func without[V any](names []string, found map[string]V) []string {
	var out []string
	for _, n := range names {
		if _, ok := found[n]; !ok {
			out = append(out, n)
		}
	}
	return out
}

// isRefused reports whether a call failed for a missing privilege.
func isRefused(err error) bool {
	e, ok := errors.AsType[*client.APIError](err)
	return ok && e.Status == http.StatusForbidden
}

// noHandler reports whether the server does not have a call.
func noHandler(err error) bool {
	e, ok := errors.AsType[*client.APIError](err)
	return ok && e.NoHandler()
}

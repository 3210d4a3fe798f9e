package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"testing"

	"github.com/realmctl/realmctl/internal/atomicfile"
	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/config"
	"github.com/realmctl/realmctl/internal/envfile"
	"github.com/realmctl/realmctl/internal/output"
	"github.com/realmctl/realmctl/internal/settings"
	"github.com/realmctl/realmctl/internal/sqlite"
)

// TestEveryKindOfErrorHasItsCode holds the table of docs/exit-codes.md for what no
// script can bring about.
func TestEveryKindOfErrorHasItsCode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		code int
	}{
		{usagef("x"), 64},
		{&output.Error{Text: "x"}, 64},
		{&config.Error{Usage: true}, 64},
		{envfile.ErrName, 64},
		{&config.Error{}, 78},
		{&client.ReadOnlyError{}, 78},
		{&settings.Error{}, 78},
		{envfile.ErrUntrusted, 78},
		{envfile.ErrSyntax, 78},
		{sqlite.ErrNewer, 78},
		{&fs.PathError{Op: "open", Path: "x", Err: fs.ErrNotExist}, 66},
		{&fs.PathError{Op: "open", Path: "x", Err: syscall.EISDIR}, 74},
		{&fs.PathError{Op: "open", Path: "x", Err: syscall.EROFS}, 73},
		{fs.ErrPermission, 73},
		{envfile.ErrExists, 73},
		{envfile.ErrTracked, 73},
		{atomicfile.ErrVolume, 73},
		{sqlite.ErrReadOnly, 73},
		{sqlite.ErrCorrupt, 74},
		{sqlite.ErrFull, 74},
		{sqlite.ErrIO, 74},
		{sqlite.ErrBusy, 75},
		{sqlite.ErrInUse, 75},
		{atomicfile.ErrBusy, 75},
		{&client.TransportError{Kind: client.Timeout}, 75},
		{&client.TransportError{Kind: client.TLS}, 76},
		{&client.TransportError{Kind: client.Unreachable}, 69},
		{&client.APIError{Status: 422}, 65},
		{&client.APIError{Status: 501}, 69},
		{&client.APIError{Status: 503}, 69},
		{&client.APIError{Status: 503, Type: "i_o_exception"}, 74},
		{&client.APIError{Status: 500, Type: "i_o_exception"}, 74},
		{&client.APIError{Status: 400, Type: "i_o_exception"}, 65},
		{&client.APIError{Status: 500}, 70},
		{&signalError{syscall.SIGINT}, 130},
		{&signalError{syscall.SIGTERM}, 143},
		{&signalError{syscall.SIGHUP}, 129},
		{context.Canceled, 130},
		{errors.New("anything else"), 70},
	} {
		for _, err := range []error{c.err, fmt.Errorf("while doing: %w", c.err), errors.Join(c.err, errors.New("and more"))} {
			if got := exitCode(err); got != c.code {
				t.Errorf("exitCode(%T %v) = %d, want %d", err, err, got, c.code)
			}
		}
	}
}

func TestTheFaultOfASinkIsOneOfThePlace(t *testing.T) {
	t.Parallel()
	for err, code := range map[error]int{
		envfile.ErrSyntax: 73, fs.ErrNotExist: 73, fs.ErrPermission: 73, syscall.ENOSPC: 74, syscall.EIO: 74, atomicfile.ErrBusy: 75, context.Canceled: 130,
	} {
		if got := exitCode(sinkError(err)); got != code {
			t.Errorf("%v: %d, want %d", err, got, code)
		}
	}
}

package cli

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/atomicfile"
	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/config"
	"github.com/realmctl/realmctl/internal/envfile"
	"github.com/realmctl/realmctl/internal/linefile"
	"github.com/realmctl/realmctl/internal/output"
	"github.com/realmctl/realmctl/internal/settings"
	"github.com/realmctl/realmctl/internal/sqlite"
)

// The exit codes, after sysexits.h. 2 is what a crashed Go program returns, so it
// means nothing here. docs/exit-codes.md explains them.
const (
	exitDone        = 0
	exitNo          = 1
	exitPartly      = 3
	exitUsage       = 64
	exitData        = 65
	exitNoInput     = 66
	exitNotFound    = 67
	exitUnavailable = 69
	exitInternal    = 70
	exitExists      = 73
	exitIO          = 74
	exitTryAgain    = 75
	exitProtocol    = 76
	exitRefused     = 77
	exitConfig      = 78
	exitHangup      = 129
	exitCancelled   = 130
	exitTerminated  = 143
)

// exitMeanings are what help and the documentation say.
func exitMeanings() map[int]string {
	return map[int]string{
		exitDone:        "done",
		exitNo:          "the answer is no, or there are findings",
		exitPartly:      "partly done: some items failed",
		exitUsage:       "usage, or a question that cannot be asked",
		exitData:        "refused data: validation, policy, ambiguity",
		exitNoInput:     "an input file is missing, or may not be read",
		exitNotFound:    "no such user, role, key or token",
		exitUnavailable: "unavailable: no connection, or a feature that the server does not have",
		exitInternal:    "our own fault, or an unknown outcome",
		exitExists:      "exists already, or cannot be created",
		exitIO:          "input/output",
		exitTryAgain:    "try again: time-out or busy; nothing was left behind",
		exitProtocol:    "TLS or protocol: bad certificate, not Elasticsearch",
		exitRefused:     "refused: wrong credential or missing privilege",
		exitConfig:      "configuration, context or environment",
		exitHangup:      "hung up",
		exitCancelled:   "cancelled",
		exitTerminated:  "terminated",
	}
}

// codesKey is the annotation that holds a command's own exit codes.
const codesKey = "exit-codes"

// withCodes says which exit codes a command has besides 0, 64, 70 and 130.
func withCodes(cmd *cobra.Command, codes ...int) *cobra.Command {
	texts := make([]string, len(codes))
	for i, c := range codes {
		texts[i] = strconv.Itoa(c)
	}
	if cmd.Annotations == nil {
		cmd.Annotations = map[string]string{}
	}
	cmd.Annotations[codesKey] = strings.Join(texts, " ")
	return cmd
}

// apiCodes are those of a command that calls the API, and more.
func apiCodes(more ...int) []int {
	return append([]int{exitData, exitUnavailable, exitTryAgain, exitProtocol, exitRefused, exitConfig}, more...)
}

// exitCode finds the code of an error by its type.
func exitCode(err error) int {
	if own, ok := errors.AsType[*exitError](err); ok {
		return own.code
	}
	if _, ok := errors.AsType[*usageError](err); ok {
		return exitUsage
	}
	if _, ok := errors.AsType[*output.Error](err); ok {
		return exitUsage
	}
	if s, ok := errors.AsType[*signalError](err); ok {
		return signalCode(s.signal)
	}
	if c, ok := errors.AsType[*config.Error](err); ok {
		if c.Usage {
			return exitUsage
		}
		return exitConfig
	}
	if _, ok := errors.AsType[*client.ReadOnlyError](err); ok {
		return exitConfig
	}
	if a, ok := errors.AsType[*client.APIError](err); ok {
		return apiCode(a)
	}
	if t, ok := errors.AsType[*client.TransportError](err); ok {
		return transportCode(t)
	}
	if _, ok := errors.AsType[*settings.Error](err); ok {
		return exitConfig
	}
	if code, ok := engineCode(err); ok {
		return code
	}
	return fileCode(err)
}

// engineCode sorts why an engine cannot be opened.
func engineCode(err error) (int, bool) {
	switch {
	case errors.Is(err, sqlite.ErrNewer):
		return exitConfig, true
	case errors.Is(err, sqlite.ErrReadOnly):
		return exitExists, true
	case errors.Is(err, sqlite.ErrCorrupt), errors.Is(err, sqlite.ErrFull), errors.Is(err, sqlite.ErrIO):
		return exitIO, true
	case errors.Is(err, sqlite.ErrBusy), errors.Is(err, sqlite.ErrInUse):
		return exitTryAgain, true
	}
	return 0, false
}

func signalCode(s syscall.Signal) int {
	if s == syscall.SIGTERM {
		return exitTerminated
	}
	if s == syscall.SIGHUP {
		return exitHangup
	}
	return exitCancelled
}

func apiCode(e *client.APIError) int {
	switch {
	case e.NoHandler():
		return exitUnavailable
	case e.Type == "i_o_exception" && e.Status >= http.StatusInternalServerError:
		return exitIO // a full disk, a damaged database
	}
	switch e.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return exitRefused
	case http.StatusNotFound:
		return exitNotFound
	case http.StatusConflict:
		return exitExists
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusBadGateway, http.StatusGatewayTimeout:
		return exitTryAgain
	case http.StatusServiceUnavailable, http.StatusNotImplemented:
		return exitUnavailable
	}
	if e.Status >= http.StatusInternalServerError {
		return exitInternal
	}
	return exitData
}

func transportCode(e *client.TransportError) int {
	switch e.Kind {
	case client.Timeout:
		return exitTryAgain
	case client.TLS, client.Protocol:
		return exitProtocol
	case client.Unreachable:
	}
	return exitUnavailable
}

// fileCode sorts what sinks and files return.
func fileCode(err error) int {
	if _, ok := errors.AsType[*linefile.DeniedError](err); ok {
		return exitNoInput
	}
	switch {
	case errors.Is(err, envfile.ErrName):
		return exitUsage
	case errors.Is(err, envfile.ErrUntrusted), errors.Is(err, envfile.ErrSyntax):
		return exitConfig
	case errors.Is(err, envfile.ErrExists), errors.Is(err, envfile.ErrTracked), errors.Is(err, envfile.ErrUnstorable), errors.Is(err, envfile.ErrNoRunner),
		errors.Is(err, atomicfile.ErrReadOnly), errors.Is(err, atomicfile.ErrVolume), errors.Is(err, atomicfile.ErrAttributes), errors.Is(err, atomicfile.ErrForeignLink),
		errors.Is(err, fs.ErrExist), errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return exitExists
	case errors.Is(err, atomicfile.ErrBusy):
		return exitTryAgain
	case errors.Is(err, fs.ErrNotExist):
		return exitNoInput
	case errors.Is(err, context.Canceled):
		return exitCancelled
	}
	var errno syscall.Errno
	var path *fs.PathError
	if errors.As(err, &errno) || errors.As(err, &path) {
		return exitIO
	}
	return exitInternal
}

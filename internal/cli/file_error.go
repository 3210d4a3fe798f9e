package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/realmctl/realmctl/internal/atomicfile"
	"github.com/realmctl/realmctl/internal/linefile"
	"github.com/realmctl/realmctl/internal/output"
	"github.com/realmctl/realmctl/internal/tokensfile"
	"github.com/realmctl/realmctl/internal/usersfile"
)

// lockPatience is how long an edit waits for others of the same folder, unless
// --timeout says otherwise.
const lockPatience = 30 * time.Second

// timeout is --timeout for commands that have no target.
func (a *App) timeout(fallback time.Duration) (time.Duration, error) {
	if a.flags.Timeout == "" {
		return fallback, nil
	}
	d, err := time.ParseDuration(a.flags.Timeout)
	if err != nil || d <= 0 {
		return 0, usagef("the timeout %q is not a duration such as 30s", a.flags.Timeout)
	}
	return d, nil
}

// patient is ctx for waiting for a lock.
func (a *App) patient(ctx context.Context) (context.Context, context.CancelFunc, error) {
	d, err := a.timeout(lockPatience)
	if err != nil {
		return nil, nil, err
	}
	waiting, cancel := context.WithTimeout(ctx, d)
	return waiting, cancel, nil
}

// explain gives the errors of file packages their exit codes, and hints.
func (c *conf) explain(err error) error {
	if err == nil {
		return nil
	}
	if own, ok := errors.AsType[*exitError](err); ok {
		return own
	}
	fail := &exitError{text: err.Error(), err: err}
	var partial *usersfile.PartialError
	var name *usersfile.NameError
	switch {
	case errors.As(err, &partial):
		fail.code = exitIO
		fail.hint = "mend the cause and run the command again"
	case errors.Is(err, usersfile.ErrExists), errors.Is(err, tokensfile.ErrExists):
		fail.code = exitExists
	case errors.Is(err, usersfile.ErrUnknown), errors.Is(err, tokensfile.ErrUnknown):
		fail.code = exitNotFound
	case errors.As(err, &name):
		fail.code, fail.text = exitData, fmt.Sprintf("name [%s]: %s", name.Name, name.Reason)
	case isTokenName(err), errors.Is(err, usersfile.ErrHash):
		fail.code = exitData
	default:
		return c.explainWrite(err)
	}
	return fail
}

func isTokenName(err error) bool {
	_, ok := errors.AsType[*tokensfile.NameError](err)
	return ok
}

// explainWrite says what to do where a file cannot be written.
func (c *conf) explainWrite(err error) error {
	text, _, _ := strings.Cut(err.Error(), "\n") // both files tell the same
	fail := &exitError{code: exitExists, text: text, err: err}
	_, unread := errors.AsType[*linefile.DeniedError](err)
	switch {
	case unread:
		fail.code, fail.hint = exitNoInput, "run it as root, or as the account that owns "+c.dir
	case errors.Is(err, atomicfile.ErrReadOnly), errors.Is(err, atomicfile.ErrVolume):
		fail.hint = eckSteps
	case errors.Is(err, atomicfile.ErrUnreadable), errors.Is(err, atomicfile.ErrInterrupted), errors.Is(err, atomicfile.ErrNotRegular):
	case errors.Is(err, atomicfile.ErrAttributes):
		fail.hint = "run it as root, or as the owner of the file"
	case errors.Is(err, fs.ErrPermission):
		fail.hint = "run it as root, or as the account that owns " + c.dir
	case errors.Is(err, fs.ErrNotExist):
		fail.code, fail.hint = exitNoInput, "--conf DIR names the configuration folder of a node"
	default:
		return err
	}
	return fail
}

// eckSteps is the way out where an operator of Kubernetes owns the files.
const eckSteps = "realmctl file secret --save secret.yaml -n NAMESPACE, kubectl apply --server-side -f secret.yaml, and name it in spec.auth.fileRealm"

// warnRefused tells why a new user or password may be of no use.
func (a *App) warnRefused(files ...string) {
	for _, name := range files {
		a.warnf("Elasticsearch does not read %s, for a line that it refuses the whole file for: realmctl file lint", name)
	}
}

// plan shows what a dry run would change.
func (e edited) plan() output.View {
	type change struct {
		File   string `json:"file"`
		Change string `json:"change"`
		User   string `json:"user,omitempty"`
		Detail string `json:"detail,omitempty"`
	}
	v := output.View{Header: []string{"file", "change", "user", "detail"}, Key: 2}
	all := []change{}
	for _, c := range e.changes {
		all = append(all, change{c.File, c.What, c.User, c.Detail})
		v.Rows = append(v.Rows, []string{c.File, c.What, c.User, c.Detail})
	}
	v.Data = all
	return v
}

// confirm asks before something in the folder is destroyed.
func (c *conf) confirm(ctx context.Context, a *App, text string) error {
	if a.planning() || a.flags.Yes {
		return nil
	}
	if !a.canAsk() {
		return &usageError{text: "confirmation needed: " + text, hint: "--yes"}
	}
	return a.ask(ctx, "in "+c.dir+": "+text, "")
}

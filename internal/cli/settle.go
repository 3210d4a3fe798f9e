package cli

import (
	"context"
	"time"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/secret"
)

// settleTime is how long a command tries to find out what became of a request that
// got no answer.
const settleTime = 20 * time.Second

// settling is a context for cleaning up, which the end of the command's own does
// not end.
func settling(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), settleTime)
}

// unsettled is the outcome of a change that nobody can tell.
func unsettled(cause error, what string) error {
	return failf(exitInternal, "the outcome is unknown: %w", cause).withHint("look whether %s is there", what)
}

// second drops the result of a call whose error is all that matters.
func second[T any](_ T, err error) error { return err }

// verifyPassword logs in as somebody else, once.
func (a *App) verifyPassword(ctx context.Context, username string, password secret.String) error {
	c, err := a.as(ctx, client.BasicAuth(username, password))
	if err != nil {
		return err
	}
	return second(c.Authenticate(ctx))
}

package cli

import (
	"context"
	"errors"
	"net/http"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/secret"
)

// downError says that the node cannot work with native users.
type downError struct{ err error }

// Error implements error.
func (e *downError) Error() string {
	return "native and reserved users cannot be read or changed now, for the node has no use of its security index: " + e.err.Error()
}

// Unwrap gives the cause.
func (e *downError) Unwrap() error { return e.err }

func isDown(err error) bool {
	_, ok := errors.AsType[*downError](err)
	return ok
}

// down marks answers that a lost security index gives. The superuser of the files
// needs no index.
func down(err error) error {
	e, ok := errors.AsType[*client.APIError](err)
	if !ok || e.Status != http.StatusServiceUnavailable && e.Status != http.StatusRequestTimeout {
		return err
	}
	fail := failf(exitUnavailable, "%w", &downError{err})
	return fail.withHint("file users work: realmctl file recover --ttl 30m has a superuser to mend it with")
}

// resetPassword sets the password of --reset-user, which is saved first and taken
// back if the node refuses it.
func (r *recovery) resetPassword(ctx context.Context) error {
	name := r.o.resetUser
	if _, err := r.client.Users(ctx, name); err != nil {
		return down(missing(err, "native user", []string{name}))
	}
	plain, err := generatePassword()
	if err != nil {
		return err
	}
	if err := r.reset.put(ctx, r.app, plain); err != nil {
		return err
	}
	if err := r.change(ctx, plain); err != nil {
		return both(down(err), r.reset.Undo(context.WithoutCancel(ctx)))
	}
	data := struct {
		Username string `json:"username"`
		Reset    bool   `json:"reset"`
		URL      string `json:"url"`
	}{name, true, r.node.url.String()}
	return r.app.Show(r.reset.view(data, [][]string{{"username", name}, {"reset", "yes"}, {"url", data.URL}}, "password", plain))
}

// change sets the password and logs in with it. When no answer comes, the log-in
// tells whether it was set.
func (r *recovery) change(ctx context.Context, plain secret.String) error {
	name := r.o.resetUser
	err := r.client.ChangePassword(ctx, name, client.Password{Plain: plain})
	t, unanswered := errors.AsType[*client.TransportError](err)
	if err != nil && (!unanswered || !t.Sent) {
		return err
	}
	settle, cancel := settling(ctx)
	defer cancel()
	_, login := r.node.client(client.BasicAuth(name, plain)).Authenticate(settle)
	switch {
	case login == nil:
		return nil
	case err != nil:
		return err
	case isUnauthorized(login):
		r.app.warnf("%s has its new password and still cannot log in: is the user enabled? (realmctl user enable %s)", name, name)
		return nil
	}
	return login
}

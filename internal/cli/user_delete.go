package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/esapi"
	"github.com/realmctl/realmctl/internal/output"
)

// lockoutFlags lift the guards against locking everybody out.
type lockoutFlags struct{ self, lastSuperuser bool }

func (l *lockoutFlags) add(f *pflag.FlagSet) {
	f.BoolVar(&l.self, "allow-self", false, "also the user that the credential is")
	f.BoolVar(&l.lastSuperuser, "allow-last-superuser", false, "also the last superuser")
}

type userDeleteOptions struct {
	names          []string
	ignoreNotFound bool
	guard          lockoutFlags
	survivors      survivors
}

func newUserDeleteCmd(app *App) *cobra.Command {
	var o userDeleteOptions
	cmd := &cobra.Command{
		Use:     "delete <name>...",
		Aliases: []string{"rm"},
		Short:   "Delete native users",
		Long: `Delete native users. Their API keys and access tokens go on working unless they are
ended too.`,
		Example: "  realmctl user delete ana\n  realmctl user delete ana bob --yes --invalidate-keys",
		Args:    atLeast(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.names = args
			return o.run(cmd.Context(), app)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.ignoreNotFound, "ignore-not-found", false, "a user that does not exist is no failure")
	o.guard.add(f)
	o.survivors.add(f)
	return withCodes(cmd, apiCodes(exitNotFound, exitPartly)...)
}

func (o *userDeleteOptions) run(ctx context.Context, app *App) error {
	c, err := app.Mutator(ctx)
	if err != nil {
		return err
	}
	if err := o.guard.check(ctx, app, c, o.names, "delete"); err != nil {
		return err
	}
	if err := app.confirm(ctx, question{text: "delete " + counted(o.names, "user") + "?"}); err != nil {
		return err
	}
	return app.each(ctx, o.names, "deleted", func(name string) error {
		if _, err := c.DeleteUser(ctx, name); err != nil {
			if isMissing(err) && o.ignoreNotFound {
				return errNothingDone
			}
			return missing(err, "user", []string{name})
		}
		return o.survivors.end(ctx, app, c, name)
	})
}

// check refuses to lock out oneself or everybody, unless that is wanted.
func (l lockoutFlags) check(ctx context.Context, app *App, c *client.Client, names []string, verb string) error {
	if app.flags.Curl {
		return nil
	}
	who, err := app.Whoami(ctx)
	if err != nil {
		return err
	}
	own := slices.Contains([]string{"native", "reserved"}, who.AuthenticationRealm.Type) && slices.Contains(names, who.Username)
	if own && !l.self {
		return failf(exitData, "%s is the user that this command acts as", who.Username).withHint("--allow-self")
	}
	if l.lastSuperuser {
		return nil
	}
	users, err := c.Users(ctx)
	if err != nil {
		app.warnf("cannot see whether a superuser would be left: %v", err)
		return nil
	}
	if hit, left := superusers(users, names); hit && !left {
		return failf(exitData, "no superuser would be left to %s others", verb).withHint("--allow-last-superuser")
	}
	return nil
}

// superusers says whether one who may log in is among the names, and whether one is
// not.
func superusers(users esapi.Users, names []string) (among, left bool) {
	for name, u := range users {
		if !u.Enabled || !slices.Contains(u.Roles, superuser) {
			continue
		}
		if slices.Contains(names, name) {
			among = true
		} else {
			left = true
		}
	}
	return among, left
}

// counted is one name, or how many there are.
func counted(names []string, noun string) string {
	if len(names) == 1 {
		return noun + " " + names[0]
	}
	return fmt.Sprintf("%d %ss (%s)", len(names), noun, list(names))
}

// errNothingDone is an item that needed nothing and is no failure.
var errNothingDone = errors.New("nothing to do")

// item is what became of one name of a command that takes several.
type item struct {
	Name  string `json:"name"`
	Done  bool   `json:"done"`
	Error string `json:"error,omitempty"`
	Exit  int    `json:"exit,omitempty"`
}

// each does something for every name and shows one line each. One failure alone is
// the command's; some of several are "partly done".
func (a *App) each(ctx context.Context, names []string, done string, do func(name string) error) error {
	v := output.View{Header: []string{"name", done, "error"}}
	var items []item
	var failures []error
	planned := false
	for _, name := range names {
		err := do(name)
		if ctx.Err() != nil && err != nil {
			return context.Cause(ctx)
		}
		it := item{Name: name, Done: err == nil}
		switch {
		case errors.Is(err, client.ErrPlanned):
			planned = true
			continue
		case errors.Is(err, errNothingDone):
		case err != nil:
			failures = append(failures, err)
			it.Error, it.Exit = oneLine(err.Error()), exitCode(err)
		}
		items = append(items, it)
		v.Rows = append(v.Rows, []string{name, yes(it.Done), it.Error})
	}
	if planned {
		return client.ErrPlanned
	}
	if len(names) == 1 && len(failures) == 1 {
		return failures[0]
	}
	v.Data = items
	if len(failures) == 0 {
		v.Header, v.Rows = v.Header[:2], trimmed(v.Rows, 2)
	}
	return both(outcome(failures, len(names)), a.Show(v))
}

func trimmed(rows [][]string, columns int) [][]string {
	for i := range rows {
		rows[i] = rows[i][:columns]
	}
	return rows
}

// outcome is the error of a command over several items.
func outcome(failures []error, of int) error {
	switch {
	case len(failures) == 0:
		return nil
	case len(failures) == of:
		return failures[0]
	}
	return failf(exitPartly, "%d of %d failed; the first: %w", len(failures), of, failures[0])
}

package cli

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/usersfile"
)

// add puts the superuser into the files.
func (r *recovery) add(ctx context.Context) error {
	f, err := r.conf.read()
	if err != nil {
		return err
	}
	if left := leftovers(f); len(left) > 0 {
		r.app.warnf("%s of an earlier run, or of another one: realmctl file recover --cleanup --conf %s", counted(left, "temporary superuser"), r.conf.dir)
	}
	out, err := r.edit(ctx)
	r.app.warnRefused(out.refused...)
	return err
}

func (r *recovery) edit(ctx context.Context) (edited, error) {
	return r.conf.edit(ctx, r.app, r.conf.options(false, nil), func(e *usersfile.Editor) error {
		return second(e.Add(usersfile.NewUser{Name: r.name, Hash: r.hash, Roles: []string{superuser}}))
	})
}

// show tells what a run would change.
func (r *recovery) show() error {
	out, err := r.edit(context.Background())
	if err != nil {
		return err
	}
	r.app.notef("%s would have to see this, and the user would be removed again", r.node.url)
	return r.app.Show(out.plan())
}

// wait asks the node until it lets the superuser in.
func (r *recovery) wait(ctx context.Context) error {
	r.app.notef("waiting for %s to see %s (up to %s)", r.node.url, r.name, rough(r.node.patience))
	waiting, cancel := context.WithTimeout(ctx, r.node.patience)
	defer cancel()
	for {
		who, err := r.client.Authenticate(ctx)
		switch {
		case err == nil && who.AuthenticationRealm.Type == "file" && slices.Contains(who.Roles, superuser):
			return nil
		case err == nil && who.AuthenticationRealm.Type != "file":
			return failf(exitConfig, "the realm that let %s in is %s of type %s, not the file realm", r.name, who.AuthenticationRealm.Name, who.AuthenticationRealm.Type)
		case err != nil && !isUnauthorized(err):
			return err
		}
		if pause(waiting, pollEvery) == nil {
			continue
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return failf(exitConfig, "%s does not see the user in %s", r.node.url, r.conf.dir).
			withHint("is this its configuration folder, and the file realm in its chain? --url names another node, --conf another folder")
	}
}

func isUnauthorized(err error) bool {
	e, ok := errors.AsType[*client.APIError](err)
	return ok && e.Status == http.StatusUnauthorized
}

// remove takes the superuser out of the files, and its credential away. It goes on
// when the command was stopped.
func (r *recovery) remove(ctx context.Context) error {
	ctx, cancel := settling(ctx)
	defer cancel()
	_, err := r.conf.edit(ctx, r.app, r.conf.options(false, nil), func(e *usersfile.Editor) error {
		if e.Has(r.name) {
			return e.Delete(r.name)
		}
		e.PurgeStale(func(name string) bool { return name == r.name })
		return nil
	})
	if r.handover != nil {
		err = errors.Join(err, r.handover.Undo(ctx))
	}
	if err != nil {
		return failf(exitIO, "the superuser %s may still be in %s: %w", r.name, r.conf.dir, err).withHint("realmctl file recover --cleanup --conf %s", r.conf.dir)
	}
	r.app.notef("removed %s; the node forgets it within seconds", r.name)
	return nil
}

// leftovers are temporary users, and roles of such users, in the files.
func leftovers(f usersfile.Folder) []string {
	var names []string
	for name := range f.Users.All() {
		if usersfile.Leftover(name) {
			names = append(names, name)
		}
	}
	for name := range f.Roles.Users() {
		if usersfile.Leftover(name) && !f.Users.Has(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// cleanUp removes what interrupted runs left behind.
func (c *conf) cleanUp(ctx context.Context, a *App) error {
	f, err := c.read()
	if err != nil {
		return err
	}
	names := leftovers(f)
	if len(names) == 0 {
		a.notef("no temporary superuser was left in %s", c.dir)
		return both(a.dropHandover(), a.Show(deletedView(c, nil, edited{})))
	}
	if err := c.confirm(ctx, a, "delete "+counted(names, "temporary superuser")+"?"); err != nil {
		return err
	}
	out, err := c.edit(ctx, a, c.options(false, nil), func(e *usersfile.Editor) error {
		present := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !e.Has(name) })
		if err := e.Delete(present...); err != nil {
			return err
		}
		e.PurgeStale(usersfile.Leftover)
		return nil
	})
	if err != nil {
		return err
	}
	if a.planning() {
		return a.Show(out.plan())
	}
	return both(a.dropHandover(), a.Show(deletedView(c, names, out)))
}

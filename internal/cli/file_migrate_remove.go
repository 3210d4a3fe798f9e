package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/usersfile"
)

// filePatience is how long a node may take to see a change of its files; it looks at
// them every five seconds.
const filePatience = 30 * time.Second

// pollEvery is how often a node is asked again.
const pollEvery = 500 * time.Millisecond

// removeCopied takes the users that were copied out of the files, asks the target
// who they are now, and puts those back that are not native.
func (m *migration) removeCopied(ctx context.Context) error {
	names := m.removable()
	if len(names) == 0 {
		return nil
	}
	as, err := m.asOthers(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, err := realmOf(ctx, as(name)); err != nil {
			return failf(exitPartly, "nothing was removed: whether %s resolves as native cannot be seen: %w", name, err).
				withHint("looking needs the privilege run_as on the users")
		}
	}
	_, err = m.conf.edit(ctx, m.app, m.conf.options(false, nil), func(e *usersfile.Editor) error { return e.Delete(names...) })
	if err != nil {
		return err
	}
	clear(m.app.engines) // one in this process has read the files already
	if as, err = m.asOthers(ctx); err != nil {
		return both(err, m.putBack(ctx, names))
	}
	unproven, why := m.prove(ctx, as, names)
	for i, it := range m.items {
		if it.Kind == kindUser && it.Outcome == outcomeCopied && slices.Contains(names, it.Name) && !slices.Contains(unproven, it.Name) {
			m.items[i].Outcome = outcomeRemoved
		}
	}
	if len(unproven) == 0 {
		return nil
	}
	if err := m.putBack(ctx, unproven); err != nil {
		return failf(exitPartly, "%s did not resolve as native and could not be put back: %w", list(unproven), err)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return failf(exitPartly, "put back, for they do not resolve as native: %s: %w", list(unproven), why).
		withHint("is %s the folder of the node at %s, and the same on its other nodes?", m.conf.dir, m.app.settings.Target)
}

// removable are the users that were copied, less the last file superuser.
func (m *migration) removable() []string {
	var names []string
	for _, it := range m.items {
		if it.Kind == kindUser && it.Outcome == outcomeCopied {
			names = append(names, it.Name)
		}
	}
	var superusers []string
	for name := range m.folder.Users.All() {
		if !usersfile.Temporary(name) && slices.Contains(m.folder.Roles.Of(name), superuser) {
			superusers = append(superusers, name)
		}
	}
	if len(superusers) == 0 {
		m.app.warnf("the files have no superuser, who would be the way in when native users do not work (realmctl file add NAME --roles superuser)")
		return names
	}
	if slices.ContainsFunc(superusers, func(name string) bool { return !slices.Contains(names, name) }) {
		return names
	}
	keep := superusers[0]
	for i, it := range m.items {
		if it.Kind == kindUser && it.Name == keep {
			m.items[i].Outcome = outcomeKept
		}
	}
	m.app.notef("%s stays in the files: it is the last file superuser", keep)
	return slices.DeleteFunc(names, func(name string) bool { return name == keep })
}

// asOthers gives clients that run as other users.
func (m *migration) asOthers(ctx context.Context) (func(username string) *client.Client, error) {
	s, err := m.app.Settings()
	if err != nil {
		return nil, err
	}
	scheme, value := s.Credential.Header()
	o := client.Options{
		URL: localURL, Timeout: s.Timeout, Retries: m.app.flags.Retries, UserAgent: "realmctl/" + version(),
		Auth: client.Auth{Scheme: scheme, Value: value, Client: s.Credential.Client},
	}
	if err := m.app.reach(ctx, s, &o); err != nil {
		return nil, err
	}
	return func(username string) *client.Client {
		o.RunAs = username
		return client.New(o)
	}, nil
}

// realmOf is the type of the realm that knows the user whom a client runs as.
func realmOf(ctx context.Context, c *client.Client) (string, error) {
	who, err := c.Authenticate(ctx)
	return who.LookupRealm.Type, err
}

// prove waits until each user resolves as native, and returns those that do not.
func (m *migration) prove(ctx context.Context, as func(string) *client.Client, names []string) (unproven []string, why error) {
	bar := m.app.progress("proving", len(names))
	defer bar.end()
	waiting, cancel := context.WithTimeout(ctx, m.o.patience)
	defer cancel()
	for i, name := range names {
		if ctx.Err() != nil {
			return append(unproven, names[i:]...), context.Cause(ctx)
		}
		if err := proveOne(waiting, as(name)); err != nil {
			unproven, why = append(unproven, name), err
		}
		bar.step()
	}
	return unproven, why
}

// proveOne asks once at least, also when the time for all is over.
func proveOne(ctx context.Context, c *client.Client) error {
	for {
		kind, err := realmOf(context.WithoutCancel(ctx), c)
		if err == nil && kind == "native" {
			return nil
		}
		if err == nil {
			err = fmt.Errorf("the realm that answers is of type %s", kind)
		}
		if pause(ctx, pollEvery) != nil {
			return err
		}
	}
}

// pause waits, or returns why the command ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// putBack gives users their entries again, whatever their names look like.
func (m *migration) putBack(ctx context.Context, names []string) error {
	ctx, cancel := settling(ctx)
	defer cancel()
	_, err := m.conf.edit(ctx, m.app, m.conf.options(false, nil), func(e *usersfile.Editor) error {
		for _, name := range names {
			hash, _ := m.folder.Users.Hash(name)
			e.Restore(usersfile.NewUser{Name: name, Hash: hash, Roles: m.folder.Roles.Of(name)})
		}
		return nil
	})
	return err
}

package cli

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/output"
	"github.com/realmctl/realmctl/internal/usersfile"
)

type fileMigrateOptions struct {
	conf             confFlags
	users, roles     []string
	noUsers, noRoles bool
	mappings         bool
	mappingRealm     string
	skip, overwrite  bool
	remove           bool
	wait             string
	given            func(flag string) bool
	patience         time.Duration // of --wait
}

func newFileMigrateCmd(app *App) *cobra.Command {
	var o fileMigrateOptions
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Copy file users and roles to the native realm",
		Long: `Copy users by the hash of their password, so that passwords keep working, and the
roles of roles.yml, to the native realm of the target (see realmctl help flags). With
--mappings role_mapping.yml is copied too. Temporary superusers are left out.

With --remove the users that were copied go from the files, save the last file
superuser: it is the way in when native users do not work. The target is then asked
for each one by run-as; whoever does not resolve as native is put back.`,
		Example: `  realmctl file migrate --conf /etc/elasticsearch --dry-run
  realmctl file migrate --conf /etc/elasticsearch --skip-existing
  realmctl file migrate --users ana,bob --no-roles --remove`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := named(cmd.Flags(), "users", "roles"); err != nil {
				return err
			}
			o.given = cmd.Flags().Changed
			return o.run(cmd.Context(), app)
		},
	}
	f := cmd.Flags()
	o.conf.add(f)
	f.StringSliceVar(&o.users, "users", nil, "only the users `names`, with commas between")
	f.StringSliceVar(&o.roles, "roles", nil, "only the roles `names`, with commas between")
	f.BoolVar(&o.noUsers, "no-users", false, "leave the users out")
	f.BoolVar(&o.noRoles, "no-roles", false, "leave the roles out")
	f.BoolVar(&o.mappings, "mappings", false, "copy the role mappings too")
	f.StringVar(&o.mappingRealm, "mapping-realm", "", "the copied mappings hold for the realm `name` alone")
	f.BoolVar(&o.skip, "skip-existing", false, "leave alone what the target has already")
	f.BoolVar(&o.overwrite, "overwrite", false, "replace what the target has already")
	f.BoolVar(&o.remove, "remove", false, "remove the copied users from the files")
	f.StringVar(&o.wait, "wait", "", "the node may take this `duration` to see that they are gone (default 30s)")
	return withCodes(cmd, apiCodes(exitPartly, exitNoInput, exitNotFound, exitExists, exitIO)...)
}

// check finds flags that contradict each other.
func (o *fileMigrateOptions) check(app *App) error {
	switch {
	case o.skip && o.overwrite:
		return usagef("--skip-existing and --overwrite exclude each other")
	case o.noUsers && (o.given("users") || o.remove):
		return usagef("--no-users excludes --users and --remove")
	case o.noRoles && o.given("roles"):
		return usagef("--no-roles excludes --roles")
	case o.mappingRealm != "" && !o.mappings:
		return usagef("--mapping-realm goes with --mappings")
	case o.remove && app.flags.RunAs != "":
		return usagef("--remove looks at every user by run-as, which excludes --run-as")
	case o.wait != "" && !o.remove:
		return usagef("--wait goes with --remove")
	}
	return o.readPatience()
}

func (o *fileMigrateOptions) readPatience() (err error) {
	o.patience = filePatience
	if o.wait != "" {
		o.patience, err = age("--wait", o.wait)
	}
	return err
}

// migration is one run: what there is, and what became of it.
type migration struct {
	app    *App
	o      *fileMigrateOptions
	conf   *conf
	folder usersfile.Folder
	client *client.Client
	items  []migrated
	errs   []error
}

// migrated is what became of one user, role or mapping.
type migrated struct {
	Kind    string `json:"kind"`
	Name    string `json:"name"`
	Outcome string `json:"outcome"` // copied, skipped, failed; with --remove also removed, kept
	Error   string `json:"error,omitempty"`
	Exit    int    `json:"exit,omitempty"`
}

// The outcomes.
const (
	outcomeCopied  = "copied"
	outcomeSkipped = "skipped"
	outcomeFailed  = "failed"
	outcomeRemoved = "removed"
	outcomeKept    = "kept"
)

func (o *fileMigrateOptions) run(ctx context.Context, app *App) error {
	if err := o.check(app); err != nil {
		return err
	}
	c, err := o.conf.find(app)
	if err != nil {
		return err
	}
	m := &migration{app: app, o: o, conf: c}
	if m.folder, err = c.read(); err != nil {
		return err
	}
	jobs, err := m.plan()
	if err != nil {
		return err
	}
	if m.client, err = app.Mutator(ctx); err != nil {
		return err
	}
	if err := m.consent(ctx); err != nil {
		return err
	}
	if err := m.markExisting(ctx, jobs); err != nil {
		return err
	}
	if err := m.copy(ctx, jobs); err != nil {
		return err
	}
	var removal error
	if o.remove {
		removal = m.removeCopied(ctx)
	}
	return m.report(removal)
}

// consent asks before anything is replaced or removed.
func (m *migration) consent(ctx context.Context) error {
	switch {
	case m.o.remove:
		return m.app.confirm(ctx, question{text: "copy users and remove them from " + m.conf.dir + "?"})
	case m.o.overwrite:
		return m.app.confirm(ctx, question{text: "replace what has the same name?"})
	}
	return nil
}

// job is one thing to copy.
type job struct {
	kind, name string
	exists     bool
	fault      error // why it cannot be copied; nil: it can
	send       func(context.Context) error
}

// The kinds of jobs.
const (
	kindRole    = "role"
	kindUser    = "user"
	kindMapping = "mapping"
)

// plan lists what to copy: roles first, so that no user is there without its own.
func (m *migration) plan() ([]job, error) {
	var jobs []job
	for _, part := range []struct {
		wanted bool
		list   func() ([]job, error)
	}{{!m.o.noRoles, m.roles}, {!m.o.noUsers, m.users}, {m.o.mappings, m.mappings}} {
		if !part.wanted {
			continue
		}
		more, err := part.list()
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, more...)
	}
	return jobs, nil
}

// copy does the jobs in their order. One that fails keeps no other from being done.
func (m *migration) copy(ctx context.Context, jobs []job) error {
	bar := m.app.progress("copying", len(jobs))
	defer bar.end()
	planned := false
	for _, j := range jobs {
		err := m.do(ctx, j)
		bar.step()
		if ctx.Err() != nil && err != nil {
			return context.Cause(ctx)
		}
		if errors.Is(err, client.ErrPlanned) {
			planned = true
			continue
		}
		item := migrated{Kind: j.kind, Name: j.name, Outcome: outcomeCopied}
		switch {
		case errors.Is(err, errNothingDone):
			item.Outcome = outcomeSkipped
		case err != nil:
			m.errs = append(m.errs, err)
			item.Outcome, item.Error, item.Exit = outcomeFailed, oneLine(err.Error()), exitCode(err)
		}
		m.items = append(m.items, item)
	}
	if planned {
		for _, it := range m.items {
			would := "be " + it.Outcome
			if it.Outcome == outcomeFailed {
				would = "fail"
			}
			m.app.notef("%s %s would %s%s", it.Kind, it.Name, would, because(it.Error))
		}
		return client.ErrPlanned
	}
	return nil
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

func (m *migration) do(ctx context.Context, j job) error {
	switch {
	case j.fault != nil:
		return j.fault
	case j.exists && m.o.skip:
		return errNothingDone
	case j.exists && !m.o.overwrite:
		return failf(exitExists, "%s %s exists in the target", j.kind, j.name).withHint("--skip-existing or --overwrite")
	}
	return j.send(ctx)
}

// report shows every item. The removal's error decides the exit code.
func (m *migration) report(removal error) error {
	v := output.View{Data: append([]migrated{}, m.items...), Header: []string{"kind", "name", "outcome", "error"}, Key: 1}
	for _, it := range m.items {
		v.Rows = append(v.Rows, []string{it.Kind, it.Name, it.Outcome, it.Error})
	}
	if !slices.ContainsFunc(m.items, func(it migrated) bool { return it.Error != "" }) {
		v.Header, v.Rows = v.Header[:3], trimmed(v.Rows, 3)
	}
	err := outcome(m.errs, len(m.items))
	if removal != nil {
		err = removal
	}
	return both(err, m.app.Show(v))
}

package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/esapi"
	"github.com/realmctl/realmctl/internal/output"
)

func newRoleCmd(app *App) *cobra.Command {
	return group("role", "Roles", []string{"roles"},
		newRoleListCmd(app), newRoleGetCmd(app), newRoleCreateCmd(app), newRoleUpdateCmd(app), newRoleDeleteCmd(app), newRoleClearCacheCmd(app),
	)
}

type roleListOptions struct{ native, reserved bool }

func newRoleListCmd(app *App) *cobra.Command {
	var o roleListOptions
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List roles",
		Example: "  realmctl role list --native",
		Args:    exactly(0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), app) },
	}
	f := cmd.Flags()
	f.BoolVar(&o.native, "native", false, "only those that were made")
	f.BoolVar(&o.reserved, "reserved", false, "only those that are built in")
	exclusive(cmd, "native", "reserved")
	return withCodes(cmd, apiCodes()...)
}

func (o *roleListOptions) run(ctx context.Context, app *App) error {
	c, err := app.Client(ctx)
	if err != nil {
		return err
	}
	roles, err := c.Roles(ctx)
	if err != nil {
		return err
	}
	for name, r := range roles {
		if o.native && reservedRole(r) || o.reserved && !reservedRole(r) {
			delete(roles, name)
		}
	}
	return app.Show(rolesView(roles))
}

func reservedRole(r esapi.Role) bool { return strings.Contains(string(r.Metadata), `"_reserved":true`) }

func rolesView(roles esapi.Roles) output.View {
	v := output.View{Data: roles, Header: []string{"name", "cluster", "indices", "reserved", "applications", "run_as", "description"}, Wide: 3}
	for _, name := range sortedKeys(roles) {
		r := roles[name]
		v.Rows = append(v.Rows, []string{
			name, summary(r.Cluster, ", "), summary(indexEntriesOf(r), "; "), yes(reservedRole(r)),
			summary(applicationEntriesOf(r), "; "), list(r.RunAs), strings.TrimSpace(deref(r.Description)),
		})
	}
	return v
}

// few is how many entries a list shows of a role; JSON and get show all.
const few = 4

// summary is the first entries of a list and how many more there are.
func summary(entries []string, separator string) string {
	if len(entries) <= few {
		return strings.Join(entries, separator)
	}
	return strings.Join(entries[:few-1], separator) + fmt.Sprintf(" and %d more", len(entries)-few+1)
}

// roleMembersView is one role, a line for each entry.
func roleMembersView(data any, name string, r esapi.Role) output.View {
	rows := [][]string{{"name", name}, {"cluster", list(r.Cluster)}}
	for _, e := range indexEntriesOf(r) {
		rows = append(rows, []string{"indices", e})
	}
	for _, e := range applicationEntriesOf(r) {
		rows = append(rows, []string{"applications", e})
	}
	rows = append(rows, []string{"run_as", list(r.RunAs)})
	if len(r.Global) > 0 {
		rows = append(rows, []string{"global", string(r.Global)})
	}
	for _, e := range r.RemoteCluster {
		rows = append(rows, []string{"remote_cluster", list(e.Clusters) + ": " + list(e.Privileges)})
	}
	if len(r.Metadata) > 0 {
		rows = append(rows, []string{"metadata", string(r.Metadata)})
	}
	if r.Description != nil {
		rows = append(rows, []string{"description", strings.TrimSpace(*r.Description)})
	}
	return details(data, rows)
}

// indexEntriesOf are the index entries, those on remote clusters too.
func indexEntriesOf(r esapi.Role) []string {
	var cells []string
	for _, i := range r.Indices {
		text := strings.Join(i.Names, ",") + ":" + strings.Join(i.Privileges, ",")
		if i.FieldSecurity != nil {
			text += " (fields)"
		}
		if i.Query != nil {
			text += " (query)"
		}
		cells = append(cells, text)
	}
	for _, i := range r.RemoteIndices {
		cells = append(cells, strings.Join(i.Clusters, ",")+"/"+strings.Join(i.Names, ",")+":"+strings.Join(i.Privileges, ","))
	}
	return cells
}

func applicationEntriesOf(r esapi.Role) []string {
	var cells []string
	for _, a := range r.Applications {
		cells = append(cells, a.Application+":"+strings.Join(a.Privileges, ",")+":"+strings.Join(a.Resources, ","))
	}
	return cells
}

func newRoleGetCmd(app *App) *cobra.Command {
	return withCodes(&cobra.Command{
		Use:     "get <name>...",
		Aliases: []string{"show"},
		Short:   "Show roles",
		Example: "  realmctl role get logs-reader -o yaml",
		Args:    atLeast(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return app.showRoles(cmd.Context(), args) },
	}, apiCodes(exitNotFound)...)
}

func (a *App) showRoles(ctx context.Context, names []string) error {
	c, err := a.Client(ctx)
	if err != nil {
		return err
	}
	roles, err := c.Roles(ctx, names...)
	if err != nil {
		return missing(err, "role", names)
	}
	v := rolesView(roles)
	if len(roles) == 1 {
		for name, r := range roles {
			v = roleMembersView(roles, name, r)
		}
	}
	return both(notFound("role", without(names, roles)), a.Show(v))
}

type roleDeleteOptions struct {
	names          []string
	ignoreNotFound bool
}

func newRoleDeleteCmd(app *App) *cobra.Command {
	var o roleDeleteOptions
	cmd := &cobra.Command{
		Use:     "delete <name>...",
		Aliases: []string{"rm"},
		Short:   "Delete native roles",
		Example: "  realmctl role delete logs-reader --yes",
		Args:    atLeast(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.names = args
			return o.run(cmd.Context(), app)
		},
	}
	cmd.Flags().BoolVar(&o.ignoreNotFound, "ignore-not-found", false, "a role that does not exist is no failure")
	return withCodes(cmd, apiCodes(exitNotFound, exitPartly)...)
}

func (o *roleDeleteOptions) run(ctx context.Context, app *App) error {
	c, err := app.Mutator(ctx)
	if err != nil {
		return err
	}
	if err := app.confirm(ctx, question{text: "delete " + counted(o.names, "role") + "?"}); err != nil {
		return err
	}
	return app.each(ctx, o.names, "deleted", func(name string) error {
		_, err := c.DeleteRole(ctx, name)
		if isMissing(err) && o.ignoreNotFound {
			return errNothingDone
		}
		return missing(err, "role", []string{name})
	})
}

func newRoleClearCacheCmd(app *App) *cobra.Command {
	return withCodes(&cobra.Command{
		Use:     "clear-cache <name>...",
		Short:   "Make every node forget roles; '*' is all of them",
		Example: "  realmctl role clear-cache '*'",
		Args:    atLeast(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return clearRoleCache(cmd.Context(), app, args) },
	}, apiCodes()...)
}

func clearRoleCache(ctx context.Context, app *App, names []string) error {
	c, err := app.Mutator(ctx)
	if err != nil {
		return err
	}
	cleared, err := c.ClearRoleCache(ctx, names...)
	if err != nil {
		return err
	}
	return app.showCleared(cleared)
}

package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/realmctl/realmctl/internal/esapi"
	"github.com/realmctl/realmctl/internal/output"
)

func newUserPrivilegesCmd(app *App) *cobra.Command {
	return withCodes(&cobra.Command{
		Use:   "privileges",
		Short: "Show what the credential may do",
		Long: `Show what the credential may do, all its roles together. With --run-as, what another
user may do.`,
		Example: "  realmctl user privileges\n  realmctl user privileges --run-as ana -o json",
		Args:    exactly(0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return app.showPrivileges(cmd.Context()) },
	}, apiCodes()...)
}

func (a *App) showPrivileges(ctx context.Context) error {
	c, err := a.Client(ctx)
	if err != nil {
		return err
	}
	p, err := c.UserPrivileges(ctx)
	if err != nil {
		return err
	}
	return a.Show(privilegesView(p))
}

func privilegesView(p esapi.UserPrivileges) output.View {
	v := output.View{Data: p, Header: []string{"kind", "on", "privileges"}}
	add := func(kind, on string, privileges []string) {
		v.Rows = append(v.Rows, []string{kind, on, list(privileges)})
	}
	if len(p.Cluster) > 0 {
		add("cluster", "", p.Cluster)
	}
	for _, i := range p.Indices {
		add("index", list(i.Names), i.Privileges)
	}
	for _, r := range p.Applications {
		add("application", r.Application+" "+list(r.Resources), r.Privileges)
	}
	if len(p.RunAs) > 0 {
		add("run_as", list(p.RunAs), nil)
	}
	for _, r := range p.RemoteIndices {
		add("remote_index", list(r.Clusters)+": "+list(r.Names), r.Privileges)
	}
	for _, r := range p.RemoteCluster {
		add("remote_cluster", list(r.Clusters), r.Privileges)
	}
	return v
}

// privilegeFlags name privileges: --cluster, --index, --application.
type privilegeFlags struct{ cluster, index, application []string }

func (p *privilegeFlags) add(f *pflag.FlagSet) {
	f.StringSliceVar(&p.cluster, "cluster", nil, "cluster `privileges`")
	f.StringArrayVar(&p.index, "index", nil, "`pattern:privilege,...` on indices; may be repeated")
	f.StringArrayVar(&p.application, "application", nil, "`app:privilege,...:resource,...`; may be repeated")
}

// indexEntry splits pattern:privilege,privilege. A pattern may hold colons.
func indexEntry(text string) (names, privileges []string, err error) {
	i := strings.LastIndex(text, ":")
	if i <= 0 || i == len(text)-1 {
		return nil, nil, usagef("--index %q: pattern:privilege,... is expected, such as 'logs-*:read'", text)
	}
	return splitPatterns(text[:i]), strings.Split(text[i+1:], ","), nil
}

// splitPatterns parts patterns at commas, but not within a /regular expression/.
func splitPatterns(text string) []string {
	if strings.HasPrefix(text, "/") {
		return []string{text}
	}
	return strings.Split(text, ",")
}

func applicationEntry(text string) (esapi.RoleApplication, error) {
	parts := strings.SplitN(text, ":", 3)
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
		return esapi.RoleApplication{}, usagef("--application %q: app:privilege,...:resource,... is expected, such as 'kibana-.kibana:read:*'", text)
	}
	return esapi.RoleApplication{Application: parts[0], Privileges: strings.Split(parts[1], ","), Resources: strings.Split(parts[2], ",")}, nil
}

// question makes the request that asks whether the caller has the privileges.
func (p privilegeFlags) question() (esapi.HasPrivilegesRequest, error) {
	q := esapi.HasPrivilegesRequest{Cluster: p.cluster}
	for _, text := range p.index {
		names, privileges, err := indexEntry(text)
		if err != nil {
			return q, err
		}
		q.Index = append(q.Index, esapi.IndexPrivileges{Names: names, Privileges: privileges})
	}
	for _, text := range p.application {
		entry, err := applicationEntry(text)
		if err != nil {
			return q, err
		}
		q.Application = append(q.Application, entry)
	}
	if len(q.Cluster)+len(q.Index)+len(q.Application) == 0 {
		return q, usagef("name privileges with --cluster, --index or --application")
	}
	return q, nil
}

func newUserHasPrivilegesCmd(app *App) *cobra.Command {
	return hasPrivilegesCmd(app, "has-privileges", "realmctl user has-privileges")
}

// hasPrivilegesCmd is "user has-privileges" and "privilege has".
func hasPrivilegesCmd(app *App, use, example string) *cobra.Command {
	var p privilegeFlags
	cmd := &cobra.Command{
		Use:   use,
		Short: "Say whether the credential has privileges; exit 1 if one is missing",
		Example: "  " + example + " --cluster monitor --index 'logs-*:read,write'\n" +
			"  " + example + " --run-as ana --application 'kibana-.kibana:read:*'",
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return app.hasPrivileges(cmd.Context(), p) },
	}
	p.add(cmd.Flags())
	return withCodes(cmd, apiCodes(exitNo)...)
}

func (a *App) hasPrivileges(ctx context.Context, p privilegeFlags) error {
	q, err := p.question()
	if err != nil {
		return err
	}
	c, err := a.Client(ctx)
	if err != nil {
		return err
	}
	answer, err := c.HasPrivileges(ctx, q)
	if err != nil {
		return err
	}
	if err := a.Show(answersView(answer)); err != nil {
		return err
	}
	if !answer.HasAllRequested {
		return no()
	}
	return nil
}

func answersView(r esapi.HasPrivilegesResponse) output.View {
	v := output.View{Data: r, Header: []string{"kind", "on", "privilege", "granted"}}
	add := func(kind, on string, granted map[string]bool) {
		for _, name := range sortedKeys(granted) {
			v.Rows = append(v.Rows, []string{kind, on, name, yes(granted[name])})
		}
	}
	add("cluster", "", r.Cluster)
	for _, index := range sortedKeys(r.Index) {
		add("index", index, r.Index[index])
	}
	for _, app := range sortedKeys(r.Application) {
		for _, resource := range sortedKeys(r.Application[app]) {
			add("application", app+" "+resource, r.Application[app][resource])
		}
	}
	return v
}

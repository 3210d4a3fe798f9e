package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/esapi"
	"github.com/realmctl/realmctl/internal/output"
)

func newServiceAccountCmd(app *App) *cobra.Command {
	return group("service-account", "Service accounts of stack components", []string{"service-accounts", "svc"},
		newServiceAccountListCmd(app), newServiceAccountGetCmd(app),
	)
}

// principal reads namespace/service.
func principal(text string) (client.ServicePrincipal, error) {
	namespace, service, ok := strings.Cut(text, "/")
	if !ok || namespace == "" || service == "" || strings.Contains(service, "/") {
		return client.ServicePrincipal{}, usagef("%q is not a service account such as elastic/fleet-server", text)
	}
	return client.ServicePrincipal{Namespace: namespace, Service: service}, nil
}

func newServiceAccountListCmd(app *App) *cobra.Command {
	return withCodes(&cobra.Command{
		Use:     "list [namespace]",
		Aliases: []string{"ls"},
		Short:   "List service accounts",
		Example: "  realmctl service-account list\n  realmctl service-account list elastic -o name",
		Args:    between(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p := client.ServicePrincipal{}
			if len(args) == 1 {
				p.Namespace = args[0]
			}
			return app.listServiceAccounts(cmd.Context(), p)
		},
	}, apiCodes()...)
}

func (a *App) listServiceAccounts(ctx context.Context, p client.ServicePrincipal) error {
	c, err := a.Client(ctx)
	if err != nil {
		return err
	}
	accounts, err := c.ServiceAccounts(ctx, p)
	if err != nil {
		return err
	}
	return a.Show(serviceAccountsView(accounts))
}

func serviceAccountsView(accounts esapi.ServiceAccounts) output.View {
	v := output.View{Data: accounts, Header: []string{"principal", "cluster", "indices", "applications"}, Wide: 1}
	for _, name := range sortedKeys(accounts) {
		r := accounts[name].RoleDescriptor
		v.Rows = append(v.Rows, []string{name, summary(r.Cluster, ", "), summary(indexEntriesOf(r), "; "), summary(applicationEntriesOf(r), "; ")})
	}
	return v
}

func newServiceAccountGetCmd(app *App) *cobra.Command {
	return withCodes(&cobra.Command{
		Use:     "get <namespace/service>",
		Aliases: []string{"show"},
		Short:   "Show a service account and what it may do",
		Example: "  realmctl service-account get elastic/fleet-server -o yaml",
		Args:    exactly(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return app.showServiceAccount(cmd.Context(), args[0]) },
	}, apiCodes(exitNotFound)...)
}

func (a *App) showServiceAccount(ctx context.Context, name string) error {
	p, err := principal(name)
	if err != nil {
		return err
	}
	c, err := a.Client(ctx)
	if err != nil {
		return err
	}
	accounts, err := c.ServiceAccounts(ctx, p)
	if err != nil {
		return err
	}
	if len(accounts) == 0 {
		return notFound("service account", []string{name})
	}
	return a.Show(roleMembersView(accounts, name, accounts[name].RoleDescriptor))
}

package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/esapi"
	"github.com/realmctl/realmctl/internal/output"
)

func newServiceTokenCmd(app *App) *cobra.Command {
	return group("service-token", "Tokens of service accounts", []string{"service-tokens", "svctoken"},
		newServiceTokenListCmd(app), newServiceTokenCreateCmd(app), newServiceTokenDeleteCmd(app),
	)
}

func newServiceTokenListCmd(app *App) *cobra.Command {
	return withCodes(&cobra.Command{
		Use:     "list [namespace/service]",
		Aliases: []string{"ls", "get", "show"},
		Short:   "List the tokens of a service account, or of all",
		Example: "  realmctl service-token list elastic/fleet-server",
		Args:    between(0, 1),
		RunE:    func(cmd *cobra.Command, args []string) error { return app.listServiceTokens(cmd.Context(), args) },
	}, apiCodes()...)
}

func (a *App) listServiceTokens(ctx context.Context, args []string) error {
	c, err := a.Client(ctx)
	if err != nil {
		return err
	}
	principals, err := a.principals(ctx, c, args)
	if err != nil {
		return err
	}
	v := output.View{Header: []string{"principal", "name", "source", "nodes"}, Key: 1}
	var all []esapi.ServiceCredentials
	for _, p := range principals {
		found, err := c.ServiceCredentials(ctx, p)
		if err != nil {
			return err
		}
		all = append(all, found)
		v.Rows = append(v.Rows, tokenRows(found)...)
	}
	v.Data = all
	if len(args) == 1 {
		v.Data = all[0]
	}
	return a.Show(v)
}

// principals are the one that was named, or every service account.
func (a *App) principals(ctx context.Context, c *client.Client, args []string) ([]client.ServicePrincipal, error) {
	if len(args) == 1 {
		p, err := principal(args[0])
		return []client.ServicePrincipal{p}, err
	}
	accounts, err := c.ServiceAccounts(ctx, client.ServicePrincipal{})
	if err != nil {
		return nil, err
	}
	var all []client.ServicePrincipal
	for _, name := range sortedKeys(accounts) {
		p, err := principal(name)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

func tokenRows(c esapi.ServiceCredentials) [][]string {
	var rows [][]string
	for _, name := range sortedKeys(c.Tokens) {
		rows = append(rows, []string{c.ServiceAccount, name, "index", ""})
	}
	for _, name := range sortedKeys(c.NodesCredentials.FileTokens) {
		rows = append(rows, []string{c.ServiceAccount, name, "file", list(c.NodesCredentials.FileTokens[name].Nodes)})
	}
	return rows
}

type serviceTokenCreateOptions struct {
	account string
	name    string
	save    saveFlags
}

func newServiceTokenCreateCmd(app *App) *cobra.Command {
	var o serviceTokenCreateOptions
	cmd := &cobra.Command{
		Use:     "create <namespace/service> [name]",
		Aliases: []string{"add"},
		Short:   "Create a service token and save it",
		Long: `Create a token of a service account and save it to ./.env as
<NAMESPACE>_<SERVICE>_<NAME>_TOKEN. Without a name the server chooses one. Service
tokens do not expire.`,
		Example: "  realmctl service-token create elastic/fleet-server fleet-1\n  realmctl service-token create elastic/kibana --save-value /run/secrets/token",
		Args:    between(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.account = args[0]
			if len(args) == 2 {
				o.name = args[1]
			}
			return o.run(cmd.Context(), app)
		},
	}
	o.save.add(cmd.Flags())
	return withCodes(cmd, apiCodes(exitExists, exitIO)...)
}

func (o *serviceTokenCreateOptions) run(ctx context.Context, app *App) error {
	p, err := principal(o.account)
	if err != nil {
		return err
	}
	to, err := app.place(o.save, append(append(strings.Split(o.account, "/"), some(o.name)...), "TOKEN")...)
	if err != nil {
		return err
	}
	if err := to.prove(ctx, app); err != nil {
		return err
	}
	c, err := app.Mutator(ctx)
	if err != nil {
		return err
	}
	token, value, err := c.CreateServiceToken(ctx, p, o.name)
	if err != nil {
		return o.settle(ctx, c, p, err)
	}
	if err := to.put(ctx, app, value); err != nil {
		return both(err, second(c.DeleteServiceToken(context.WithoutCancel(ctx), p, token.Token.Name)))
	}
	members := [][]string{{"principal", o.account}, {"name", token.Token.Name}}
	return app.Show(to.view(token, members, "value", value))
}

// settle takes a token away whose value nobody has, because no answer came. A name
// that the server chose cannot be found again.
func (o *serviceTokenCreateOptions) settle(ctx context.Context, c *client.Client, p client.ServicePrincipal, cause error) error {
	t, ok := errors.AsType[*client.TransportError](cause)
	if ctx.Err() == nil && (!ok || !t.Sent) {
		return cause
	}
	if o.name == "" {
		return unsettled(cause, "a new token of "+o.account)
	}
	ctx, cancel := settling(ctx)
	defer cancel()
	if _, err := c.DeleteServiceToken(ctx, p, o.name); err != nil && !isMissing(err) {
		return unsettled(cause, "the token "+o.name+" of "+o.account)
	}
	return cause
}

type serviceTokenDeleteOptions struct {
	account        string
	names          []string
	ignoreNotFound bool
}

func newServiceTokenDeleteCmd(app *App) *cobra.Command {
	var o serviceTokenDeleteOptions
	cmd := &cobra.Command{
		Use:     "delete <namespace/service> <name>...",
		Aliases: []string{"rm"},
		Short:   "Delete service tokens",
		Example: "  realmctl service-token delete elastic/fleet-server fleet-1 --yes",
		Args:    atLeast(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.account, o.names = args[0], args[1:]
			return o.run(cmd.Context(), app)
		},
	}
	cmd.Flags().BoolVar(&o.ignoreNotFound, "ignore-not-found", false, "a token that does not exist is no failure")
	return withCodes(cmd, apiCodes(exitNotFound, exitPartly)...)
}

func (o *serviceTokenDeleteOptions) run(ctx context.Context, app *App) error {
	p, err := principal(o.account)
	if err != nil {
		return err
	}
	c, err := app.Mutator(ctx)
	if err != nil {
		return err
	}
	if err := app.confirm(ctx, question{text: "delete " + counted(o.names, "token") + " of " + o.account + "?"}); err != nil {
		return err
	}
	return app.each(ctx, o.names, "deleted", func(name string) error {
		_, err := c.DeleteServiceToken(ctx, p, name)
		if isMissing(err) && o.ignoreNotFound {
			return errNothingDone
		}
		return missing(err, "token", []string{name})
	})
}

func some(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

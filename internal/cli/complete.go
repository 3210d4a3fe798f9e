package cli

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/config"
	"github.com/realmctl/realmctl/internal/output"
)

// completionTime is how long the shell waits for names; then there are none.
const completionTime = 800 * time.Millisecond

// source fetches the names that may stand in a place.
type source func(ctx context.Context, c *client.Client) ([]string, error)

// completion makes the shell offer names of the server. It asks nothing, writes
// nothing and says nothing, whatever is in the way.
func (a *App) completion(fetch source) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, to string) ([]string, cobra.ShellCompDirective) {
		a.Err = io.Discard
		ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
		defer cancel()
		a.flags.Retries, a.flags.Verbose = 0, 0
		if a.start() != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		c, err := a.Client(ctx)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		found, err := fetch(ctx, c)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		found = slices.DeleteFunc(found, func(n string) bool { return !strings.HasPrefix(n, to) || slices.Contains(args, n) })
		slices.Sort(found)
		return slices.Compact(found), cobra.ShellCompDirectiveNoFileComp
	}
}

func usernames(ctx context.Context, c *client.Client) ([]string, error) {
	users, err := c.Users(ctx)
	return sortedKeys(users), err
}

func roleNames(ctx context.Context, c *client.Client) ([]string, error) {
	roles, err := c.Roles(ctx)
	return sortedKeys(roles), err
}

func principalNames(ctx context.Context, c *client.Client) ([]string, error) {
	accounts, err := c.ServiceAccounts(ctx, client.ServicePrincipal{})
	return sortedKeys(accounts), err
}

func clusterPrivileges(ctx context.Context, c *client.Client) ([]string, error) {
	p, err := c.BuiltinPrivileges(ctx)
	return p.Cluster, err
}

func keyNames(ctx context.Context, c *client.Client) ([]string, error) {
	found, err := c.APIKeys(ctx, client.APIKeyFilter{ActiveOnly: true})
	if isRefused(err) {
		found, err = c.APIKeys(ctx, client.APIKeyFilter{ActiveOnly: true, Own: true})
	}
	var all []string
	for _, k := range found.APIKeys {
		all = append(all, k.Name)
	}
	return all, err
}

// contextNames are those of the configuration.
func (a *App) contextNames(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	a.Err = io.Discard
	if len(args) > 0 || a.start() != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	f, err := a.file()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return f.Names, cobra.ShellCompDirectiveNoFileComp
}

// completeFlags offers values of flags wherever cmd, or a command below it, has them.
func completeFlags(cmd *cobra.Command, values map[string]cobra.CompletionFunc) {
	for flag, complete := range values {
		// LocalFlags would merge those of all parents, for each flag of each command.
		if cmd.Flags().Lookup(flag) != nil || cmd.PersistentFlags().Lookup(flag) != nil {
			_ = cmd.RegisterFlagCompletionFunc(flag, complete) // it fails only for flags that are not there, or twice
		}
	}
	for _, sub := range cmd.Commands() {
		completeFlags(sub, values)
	}
}

// flagValues are the values of flags that have the same name in every command.
func (a *App) flagValues() map[string]cobra.CompletionFunc {
	fixed := func(values ...string) cobra.CompletionFunc {
		return cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
	}
	var formats, kinds []string
	for _, f := range output.Formats() {
		formats = append(formats, string(f))
	}
	for _, k := range config.Kinds() {
		kinds = append(kinds, string(k))
	}
	return map[string]cobra.CompletionFunc{
		"context": func(c *cobra.Command, _ []string, to string) ([]string, cobra.ShellCompDirective) {
			return a.contextNames(c, nil, to)
		},
		"output":      fixed(formats...),
		"auth":        fixed(kinds...),
		"color":       fixed("auto", "always", "never"),
		"method":      fixed(config.Methods()...),
		"key-format":  fixed("encoded", "id-key", "beats", "logstash", "curl"),
		"if-exists":   fixed("error", ifExistsReuse),
		"role":        a.completion(roleNames),
		"roles":       a.completion(roleNames),
		"add-role":    a.completion(roleNames),
		"remove-role": a.completion(roleNames),
		"from-role":   a.completion(roleNames),
		"run-as":      a.completion(usernames),
		"owner":       a.completion(usernames),
		"user":        a.completion(usernames),
		"cluster":     a.completion(clusterPrivileges),
	}
}

// completeArguments offers names for the arguments of nouns that have them.
func (a *App) completeArguments(root *cobra.Command) {
	first := func(fetch source) cobra.CompletionFunc {
		complete := a.completion(fetch)
		return func(cmd *cobra.Command, args []string, to string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return complete(cmd, args, to)
		}
	}
	for path, complete := range map[string]cobra.CompletionFunc{
		"user get": a.completion(usernames), "user update": first(usernames), "user delete": a.completion(usernames), "user enable": a.completion(usernames),
		"user disable": a.completion(usernames), "user password": first(usernames), "user roles": first(usernames), "user lookup": first(usernames),
		"role get": a.completion(roleNames), "role update": first(roleNames), "role delete": a.completion(roleNames), "role clear-cache": a.completion(roleNames),
		"api-key get": first(keyNames), "api-key invalidate": a.completion(keyNames),
		"service-account get": first(principalNames), "service-token list": first(principalNames),
		"service-token create": first(principalNames), "service-token delete": first(principalNames),
		"context use": a.contextNames, "context show": a.contextNames, "context edit": a.contextNames, "context remove": a.contextNames, "context test": a.contextNames,
	} {
		if cmd, rest, err := root.Find(strings.Fields(path)); err == nil && len(rest) == 0 {
			cmd.ValidArgsFunction = complete
		}
	}
}

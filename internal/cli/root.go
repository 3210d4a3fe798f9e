package cli

import (
	"github.com/spf13/cobra"
)

// The groups of commands in help.
const (
	groupStart    = "start"
	groupIdentity = "identity"
	groupManage   = "manage"
	groupOffline  = "offline"
	groupSetup    = "set-up"
)

// newRootCmd lists every command of the program.
func newRootCmd(app *App) *cobra.Command {
	root := &cobra.Command{
		Use:   "realmctl",
		Short: "Users, roles, API keys and tokens of Elasticsearch, with or without a cluster",
		Long: `realmctl manages users, roles, API keys, service tokens and the file realm of
Elasticsearch, on a cluster or on an embedded engine of its own.`,
		Example: `  realmctl init                     make an engine in this folder
  realmctl authenticate             who am I?
  realmctl user create ana --roles viewer
  realmctl api-key create ci --read 'logs-*' --expires 30d`,
		SilenceUsage:      true,
		SilenceErrors:     true,
		DisableAutoGenTag: true,
		Args:              cobra.NoArgs,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkExclusive(cmd); err != nil {
				return err
			}
			return app.start()
		},
	}
	app.flags.add(root.PersistentFlags())
	root.CompletionOptions.DisableDefaultCmd = true
	root.SuggestionsMinimumDistance = 2
	root.SetUsageFunc(usage)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return err })
	for _, g := range []struct {
		id, title string
		commands  []*cobra.Command
	}{
		{groupStart, "Start", []*cobra.Command{newQuickstartCmd(app), newInitCmd(app), newServeCmd(app)}},
		{groupIdentity, "Identity", []*cobra.Command{newAuthenticateCmd(app), newStatusCmd(app)}},
		{groupManage, "Manage", []*cobra.Command{
			newUserCmd(app), newRoleCmd(app), newPrivilegeCmd(app), newAPIKeyCmd(app), newGrantCmd(app),
			newServiceAccountCmd(app), newServiceTokenCmd(app), newTokenCmd(app), newRealmCmd(app),
		}},
		{groupOffline, "Offline", []*cobra.Command{newFileCmd(app), newHashCmd(app), newPasswordCmd(app), newCompatCmd(app)}},
		{groupSetup, "Set-up", []*cobra.Command{
			newContextCmd(app), newEnvCmd(app), newConfigCmd(app), newAPICmd(app), newCompletionCmd(app), newVersionCmd(app),
		}},
	} {
		root.AddGroup(&cobra.Group{ID: g.id, Title: g.title})
		for _, c := range g.commands {
			c.GroupID = g.id
			root.AddCommand(c)
		}
	}
	root.AddCommand(newFlagsTopic(root))
	completeFlags(root, app.flagValues())
	app.completeArguments(root)
	return root
}

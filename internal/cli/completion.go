package cli

import (
	"io"

	"github.com/spf13/cobra"
)

// shells are those that completions exist for.
func shells() []string { return []string{"bash", "zsh", "fish", "powershell"} }

// writeCompletion writes the script for a shell.
func writeCompletion(root *cobra.Command, shell string, w io.Writer) error {
	switch shell {
	case "bash":
		return root.GenBashCompletionV2(w, true)
	case "zsh":
		return root.GenZshCompletion(w)
	case "fish":
		return root.GenFishCompletion(w, true)
	case "powershell":
		return root.GenPowerShellCompletionWithDesc(w)
	}
	return usagef("no completion for %q; one of %s", shell, list(shells()))
}

func newCompletionCmd(app *App) *cobra.Command {
	return withCodes(&cobra.Command{
		Use:   "completion <shell>",
		Short: "Write the completion script for bash, zsh, fish or powershell",
		Example: `  source <(realmctl completion bash)
  realmctl completion fish > ~/.config/fish/completions/realmctl.fish`,
		Args:      exactly(1),
		ValidArgs: shells(),
		RunE: func(cmd *cobra.Command, args []string) error {
			return writeCompletion(cmd.Root(), args[0], app.Out)
		},
	})
}

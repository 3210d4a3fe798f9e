package cli

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// Reference is the command reference and the completion scripts as they belong into
// the repository: content by path from its top.
func Reference() (map[string][]byte, error) {
	root := newRootCmd(&App{})
	files := map[string][]byte{"docs/commands/README.md": overview(root), "docs/commands/flags.md": globalFlagsPage(root)}
	for _, cmd := range root.Commands() {
		if cmd.IsAvailableCommand() && cmd.Runnable() {
			files["docs/commands/"+cmd.Name()+".md"] = page(cmd)
		}
	}
	for shell, name := range map[string]string{"bash": "realmctl.bash", "zsh": "_realmctl", "fish": "realmctl.fish", "powershell": "realmctl.ps1"} {
		var b bytes.Buffer
		if err := writeCompletion(root, shell, &b); err != nil {
			return nil, err
		}
		files["completions/"+name] = b.Bytes()
	}
	return files, nil
}

const generated = "<!-- Made by: go run ./internal/gen/docs. Do not edit. -->\n\n"

// overview lists every command with a link.
func overview(root *cobra.Command) []byte {
	var b bytes.Buffer
	b.WriteString(generated + "# Commands\n\n" + root.Long + "\n")
	for _, g := range root.Groups() {
		fmt.Fprintf(&b, "\n## %s\n\n", g.Title)
		for _, cmd := range root.Commands() {
			if cmd.GroupID != g.ID {
				continue
			}
			fmt.Fprintf(&b, "- [%s](%s.md): %s\n", cmd.Name(), cmd.Name(), cmd.Short)
			for _, sub := range cmd.Commands() {
				if sub.IsAvailableCommand() {
					fmt.Fprintf(&b, "  - [%s %s](%s.md#%s): %s\n", cmd.Name(), sub.Name(), cmd.Name(), anchor(sub), sub.Short)
				}
			}
		}
	}
	b.WriteString("\nEvery command also has the [global flags](flags.md); [exit codes](../exit-codes.md) are the same everywhere.\n")
	return b.Bytes()
}

// anchor is how GitHub links to the heading of a command.
func anchor(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

func globalFlagsPage(root *cobra.Command) []byte {
	var b bytes.Buffer
	b.WriteString(generated + "# Global flags\n\nEvery command has these flags.\n")
	fence(&b, root.PersistentFlags().FlagUsages())
	return b.Bytes()
}

// page describes a command and all below it.
func page(cmd *cobra.Command) []byte {
	var b bytes.Buffer
	b.WriteString(generated)
	section(&b, cmd, "#")
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			b.WriteString("\n")
			section(&b, sub, "##")
			for _, deeper := range sub.Commands() {
				b.WriteString("\n")
				section(&b, deeper, "###")
			}
		}
	}
	return b.Bytes()
}

func section(b *bytes.Buffer, cmd *cobra.Command, level string) {
	fmt.Fprintf(b, "%s %s\n\n", level, cmd.CommandPath())
	text := cmd.Long
	if text == "" {
		text = cmd.Short + "."
	}
	b.WriteString(strings.NewReplacer("<", "\\<", "*", "\\*").Replace(text) + "\n")
	if len(cmd.Aliases) > 0 {
		fmt.Fprintf(b, "\nAlso called: %s\n", list(cmd.Aliases))
	}
	if cmd.HasSubCommands() {
		return
	}
	cmd.InheritedFlags() // merges them, as parsing does before --help is shown
	fence(b, cmd.UseLine())
	if cmd.Example != "" {
		b.WriteString("\nExamples:\n")
		fence(b, cmd.Example)
	}
	if cmd.HasAvailableLocalFlags() {
		b.WriteString("\nFlags:\n")
		fence(b, cmd.LocalNonPersistentFlags().FlagUsages())
	}
	b.WriteString("\nExit codes:\n\n")
	for _, code := range codesOf(cmd) {
		fmt.Fprintf(b, "- %d: %s\n", code, exitMeanings()[code])
	}
}

// fence shows a text as it is.
func fence(b *bytes.Buffer, text string) {
	b.WriteString("\n```\n" + strings.TrimRight(text, "\n") + "\n```\n")
}

package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// usageTemplate is cobra's with the exit codes of the command and the global flags
// mentioned instead of repeated.
const usageTemplate = `Usage:{{if .Runnable}}
  {{.UseLine}}{{end}}{{if .HasAvailableSubCommands}}
  {{.CommandPath}} <command>{{end}}{{if gt (len .Aliases) 0}}

Aliases:
  {{.NameAndAliases}}{{end}}{{if .HasExample}}

Examples:
{{.Example}}{{end}}{{if .HasAvailableSubCommands}}{{$cmds := .Commands}}{{if eq (len .Groups) 0}}

Commands:{{range $cmds}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding }} {{.Short}}{{end}}{{end}}{{else}}{{range $group := .Groups}}

{{.Title}}{{range $cmds}}{{if (and (eq .GroupID $group.ID) .IsAvailableCommand)}}
  {{rpad .Name .NamePadding }} {{.Short}}{{end}}{{end}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{exits .}}{{if and .HasAvailableInheritedFlags (not .HasAvailableSubCommands)}}

Global flags: realmctl help flags{{end}}{{if .HasAvailableSubCommands}}

Help of a command: {{.CommandPath}} <command> --help{{end}}
`

// codesOf are the exit codes of a command: those of every command and its own.
func codesOf(cmd *cobra.Command) []int {
	codes := []int{exitDone, exitUsage, exitInternal, exitCancelled}
	for text := range strings.FieldsSeq(cmd.Annotations[codesKey]) {
		if n, err := strconv.Atoi(text); err == nil {
			codes = append(codes, n)
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// exits is the section of help that lists the exit codes.
func exits(cmd *cobra.Command) string {
	if !cmd.Runnable() || cmd.Annotations[codesKey] == "" {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n\nExit codes:\n")
	for _, code := range codesOf(cmd) {
		fmt.Fprintf(&b, "  %3d  %s\n", code, exitMeanings()[code])
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// newFlagsTopic is "realmctl help flags".
func newFlagsTopic(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "flags",
		Short: "The flags that every command has",
		Long:  "Every command has these flags:\n\n" + strings.TrimRight(root.PersistentFlags().FlagUsages(), "\n"),
	}
}

// group makes a command that only holds others: alone it shows its help, with
// something unknown behind it it is a usage error.
func group(use, short string, aliases []string, commands ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:     use,
		Short:   short,
		Aliases: aliases,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			text := fmt.Sprintf("unknown command %q for %q", args[0], cmd.CommandPath())
			if best := nearest(args[0], names(cmd.Commands())); best != "" {
				text += "; did you mean " + best + "?"
			}
			return fmt.Errorf("%s", text)
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(commands...)
	return cmd
}

func names(commands []*cobra.Command) []string {
	var all []string
	for _, c := range commands {
		all = append(all, c.Name())
	}
	return all
}

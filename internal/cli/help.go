package cli

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// usage is the part of help below the description. Global flags are mentioned, not
// repeated.
func usage(cmd *cobra.Command) error {
	var b strings.Builder
	b.WriteString("Usage:\n")
	if cmd.Runnable() {
		b.WriteString("  " + cmd.UseLine() + "\n")
	}
	if cmd.HasAvailableSubCommands() {
		b.WriteString("  " + cmd.CommandPath() + " <command>\n")
	}
	if len(cmd.Aliases) > 0 {
		b.WriteString("\nAliases:\n  " + cmd.NameAndAliases() + "\n")
	}
	if cmd.HasExample() {
		b.WriteString("\nExamples:\n" + cmd.Example + "\n")
	}
	commands(&b, cmd)
	if cmd.HasAvailableLocalFlags() && cmd.HasParent() {
		b.WriteString("\nFlags:\n" + strings.TrimRight(cmd.LocalFlags().FlagUsages(), " \n") + "\n")
	}
	b.WriteString(exits(cmd))
	if cmd.HasAvailableSubCommands() {
		b.WriteString("\nHelp of a command: " + cmd.CommandPath() + " <command> --help\n")
	}
	b.WriteString("\nGlobal flags: realmctl help flags\n")
	_, err := io.WriteString(cmd.OutOrStderr(), b.String())
	return err
}

// commands lists what is below a command, by groups where there are any.
func commands(b *strings.Builder, cmd *cobra.Command) {
	groups := cmd.Groups()
	if len(groups) == 0 {
		groups = []*cobra.Group{{Title: "Commands:"}}
	}
	for _, g := range groups {
		title := "\n" + g.Title + "\n"
		for _, sub := range cmd.Commands() {
			if sub.GroupID == g.ID && sub.IsAvailableCommand() {
				fmt.Fprintf(b, "%s  %-*s %s\n", title, sub.NamePadding(), sub.Name(), sub.Short)
				title = ""
			}
		}
	}
}

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
	b.WriteString("\nExit codes:\n")
	for _, code := range codesOf(cmd) {
		fmt.Fprintf(&b, "  %3d  %s\n", code, exitMeanings()[code])
	}
	return b.String()
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

package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/realmctl/realmctl/internal/config"
	"github.com/realmctl/realmctl/internal/output"
)

// globalFlags are those that every command has.
type globalFlags struct {
	config.Flags

	JQ, Template string
	Columns      []string
	Sort         string
	NoHeaders    bool
	Quiet        bool
	Verbose      int
	Yes, NoInput bool
	Confirm      string
	DryRun, Curl bool
	Retries      int
}

func (g *globalFlags) add(f *pflag.FlagSet) {
	f.StringVarP(&g.Context, "context", "c", "", "talk to the context `name` of the configuration")
	f.StringVar(&g.URL, "url", "", "talk to the server at `URL`")
	f.StringVar(&g.Data, "data", "", "use the embedded engine in the folder `DIR`")
	f.StringVar(&g.CredentialEnv, "credential-env", "", "the credential is in the variable `NAME`")
	f.StringVar(&g.Auth, "auth", "", "`kind` of credential: api-key, bearer, basic, pki, elastic or none")
	f.StringVar(&g.RunAs, "run-as", "", "act as the user `name`")
	f.StringArrayVar(&g.EnvFiles, "env-file", nil, "read variables from the `file`; may be repeated")
	f.BoolVar(&g.NoEnvFile, "no-env-file", false, "leave ./.env out")
	f.StringVarP(&g.Output, "output", "o", "", "`format`: table, json, yaml, csv, name, value or env")
	f.StringVar(&g.JQ, "jq", "", "filter the JSON form with the jq `expression`")
	f.StringVar(&g.Template, "template", "", "show the JSON form with the Go `template`")
	f.StringSliceVar(&g.Columns, "columns", nil, "the columns to show, by `name`")
	f.StringVar(&g.Sort, "sort", "", "sort by `column`, or column:desc")
	f.BoolVar(&g.NoHeaders, "no-headers", false, "leave the headings out")
	f.BoolVarP(&g.Quiet, "quiet", "q", false, "say nothing but results and errors")
	f.CountVarP(&g.Verbose, "verbose", "v", "show what is sent and as whom; twice: with headers")
	f.BoolVarP(&g.Yes, "yes", "y", false, "answer yes to the question")
	f.StringVar(&g.Confirm, "confirm", "", "confirm a change of a protected context by its `name`")
	f.BoolVar(&g.NoInput, "no-input", false, "never ask")
	f.BoolVar(&g.DryRun, "dry-run", false, "show what would be sent, change nothing")
	f.BoolVar(&g.Curl, "curl", false, "show the request as a curl command, send nothing")
	f.StringVar(&g.Timeout, "timeout", "", "of one request, as a `duration` such as 30s (default 30s)")
	f.IntVar(&g.Retries, "retries", 2, "repeat safe requests so many `times`")
	f.StringVar(&g.ColorUse, "color", "", "`when` to use colour: auto, always or never")
	f.StringVar(&g.CACert, "ca-cert", "", "trust the CA in the `file`, or PEM text")
	f.StringVar(&g.CAFingerprint, "ca-fingerprint", "", "trust the CA with this SHA-256 `fingerprint`")
	f.StringVar(&g.ClientCert, "client-cert", "", "show the certificate in the `file`, or PEM text")
	f.StringVar(&g.ClientKey, "client-key", "", "the certificate's key in the `file`")
	f.StringVar(&g.Insecure, "insecure", "", "do not verify the server; off this machine only `host`")
	f.Lookup("insecure").NoOptDefVal = config.InsecureLoopback
	f.BoolVar(&g.AllowPlaintext, "allow-plaintext", false, "send credentials without encryption to other machines")
}

// check finds contradictions before anything is read.
func (g *globalFlags) check() error {
	if g.Quiet && g.Verbose > 0 {
		return usagef("--quiet and --verbose exclude each other")
	}
	if g.DryRun && g.Curl {
		return usagef("--dry-run and --curl exclude each other")
	}
	if g.Retries < 0 || g.Retries > 10 {
		return usagef("--retries takes 0 to 10")
	}
	switch g.ColorUse {
	case "", "auto", "always", "never":
	default:
		return usagef("--color %q: one of auto, always, never", g.ColorUse)
	}
	return g.options().Check()
}

// options is what output needs to know of the flags.
func (g *globalFlags) options() output.Options {
	return output.Options{Format: output.Format(g.Output), JQ: g.JQ, Template: g.Template, Columns: g.Columns, Sort: g.Sort, NoHeaders: g.NoHeaders}
}

// exactly wants so many arguments, none of them empty.
func exactly(n int) cobra.PositionalArgs { return between(n, n) }

// atLeast wants so many arguments or more, none of them empty.
func atLeast(n int) cobra.PositionalArgs { return between(n, -1) }

// between wants from low to high arguments; high -1 is any number. An empty one
// would turn "this user" into "all users".
func between(low, high int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		usage := strings.TrimSuffix(cmd.UseLine(), " [flags]")
		if len(args) < low {
			return fmt.Errorf("an argument is missing: %s", usage)
		}
		if high >= 0 && len(args) > high {
			return fmt.Errorf("too many arguments: %s", usage)
		}
		if slices.Contains(args, "") {
			return fmt.Errorf("an argument is empty: %s", usage)
		}
		return nil
	}
}

// exclusiveKey is the annotation that holds the flags that exclude each other.
const exclusiveKey = "exclusive-flags"

// exclusive makes flags exclude each other, in completion and when they are parsed.
func exclusive(cmd *cobra.Command, flags ...string) {
	cmd.MarkFlagsMutuallyExclusive(flags...)
	if cmd.Annotations == nil {
		cmd.Annotations = map[string]string{}
	}
	cmd.Annotations[exclusiveKey] += strings.Join(flags, " ") + "\n"
}

// checkExclusive says which flags exclude each other in words of our own.
func checkExclusive(cmd *cobra.Command) error {
	for line := range strings.Lines(cmd.Annotations[exclusiveKey]) {
		var given []string
		for flag := range strings.FieldsSeq(line) {
			if cmd.Flags().Changed(flag) {
				given = append(given, "--"+flag)
			}
		}
		if len(given) > 1 {
			return fmt.Errorf("%s exclude each other", strings.Join(given, " and "))
		}
	}
	return nil
}

package cli

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/atomicfile"
	"github.com/realmctl/realmctl/internal/output"
	"github.com/realmctl/realmctl/internal/tokensfile"
)

func newFileTokenListCmd(app *App) *cobra.Command {
	var flags confFlags
	cmd := &cobra.Command{
		Use:     "list [namespace/service]",
		Aliases: []string{"ls"},
		Short:   "List the service tokens of the file",
		Example: "  realmctl file token list\n  realmctl file token list elastic/fleet-server -o name",
		Args:    between(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			return app.listFileTokens(flags, strings.Join(args, ""))
		},
	}
	flags.add(cmd.Flags())
	return withCodes(cmd, exitNoInput, exitNotFound, exitIO, exitConfig)
}

func (a *App) listFileTokens(flags confFlags, account string) error {
	type token struct {
		Token     string `json:"token"`
		Algorithm string `json:"algorithm"`
		Problem   string `json:"problem,omitempty"`
	}
	c, err := flags.open(a)
	if err != nil {
		return err
	}
	hashes, err := c.tokens()
	if err != nil {
		return err
	}
	names := tokensfile.Names(hashes, account)
	if len(names) == 0 && account != "" {
		if err := checkAccount(account); err != nil {
			return err
		}
	}
	all := []token{}
	v := output.View{Header: []string{"token", "algorithm", "problem"}}
	for _, name := range names {
		algorithm, problem := describeHash(hashes[name])
		if of, _ := path.Split(name); !slices.Contains(tokensfile.Accounts(), strings.TrimSuffix(of, "/")) {
			problem = "there is no such service account"
		}
		all = append(all, token{name, algorithm, problem})
		v.Rows = append(v.Rows, []string{name, algorithm, problem})
	}
	v.Data = all
	return a.Show(v)
}

// checkAccount wants one of the service accounts that there are.
func checkAccount(account string) error {
	if slices.Contains(tokensfile.Accounts(), account) {
		return nil
	}
	err := failf(exitNotFound, "there is no service account %s", account)
	return err.withHint("one of %s", list(tokensfile.Accounts()))
}

type fileTokenDeleteOptions struct {
	conf           confFlags
	account        string
	names          []string
	ignoreNotFound bool
}

func newFileTokenDeleteCmd(app *App) *cobra.Command {
	var o fileTokenDeleteOptions
	cmd := &cobra.Command{
		Use:     "delete <namespace/service> <name>...",
		Aliases: []string{"rm"},
		Short:   "Delete service tokens from the file",
		Example: "  realmctl file token delete elastic/fleet-server fleet-1 --yes",
		Args:    atLeast(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.account, o.names = args[0], args[1:]
			return o.run(cmd.Context(), app)
		},
	}
	o.conf.add(cmd.Flags())
	cmd.Flags().BoolVar(&o.ignoreNotFound, "ignore-not-found", false, "a token that does not exist is no failure")
	return withCodes(cmd, fileCodes(exitNotFound)...)
}

func (o *fileTokenDeleteOptions) run(ctx context.Context, app *App) error {
	c, err := o.conf.open(app)
	if err != nil {
		return err
	}
	names, err := o.present(c)
	if err != nil {
		return err
	}
	if len(names) > 0 {
		if err := c.confirm(ctx, app, "delete "+counted(names, "file token")+" of "+o.account+"?"); err != nil {
			return err
		}
		err = c.editTokens(ctx, app, atomicfile.Options{}, func(e *tokensfile.Editor) error {
			for _, name := range names {
				if err := e.Delete(o.account, name); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	v := output.View{Data: struct {
		Deleted []string `json:"deleted"`
		Conf    string   `json:"conf"`
	}{append([]string{}, names...), c.dir}, Header: []string{"name", "deleted"}}
	for _, name := range names {
		v.Rows = append(v.Rows, []string{name, yes(!app.planning())})
	}
	return app.Show(v)
}

// present drops or refuses names that the file does not have.
func (o *fileTokenDeleteOptions) present(c *conf) ([]string, error) {
	text, err := c.tokensText()
	if err != nil {
		return nil, err
	}
	var there, unknown []string
	for _, name := range unique(o.names) {
		if tokensfile.Has(text, tokensfile.Key(o.account, name)) {
			there = append(there, name)
		} else {
			unknown = append(unknown, tokensfile.Key(o.account, name))
		}
	}
	if o.ignoreNotFound {
		return there, nil
	}
	return there, notFound("file token", unknown)
}

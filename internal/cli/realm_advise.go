package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/output"
	"github.com/realmctl/realmctl/internal/realm/advise"
)

func newRealmAdviseCmd(app *App) *cobra.Command {
	var deployment, use string
	cmd := &cobra.Command{
		Use:   "advise",
		Short: "Say which way to authenticate fits a deployment and a use",
		Long: `Say which way to authenticate fits where the cluster runs (self: one's own machines, eck:
Kubernetes, ece: Elastic Cloud Enterprise, ech: Elastic Cloud Hosted, serverless) and
what it is for (rest: a program, browser: people in Kibana, ci: a pipeline, dr: disaster
recovery), with the lowest licence and the command to go on with.`,
		Example: "  realmctl realm advise --deployment self --use ci\n  realmctl realm advise --deployment serverless --use rest -o json",
		Args:    exactly(0),
		RunE: func(*cobra.Command, []string) error {
			if deployment == "" || use == "" {
				return usagef("say where and what for: --deployment %s --use %s", strings.Join(advise.Deployments(), "|"), strings.Join(advise.Uses(), "|"))
			}
			list, err := advise.For(deployment, use)
			if err != nil {
				return usagef("--%v", err)
			}
			return app.showAdvice(list)
		},
	}
	cmd.Flags().StringVar(&deployment, "deployment", "", "where the cluster runs: `place` is self, eck, ece, ech or serverless")
	cmd.Flags().StringVar(&use, "use", "", "what it is for: `use` is rest, browser, ci or dr")
	return cmd
}

// showAdvice writes lines for people, uncut, as reasons are what they came for, and
// columns for programs.
func (a *App) showAdvice(list []advise.Advice) error {
	if a.table() && len(a.flags.Columns) == 0 && a.flags.Sort == "" {
		for _, e := range list {
			a.tellAdvice(e)
		}
		return nil
	}
	v := output.View{Data: list, Header: []string{"fit", "method", "licence", "why", "next"}}
	for _, e := range list {
		v.Rows = append(v.Rows, []string{string(e.Fit), e.Method, e.License, e.Why, e.Next})
	}
	return a.Show(v)
}

// tellAdvice writes one way, with the command to go on with below it.
func (a *App) tellAdvice(e advise.Advice) {
	method := e.Method
	if e.License != advise.NoLicense {
		method += " (" + e.License + ")"
	}
	fmt.Fprintf(a.Out, "%-13s%s: %s\n", e.Fit, method, e.Why)
	if e.Next != "" {
		fmt.Fprintf(a.Out, "%-13s%s\n", "", e.Next)
	}
}

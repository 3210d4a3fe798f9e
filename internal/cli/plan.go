package cli

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/output"
	"github.com/realmctl/realmctl/internal/secret"
)

// planning reports whether nothing may be sent that changes something.
func (a *App) planning() bool { return a.plan != nil }

// planned is the value to send: the real one, or its variable in a plan.
func (a *App) planned(value secret.String, variable string) secret.String {
	if a.planning() {
		return client.Variable(variable)
	}
	return value
}

// showPlan ends a command whose requests were written down.
func (a *App) showPlan() error {
	if a.flags.Curl {
		s, err := a.Settings()
		if err != nil {
			return err
		}
		for _, r := range a.plan.Requests {
			fmt.Fprintln(a.Out, r.Curl(curlFlags(s)...))
		}
		return nil
	}
	if a.flags.Output != "" && a.flags.Output != string(output.Table) || a.flags.JQ != "" || a.flags.Template != "" {
		return a.Show(planView(a.plan.Requests))
	}
	for _, r := range a.plan.Requests {
		fmt.Fprintf(a.Out, "%s %s\n", r.Method, r.Path)
		var body bytes.Buffer
		if len(r.Body) > 0 && json.Indent(&body, r.Body, "", "  ") == nil {
			fmt.Fprintln(a.Out, body.String())
		}
	}
	return nil
}

func planView(requests []client.Planned) output.View {
	v := output.View{Data: requests, Header: []string{"method", "path", "body"}, Key: 1}
	for _, r := range requests {
		v.Rows = append(v.Rows, []string{r.Method, r.Path, string(r.Body)})
	}
	return v
}

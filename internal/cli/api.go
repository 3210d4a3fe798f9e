package cli

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/output"
)

type apiOptions struct {
	method, path string
	file         string
}

func newAPICmd(app *App) *cobra.Command {
	var o apiOptions
	cmd := &cobra.Command{
		Use:   "api <method> <path>",
		Short: "Send a request as it is, with the same credential",
		Example: `  realmctl api GET /_security/_authenticate
  realmctl api PUT /_security/role_mapping/ops -f mapping.json`,
		Args: exactly(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.method, o.path = strings.ToUpper(args[0]), args[1]
			return o.run(cmd.Context(), app)
		},
	}
	cmd.Flags().StringVarP(&o.file, "filename", "f", "", "the body is in the `file`, sent as it stands; - is standard input")
	return withCodes(cmd, apiCodes(exitNotFound, exitExists, exitNoInput)...)
}

func (o *apiOptions) run(ctx context.Context, app *App) error {
	if strings.Trim(o.method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return usagef("%q is not an HTTP method", o.method)
	}
	if strings.ContainsAny(o.path, " \t\r\n") || strings.Contains(o.path, "://") {
		return usagef("%q is not an escaped path such as /_security/_authenticate", o.path)
	}
	var body []byte
	if o.file != "" {
		var err error
		if body, err = app.readFile(o.file); err != nil {
			return err
		}
	}
	c, err := o.client(ctx, app)
	if err != nil {
		return err
	}
	raw, err := c.Do(ctx, o.method, "/"+strings.TrimPrefix(o.path, "/"), body)
	if err != nil {
		return err
	}
	if err := o.show(app, raw); err != nil {
		return err
	}
	if err := raw.Err(o.method, o.path); err != nil {
		return &exitError{code: exitCode(err)} // the answer says why
	}
	return nil
}

// client asks before a DELETE, as every destructive command does.
func (o *apiOptions) client(ctx context.Context, app *App) (*client.Client, error) {
	if o.method == http.MethodGet || o.method == http.MethodHead {
		return app.Client(ctx)
	}
	c, err := app.Mutator(ctx)
	if err != nil || o.method != http.MethodDelete {
		return c, err
	}
	return c, app.confirm(ctx, question{text: "DELETE " + o.path + "?"})
}

// show prints the answer: as JSON through the output formats, else as it came. It
// may hold a secret that the request made; that is what was asked for.
func (o *apiOptions) show(app *App, raw client.Raw) error {
	if len(raw.Body) == 0 {
		return nil
	}
	if !json.Valid(raw.Body) {
		_, err := app.Out.Write(append(raw.Body, '\n'))
		return err
	}
	f := output.Format(app.flags.Output)
	if f != output.JSON && f != output.YAML {
		app.flags.Output = string(output.JSON)
	}
	return app.Show(output.View{Data: json.RawMessage(raw.Body)})
}

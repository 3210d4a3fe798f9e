package cli

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/atomicfile"
	"github.com/realmctl/realmctl/internal/linefile"
	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/tokensfile"
	"github.com/realmctl/realmctl/internal/usersfile"
)

func newFileTokenCmd(app *App) *cobra.Command {
	return group("token", "Service tokens in the file service_tokens", []string{"tokens"},
		newFileTokenListCmd(app), newFileTokenCreateCmd(app), newFileTokenDeleteCmd(app),
	)
}

// readIfThere reads a file; a missing one is empty.
func readIfThere(path string) (string, error) {
	text, err := linefile.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return text, err
}

// tokens are the hashes by name, as a node sees them.
func (c *conf) tokens() (map[string]string, error) {
	text, err := c.tokensText()
	return tokensfile.Parse(tokensfile.Path(c.dir), text, nil), err
}

// tokensText is the content of service_tokens; a node's folder need not have it.
func (c *conf) tokensText() (string, error) {
	text, err := linefile.Read(tokensfile.Path(c.dir))
	if errors.Is(err, fs.ErrNotExist) {
		return "", c.mustHaveUsers()
	}
	return text, c.explain(err)
}

// editTokens changes service_tokens under its lock. A dry run writes nothing.
func (c *conf) editTokens(ctx context.Context, a *App, o atomicfile.Options, change func(*tokensfile.Editor) error) error {
	waiting, cancel, err := a.patient(ctx)
	if err != nil {
		return err
	}
	defer cancel()
	e, err := tokensfile.Edit(waiting, c.dir, o)
	if err != nil {
		return c.explain(err)
	}
	defer e.Close()
	if err := change(e); err != nil || a.planning() {
		return c.explain(err)
	}
	out, err := e.Save()
	for _, n := range out.Notices {
		a.warnf("%s", n)
	}
	return c.explain(err)
}

type fileTokenCreateOptions struct {
	conf          confFlags
	account, name string
	service       accountFlag
	algorithm     string
	save          saveFlags
}

func newFileTokenCreateCmd(app *App) *cobra.Command {
	var o fileTokenCreateOptions
	cmd := &cobra.Command{
		Use:     "create <namespace/service> <name>",
		Aliases: []string{"add"},
		Short:   "Create a service token in the file and save it",
		Long: `Create a token of a service account in service_tokens, and save it to ./.env as
<NAMESPACE>_<SERVICE>_<NAME>_TOKEN. It lets the account in on the nodes whose file
has it, and never expires.`,
		Example: "  realmctl file token create elastic/fleet-server fleet-1 --conf /etc/elasticsearch",
		Args:    exactly(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.account, o.name = args[0], args[1]
			return o.run(cmd.Context(), app)
		},
	}
	f := cmd.Flags()
	o.conf.add(f)
	o.service.add(f)
	addAlgorithm(f, &o.algorithm)
	o.save.add(f)
	return withCodes(cmd, fileCodes(exitNotFound)...)
}

func (o *fileTokenCreateOptions) run(ctx context.Context, app *App) error {
	c, options, err := o.check(app)
	if err != nil {
		return err
	}
	to, err := app.place(o.save, append(strings.Split(o.account, "/"), o.name, "TOKEN")...)
	if err != nil {
		return err
	}
	if err := to.prove(ctx, app); err != nil {
		return err
	}
	plain := tokensfile.NewSecret()
	pool, err := c.hasher(o.algorithm, tokenHashing())
	if err != nil {
		return err
	}
	hash, err := pool.Hash(ctx, plain)
	if err != nil {
		return err
	}
	bearer := tokensfile.Bearer(o.account, o.name, plain)
	if err := o.put(ctx, app, to, bearer); err != nil {
		return err
	}
	err = c.editTokens(ctx, app, options, func(e *tokensfile.Editor) error {
		if e.Refused() {
			app.warnRefused(tokensfile.Name)
		}
		return e.Add(o.account, o.name, hash)
	})
	if err != nil {
		return both(err, to.Undo(context.WithoutCancel(ctx)))
	}
	data := fileToken{Token: tokensfile.Key(o.account, o.name), Conf: c.dir, Created: true}
	if app.planning() { // nor is there a token to show with --reveal
		planned := usersfile.Change{File: tokensfile.Name, What: "add", User: data.Token, Detail: pool.Algorithm() + " ***"}
		return app.Show(edited{changes: []usersfile.Change{planned}}.plan())
	}
	return app.Show(to.view(data, [][]string{{"token", data.Token}, {"created", "yes"}, {"conf", c.dir}}, "value", bearer))
}

// fileToken is the result of a new token.
type fileToken struct {
	Token   string `json:"token"`
	Conf    string `json:"conf"`
	Created bool   `json:"created"`
}

func (o *fileTokenCreateOptions) put(ctx context.Context, app *App, to place, bearer secret.String) error {
	if app.planning() {
		return nil
	}
	return to.put(ctx, app, bearer)
}

// check finds every reason not to create the token before it is made.
func (o *fileTokenCreateOptions) check(app *App) (*conf, atomicfile.Options, error) {
	if err := checkAccount(o.account); err != nil {
		return nil, atomicfile.Options{}, err
	}
	c, err := o.conf.open(app)
	if err != nil {
		return nil, atomicfile.Options{}, err
	}
	if err := tokensfile.CheckName(o.name); err != nil {
		return nil, atomicfile.Options{}, c.explain(err)
	}
	if err := c.mustHaveUsers(); err != nil {
		return nil, atomicfile.Options{}, err
	}
	reader, err := o.service.find(c)
	if err != nil {
		return nil, atomicfile.Options{}, err
	}
	hashes, err := c.tokens()
	if err != nil {
		return nil, atomicfile.Options{}, err
	}
	key := tokensfile.Key(o.account, o.name)
	if _, there := hashes[key]; there {
		return nil, atomicfile.Options{}, failf(exitExists, "file token %s exists in %s", key, c.dir)
	}
	options := atomicfile.Options{Reader: reader}
	return c, options, c.explain(tokensfile.Probe(c.dir, options))
}

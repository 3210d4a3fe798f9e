package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/esapi"
	"github.com/realmctl/realmctl/internal/output"
)

type apiKeyInvalidateOptions struct {
	names, ids     []string
	owner, realm   string
	mine, all      bool
	ignoreNotFound bool
}

func newAPIKeyInvalidateCmd(app *App) *cobra.Command {
	var o apiKeyInvalidateOptions
	cmd := &cobra.Command{
		Use:     "invalidate <name>... | --id <id> | --owner <user> | --mine",
		Aliases: []string{"delete", "rm", "revoke"},
		Short:   "End API keys for good",
		Example: `  realmctl api-key invalidate ci-deploy
  realmctl api-key invalidate --id VuaCfGcBCdbkQm-e5aOx --yes
  realmctl api-key invalidate --owner ana --realm default_native`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.names = args
			return o.run(cmd.Context(), app)
		},
		Args: between(0, -1),
	}
	f := cmd.Flags()
	f.StringSliceVar(&o.ids, "id", nil, "the `ids` of keys")
	f.StringVar(&o.owner, "owner", "", "every key of the `user`")
	f.StringVar(&o.realm, "realm", "", "every key of users of the `realm`")
	f.BoolVar(&o.mine, "mine", false, "every key of the credential's user")
	f.BoolVar(&o.all, "all", false, "every live key of a name")
	f.BoolVar(&o.ignoreNotFound, "ignore-not-found", false, "no such key is no failure")
	return withCodes(cmd, apiCodes(exitNotFound, exitPartly)...)
}

func (o *apiKeyInvalidateOptions) run(ctx context.Context, app *App) error {
	if err := o.check(); err != nil {
		return err
	}
	c, err := app.Mutator(ctx)
	if err != nil {
		return err
	}
	if app.flags.Curl {
		_, err := c.InvalidateAPIKeys(ctx, o.direct())
		return err
	}
	keys, err := o.find(ctx, app, c)
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		if o.ignoreNotFound {
			return app.Show(invalidatedView(esapi.InvalidatedAPIKeys{Invalidated: []string{}, Previously: []string{}}, nil))
		}
		return o.nothing()
	}
	if err := o.confirm(ctx, app, keys); err != nil {
		return err
	}
	done, err := o.end(ctx, app, c, keys)
	if err != nil {
		return err
	}
	return both(unended(keys, done), app.Show(invalidatedView(done, keys)))
}

// check wants one way to choose keys.
func (o *apiKeyInvalidateOptions) check() error {
	ways := 0
	for _, on := range []bool{len(o.names) > 0, len(o.ids) > 0, o.owner != "" || o.realm != "", o.mine} {
		if on {
			ways++
		}
	}
	if ways != 1 {
		return usagef("choose keys by one of: names, --id, --owner and --realm, --mine")
	}
	return nil
}

// nothing says that no key is as was asked.
func (o *apiKeyInvalidateOptions) nothing() error {
	if named := slices.Concat(o.names, o.ids); len(named) > 0 {
		return notFound("live API key", named)
	}
	whose := ""
	switch {
	case o.mine:
		whose = " of one's own"
	case o.owner != "":
		whose = " of " + o.owner
	}
	if o.realm != "" {
		whose += " in " + o.realm
	}
	return failf(exitNotFound, "there are no live API keys%s", whose)
}

// direct is the one request that comes nearest to the command, for --curl.
func (o *apiKeyInvalidateOptions) direct() esapi.InvalidateAPIKeys {
	sel := esapi.InvalidateAPIKeys{IDs: o.ids, Username: o.owner, RealmName: o.realm, Owner: o.mine}
	if len(o.names) > 0 {
		sel.Name = o.names[0]
	}
	return sel
}

// find resolves the choice to live keys; a name that stands for several is refused.
func (o *apiKeyInvalidateOptions) find(ctx context.Context, app *App, c *client.Client) ([]esapi.APIKey, error) {
	var all []esapi.APIKey
	var absent []string
	selectors := o.selectors()
	for _, sel := range selectors {
		keys, err := app.findKeys(ctx, c, sel)
		if err != nil {
			return nil, err
		}
		keys = slices.DeleteFunc(keys, func(k esapi.APIKey) bool {
			return k.Invalidated || o.owner != "" && k.Username != o.owner || o.realm != "" && k.Realm != o.realm
		})
		if len(keys) == 0 {
			absent = append(absent, sel.name+sel.id)
		}
		if sel.name != "" && len(keys) > 1 && !o.all {
			return nil, app.ambiguous(keys)
		}
		all = append(all, keys...)
	}
	if len(selectors) > 1 && len(absent) > 0 && !o.ignoreNotFound {
		return nil, notFound("live API key", absent)
	}
	return all, nil
}

// selectors are one for each name and id, or one for everything there is to see.
func (o *apiKeyInvalidateOptions) selectors() []keySelector {
	var out []keySelector
	for _, n := range o.names {
		out = append(out, keySelector{name: n})
	}
	for _, id := range o.ids {
		out = append(out, keySelector{id: id})
	}
	if len(out) == 0 {
		out = append(out, keySelector{own: o.mine})
	}
	return out
}

func (o *apiKeyInvalidateOptions) confirm(ctx context.Context, app *App, keys []esapi.APIKey) error {
	if len(keys) == 1 {
		return app.confirm(ctx, question{text: fmt.Sprintf("invalidate API key %s (%s) of %s?", keys[0].Name, keys[0].ID, keys[0].Username)})
	}
	if app.canAsk() && !app.flags.Yes && !app.planning() {
		shown := app.keysView(nil, keys)
		opts := app.flags.options()
		opts.Format, opts.JQ, opts.Template = output.Table, "", ""
		if err := output.Write(app.Err, opts, shown); err != nil {
			return err
		}
	}
	return app.confirm(ctx, question{text: fmt.Sprintf("invalidate %d API keys", len(keys)), word: fmt.Sprint(len(keys))})
}

// batch is how many ids one request carries.
const batch = 500

// end invalidates the keys by id. Keys of one's own are asked for as such, which
// takes fewer rights.
func (o *apiKeyInvalidateOptions) end(ctx context.Context, app *App, c *client.Client, keys []esapi.APIKey) (esapi.InvalidatedAPIKeys, error) {
	who, err := app.Whoami(ctx)
	if err != nil {
		return esapi.InvalidatedAPIKeys{}, err
	}
	own := who.APIKey == nil && !slices.ContainsFunc(keys, func(k esapi.APIKey) bool {
		return k.Username != who.Username || k.Realm != who.AuthenticationRealm.Name
	})
	total := esapi.InvalidatedAPIKeys{Invalidated: []string{}, Previously: []string{}}
	for part := range slices.Chunk(keys, batch) {
		sel := esapi.InvalidateAPIKeys{Owner: own}
		for _, k := range part {
			sel.IDs = append(sel.IDs, k.ID)
		}
		done, err := c.InvalidateAPIKeys(ctx, sel)
		if err != nil {
			return total, err
		}
		total.Invalidated = append(total.Invalidated, done.Invalidated...)
		total.Previously = append(total.Previously, done.Previously...)
		total.ErrorCount += done.ErrorCount
		total.ErrorDetails = append(total.ErrorDetails, done.ErrorDetails...)
	}
	return total, nil
}

// unended is an error when a key is in no list of the answer.
func unended(keys []esapi.APIKey, done esapi.InvalidatedAPIKeys) error {
	left := 0
	for _, k := range keys {
		if !slices.Contains(done.Invalidated, k.ID) && !slices.Contains(done.Previously, k.ID) {
			left++
		}
	}
	if left == 0 {
		return nil
	}
	reason := "the server does not say why"
	if len(done.ErrorDetails) > 0 {
		reason = done.ErrorDetails[0].Reason
	}
	return failf(exitPartly, "%d of %d API keys were not invalidated: %s", left, len(keys), reason)
}

func invalidatedView(done esapi.InvalidatedAPIKeys, keys []esapi.APIKey) output.View {
	v := output.View{Data: done, Header: []string{"id", "name", "owner", "invalidated"}}
	for _, k := range keys {
		ok := slices.Contains(done.Invalidated, k.ID) || slices.Contains(done.Previously, k.ID)
		v.Rows = append(v.Rows, []string{k.ID, k.Name, k.Username, yes(ok)})
	}
	return v
}

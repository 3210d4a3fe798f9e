package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/esapi"
	"github.com/realmctl/realmctl/internal/output"
)

func newAPIKeyCmd(app *App) *cobra.Command {
	grant := newGrantCmd(app)
	grant.Aliases = nil
	return group("api-key", "API keys", []string{"key", "keys", "api-keys", "apikey", "apikeys"},
		newAPIKeyListCmd(app), newAPIKeyGetCmd(app), newAPIKeyCreateCmd(app), grant, newAPIKeyInvalidateCmd(app),
	)
}

// status of a key in one word.
func (a *App) keyStatus(k esapi.APIKey) string {
	switch {
	case k.Invalidated:
		return "invalidated"
	case k.Expiration != nil && *k.Expiration <= a.Now().UnixMilli():
		return "expired"
	}
	return "active"
}

// live reports whether a key can still be used.
func (a *App) live(k esapi.APIKey) bool { return a.keyStatus(k) == "active" }

func (a *App) keysView(data any, keys []esapi.APIKey) output.View {
	v := output.View{Data: data, Header: []string{"id", "name", "owner", "status", "expires", "realm", "created", "type", "metadata"}, Wide: 4, Key: 1}
	for _, k := range keys {
		v.Rows = append(v.Rows, []string{
			k.ID, k.Name, k.Username, a.keyStatus(k), a.expiry(k.Expiration), k.Realm, a.when(k.Creation), k.Type, string(k.Metadata),
		})
	}
	return v
}

type apiKeyGetOptions struct {
	name, id   string
	all        bool
	withLimits bool
}

func newAPIKeyGetCmd(app *App) *cobra.Command {
	var o apiKeyGetOptions
	cmd := &cobra.Command{
		Use:     "get <name> | --id <id>",
		Aliases: []string{"show"},
		Short:   "Show an API key",
		Example: "  realmctl api-key get ci-deploy\n  realmctl api-key get --id VuaCfGcBCdbkQm-e5aOx --with-limits -o json",
		Args:    between(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (len(args) == 1) == (o.id != "") {
				return usagef("name a key, or give its --id")
			}
			if len(args) == 1 {
				o.name = args[0]
			}
			return o.run(cmd.Context(), app)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.id, "id", "", "the key's `id`")
	f.BoolVar(&o.all, "all", false, "every live key of that name")
	f.BoolVar(&o.withLimits, "with-limits", false, "also the rights that the owner had, in JSON")
	return withCodes(cmd, apiCodes(exitNotFound)...)
}

func (o *apiKeyGetOptions) run(ctx context.Context, app *App) error {
	c, err := app.Client(ctx)
	if err != nil {
		return err
	}
	keys, err := app.findKeys(ctx, c, keySelector{name: o.name, id: o.id, withLimits: o.withLimits})
	if err != nil {
		return err
	}
	if o.name != "" {
		keys = app.preferLive(keys)
	}
	if len(keys) == 0 {
		return notFound("API key", []string{o.name + o.id})
	}
	if len(keys) > 1 && !o.all {
		return app.ambiguous(keys)
	}
	v := app.keysView(esapi.APIKeys{APIKeys: keys}, keys)
	v.Wide, v.Vertical = 0, len(keys) == 1
	v.Header = append(v.Header, "privileges")
	for i, k := range keys {
		v.Rows[i] = append(v.Rows[i], keyPrivileges(k))
	}
	return app.Show(v)
}

// keyPrivileges is what a key was given, in one cell.
func keyPrivileges(k esapi.APIKey) string {
	if len(k.RoleDescriptors) == 0 {
		return "all of the owner's"
	}
	var cells []string
	for _, name := range sortedKeys(k.RoleDescriptors) {
		r := k.RoleDescriptors[name]
		cells = slices.Concat(cells, r.Cluster, indexEntriesOf(r), applicationEntriesOf(r))
	}
	if len(cells) == 0 {
		return "none"
	}
	return strings.Join(cells, "; ")
}

// ambiguous shows the keys that a name stands for, and refuses to choose.
func (a *App) ambiguous(keys []esapi.APIKey) error {
	if err := a.Show(a.keysView(esapi.APIKeys{APIKeys: keys}, keys)); err != nil {
		return err
	}
	return failf(exitData, "%d live API keys are called %s", len(keys), keys[0].Name).withHint("--id ID, or --all")
}

// preferLive leaves out what cannot be used any more, unless there is nothing else.
func (a *App) preferLive(keys []esapi.APIKey) []esapi.APIKey {
	live := slices.DeleteFunc(slices.Clone(keys), func(k esapi.APIKey) bool { return !a.live(k) })
	if len(live) > 0 {
		return live
	}
	return keys
}

// keySelector finds keys by what the plain API can filter.
type keySelector struct {
	name, id   string
	own        bool
	withLimits bool
}

// findKeys looks keys up, and among the caller's own where it may see no others.
func (a *App) findKeys(ctx context.Context, c *client.Client, sel keySelector) ([]esapi.APIKey, error) {
	f := client.APIKeyFilter{ID: sel.id, Name: sel.name, Own: sel.own, WithLimits: sel.withLimits}
	found, err := c.APIKeys(ctx, f)
	if isRefused(err) && !sel.own {
		f.Own = true
		found, err = c.APIKeys(ctx, f)
	}
	if isMissing(err) {
		return nil, nil
	}
	// A name may end in *, which the API takes for any ending.
	keys := slices.DeleteFunc(found.APIKeys, func(k esapi.APIKey) bool { return sel.name != "" && k.Name != sel.name })
	return keys, err
}

// ownKey selects the key that the caller authenticated with.
func ownKey(id string) client.APIKeyFilter { return client.APIKeyFilter{ID: id} }

package cli

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/esapi"
	"github.com/realmctl/realmctl/internal/output"
	"github.com/realmctl/realmctl/internal/realmlint"
	"github.com/realmctl/realmctl/internal/settings"
)

// realmChainOptions are those of realm list and realm order.
type realmChainOptions struct{ file string }

func newRealmListCmd(app *App) *cobra.Command {
	var o realmChainOptions
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the realms of a cluster, or of an elasticsearch.yml",
		Long: `List realms with their type, order and the lowest licence with which they take part.
A cluster tells only of those that are enabled; a file has all of them, and those that
the node adds by itself are listed with it.`,
		Example: "  realmctl realm list\n  realmctl realm list -f /etc/elasticsearch/elasticsearch.yml",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			chain, err := o.chain(cmd.Context(), app)
			if err != nil {
				return err
			}
			return app.showRealms(chain)
		},
	}
	o.add(cmd)
	return withCodes(cmd, apiCodes(exitNoInput)...)
}

func newRealmOrderCmd(app *App) *cobra.Command {
	var o realmChainOptions
	cmd := &cobra.Command{
		Use:   "order",
		Short: "Show in which order realms are asked",
		Long: `Show the chain: which realm is asked after which, and what each takes. The realm that
knew somebody last is asked first for that user, unless
xpack.security.authc.success_cache.enabled is false.`,
		Example: "  realmctl realm order\n  realmctl realm order -f elasticsearch.yml",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			chain, err := o.chain(cmd.Context(), app)
			if err != nil {
				return err
			}
			return app.showOrder(chain)
		},
	}
	o.add(cmd)
	return withCodes(cmd, apiCodes(exitNoInput)...)
}

func (o *realmChainOptions) add(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&o.file, "filename", "f", "", "look into the `file`, an elasticsearch.yml or its folder, instead of asking the cluster")
}

// chain is that of the file, if one is named, or of the cluster.
func (o *realmChainOptions) chain(ctx context.Context, app *App) ([]realmlint.Entry, error) {
	if o.file == "" {
		c, err := app.Client(ctx)
		if err != nil {
			return nil, err
		}
		usage, err := c.RealmUsage(ctx)
		if err != nil {
			return nil, err
		}
		return chainOf(usage), nil
	}
	s, err := app.settingsFile(o.file)
	if err != nil {
		return nil, err
	}
	chain, err := realmlint.Chain(s)
	if err != nil {
		return nil, failf(exitData, "%w", err).withHint("realmctl realm lint %s", o.file)
	}
	return chain, nil
}

// settingsFile reads an elasticsearch.yml, or that of a folder.
func (a *App) settingsFile(path string) (*settings.Settings, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, settingsName)
	}
	s, err := settings.Loader{Lookup: a.world.Lookup}.Load(path)
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return nil, err
	}
	if err != nil {
		return nil, failf(exitData, "%w", err).withHint("realmctl realm lint %s", path)
	}
	return s, nil
}

// firstOrder is the order that a node gives to realms which it adds by itself.
const firstOrder = math.MinInt32

// chainOf makes the chain of what a node says it uses.
func chainOf(usage esapi.RealmUsage) []realmlint.Entry {
	chain := []realmlint.Entry{{Name: "reserved", Type: "reserved", Enabled: true, Implicit: true, License: realmlint.Basic}}
	for _, kind := range sortedKeys(usage) {
		u := usage[kind]
		for i, name := range u.Name {
			e := realmlint.Entry{Name: name, Type: kind, Enabled: u.Enabled && u.Available, License: realmlint.License(kind)}
			if i < len(u.Order) && u.Order[i] != firstOrder {
				e.Order = &u.Order[i]
			}
			e.Implicit = e.Order == nil
			chain = append(chain, e)
		}
	}
	slices.SortStableFunc(chain[1:], func(a, b realmlint.Entry) int {
		return cmp.Or(cmp.Compare(chainOrder(a), chainOrder(b)), cmp.Compare(a.Name, b.Name))
	})
	return chain
}

func chainOrder(e realmlint.Entry) int {
	if e.Order == nil {
		return firstOrder
	}
	return *e.Order
}

// orderOf is the order as a cell: realms that the node adds come first.
func orderOf(e realmlint.Entry) string {
	if e.Order == nil {
		return "first"
	}
	return strconv.Itoa(*e.Order)
}

func (a *App) showRealms(chain []realmlint.Entry) error {
	v := output.View{Data: chain, Header: []string{"name", "type", "order", "enabled", "licence", "configured"}}
	for _, e := range chain {
		where := "yes"
		switch {
		case e.Implicit:
			where = "no"
		case e.Line > 0:
			where = "line " + strconv.Itoa(e.Line)
		}
		v.Rows = append(v.Rows, []string{e.Name, e.Type, orderOf(e), yes(e.Enabled), e.License, where})
	}
	return a.Show(v)
}

func (a *App) showOrder(chain []realmlint.Entry) error {
	chain = slices.DeleteFunc(chain, func(e realmlint.Entry) bool { return !e.Enabled })
	v := output.View{Data: chain, Header: []string{"asked", "name", "type", "order", "takes"}}
	for i, e := range chain {
		v.Rows = append(v.Rows, []string{strconv.Itoa(i + 1), e.Name, e.Type, orderOf(e), realmlint.Takes(e.Type)})
	}
	return a.Show(v)
}

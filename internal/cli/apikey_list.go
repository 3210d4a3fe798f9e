package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/esapi"
)

type apiKeyListOptions struct {
	mine                         bool
	owner, realm, name, kind     string
	active, expired, invalidated bool
	expiresWithin, olderThan     string
	neverExpires                 bool
	metadata                     []string

	within, older time.Duration // parsed
	meta          map[string]json.RawMessage
}

func newAPIKeyListCmd(app *App) *cobra.Command {
	var o apiKeyListOptions
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List API keys",
		Example: `  realmctl api-key list --mine --active
  realmctl api-key list --expires-within 14d --sort expires
  realmctl api-key list --name 'ci-*' --metadata team=ops -o json`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), app) },
	}
	f := cmd.Flags()
	f.BoolVar(&o.mine, "mine", false, "only those of the credential's user")
	f.StringVar(&o.owner, "owner", "", "only those of the `user`")
	f.StringVar(&o.realm, "realm", "", "only those of users of the `realm`")
	f.StringVar(&o.name, "name", "", "only those whose name matches the `pattern`, with *")
	f.BoolVar(&o.active, "active", false, "only those that work")
	f.BoolVar(&o.expired, "expired", false, "only those that ended by themselves")
	f.BoolVar(&o.invalidated, "invalidated", false, "only those that were ended")
	f.StringVar(&o.expiresWithin, "expires-within", "", "only those that end within the `duration`, such as 14d")
	f.BoolVar(&o.neverExpires, "never-expires", false, "only those without an end")
	f.StringVar(&o.olderThan, "older-than", "", "only those made longer ago than the `duration`, such as 180d")
	f.StringArrayVar(&o.metadata, "metadata", nil, "only those with the `key=value` in the metadata; may be repeated")
	f.StringVar(&o.kind, "type", "", "only those of the `type`: rest or cross_cluster")
	exclusive(cmd, "active", "expired", "invalidated")
	exclusive(cmd, "mine", "owner")
	exclusive(cmd, "expires-within", "never-expires")
	return withCodes(cmd, apiCodes()...)
}

func (o *apiKeyListOptions) run(ctx context.Context, app *App) error {
	if err := o.parse(); err != nil {
		return err
	}
	c, err := app.Client(ctx)
	if err != nil {
		return err
	}
	if o.mine && !app.flags.Curl {
		who, err := app.Whoami(ctx)
		if err != nil {
			return err
		}
		o.owner = who.Username
		if who.APIKey == nil { // an API key's realm is not its owner's
			o.realm = who.AuthenticationRealm.Name
		}
	}
	keys, err := app.queryKeys(ctx, c, o.query(app.Now()))
	if noHandler(err) {
		keys, err = app.filterKeys(ctx, c, o)
	}
	if err != nil {
		return err
	}
	return app.Show(app.keysView(esapi.APIKeys{APIKeys: keys}, keys))
}

func (o *apiKeyListOptions) parse() (err error) {
	if o.expiresWithin != "" {
		if o.within, err = age("--expires-within", o.expiresWithin); err != nil {
			return err
		}
	}
	if o.olderThan != "" {
		if o.older, err = age("--older-than", o.olderThan); err != nil {
			return err
		}
	}
	o.meta, err = metadata(o.metadata)
	return err
}

// clause is one query of the Query DSL.
type clause = map[string]any

// query makes the filters a query. The server compares times with its own clock
// where it can; --expired and --active go by now, in milliseconds.
func (o *apiKeyListOptions) query(now time.Time) any {
	var must, not []clause
	term := func(field, value string) {
		if value != "" {
			must = append(must, clause{"term": clause{field: value}})
		}
	}
	term("username", o.owner)
	term("realm_name", o.realm)
	term("type", o.kind)
	if o.name != "" {
		must = append(must, clause{"wildcard": clause{"name": clause{"value": o.name}}})
	}
	for _, key := range sortedKeys(o.meta) {
		must = append(must, clause{"term": clause{"metadata." + key: metadataTerm(o.meta[key])}})
	}
	millis := now.UnixMilli()
	span := func(field, op string, at int64) clause {
		return clause{"range": clause{field: clause{op: at, "format": "epoch_millis"}}}
	}
	switch {
	case o.active:
		must = append(must, clause{"term": clause{"invalidated": false}})
		not = append(not, span("expiration", "lte", millis))
	case o.expired:
		must = append(must, clause{"term": clause{"invalidated": false}}, span("expiration", "lte", millis))
	case o.invalidated:
		must = append(must, clause{"term": clause{"invalidated": true}})
	}
	if o.within > 0 {
		must = append(must, clause{"term": clause{"invalidated": false}}, span("expiration", "gt", millis), span("expiration", "lte", now.Add(o.within).UnixMilli()))
	}
	if o.older > 0 {
		must = append(must, span("creation", "lte", now.Add(-o.older).UnixMilli()))
	}
	if o.neverExpires {
		not = append(not, clause{"exists": clause{"field": "expiration"}})
	}
	if len(must)+len(not) == 0 {
		return nil
	}
	b := clause{}
	if len(must) > 0 {
		b["filter"] = must
	}
	if len(not) > 0 {
		b["must_not"] = not
	}
	return clause{"bool": b}
}

// metadataTerm is a value as the flattened metadata holds it: a text.
func metadataTerm(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return string(value)
}

// pageSize of a listing.
const pageSize = 1000

// queryKeys pages through everything that a query matches, by creation and name; the
// document order parts keys that agree in both.
func (a *App) queryKeys(ctx context.Context, c *client.Client, query any) ([]esapi.APIKey, error) {
	q := esapi.QueryAPIKeys{Query: query, Size: pageSize, Sort: []string{"creation", "name", "_doc"}}
	all := []esapi.APIKey{}
	for {
		page, err := c.QueryAPIKeys(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, k := range page.APIKeys {
			q.SearchAfter = k.Sort
			k.Sort = nil
			all = append(all, k)
		}
		if page.Count < pageSize || len(q.SearchAfter) == 0 {
			return all, nil
		}
	}
}

// filterKeys is queryKeys for a server without the query API: the plain API gives
// every key that the caller may see, and the filters are ours.
func (a *App) filterKeys(ctx context.Context, c *client.Client, o *apiKeyListOptions) ([]esapi.APIKey, error) {
	keys, err := a.findKeys(ctx, c, keySelector{})
	if err != nil {
		return nil, err
	}
	keys = slices.DeleteFunc(keys, func(k esapi.APIKey) bool { return !o.matches(a, k) })
	slices.SortStableFunc(keys, func(x, y esapi.APIKey) int {
		return cmp.Or(cmp.Compare(x.Creation, y.Creation), cmp.Compare(x.Name, y.Name))
	})
	return keys, nil
}

func (o *apiKeyListOptions) matches(a *App, k esapi.APIKey) bool {
	now := a.Now()
	status := a.keyStatus(k)
	switch {
	case o.owner != "" && k.Username != o.owner, o.realm != "" && k.Realm != o.realm, o.kind != "" && k.Type != o.kind:
		return false
	case o.name != "" && !glob(o.name, k.Name):
		return false
	case o.active && status != "active", o.expired && status != "expired", o.invalidated && status != "invalidated":
		return false
	case o.within > 0 && (status != "active" || k.Expiration == nil || *k.Expiration > now.Add(o.within).UnixMilli()):
		return false
	case o.older > 0 && k.Creation > now.Add(-o.older).UnixMilli(), o.neverExpires && k.Expiration != nil:
		return false
	}
	return o.matchesMetadata(k)
}

func (o *apiKeyListOptions) matchesMetadata(k esapi.APIKey) bool {
	if len(o.meta) == 0 {
		return true
	}
	var present map[string]json.RawMessage
	if json.Unmarshal(k.Metadata, &present) != nil {
		return false
	}
	for key, want := range o.meta {
		if got, ok := present[key]; !ok || metadataTerm(got) != metadataTerm(want) {
			return false
		}
	}
	return true
}

// glob matches a pattern in which * stands for anything and ? for one character.
func glob(pattern, text string) bool {
	p, t := []rune(pattern), []rune(text)
	i, j, star, mark := 0, 0, -1, 0
	for j < len(t) {
		switch {
		case i < len(p) && p[i] == '*':
			star, mark = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == t[j]):
			i++
			j++
		case star >= 0: // let the last star take one more
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(string(p[i:]), "*") == ""
}

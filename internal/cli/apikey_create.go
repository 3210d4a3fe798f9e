package cli

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/config"
	"github.com/realmctl/realmctl/internal/esapi"
	"github.com/realmctl/realmctl/internal/secret"
)

// requestKey marks every key with the request that made it, so that it can be found
// again when no answer came.
const requestKey = "realmctl.request"

// newKeyOptions are the flags of create and grant alike.
type newKeyOptions struct {
	name     string
	scope    scopeFlags
	life     lifetimeFlags
	metadata []string
	format   string
	save     saveFlags
}

func (o *newKeyOptions) add(f *pflag.FlagSet) {
	o.scope.add(f)
	o.life.add(f)
	f.StringArrayVar(&o.metadata, "metadata", nil, "a `key=value` of the metadata; may be repeated")
	f.StringVar(&o.format, "key-format", "encoded", "`form` of the saved key: encoded, id-key, beats, logstash or curl")
	o.save.add(f)
}

type apiKeyCreateOptions struct {
	newKeyOptions

	ifExists string
	check    bool
}

func newAPIKeyCreateCmd(app *App) *cobra.Command {
	var o apiKeyCreateOptions
	cmd := &cobra.Command{
		Use:     "create <name>",
		Aliases: []string{"add"},
		Short:   "Create an API key and save its secret",
		Long: `Create an API key and save its secret to ./.env as <NAME>_API_KEY. What the key may
do and how long it lives must be said; a key never has more rights than its owner.`,
		Example: `  realmctl api-key create ci-deploy --read 'logs-*' --expires 30d
  realmctl api-key create backup --cluster manage_slm --no-expiry --save-value /run/secrets/key
  realmctl api-key create shipper --write 'logs-*' --expires 90d --key-format beats`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.name = args[0]
			return o.run(cmd.Context(), app)
		},
	}
	o.add(cmd.Flags())
	cmd.Flags().StringVar(&o.ifExists, "if-exists", "error", "`what` to do when a live key has the name: error, or reuse the one that is saved")
	cmd.Flags().BoolVar(&o.check, "check", false, "refuse rights that the owner itself lacks")
	return withCodes(cmd, apiCodes(exitNoInput, exitNotFound, exitExists, exitIO)...)
}

func (o *apiKeyCreateOptions) run(ctx context.Context, app *App) error {
	reuse := o.ifExists == ifExistsReuse
	if !reuse && o.ifExists != "error" {
		return usagef("--if-exists %s: one of error, reuse", o.ifExists)
	}
	req, to, err := o.prepare(ctx, app)
	if err != nil {
		return err
	}
	if !reuse {
		if err := to.prove(ctx, app); err != nil {
			return err
		}
	}
	c, err := app.Mutator(ctx)
	if err != nil {
		return err
	}
	if err := o.admit(ctx, app, c, req); err != nil {
		return err
	}
	if reused, err := o.existing(ctx, app, c, to, req.Name); reused || err != nil {
		return err
	}
	if reuse {
		if err := to.prove(ctx, app); err != nil {
			return err
		}
	}
	key, plain, err := c.CreateAPIKey(ctx, req)
	if err != nil {
		return settleCreate(ctx, c, client.APIKeyFilter{Name: req.Name, Own: true}, req, err)
	}
	return o.finish(ctx, app, c, to, key, plain)
}

// prepare checks everything that needs no server, and makes the request.
func (o *newKeyOptions) prepare(ctx context.Context, app *App) (esapi.CreateAPIKey, place, error) {
	s, err := app.Settings()
	if err != nil {
		return esapi.CreateAPIKey{}, place{}, err
	}
	to, err := o.checkFlags(app)
	if err != nil {
		return esapi.CreateAPIKey{}, place{}, err
	}
	policy := s.File().Policy.APIKey
	req := esapi.CreateAPIKey{Name: o.name}
	if req.Expiration, err = o.life.expiration(policy); err != nil {
		return req, to, err
	}
	meta, err := metadata(o.metadata)
	if err != nil {
		return req, to, err
	}
	if req.RoleDescriptors, err = o.scope.descriptors(ctx, app); err != nil {
		return req, to, err
	}
	if err := checkKeyPolicy(policy, o.name, meta, req.RoleDescriptors); err != nil {
		return req, to, err
	}
	meta[requestKey] = quoteJSON(newRequestID())
	req.Metadata = object(meta)
	return req, to, nil
}

func (o *newKeyOptions) checkFlags(app *App) (place, error) {
	if err := o.scope.check(); err != nil {
		return place{}, err
	}
	if _, err := keyInFormat(o.format, ""); err != nil {
		return place{}, err
	}
	return app.place(o.save, o.name, "API_KEY")
}

// checkKeyPolicy applies the user's own rules.
func checkKeyPolicy(p config.APIKeyPolicy, name string, meta, roles map[string]json.RawMessage) error {
	if ok, err := regexp.MatchString(p.NamePattern, name); err != nil || !ok {
		return failf(exitData, "the policy wants names of keys to match %s", p.NamePattern)
	}
	for _, key := range p.RequireMetadata {
		if _, ok := meta[key]; !ok {
			return failf(exitData, "the policy wants the metadata key %s", key).withHint("--metadata %s=...", key)
		}
	}
	for _, forbidden := range p.ForbidPrivileges {
		for _, raw := range roles {
			if grants(raw, forbidden) {
				return failf(exitData, "the policy forbids keys the privilege %s", forbidden)
			}
		}
	}
	return nil
}

// grants reports whether a role names a privilege, on the cluster or on indices.
func grants(raw json.RawMessage, privilege string) bool {
	var r struct {
		Cluster []string
		Index   []struct{ Privileges []string }
		Indices []struct{ Privileges []string }
	}
	if json.Unmarshal(raw, &r) != nil {
		return false // the server says what is wrong with it
	}
	for _, i := range append(r.Index, r.Indices...) {
		r.Cluster = append(r.Cluster, i.Privileges...)
	}
	return slices.ContainsFunc(r.Cluster, func(p string) bool { return strings.EqualFold(p, privilege) })
}

// admit looks at who asks: an API key cannot make one with rights, and a superuser
// must want a key that may do everything.
func (o *apiKeyCreateOptions) admit(ctx context.Context, app *App, c *client.Client, req esapi.CreateAPIKey) error {
	if app.flags.Curl {
		return nil
	}
	who, err := app.Whoami(ctx)
	if err != nil {
		return err
	}
	if who.APIKey != nil && (len(req.RoleDescriptors) == 0 || !allEmpty(req.RoleDescriptors)) {
		return failf(exitData, "an API key cannot create an API key with rights").withHint("realmctl api-key grant makes one on behalf of a user")
	}
	if o.scope.inherit != "" && slices.Contains(who.Roles, superuser) && o.scope.inherit != superuser {
		if !app.canAsk() {
			return &usageError{text: who.Username + " is a superuser: the key could do everything", hint: "--inherit=superuser, if that is meant"}
		}
		if err := app.ask(ctx, app.identity()+": the key may do everything", o.name); err != nil {
			return err
		}
	}
	if o.check {
		return o.scope.lacks(ctx, c)
	}
	return nil
}

// allEmpty reports whether no role grants anything.
func allEmpty(roles map[string]json.RawMessage) bool {
	for _, raw := range roles {
		var r esapi.Role
		if json.Unmarshal(raw, &r) != nil || len(r.Cluster)+len(r.Indices)+len(r.Applications)+len(r.RunAs)+len(r.RemoteIndices)+len(r.RemoteCluster)+len(r.Global) > 0 {
			return false
		}
	}
	return true
}

// ifExistsReuse is the value of --if-exists that keeps a key whose secret is saved.
const ifExistsReuse = "reuse"

// finish saves the secret of a new key; a key whose secret is lost is ended.
func (o *newKeyOptions) finish(ctx context.Context, app *App, c *client.Client, to place, key esapi.CreatedAPIKey, encoded secret.String) error {
	form, err := keyInFormat(o.format, encoded)
	if err == nil {
		err = to.put(ctx, app, form)
	}
	if err != nil {
		ctx, cancel := settling(ctx)
		defer cancel()
		return both(err, endKey(ctx, c, key.ID))
	}
	members := [][]string{{"id", key.ID}, {"name", key.Name}, {"expires", app.expiry(key.Expiration)}}
	return app.Show(to.view(key, members, o.format, form))
}

// settleCreate finds out what became of a creation that got no answer: a key that
// was made is ended, since nobody has its secret.
func settleCreate(ctx context.Context, c *client.Client, where client.APIKeyFilter, req esapi.CreateAPIKey, cause error) error {
	t, ok := errors.AsType[*client.TransportError](cause)
	interrupted := ctx.Err() != nil
	if !interrupted && (!ok || !t.Sent) {
		return cause
	}
	ctx, cancel := settling(ctx)
	defer cancel()
	left, err := findRequest(ctx, c, where, req)
	if err != nil {
		return unsettled(cause, "an API key called "+req.Name)
	}
	for _, id := range left {
		if err := endKey(ctx, c, id); err != nil {
			return unsettled(cause, "the API key "+id)
		}
	}
	return cause
}

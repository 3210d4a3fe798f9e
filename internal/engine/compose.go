package engine

import (
	"context"
	"path/filepath"
	"slices"

	"github.com/realmctl/realmctl/internal/apikey"
	"github.com/realmctl/realmctl/internal/apikey/crosscluster"
	"github.com/realmctl/realmctl/internal/apikey/keyring"
	"github.com/realmctl/realmctl/internal/authn"
	"github.com/realmctl/realmctl/internal/authz"
	"github.com/realmctl/realmctl/internal/esapi"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/linefile"
	"github.com/realmctl/realmctl/internal/node"
	"github.com/realmctl/realmctl/internal/privilege"
	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/realm"
	"github.com/realmctl/realmctl/internal/realm/builtin"
	"github.com/realmctl/realmctl/internal/rest"
	"github.com/realmctl/realmctl/internal/role"
	"github.com/realmctl/realmctl/internal/rolemapping"
	"github.com/realmctl/realmctl/internal/rolesfile"
	"github.com/realmctl/realmctl/internal/serviceaccount"
	"github.com/realmctl/realmctl/internal/settings"
	"github.com/realmctl/realmctl/internal/sqlite"
	"github.com/realmctl/realmctl/internal/token"
	"github.com/realmctl/realmctl/internal/tokensfile"
	"github.com/realmctl/realmctl/internal/user"
)

// The Elasticsearch whose behaviour this is.
const (
	version   = node.Version
	buildHash = node.BuildHash
)

// strictFiles is realmctl's own setting.
const strictFiles = builtin.StrictFiles

// composer makes the services of an engine, each from those before it.
type composer struct {
	Options

	settings *settings.Settings
	db       *sqlite.DB
	config   config

	info       node.Info
	cleared    esapi.ClearedCache
	users      *user.Service
	plan       realm.Plan
	chain      *realm.Chain
	privileges *privilege.Service
	roles      *role.Service
	accounts   *serviceaccount.Service
	keys       *keyring.Ring
	tokens     *token.Service
	authn      *authn.Service
	authz      *authz.Service
}

// compose returns the routes of all nouns and the guard in front of them. ctx ends
// with the engine.
func (c *composer) compose(ctx context.Context) ([]rest.Route, rest.Guard, error) {
	for _, step := range []func(context.Context) error{
		c.readConfig, c.makeNode, c.makeRealms, c.makeRoles, c.makeAccounts, c.makeKeys, c.makeTokens, c.makeGuard,
	} {
		if err := step(ctx); err != nil {
			return nil, nil, err
		}
	}
	g := guard{c.authn, c.authz}
	keys := &apikey.Service{
		Keys: c.keys, Now: c.Now, Cleared: c.cleared, Node: c.info.ID, Snapshot: c.authz.Snapshot, Grantee: c.grantee, Authorize: g.Authorize,
	}
	cross := &crosscluster.Service{Keys: c.keys}
	about := &node.Service{Info: c.info, DB: c.db, Now: c.Now, Usage: c.features()}
	if c.Watch {
		c.roles.Start(ctx)
		c.followMappings(ctx)
		if err := c.chain.Start(ctx); err != nil {
			return nil, nil, err
		}
	}
	return slices.Concat(
		c.authn.Routes(), c.users.Routes(), c.authz.Routes(), c.roles.Routes(), c.privileges.Routes(), keys.Routes(), cross.Routes(),
		c.tokens.Routes(), c.accounts.Routes(), c.chain.Routes(c.cleared), about.Routes(),
	), g, nil
}

func (c *composer) makeNode(ctx context.Context) (err error) {
	c.info, err = node.Load(ctx, c.db, c.config.nodeName, c.config.clusterName, c.Now())
	c.cleared = c.info.Cleared()
	return err
}

// makeRealms makes the users and the chain of realms over them.
func (c *composer) makeRealms(ctx context.Context) error {
	auth := c.config.authn
	slow, err := pwhash.New(auth.Hashing, pwhash.Options{Plain: true}) // a users file may hold plain text
	if err != nil {
		return err
	}
	c.users = &user.Service{DB: c.db, Hasher: slow, NoReserved: auth.NoReserved, Anonymous: auth.Anonymous.User()}
	deps := builtin.Deps{Users: c.users, Hasher: slow, Dir: c.folder(), Now: c.Now, Log: c.Log, File: c.config.files}
	c.plan, err = realm.ReadPlan(c.settings, builtin.Types(deps))
	if err != nil {
		return err
	}
	for _, text := range c.plan.Warnings {
		c.Log.WarnContext(ctx, "deprecated realm settings", "warning", text)
	}
	c.chain, err = c.plan.Build(ctx, builtin.Types(deps), builtin.Reserved(deps), realm.Options{Now: c.Now, Log: c.Log, Spend: slow.Spend})
	if err == nil {
		c.users.Elsewhere = c.chain.Elsewhere
	}
	return err
}

func (c *composer) makeRoles(context.Context) (err error) {
	c.privileges = privilege.New(c.db, c.Now, c.cleared)
	c.roles, err = role.New(role.Options{
		DB: c.db, Now: c.Now, Log: c.Log, Path: filepath.Join(c.folder(), rolesfile.Name), Strict: c.config.files.Strict, Cleared: c.cleared,
	})
	return err
}

func (c *composer) makeAccounts(context.Context) error {
	hash, err := pwhash.New(c.config.accounts.Hashing, pwhash.Options{})
	if err != nil {
		return err
	}
	tokens := tokensfile.NewSource(tokensfile.Path(c.folder()), tokensfile.SourceOptions{Log: c.Log, Now: c.Now, Strict: c.config.files.Strict})
	c.accounts, err = serviceaccount.New(serviceaccount.Options{
		DB: c.db, Now: c.Now, Log: c.Log, Hash: hash, FileTokens: tokens, Node: c.info.Name, Cleared: c.cleared, Config: c.config.accounts,
	})
	return err
}

func (c *composer) makeKeys(context.Context) error {
	hash, err := pwhash.New(c.config.keys.Hashing, pwhash.Options{})
	c.keys = keyring.New(keyring.Options{DB: c.db, Now: c.Now, Log: c.Log, Hash: hash, Config: c.config.keys})
	return err
}

func (c *composer) makeTokens(context.Context) error {
	c.tokens = token.New(token.Options{
		DB: c.db, Now: c.Now, Log: c.Log, Config: c.config.tokens,
		Verify: func(ctx context.Context, claim authn.Claim) (identity.Identity, error) {
			return c.authn.Verify(ctx, claim)
		},
	})
	return nil
}

func (c *composer) makeGuard(context.Context) error {
	c.authn = &authn.Service{
		Authenticators: []authn.Authenticator{c.accounts, c.tokens, c.keys}, Bearer: c.tokens, Realms: c.chain, Log: c.Log,
		Challenges: c.config.challenges(), Anonymous: c.config.authn.Anonymous, NoRunAs: c.config.authn.NoRunAs,
	}
	o := authz.Options{DB: c.db, Now: c.Now, Privileges: c.privileges, Resolve: c.roles.Resolve, ServiceRoles: c.accounts.Roles}
	if c.config.authn.Anonymous.Challenge {
		o.AnonymousDenied = c.authn.AnonymousDenied
	}
	c.authz = authz.New(o)
	return nil
}

// grantee finds out for whom a key is granted. Elsewhere nobody asks whether that
// user may run as another one, so it is asked here.
func (c *composer) grantee(ctx context.Context, g apikey.Grant) (identity.Identity, error) {
	id, err := c.authn.Verify(ctx, authn.Claim{
		Action:     "cluster:admin/xpack/security/api_key/grant",
		Credential: realm.Password{Username: g.Username, Secret: g.Password},
		Bearer:     g.AccessToken,
		RunAs:      g.RunAs,
	})
	if err != nil {
		return identity.Identity{}, err
	}
	return id, c.authz.Authorize(ctx, id, "cluster:admin/xpack/security/user/authenticate", identity.Target{Username: id.User.Username})
}

// followMappings tells in the log what becomes of role_mapping.yml. No realm here maps
// roles by it yet; one that does takes its own from rolemapping.NewSource.
func (c *composer) followMappings(ctx context.Context) {
	mappings := rolemapping.NewSource(rolemapping.Path(c.folder()), rolemapping.SourceOptions{Log: c.Log, Now: c.Now, Strict: c.config.files.Strict})
	mappings()
	go linefile.Follow(ctx, func() { mappings() })
}

// folder is the configuration folder, with its whole path for the log.
func (c *composer) folder() string {
	dir := filepath.Join(c.Dir, ConfigFolder)
	if whole, err := filepath.Abs(dir); err == nil {
		return whole
	}
	return dir // the working folder is gone; what opened the database works here too
}

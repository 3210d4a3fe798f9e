package cli

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/usersfile"
)

type fileRecoverOptions struct {
	conf      confFlags
	resetUser string
	ttl       string
	keep      bool
	cleanup   bool
	wait      string
	algorithm string
	save      saveFlags

	lifetime time.Duration // of --ttl; 0: the user goes when the work is done
	patience time.Duration // of --wait; 0: as the node's settings suggest
}

// defaultTTL is how long a temporary superuser lives when nothing else was said.
const defaultTTL = "30m"

func newFileRecoverCmd(app *App) *cobra.Command {
	var o fileRecoverOptions
	cmd := &cobra.Command{
		Use:   "recover",
		Short: "Get into a locked-out node by a temporary file superuser",
		Long: `Add a temporary superuser to the files of a node, wait until the node lets it in, and
prove it. Nothing else than write access to the configuration folder is needed, so it
works when the security index is lost and when nobody knows a password.

By itself it stays in the foreground and removes the user after --ttl, or at Ctrl-C;
the credential is in ./.env.recover meanwhile. With --reset-user it sets a new
password of a native or reserved user instead, saves it to ./.env as <NAME>_PASSWORD,
and removes the superuser at once. --keep leaves it, and --cleanup removes what an
earlier run left behind.

The node is the one of the folder: its address is taken from elasticsearch.yml, or
--url. ELASTICSEARCH_URL and contexts are ignored, and no other node knows the user.`,
		Example: `  realmctl file recover --conf /etc/elasticsearch --reset-user elastic
  realmctl file recover --conf /etc/elasticsearch --ttl 10m
  realmctl file recover --cleanup --conf /etc/elasticsearch`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), app) },
	}
	f := cmd.Flags()
	o.conf.add(f)
	f.StringVar(&o.resetUser, "reset-user", "", "set a new password of the native or reserved user `name`")
	f.StringVar(&o.ttl, "ttl", "", "remove the superuser after this `duration` (default "+defaultTTL+")")
	f.BoolVar(&o.keep, "keep", false, "leave the superuser in the files")
	f.BoolVar(&o.cleanup, "cleanup", false, "remove temporary superusers that earlier runs, or Elasticsearch's tools, left")
	f.StringVar(&o.wait, "wait", "", "the node may take this `duration` to see the superuser (default 30s)")
	addAlgorithm(f, &o.algorithm)
	o.save.add(f)
	exclusive(cmd, "keep", "ttl", "cleanup")
	exclusive(cmd, "reset-user", "cleanup")
	return withCodes(cmd, apiCodes(exitNoInput, exitNotFound, exitExists, exitIO, exitHangup, exitTerminated)...)
}

// check reads the flags.
func (o *fileRecoverOptions) check() error {
	var err error
	if o.wait != "" {
		if o.patience, err = age("--wait", o.wait); err != nil {
			return err
		}
	}
	ttl := o.ttl
	if ttl == "" && !o.keep && o.resetUser == "" {
		ttl = defaultTTL
	}
	if ttl == "" {
		return nil
	}
	o.lifetime, err = age("--ttl", ttl)
	return err
}

// stays reports whether the superuser is for people, and not only for a reset.
func (o *fileRecoverOptions) stays() bool { return o.keep || o.lifetime > 0 }

func (o *fileRecoverOptions) run(ctx context.Context, app *App) error {
	if err := o.check(); err != nil {
		return err
	}
	c, err := o.conf.open(app)
	if err != nil {
		return err
	}
	if err := c.mustHaveUsers(); err != nil {
		return err
	}
	if o.cleanup {
		return c.cleanUp(ctx, app)
	}
	r, err := o.prepare(ctx, app, c)
	if err != nil {
		return err
	}
	if app.planning() {
		return r.show()
	}
	return r.run(ctx)
}

// recovery is one run. Its superuser is removed however the run ends, unless it is
// to be kept and everything went well.
type recovery struct {
	app      *App
	o        *fileRecoverOptions
	conf     *conf
	node     *node
	name     string
	password secret.String
	hash     string
	client   *client.Client // as the superuser
	handover *handover      // where its credential goes; nil: nobody needs it
	reset    *place         // where the password of --reset-user goes
	keep     bool           // everything went well, and --keep
}

// prepare finds every reason not to begin: nothing is changed before the node
// answers and the places of secrets are proved.
func (o *fileRecoverOptions) prepare(ctx context.Context, app *App, c *conf) (*recovery, error) {
	if err := usersfile.Probe(c.dir, c.options(false, nil)); err != nil {
		return nil, c.explain(err)
	}
	n, err := app.nodeOf(c)
	if err != nil {
		return nil, err
	}
	if o.patience > 0 {
		n.patience = o.patience
	}
	r := &recovery{app: app, o: o, conf: c, node: n, name: usersfile.RecoverPrefix + suffix()}
	if r.password, err = generatePassword(); err != nil {
		return nil, err
	}
	if err := r.places(ctx); err != nil {
		return nil, err
	}
	pool, err := c.hasher(o.algorithm, passwordHashing())
	if err != nil {
		return nil, err
	}
	if r.hash, err = pool.Hash(ctx, r.password); err != nil {
		return nil, err
	}
	r.client = n.client(client.BasicAuth(r.name, r.password))
	if app.planning() {
		return r, nil
	}
	return r, n.reachable(ctx)
}

// suffix is eight random characters that need no quotes anywhere.
func suffix() string {
	const alphabet = "abcdefghijklmnopqrstuvwxyz234567" // 32, so that every byte gives one evenly
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	for i := range b {
		b[i] = alphabet[b[i]%32]
	}
	return string(b[:])
}

// run adds the superuser, does what it is for, and removes it.
func (r *recovery) run(ctx context.Context) (err error) {
	defer func() {
		if !r.keep {
			err = both(err, r.remove(ctx))
		}
	}()
	if err := r.add(ctx); err != nil {
		return err
	}
	if err := r.wait(ctx); err != nil {
		return err
	}
	var failed error
	if r.o.resetUser != "" {
		failed = r.resetPassword(ctx)
		if failed != nil && (!isDown(failed) || !r.o.stays()) {
			return failed
		}
		if failed != nil {
			r.app.warnf("%v", failed)
		}
	}
	if r.o.stays() {
		if err := r.stay(ctx); err != nil {
			return err
		}
	}
	return failed
}

// stay hands the credential over and waits for the end of its time.
func (r *recovery) stay(ctx context.Context) error {
	if err := r.handover.put(ctx, r); err != nil {
		return err
	}
	r.keep = r.o.keep
	if err := r.showReady(); err != nil {
		return err
	}
	if r.o.keep {
		r.app.warnf("%s stays a superuser until: realmctl file recover --cleanup --conf %s", r.name, r.conf.dir)
		return nil
	}
	r.app.notef("%s is removed in %s, or now with Ctrl-C", r.name, rough(r.o.lifetime))
	return pause(ctx, r.o.lifetime)
}

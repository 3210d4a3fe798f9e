package cli

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/usersfile"
)

type filePasswordOptions struct {
	conf      confFlags
	name      string
	algorithm string
	password  passwordFlags
}

func newFilePasswordCmd(app *App) *cobra.Command {
	var o filePasswordOptions
	cmd := &cobra.Command{
		Use:     "password <name>",
		Aliases: []string{"passwd"},
		Short:   "Set the password of a file user",
		Long: `Set the password of a file user. It is generated and saved to ./.env as
<NAME>_PASSWORD, unless a variable holds it or its hash.`,
		Example: "  realmctl file password ana --conf /etc/elasticsearch\n  realmctl file password ana --save-value /run/secrets/ana",
		Args:    exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.name = args[0]
			return o.run(cmd.Context(), app)
		},
	}
	f := cmd.Flags()
	o.conf.add(f)
	addAlgorithm(f, &o.algorithm)
	o.password.add(f)
	return withCodes(cmd, fileCodes(exitNotFound)...)
}

func (o *filePasswordOptions) run(ctx context.Context, app *App) error {
	c, err := o.conf.open(app)
	if err != nil {
		return err
	}
	f, err := c.read()
	if err != nil {
		return err
	}
	if !f.Users.Has(o.name) {
		return notFound("file user", []string{o.name})
	}
	edits := c.options(false, nil)
	if err := usersfile.Probe(c.dir, edits); err != nil {
		return c.explain(err)
	}
	pw, err := o.password.offline(app, o.name, "PASSWORD")
	if err != nil {
		return err
	}
	hash, err := c.prepare(ctx, app, o.algorithm, pw)
	if err != nil {
		return err
	}
	out, err := c.edit(ctx, app, edits, func(e *usersfile.Editor) error { return e.SetHash(o.name, hash) })
	if err != nil {
		return both(err, pw.takeBack(ctx))
	}
	app.warnRefused(out.refused...)
	if app.planning() {
		return app.Show(out.plan())
	}
	data := fileChange{Username: o.name, Conf: c.dir, Written: bases(out.written), Changed: true}
	return app.Show(pw.view(data, [][]string{{"username", o.name}, {"changed", "yes"}, {"conf", c.dir}, {"written", list(data.Written)}}))
}

// minPassword is the least length that Elasticsearch takes (ESUsersTool, Validation).
const minPassword = 6

// offline is choose for a password that stays on this machine: no target is needed.
func (p *passwordFlags) offline(a *App, parts ...string) (newPassword, error) {
	if p.env != "" && p.hashEnv != "" {
		return newPassword{}, usagef("--password-env and --hash-env exclude each other")
	}
	if p.env == "" && p.hashEnv == "" {
		to, err := a.place(p.save, parts...)
		if err != nil {
			return newPassword{}, err
		}
		plain, err := generatePassword()
		return newPassword{Password: client.Password{Plain: plain}, place: &to, variable: to.variable}, err
	}
	if p.save != (saveFlags{}) {
		return newPassword{}, usagef("--save, --save-* and --reveal go with a generated password")
	}
	env, err := a.Environment()
	if err != nil {
		return newPassword{}, err
	}
	value, _, err := env.Secret(p.env + p.hashEnv)
	if err != nil {
		return newPassword{}, err
	}
	if p.hashEnv != "" {
		if err := usersfile.CheckHash(value.Reveal()); err != nil {
			return newPassword{}, failf(exitData, "%s: %w", p.hashEnv, err).withHint("realmctl hash create makes one")
		}
		return newPassword{Password: client.Password{Hash: value}, variable: p.hashEnv}, nil
	}
	if err := checkFilePassword(value); err != nil {
		return newPassword{}, err
	}
	return newPassword{Password: client.Password{Plain: value}, variable: p.env}, checkPassword(env.File().Policy.Password, value)
}

// checkFilePassword refuses what no client could send, or the old tool would refuse.
func checkFilePassword(password secret.String) error {
	plain := password.Reveal()
	switch {
	case !utf8.ValidString(plain):
		return failf(exitData, "the password is not UTF-8, so no client could send it")
	case len([]rune(plain)) < minPassword:
		return failf(exitData, "passwords must be at least [%d] characters long", minPassword)
	}
	return nil
}

// prepare makes the hash to store, and saves a generated password before anything
// else changes: a user whose password is lost is worse than a password without a user.
func (c *conf) prepare(ctx context.Context, a *App, algorithm string, pw newPassword) (string, error) {
	if err := pw.prove(ctx, a); err != nil {
		return "", err
	}
	hash := pw.Hash.Reveal()
	if hash == "" {
		pool, err := c.hasher(algorithm, passwordHashing())
		if err != nil {
			return "", err
		}
		a.warnTruncated(pool.Algorithm(), pw.Plain)
		if hash, err = pool.Hash(ctx, pw.Plain); err != nil {
			return "", err
		}
	}
	if pw.place == nil || a.planning() {
		return hash, nil
	}
	return hash, pw.place.put(ctx, a, pw.Plain)
}

// takeBack undoes prepare.
func (n newPassword) takeBack(ctx context.Context) error {
	if n.place == nil {
		return nil
	}
	return n.place.Undo(context.WithoutCancel(ctx))
}

// warnTruncated tells that bcrypt looks at the first 72 bytes alone, as
// Elasticsearch's does without a word.
func (a *App) warnTruncated(algorithm string, password secret.String) {
	const bcryptInput = 72
	if strings.HasPrefix(algorithm, "bcrypt") && len(password.Reveal()) > bcryptInput {
		a.warnf("bcrypt looks at the first %d bytes of a password; whatever follows them does not matter", bcryptInput)
	}
}

// hashing is a setting that names an algorithm.
type hashing struct{ setting, fallback string }

func passwordHashing() hashing {
	return hashing{"xpack.security.authc.password_hashing.algorithm", "bcrypt"}
}

func tokenHashing() hashing {
	return hashing{"xpack.security.authc.service_token_hashing.algorithm", "pbkdf2_stretch"}
}

func addAlgorithm(f *pflag.FlagSet, into *string) {
	f.StringVar(into, "algorithm", "", "hash with this `algorithm`, such as bcrypt12 or pbkdf2_stretch (default: as elasticsearch.yml says)")
}

// hasher hashes with the algorithm of the flag, else of the setting.
func (c *conf) hasher(flag string, h hashing) (*pwhash.Pool, error) {
	fips, err := c.settings.Bool("xpack.security.fips_mode.enabled", false)
	if err != nil {
		return nil, failf(exitConfig, "%w", err)
	}
	name := h.fallback
	if fips {
		name = "pbkdf2_stretch"
	}
	name = c.settings.Text(h.setting, name)
	if flag != "" { // then a setting that is wrong does not matter
		name = flag
		if err := pwhash.Check(pwhash.Passwords, name); err != nil {
			return nil, usagef("--algorithm %s: one of %s", flag, list(pwhash.Algorithms(pwhash.Passwords)))
		}
	}
	if err := pwhash.Check(pwhash.Passwords, name); err != nil {
		return nil, failf(exitConfig, "%w", c.settings.Errorf(h.setting, "%v", err)).withHint("--algorithm bcrypt")
	}
	if fips && !strings.HasPrefix(strings.ToLower(name), "pbkdf2") {
		return nil, failf(exitConfig, "only PBKDF2 is allowed with xpack.security.fips_mode.enabled, not %s", name).withHint("--algorithm pbkdf2_stretch")
	}
	return pwhash.New(name, pwhash.Options{})
}

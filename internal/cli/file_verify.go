package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/envfile"
	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/secret"
)

type fileVerifyOptions struct {
	conf        confFlags
	name        string
	passwordEnv string
}

func newFileVerifyCmd(app *App) *cobra.Command {
	var o fileVerifyOptions
	cmd := &cobra.Command{
		Use:   "verify [name]",
		Short: "Check a password against the files",
		Long: `Check whether a password logs a file user in. It is taken from <NAME>_PASSWORD, where
file add saves it, or from the variable that --password-env names; without a name,
user and password are FILE_USER and FILE_PASSWORD. Exits 1 when it does not match.`,
		Example: "  realmctl file verify ana\n  realmctl file verify ana --password-env ANA_OLD_PASSWORD\n  realmctl file verify",
		Args:    between(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.name = args[0]
			}
			return o.run(cmd.Context(), app)
		},
	}
	f := cmd.Flags()
	o.conf.add(f)
	f.StringVar(&o.passwordEnv, "password-env", "", "the password is in the variable `NAME` (default <NAME>_PASSWORD)")
	return withCodes(cmd, exitNo, exitNoInput, exitNotFound, exitIO, exitConfig)
}

func (o *fileVerifyOptions) run(ctx context.Context, app *App) error {
	c, err := o.conf.open(app)
	if err != nil {
		return err
	}
	f, err := c.read()
	if err != nil {
		return err
	}
	if o.name != "" && !f.Users.Has(o.name) { // before a variable of that name is asked for
		return notFound("file user", []string{o.name})
	}
	password, err := o.secret(app)
	if err != nil {
		return err
	}
	hash, ok := f.Users.Hash(o.name)
	if !ok {
		return notFound("file user", []string{o.name})
	}
	algorithm, problem := describeHash(hash)
	matches, err := matchesHash(ctx, hash, password)
	if err != nil {
		return err
	}
	if matches {
		app.warnTruncated(algorithm, password)
	}
	data := struct {
		Username  string `json:"username"`
		Matches   bool   `json:"matches"`
		Algorithm string `json:"algorithm"`
		Problem   string `json:"problem,omitempty"`
	}{o.name, matches, algorithm, problem}
	err = app.Show(details(data, [][]string{{"username", o.name}, {"matches", yes(matches)}, {"algorithm", algorithm}, {"problem", problem}}))
	if err == nil && !matches {
		return no()
	}
	return err
}

// secret finds the password, and the user where none was named.
func (o *fileVerifyOptions) secret(app *App) (secret.String, error) {
	env, err := app.Environment()
	if err != nil {
		return "", err
	}
	if o.name == "" {
		if o.passwordEnv != "" {
			return "", usagef("--password-env goes with a name")
		}
		user, password, _, err := env.Pair("FILE_USER", "FILE_PASSWORD")
		o.name = user.Reveal()
		return password, err
	}
	variable := o.passwordEnv
	if variable == "" {
		if variable, err = envfile.VarName(o.name, "PASSWORD"); err != nil {
			return "", &usageError{text: err.Error(), hint: "--password-env NAME"}
		}
	}
	password, _, err := env.Secret(variable)
	return password, err
}

// matchesHash checks a password as a node does. A stored text that is no hash is the
// password there; one that lets nobody in matches nothing.
func matchesHash(ctx context.Context, hash string, password secret.String) (bool, error) {
	pool, err := pwhash.New("bcrypt4", pwhash.Options{Plain: true}) // the algorithm to check with is the stored one
	if err != nil {
		return false, err
	}
	matches, err := pool.Verify(ctx, hash, password)
	if errors.Is(err, pwhash.ErrUnknown) || errors.Is(err, pwhash.ErrMalformed) {
		return false, nil
	}
	return matches, err
}

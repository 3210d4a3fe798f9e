package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/output"
	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/secret"
)

func newHashCmd(app *App) *cobra.Command {
	return group("hash", "Password hashes as Elasticsearch stores them", []string{"hashes"},
		newHashCreateCmd(app), newHashVerifyCmd(app), newHashIdentifyCmd(app),
	)
}

// variableOf reads a secret from the variable that a flag names.
func (a *App) variableOf(flag, name string) (secret.String, error) {
	if name == "" {
		return "", &usageError{text: "which variable holds it?", hint: flag + " NAME"}
	}
	env, err := a.Environment()
	if err != nil {
		return "", err
	}
	value, _, err := env.Secret(name)
	return value, err
}

// offlineOnly refuses flags that only make sense for requests.
func (a *App) offlineOnly() error {
	if a.planning() {
		return usagef("this command sends and changes nothing; --dry-run and --curl have nothing to show")
	}
	return nil
}

func newHashCreateCmd(app *App) *cobra.Command {
	var passwordEnv, algorithm string
	cmd := &cobra.Command{
		Use:     "create",
		Aliases: []string{"add"},
		Short:   "Hash a password",
		Long: `Hash the password in a variable, for password_hash of the API, for a users file, for
a Kubernetes Secret or for Terraform. The hash is printed alone.

Algorithms: ` + strings.Join(pwhash.Algorithms(pwhash.Passwords), ", ") + `.`,
		Example: `  realmctl hash create --password-env ANA_PASSWORD
  realmctl hash create --password-env ANA_PASSWORD --algorithm pbkdf2_stretch -o value`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return app.createHash(cmd.Context(), passwordEnv, algorithm)
		},
	}
	f := cmd.Flags()
	f.StringVar(&passwordEnv, "password-env", "", "the password is in the variable `NAME`")
	f.StringVar(&algorithm, "algorithm", "bcrypt", "hash with this `algorithm`")
	return withCodes(cmd, exitData, exitConfig)
}

func (a *App) createHash(ctx context.Context, passwordEnv, algorithm string) error {
	if err := a.offlineOnly(); err != nil {
		return err
	}
	if err := pwhash.Check(pwhash.Passwords, algorithm); err != nil {
		return usagef("--algorithm %s: one of %s", algorithm, list(pwhash.Algorithms(pwhash.Passwords)))
	}
	password, err := a.variableOf("--password-env", passwordEnv)
	if err != nil {
		return err
	}
	if err := checkFilePassword(password); err != nil {
		return err
	}
	if err := checkPassword(a.env.File().Policy.Password, password); err != nil {
		return err
	}
	pool, err := pwhash.New(algorithm, pwhash.Options{})
	if err != nil {
		return err
	}
	a.warnTruncated(pool.Algorithm(), password)
	hash, err := pool.Hash(ctx, password)
	if err != nil {
		return err
	}
	v := output.View{Header: []string{"hash", "algorithm"}, Wide: 1, Rows: [][]string{{hash, pool.Algorithm()}}}
	v.Data = struct {
		Hash      string `json:"hash"`
		Algorithm string `json:"algorithm"`
	}{hash, pool.Algorithm()}
	if a.table() {
		a.flags.NoHeaders = true
	}
	return a.Show(v)
}

func newHashVerifyCmd(app *App) *cobra.Command {
	var hashEnv, passwordEnv string
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check a password against a hash",
		Long: `Check whether the password in one variable matches the hash in another one, as a node
does it. Exits 1 when it does not.`,
		Example: "  realmctl hash verify --hash-env ANA_HASH --password-env ANA_PASSWORD",
		Args:    exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return app.verifyHash(cmd.Context(), hashEnv, passwordEnv)
		},
	}
	f := cmd.Flags()
	f.StringVar(&hashEnv, "hash-env", "", "the hash is in the variable `NAME`")
	f.StringVar(&passwordEnv, "password-env", "", "the password is in the variable `NAME`")
	return withCodes(cmd, exitNo, exitConfig)
}

func (a *App) verifyHash(ctx context.Context, hashEnv, passwordEnv string) error {
	if err := a.offlineOnly(); err != nil {
		return err
	}
	hash, err := a.variableOf("--hash-env", hashEnv)
	if err != nil {
		return err
	}
	password, err := a.variableOf("--password-env", passwordEnv)
	if err != nil {
		return err
	}
	matches, err := matchesHash(ctx, hash.Reveal(), password)
	if err != nil {
		return err
	}
	algorithm, problem := describeHash(hash.Reveal())
	if matches {
		a.warnTruncated(algorithm, password)
	}
	data := struct {
		Matches   bool   `json:"matches"`
		Algorithm string `json:"algorithm"`
		Problem   string `json:"problem,omitempty"`
	}{matches, algorithm, problem}
	err = a.Show(details(data, [][]string{{"matches", yes(matches)}, {"algorithm", algorithm}, {"problem", problem}}))
	if err == nil && !matches {
		return no()
	}
	return err
}

// identified is what a stored text says about itself.
type identified struct {
	Line      int    `json:"line,omitempty"` // in the file
	Algorithm string `json:"algorithm"`
	Cost      int    `json:"cost,omitempty"`
	SaltBytes int    `json:"salt_bytes,omitempty"`
	KeyBytes  int    `json:"key_bytes,omitempty"`
	Files     bool   `json:"usable_in_files"`
	API       bool   `json:"usable_in_api"` // as password_hash
	Problem   string `json:"problem,omitempty"`
}

func newHashIdentifyCmd(app *App) *cobra.Command {
	var hashEnv, file string
	cmd := &cobra.Command{
		Use:   "identify",
		Short: "Tell how a hash was made",
		Long: `Tell the algorithm of a hash and whether a node can use it: in the files, and as
password_hash of the API. It is read from a variable, or one a line from a file; lines
of users and service_tokens are taken too. Exits 1 when one is of no use.`,
		Example: "  realmctl hash identify --hash-env ANA_HASH\n  realmctl hash identify -f hashes.txt -o json",
		Args:    exactly(0),
		RunE: func(*cobra.Command, []string) error {
			return app.identifyHashes(hashEnv, file)
		},
	}
	f := cmd.Flags()
	f.StringVar(&hashEnv, "hash-env", "", "the hash is in the variable `NAME`")
	f.StringVarP(&file, "filename", "f", "", "the hashes are in the `file`, one a line")
	return withCodes(cmd, exitNo, exitData, exitNoInput, exitIO, exitConfig)
}

func (a *App) identifyHashes(hashEnv, file string) error {
	if err := a.offlineOnly(); err != nil {
		return err
	}
	if (hashEnv == "") == (file == "") {
		return &usageError{text: "where is the hash?", hint: "--hash-env NAME, or -f FILE"}
	}
	if hashEnv != "" {
		hash, err := a.variableOf("--hash-env", hashEnv)
		if err != nil {
			return err
		}
		return a.showIdentified([]identified{identify(hash.Reveal())}, false)
	}
	if file == "-" { // what is typed or piped in stays in a shell's history
		return &usageError{text: "secrets are not read from standard input", hint: "--hash-env NAME, or -f FILE"}
	}
	data, err := a.readFile(file)
	if err != nil {
		return err
	}
	all := identifyLines(string(data))
	if len(all) == 0 {
		return failf(exitData, "%s holds no hash", file)
	}
	return a.showIdentified(all, true)
}

package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/keystore"
	"github.com/realmctl/realmctl/internal/linefile"
	"github.com/realmctl/realmctl/internal/realmlint"
	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/settings"
)

type realmLintOptions struct {
	file    string
	license string
}

func newRealmLintCmd(app *App) *cobra.Command {
	var o realmLintOptions
	cmd := &cobra.Command{
		Use:   "lint <file>",
		Short: "Check the realms of an elasticsearch.yml before a node does",
		Long: `Look at an elasticsearch.yml, or the one of a folder: names, orders, one file and one
native realm, unknown types and settings with the nearest one that exists, values,
settings that are required or exclude each other, files that are not there, realms that
the licence leaves out, passwords in the clear. The keystore beside the file is looked
into for secure settings that are missing; its password, if it has one, is in the
variable KEYSTORE_PASSWORD. Every finding has file and line. Exits 1 when there are any.`,
		Example: "  realmctl realm lint /etc/elasticsearch/elasticsearch.yml\n  realmctl realm lint elasticsearch.yml --license basic -o json",
		Args:    exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.file = args[0]
			return o.run(cmd.Context(), app)
		},
	}
	cmd.Flags().StringVar(&o.license, "license", "", "the cluster's `licence`: basic, gold, platinum, enterprise or trial")
	return withCodes(cmd, exitNo, exitNoInput, exitIO, exitConfig)
}

// licenses are those that --license takes.
func licenses() []string {
	return []string{"basic", "standard", "gold", "platinum", "enterprise", "trial"}
}

func (o *realmLintOptions) run(_ context.Context, app *App) error {
	if o.license != "" && !slices.Contains(licenses(), strings.ToLower(o.license)) {
		return usagef("--license %q: one of %s", o.license, strings.Join(licenses(), ", "))
	}
	path := o.file
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, settingsName)
	}
	findings, err := o.find(app, path)
	if err != nil {
		return err
	}
	if err := app.showFindings(findings); err != nil {
		return err
	}
	if len(findings) == 0 {
		app.notef("nothing found in %s", path)
		return nil
	}
	app.notef("%s in %s", countFindings(findings), path)
	return no()
}

func (o *realmLintOptions) find(app *App, path string) ([]linefile.Finding, error) {
	s, err := settings.Loader{Lookup: app.world.Lookup}.Load(path)
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return nil, err
	}
	if err != nil {
		return realmlint.Complaints(path, err), nil
	}
	folder := filepath.Dir(path)
	secure, err := app.secureSettings(folder)
	if err != nil {
		return nil, err
	}
	return realmlint.Lint(s, realmlint.Options{License: o.license, Secure: secure, Check: func(name string) error {
		if !filepath.IsAbs(name) {
			name = filepath.Join(folder, name)
		}
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		return f.Close()
	}}), nil
}

// secureSettings are the names of those in a folder's keystore; nil: nothing is known
// of them, because there is none beside the file or it cannot be opened.
func (a *App) secureSettings(folder string) ([]string, error) {
	k, err := keystore.Open(filepath.Join(folder, keystore.Name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		a.warnf("secure settings are not looked at: %v", err)
		return nil, nil
	}
	var password secret.String
	if k.Protected() {
		env, err := a.Environment()
		if err != nil {
			return nil, err
		}
		if password, _, err = env.Secret(keystorePassword); err != nil {
			a.warnf("secure settings are not looked at: the keystore has a password, and %s is not set", keystorePassword)
			return nil, nil //nolint:nilerr // it was told, and is no reason to look at nothing
		}
	}
	if err := k.Decrypt(password); err != nil {
		return nil, failf(exitConfig, "%s: %w", filepath.Join(folder, keystore.Name), err).withHint("the password is read from the variable %s", keystorePassword)
	}
	return append([]string{}, k.Names()...), nil
}

// keystorePassword is the variable with the password of a keystore, as in
// Elasticsearch's container images.
const keystorePassword = "KEYSTORE_PASSWORD"

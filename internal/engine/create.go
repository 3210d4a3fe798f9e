package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/realmctl/realmctl/internal/authn"
	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/sqlite"
	"github.com/realmctl/realmctl/internal/user"
)

// layout are the files of a new data directory. Those that exist are left alone.
func layout() map[string]string {
	const config = ConfigFolder + "/"
	return map[string]string{
		".gitignore": "*\n",
		config + SettingsFile: `# Settings of the embedded engine, in Elasticsearch's format. Realms go here:
# xpack.security.authc.realms.native.native1.order: 0
xpack.security.authc.token.enabled: true
`,
		config + "users":            "",
		config + "users_roles":      "",
		config + "roles.yml":        "# Roles of this node, beside those of the API. See docs/file-realm.md.\n",
		config + "role_mapping.yml": "",
		config + "service_tokens":   "",
	}
}

// Create lays out a data directory and an empty database in it. It may be called
// again after a crash: what is there stays as it is. Nobody can log in yet; see
// SetElasticPassword.
func Create(ctx context.Context, o Options) error {
	if err := os.MkdirAll(filepath.Join(o.Dir, ConfigFolder), 0o700); err != nil {
		return err
	}
	for name, content := range layout() {
		if err := create(filepath.Join(o.Dir, name), content); err != nil {
			return err
		}
	}
	db, err := sqlite.Open(ctx, filepath.Join(o.Dir, Database), sqlite.Options{Now: o.Now, Log: o.Log})
	if err != nil {
		return err
	}
	return db.Close()
}

// create writes a file unless it exists.
func create(path, content string) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err = f.WriteString(content); err != nil {
		return err
	}
	return f.Sync()
}

// SetElasticPassword gives the superuser elastic a password, and enables him. It asks
// for no credential: who can write the database needs none.
func (e *Engine) SetElasticPassword(ctx context.Context, password secret.String) error {
	auth, err := authn.ReadConfig(e.Settings)
	if err != nil {
		return err
	}
	pool, err := pwhash.New(auth.Hashing, pwhash.Options{})
	if err != nil {
		return err
	}
	hash, err := pool.Hash(ctx, password)
	if err != nil {
		return fmt.Errorf("hash the password of elastic: %w", err)
	}
	return user.Bootstrap(ctx, e.db, hash)
}

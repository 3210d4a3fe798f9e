package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/realmctl/realmctl/internal/atomicfile"
	"github.com/realmctl/realmctl/internal/engine"
	"github.com/realmctl/realmctl/internal/linefile"
	"github.com/realmctl/realmctl/internal/settings"
	"github.com/realmctl/realmctl/internal/usersfile"
)

func newFileCmd(app *App) *cobra.Command {
	cmd := group("file", "Users and tokens in the files of a node, offline", []string{"files"},
		newFileListCmd(app), newFileGetCmd(app), newFileAddCmd(app), newFileDeleteCmd(app), newFilePasswordCmd(app),
		newFileRolesCmd(app), newFileVerifyCmd(app), newFileLintCmd(app), newFileFmtCmd(app), newFileDiffCmd(app),
		newFileSecretCmd(app), newFileMigrateCmd(app), newFileRecoverCmd(app), newFileTokenCmd(app),
	)
	cmd.Long = `The files users, users_roles and service_tokens of an Elasticsearch node's
configuration folder, edited without a node and without Java. What is not changed
stays as it is, byte for byte; owner, group and mode are kept; two commands at once
lose nothing. A node sees a change within 5 seconds. It is the only one that does:
repeat the change on the other nodes (file get --hash, file diff).

The folder is --conf, else --data, ES_PATH_CONF, REALMCTL_DATA or ./.realmctl.`
	return cmd
}

// confFlags choose the configuration folder.
type confFlags struct {
	dir   string
	given func() bool // --conf; nil: it cannot be
}

func (c *confFlags) add(f *pflag.FlagSet) {
	c.given = func() bool { return f.Changed("conf") }
	f.StringVar(&c.dir, "conf", "", "the configuration `folder` (default $ES_PATH_CONF, else that of the embedded engine)")
}

// conf is a configuration folder, and what its elasticsearch.yml says about files.
type conf struct {
	dir      string
	source   string             // what named it
	settings *settings.Settings // those that could be read
	broken   error              // why elasticsearch.yml could not; nil: it could, or there is none
	rules    usersfile.Rules
}

// settingsName is the file of settings in a configuration folder.
const settingsName = "elasticsearch.yml"

// open finds the folder for a command that sends nothing.
func (c confFlags) open(a *App) (*conf, error) {
	if a.flags.Curl {
		return nil, usagef("this command works on files; --curl has nothing to show")
	}
	return c.find(a)
}

// find finds the folder. A settings file that cannot be read keeps nobody from
// mending things: defaults are assumed then.
func (c confFlags) find(a *App) (*conf, error) {
	if _, err := a.load(); err != nil {
		return nil, err
	}
	dir, source, err := c.choose(a)
	if err != nil {
		return nil, err
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(a.world.Dir, dir)
	}
	found := &conf{dir: filepath.Clean(dir), source: source}
	if err := found.check(); err != nil {
		return nil, err
	}
	if err := found.load(a); err != nil {
		found.broken, found.settings = err, &settings.Settings{}
		a.warnf("the defaults of the settings are assumed, for they cannot be read: %v", err)
	}
	return found, nil
}

// choose prefers what was said on the command line over what was exported. What was
// said and is empty is a variable of a script that was never set: to go on with another
// node's files would be the worst.
func (c confFlags) choose(a *App) (dir, source string, err error) {
	exported, set := a.world.Lookup("ES_PATH_CONF")
	switch {
	case c.dir != "":
		return c.dir, "--conf", nil
	case c.given != nil && c.given():
		return "", "", usagef("--conf is empty")
	case a.flags.Data != "":
		return filepath.Join(a.flags.Data, engine.ConfigFolder), "--data", nil
	case exported != "":
		return exported, "ES_PATH_CONF", nil
	case set:
		return "", "", failf(exitConfig, "ES_PATH_CONF is set but empty").withHint("unset it for the embedded engine, or --conf DIR")
	}
	return filepath.Join(a.engineFolder(), engine.ConfigFolder), "the embedded engine", nil
}

func (c *conf) check() error {
	info, err := os.Stat(c.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return failf(exitConfig, "there is no configuration folder %s (%s)", c.dir, c.source).withHint("--conf DIR, or ES_PATH_CONF=DIR")
	case err != nil:
		return c.explain(linefile.Denied(err))
	case !info.IsDir():
		return failf(exitConfig, "%s (%s) is not a folder", c.dir, c.source).withHint("--conf DIR, or ES_PATH_CONF=DIR")
	}
	return nil
}

// load reads the settings that decide which names are free.
func (c *conf) load(a *App) error {
	s, err := settings.Loader{Lookup: a.world.Lookup}.Load(filepath.Join(c.dir, settingsName))
	if errors.Is(err, fs.ErrNotExist) {
		c.settings = &settings.Settings{}
		return nil
	}
	if err != nil {
		return err
	}
	c.settings = s
	reserved, err := s.Bool("xpack.security.authc.reserved_realm.enabled", true)
	c.rules = usersfile.Rules{ReservedOff: !reserved && err == nil, Anonymous: s.Text("xpack.security.authc.anonymous.username", "")}
	return err
}

// has reports whether the folder holds a file.
func (c *conf) has(name string) bool {
	_, err := os.Stat(filepath.Join(c.dir, name))
	return err == nil
}

// mustHaveUsers keeps a mistyped folder from being taken for one without users.
func (c *conf) mustHaveUsers() error {
	for _, name := range []string{usersfile.UsersName, settingsName} {
		_, err := os.Stat(filepath.Join(c.dir, name))
		if !errors.Is(err, fs.ErrNotExist) {
			return c.explain(linefile.Denied(err))
		}
	}
	return failf(exitNoInput, "%s (%s) has neither users nor %s", c.dir, c.source, settingsName).withHint("--conf DIR names the configuration folder of a node")
}

// read gives what a node sees in users and users_roles.
func (c *conf) read() (usersfile.Folder, error) {
	if err := c.mustHaveUsers(); err != nil {
		return usersfile.Folder{}, err
	}
	f, err := usersfile.Load(c.dir, usersfile.Options{Rules: c.rules})
	return f, c.explain(err)
}

// options of edits. A folder with settings is the right one, so a file that is
// missing there is made.
func (c *conf) options(create bool, reader *atomicfile.Account) usersfile.EditOptions {
	return usersfile.EditOptions{Rules: c.rules, File: atomicfile.Options{Reader: reader}, Create: create || c.has(settingsName)}
}

// edited is what became of an edit of users and users_roles.
type edited struct {
	changes []usersfile.Change
	written []string
	refused []string // files that Elasticsearch does not read, now as before
}

// edit changes both files as one. A dry run lists what it would do and writes
// nothing.
func (c *conf) edit(ctx context.Context, a *App, o usersfile.EditOptions, change func(*usersfile.Editor) error) (edited, error) {
	waiting, cancel, err := a.patient(ctx)
	if err != nil {
		return edited{}, err
	}
	defer cancel()
	e, err := usersfile.Edit(waiting, c.dir, o)
	if err != nil {
		return edited{}, c.explain(err)
	}
	defer e.Close()
	if err := change(e); err != nil {
		return edited{}, c.explain(err)
	}
	out := edited{changes: e.Changes(), refused: e.Refused()}
	if a.planning() {
		return out, nil
	}
	report, err := e.Save()
	for _, n := range report.Notices {
		a.warnf("%s", n)
	}
	out.written = report.Written
	return out, c.explain(err)
}

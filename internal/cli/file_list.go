package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/output"
	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/role"
	"github.com/realmctl/realmctl/internal/rolesfile"
	"github.com/realmctl/realmctl/internal/usersfile"
)

// fileUser is a user as a node sees it in the files.
type fileUser struct {
	Username  string   `json:"username"`
	Roles     []string `json:"roles"`
	Algorithm string   `json:"algorithm,omitempty"` // of the password's hash
	Unknown   []string `json:"unknown_roles,omitempty"`
	Problem   string   `json:"problem,omitempty"` // why nobody can log in with it, or should not
}

type fileListOptions struct {
	conf confFlags
	role string
}

func newFileListCmd(app *App) *cobra.Command {
	var o fileListOptions
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List file users",
		Long: `List the users of the files as a node sees them, and the names that have roles in
users_roles and are no users. A role with * is neither built in nor in roles.yml: the
API may have it, or nobody.`,
		Example: "  realmctl file list --conf /etc/elasticsearch\n  realmctl file list --role superuser -o name",
		Args:    exactly(0),
		RunE:    func(*cobra.Command, []string) error { return o.run(app) },
	}
	o.conf.add(cmd.Flags())
	cmd.Flags().StringVar(&o.role, "role", "", "only those with the role `name`")
	return withCodes(cmd, exitNoInput, exitIO, exitConfig)
}

func (o *fileListOptions) run(app *App) error {
	c, err := o.conf.open(app)
	if err != nil {
		return err
	}
	f, err := c.read()
	if err != nil {
		return err
	}
	known, err := c.knownRoles()
	if err != nil {
		return err
	}
	users := make([]fileUser, 0, f.Users.Len())
	for name := range f.Users.All() {
		users = append(users, describe(f, name, known))
	}
	for name := range f.Roles.Users() {
		if name != "" && !f.Users.Has(name) {
			users = append(users, describe(f, name, known))
		}
	}
	if o.role != "" {
		users = slices.DeleteFunc(users, func(u fileUser) bool { return !slices.Contains(u.Roles, o.role) })
	}
	slices.SortFunc(users, func(a, b fileUser) int { return strings.Compare(a.Username, b.Username) })
	return app.showFileUsers(users)
}

func (a *App) showFileUsers(users []fileUser) error {
	v := output.View{Data: users, Header: []string{"username", "roles", "algorithm", "problem"}, Rows: make([][]string, len(users))}
	starred := false
	for i, u := range users {
		v.Rows[i] = []string{u.Username, u.starred(), u.Algorithm, u.Problem}
		starred = starred || len(u.Unknown) > 0
	}
	if starred && a.table() {
		a.notef("roles with * are neither built in nor in %s; the API may have them", rolesfile.Name)
	}
	return a.Show(v)
}

// table reports whether people read the result.
func (a *App) table() bool {
	return (a.flags.Output == "" || a.flags.Output == string(output.Table)) && a.flags.JQ == "" && a.flags.Template == ""
}

// starred marks the roles that are not known.
func (u fileUser) starred() string {
	if len(u.Unknown) == 0 {
		return list(u.Roles)
	}
	marked := slices.Clone(u.Roles)
	for i, r := range marked {
		if slices.Contains(u.Unknown, r) {
			marked[i] += "*"
		}
	}
	return list(marked)
}

// describe says what the files hold about a name.
func describe(f usersfile.Folder, name string, known func(string) bool) fileUser {
	u := fileUser{Username: name, Roles: []string{}}
	for _, r := range f.Roles.Of(name) {
		if slices.Contains(u.Roles, r) {
			continue // told twice
		}
		u.Roles = append(u.Roles, r)
		if !known(r) {
			u.Unknown = append(u.Unknown, r)
		}
	}
	hash, ok := f.Users.Hash(name)
	if !ok {
		u.Problem = "not in users: cannot log in"
		return u
	}
	u.Algorithm, u.Problem = describeHash(hash)
	if u.Problem == "" && usersfile.Temporary(name) {
		u.Problem = "a temporary user, left behind or in use"
	}
	return u
}

// plainText is pwhash's name of a text that was not hashed.
const plainText = "noop"

// describeHash names the algorithm of a stored text, and why it is a problem.
func describeHash(hash string) (algorithm, problem string) {
	info, err := pwhash.Identify(hash)
	switch {
	case strings.TrimLeft(hash, " \t") != hash:
		return "unknown", "a blank before the hash: no password matches"
	case errors.Is(err, pwhash.ErrUnknown):
		return "unknown", "unknown format: Elasticsearch takes its text for the password"
	case err != nil:
		return "malformed", oneLine(err.Error())
	case info.Algorithm == plainText:
		return "plain text", "the password is not hashed"
	}
	return info.Algorithm, ""
}

// knownRoles says which roles there are: built in, in roles.yml, and more.
func (c *conf) knownRoles(more ...string) (func(string) bool, error) {
	known := map[string]bool{}
	builtin, err := role.Builtin()
	if err != nil {
		return nil, err
	}
	for _, d := range builtin {
		known[d.Name] = true
	}
	reserved := func(name string) bool { return known[name] }
	segments, err := rolesfile.Load(rolesfile.Path(c.dir), reserved)
	if err != nil {
		return nil, c.explain(err)
	}
	for _, name := range append(rolesfile.Names(segments), more...) {
		known[name] = true
	}
	return reserved, nil
}

// warnUnknownRoles warns of roles that nobody has defined here, or refuses them.
func (c *conf) warnUnknownRoles(a *App, roles []string, strict bool) error {
	known, err := c.knownRoles()
	if err != nil {
		return err
	}
	unknown := slices.DeleteFunc(slices.Clone(roles), known)
	if len(unknown) == 0 {
		return nil
	}
	text := fmt.Sprintf("unknown roles grant nothing unless the API has them: %s", list(unknown))
	if strict {
		return failf(exitData, "%s", text).withHint("realmctl role list, or %s", rolesfile.Path(c.dir))
	}
	a.warnf("%s", text)
	return nil
}

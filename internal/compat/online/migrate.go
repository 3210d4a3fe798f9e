package online

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/realmctl/realmctl/internal/compat/jopt"
	"github.com/realmctl/realmctl/internal/compat/tool"
	"github.com/realmctl/realmctl/internal/linefile"
	"github.com/realmctl/realmctl/internal/rolesfile"
	"github.com/realmctl/realmctl/internal/usersfile"
)

// Migrate is elasticsearch-migrate (ESNativeRealmMigrateTool), which went with
// Elasticsearch 8.0.
func Migrate() *tool.Command {
	return &tool.Command{
		About: "Imports file-based users and roles to the native security realm",
		Sub: []*tool.Command{{
			Name: "native", About: "Migrates users or roles from file to native realm",
			More: `This tool migrates file based users[1] and roles[2] to the native realm in
elasticsearch, saving the administrator from needing to manually transition
them from the file.
`,
			Parser: jopt.Parser{Options: []jopt.Option{
				{Names: []string{"u", "username"}, Help: "User used to authenticate with Elasticsearch", Arg: jopt.Required, Needed: true},
				tool.PasswordOption("Password used to authenticate with Elasticsearch"), tool.VariableOption(),
				{Names: []string{"U", "url"}, Help: "URL of Elasticsearch host", Arg: jopt.Required},
				{Names: []string{"n", "users"}, Help: "Users to migrate from file to native realm", Arg: jopt.Required},
				{Names: []string{"r", "roles"}, Help: "Roles to migrate from file to native realm", Arg: jopt.Required},
			}},
			Run: migrate,
		}},
	}
}

// migration is one run. Passwords go on working, as their hashes are copied.
type migration struct {
	*tool.Call

	node *node
}

func migrate(ctx context.Context, c *tool.Call) error {
	user, err := c.Set.Value("username")
	if err != nil {
		return err
	}
	if err := c.RefusePassword(user); err != nil {
		return err
	}
	to, err := address(c, "url")
	if err != nil {
		return asData(err)
	}
	p, err := c.Password(user)
	if err != nil {
		return err
	}
	n, err := connect(c, to, user, p)
	if err != nil {
		return err
	}
	m := migration{c, n}
	c.Print(tool.Normal, "starting migration of users and roles...")
	for _, read := range []func() (set, error){m.users, m.roles} {
		found, err := read()
		if err != nil {
			return err
		}
		if err := m.copy(ctx, found); err != nil {
			return err
		}
	}
	c.Print(tool.Normal, "users and roles imported.")
	return nil
}

// set is what a file has of a kind, user or role.
type set struct {
	kind   string
	names  []string       // in the order of the file
	bodies map[string]any // of the request that creates it, by name
	absent string         // what to say of a name that is not there
}

// users are the file users with their hashes and roles.
func (m migration) users() (set, error) {
	s := set{kind: "user", bodies: map[string]any{}, absent: "user [%s] was not found in files, skipping"}
	usersPath, rolesPath := usersfile.Paths(m.Dir)
	if err := present("users", usersPath); err != nil {
		return s, err
	}
	if err := present("users_roles", rolesPath); err != nil {
		return s, err
	}
	m.Print(tool.Normal, "importing users from [%s]...", usersPath)
	rules, err := m.Rules()
	if err != nil {
		return s, err
	}
	folder, err := usersfile.Load(m.Dir, usersfile.Options{
		Rules: rules, Strict: true,
		Report: func(p linefile.Problem) { m.Print(tool.Normal, "%s", p.Text) },
	})
	if err != nil {
		return s, err
	}
	for name, hash := range folder.Users.All() {
		s.names = append(s.names, name)
		s.bodies[name] = map[string]any{"password_hash": hash, "roles": append([]string{}, folder.Roles.Of(name)...)}
	}
	return s, nil
}

func present(name, path string) error {
	if !tool.Exists(path) {
		return tool.Failf(tool.NoInput, "%s file [%s] does not exist", name, path)
	}
	return nil
}

// roles are the roles of roles.yml as they are written there; the node says what is
// wrong with them.
func (m migration) roles() (set, error) {
	s := set{kind: "role", bodies: map[string]any{}, absent: "no role [%s] found, skipping"}
	path := m.Path(rolesfile.Name)
	if err := present(rolesfile.Name, path); err != nil {
		return s, err
	}
	m.Print(tool.Normal, "importing roles from [%s]...", path)
	segments, err := rolesfile.Load(path, func(name string) bool { return slices.Contains(m.World.Roles, name) })
	if err != nil {
		return s, err
	}
	for _, segment := range segments {
		if segment.Fault != "" {
			m.Print(tool.Normal, "%s", segment.Fault)
			continue
		}
		body, err := roleBody(segment)
		if err != nil {
			m.Print(tool.Normal, "invalid role definition [%s] in roles file [%s]. skipping role...", segment.Name, path)
			continue
		}
		s.bodies[segment.Name] = body
	}
	for _, name := range rolesfile.Names(segments) {
		if s.bodies[name] != nil {
			s.names = append(s.names, name)
		}
	}
	return s, nil
}

// roleBody is the YAML of a role as JSON.
func roleBody(s rolesfile.Segment) (json.RawMessage, error) {
	var roles map[string]any
	if err := yaml.Unmarshal([]byte(s.Text), &roles); err != nil {
		return nil, err
	}
	body := roles[s.Name]
	if body == nil {
		body = map[string]any{}
	}
	return json.Marshal(body)
}

// copy creates what of the set the node does not have.
func (m migration) copy(ctx context.Context, s set) error {
	existing, err := m.existing(ctx, s.kind)
	if err != nil {
		return err
	}
	chosen, err := m.Set.Value(s.kind + "s")
	if err != nil {
		return err
	}
	if names := tool.SplitList(chosen); len(names) > 0 {
		s.names = names
	}
	for _, name := range s.names {
		switch {
		case s.bodies[name] == nil:
			m.Print(tool.Normal, s.absent, name)
			continue
		case existing[name]:
			m.Print(tool.Normal, "%s [%s] already exists, skipping", s.kind, name)
			continue
		}
		if err := m.post(ctx, s.kind, name, s.bodies[name]); err != nil {
			return err
		}
	}
	return nil
}

// existing are the names that the node has already; kind is user or role.
func (m migration) existing(ctx context.Context, kind string) (map[string]bool, error) {
	r, err := m.node.send(ctx, http.MethodGet, "/_security/"+kind, nil)
	if err := m.refused(r, err, "failed to get %ss that already exist, skipping %s import", kind, kind); err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for name := range r.object {
		names[name] = true
	}
	m.Print(tool.Normal, "found existing %ss: [%s]", kind, strings.Join(slices.Sorted(maps.Keys(names)), ", "))
	return names, nil
}

// post creates a user or a role and shows what the node says to it.
func (m migration) post(ctx context.Context, kind, name string, body any) error {
	m.Print(tool.Normal, "migrating %s [%s]", kind, name)
	r, err := m.node.send(ctx, http.MethodPost, "/_security/"+kind+"/"+url.PathEscape(name), body)
	if err := m.refused(r, err, "failed to migrate %s [%s]", kind, name); err != nil {
		return err
	}
	m.Print(tool.Normal, "%s", strings.ReplaceAll(r.text, "\n", ""))
	return nil
}

// refused tells why the node did not do something. What was sent is not shown: it
// holds hashes.
func (m migration) refused(r reply, err error, format string, args ...any) error {
	switch {
	case err != nil && tool.Code(err) == tool.Interrupted:
		return err
	case err != nil:
		return tool.Failf(tool.Unavailable, format+": %s", append(args, reason(err))...)
	case r.status == http.StatusUnauthorized, r.status == http.StatusForbidden:
		return tool.Failf(noPermission, format+": %s", append(args, r.cause())...)
	case r.status >= http.StatusBadRequest:
		return tool.Failf(tool.CodeError, format+": %s", append(args, r.cause())...)
	}
	return nil
}

// noPermission is ExitCodes.NOPERM.
const noPermission = 77

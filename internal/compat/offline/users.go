// Package offline has the tools that work on the files of a configuration folder
// alone: no node and no network.
package offline

import (
	"slices"
	"strings"

	"github.com/realmctl/realmctl/internal/compat/jopt"
	"github.com/realmctl/realmctl/internal/compat/tool"
	"github.com/realmctl/realmctl/internal/javahash"
	"github.com/realmctl/realmctl/internal/rolesfile"
	"github.com/realmctl/realmctl/internal/usersfile"
)

// Users is elasticsearch-users (UsersTool).
func Users() *tool.Command {
	none := ""
	roles := func(short, long, help string) jopt.Option {
		return jopt.Option{Names: []string{short, long}, Help: help, Arg: jopt.Required, Default: &none}
	}
	return &tool.Command{
		About: "Manages elasticsearch file users",
		Sub: []*tool.Command{
			{
				Name: "useradd", About: "Adds a file user",
				More: `Adds a file based user to elasticsearch (via internal realm). The user will
be added to the "users" file and its roles will be added to the
"users_roles" file in the elasticsearch config directory.

`,
				Parser: jopt.Parser{Operands: "username", Options: []jopt.Option{
					tool.PasswordOption("The user password"), tool.VariableOption(), roles("r", "roles", "Comma-separated list of the roles of the user"),
				}},
				Run: userAdd,
			},
			{
				Name: "userdel", About: "Deletes a file based user",
				More: `Removes an existing file based user from elasticsearch. The user will be
removed from the "users" file and its roles will be removed from the
"users_roles" file in the elasticsearch config directory.

`,
				Parser: jopt.Parser{Operands: "username"},
				Run:    userDelete,
			},
			{
				Name: "passwd", About: "Changes the password of an existing file based user",
				More: `The passwd command changes passwords for file based users. The tool
prompts twice for a replacement password. The second entry is compared
against the first and both are required to match in order for the
password to be changed.

`,
				Parser: jopt.Parser{Operands: "username", Options: []jopt.Option{tool.PasswordOption("The user password"), tool.VariableOption()}},
				Run:    userPassword,
			},
			{
				Name: "roles", About: "Edit roles of an existing user",
				More: `The roles command allows editing roles for file based users.
You can also list a user's roles by omitting the -a and -r
parameters.

`,
				Parser: jopt.Parser{Operands: "username", Options: []jopt.Option{
					roles("a", "add", "Adds supplied roles to the specified user"), roles("r", "remove", "Remove supplied roles from the specified user"),
				}},
				Run: userRoles,
			},
			{
				Name: "list", About: "List existing file based users and their corresponding roles",
				More:   "\n\n",
				Parser: jopt.Parser{Operands: "username"},
				Run:    userList,
			},
		},
	}
}

// username is the one operand of the commands that change something.
func username(c *tool.Call) (string, error) {
	switch len(c.Set.Operands) {
	case 0:
		return "", tool.Failf(tool.Usage, "Missing username argument")
	case 1:
	default:
		return "", tool.Failf(tool.Usage, "Expected a single username argument, found extra: [%s]", strings.Join(c.Set.Operands, ", "))
	}
	name := c.Set.Operands[0]
	rules, err := c.Rules()
	if err != nil {
		return "", err
	}
	if err := rules.CheckUser(name); err != nil {
		return "", tool.Failf(tool.DataError, "Invalid username [%s]... %w", name, err)
	}
	return name, nil
}

// roleList reads a list of roles and warns of the unknown ones.
func roleList(c *tool.Call, option string) ([]string, error) {
	text, err := c.Set.Value(option)
	if err != nil {
		return nil, err
	}
	roles := tool.SplitList(text)
	for _, r := range roles {
		if err := usersfile.CheckRole(r); err != nil {
			return nil, badRole(r, err)
		}
	}
	known, err := knownRoles(c)
	if err != nil {
		return nil, err
	}
	unknown := slices.DeleteFunc(slices.Clone(roles), known.has)
	if len(unknown) > 0 {
		unknown = javahash.Strings(unknown) // once each, in the order of the old tool's set
		c.Tell(tool.Normal, "Warning: The following roles [%s] are not in the [%s] file. Make sure the names are correct. "+
			"If the names are correct and the roles were created using the API please disregard this message. "+
			"Nonetheless the user will still be associated with all specified roles", strings.Join(unknown, ","), c.Path(rolesfile.Name))
		c.Tell(tool.Normal, "Known roles: [%s]", strings.Join(known.names, ", "))
	}
	return roles, nil
}

func badRole(name string, err error) error {
	return tool.Failf(tool.DataError, "Invalid role [%s]... %w", name, err)
}

// roleNames are the roles of roles.yml, by their names alone, and the built-in ones.
type roleNames struct {
	names []string
	set   map[string]bool
}

func (r roleNames) has(name string) bool { return r.set[name] }

func knownRoles(c *tool.Call) (roleNames, error) {
	k := roleNames{set: map[string]bool{}}
	for _, r := range c.World.Roles {
		k.set[r] = true
	}
	segments, err := rolesfile.Load(c.Path(rolesfile.Name), k.has)
	if err != nil {
		return k, err
	}
	k.names = append(rolesfile.Names(segments), c.World.Roles...)
	for _, r := range k.names {
		k.set[r] = true
	}
	return k, nil
}

// loadUsers is nil without a file. As the old tool it gives up on one that is not
// UTF-8.
func loadUsers(c *tool.Call) (*usersfile.Users, error) {
	rules, err := c.Rules()
	if err != nil {
		return nil, err
	}
	path := c.Path(usersfile.UsersName)
	if !tool.Exists(path) {
		return nil, nil
	}
	users, err := usersfile.LoadUsers(path, usersfile.Options{Rules: rules, Strict: true})
	return users, unreadable(path, err)
}

// loadRoles is loadUsers for users_roles.
func loadRoles(c *tool.Call) (*usersfile.Roles, error) {
	path := c.Path(usersfile.RolesName)
	if !tool.Exists(path) {
		return nil, nil
	}
	roles, err := usersfile.LoadRoles(path, usersfile.Options{Strict: true})
	return roles, unreadable(path, err)
}

// unreadable says "users file" of both, as the old tool does.
func unreadable(path string, err error) error {
	if err == nil {
		return nil
	}
	return tool.Failf(tool.CodeError, "could not read users file [%s]: %w", path, err)
}

func unknownUser(name string) error { return tool.Failf(tool.NoUser, "User [%s] doesn't exist", name) }

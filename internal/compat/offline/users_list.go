package offline

import (
	"context"
	"slices"
	"strings"

	"github.com/realmctl/realmctl/internal/compat/tool"
	"github.com/realmctl/realmctl/internal/javahash"
	"github.com/realmctl/realmctl/internal/rolesfile"
	"github.com/realmctl/realmctl/internal/usersfile"
)

func userList(_ context.Context, c *tool.Call) error {
	name, err := c.Set.Operand()
	if err != nil {
		return err
	}
	if len(c.Set.Operands) == 0 {
		return showUsers(c)
	}
	return showUser(c, name)
}

// listing writes users with their roles, the unknown ones marked.
type listing struct {
	c      *tool.Call
	known  roleNames
	marked bool
}

func newListing(c *tool.Call) (*listing, *usersfile.Users, *usersfile.Roles, error) {
	roles, err := loadRoles(c)
	if err == nil && roles == nil {
		err = tool.Missing(c.Path(usersfile.RolesName))
	}
	if err != nil {
		return nil, nil, nil, err
	}
	users, err := loadUsers(c)
	if err == nil && users == nil {
		err = tool.Missing(c.Path(usersfile.UsersName))
	}
	if err != nil {
		return nil, nil, nil, err
	}
	known, err := knownRoles(c)
	return &listing{c: c, known: known}, users, roles, err
}

func (l *listing) user(name string, roles []string) {
	shown := slices.Clone(roles)
	for i, r := range shown {
		if !l.known.has(r) {
			shown[i] += "*"
			l.marked = true
		}
	}
	text := strings.Join(shown, ",")
	if len(shown) == 0 {
		text = "-"
	}
	l.c.Print(tool.Normal, "%-15s: %s", name, text)
}

func (l *listing) legend() {
	if !l.marked {
		return
	}
	l.c.Print(tool.Normal, "")
	l.c.Print(tool.Normal, " [*]   Role is not in the [%s] file. If the role has been created using the API, please disregard this message.", l.c.Path(rolesfile.Name))
}

// showUser lists one user.
func showUser(c *tool.Call, name string) error {
	l, users, roles, err := newListing(c)
	if err != nil {
		return err
	}
	if !users.Has(name) {
		return unknownUser(name)
	}
	l.user(name, roles.Of(name))
	l.legend()
	return nil
}

// showUsers lists everybody: first who has roles, whether a user or not. The order
// is that of the old tool's hash tables.
func showUsers(c *tool.Call) error {
	l, users, roles, err := newListing(c)
	if err != nil {
		return err
	}
	names, holders, err := usersfile.Names(c.Dir)
	if err != nil {
		return err
	}
	slices.Reverse(holders) // HashMap.computeIfAbsent puts an entry before the others of its bucket
	for _, name := range javahash.Sort(holders, javahash.String) {
		l.user(name, roles.Of(name))
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !users.Has(name) })
	for _, name := range javahash.Sort(names, javahash.String) {
		if len(roles.Of(name)) == 0 {
			l.user(name, nil)
		}
	}
	if users.Len()+roles.Len() == 0 {
		c.Print(tool.Normal, "No users found")
	}
	l.legend()
	return nil
}

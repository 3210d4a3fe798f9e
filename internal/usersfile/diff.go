package usersfile

import (
	"maps"
	"slices"
)

// Difference is what two folders do not have in common about a name. Hashes are
// never shown.
type Difference struct {
	User string `json:"user"`
	// What is only-in-a, only-in-b, password (the stored texts differ, though the
	// password may be the same) or roles.
	What string   `json:"what"`
	A    []string `json:"a,omitempty"` // the roles in the first folder, where they differ
	B    []string `json:"b,omitempty"`
}

// Folder is the content of both files of a configuration folder.
type Folder struct {
	Users *Users
	Roles *Roles
}

// Load reads both files of a folder.
func Load(dir string, o Options) (Folder, error) {
	usersPath, rolesPath := Paths(dir)
	users, err := LoadUsers(usersPath, o)
	if err != nil {
		return Folder{}, err
	}
	roles, err := LoadRoles(rolesPath, o)
	return Folder{Users: users, Roles: roles}, err
}

// Diff compares two folders by name. Roles count as a set; entries of users_roles
// count also for names without a user.
func Diff(a, b Folder) []Difference {
	names := map[string]bool{}
	for _, f := range []Folder{a, b} {
		for name := range f.Users.All() {
			names[name] = true
		}
		for name := range f.Roles.Users() {
			names[name] = true
		}
	}
	delete(names, "") // an empty name before a comma is nobody
	var found []Difference
	for _, name := range slices.Sorted(maps.Keys(names)) {
		hashA, inA := a.Users.Hash(name)
		hashB, inB := b.Users.Hash(name)
		switch {
		case inA && !inB:
			found = append(found, Difference{User: name, What: "only-in-a"})
		case inB && !inA:
			found = append(found, Difference{User: name, What: "only-in-b"})
		case hashA != hashB:
			found = append(found, Difference{User: name, What: "password"})
		}
		rolesA, rolesB := roleSet(a.Roles, name), roleSet(b.Roles, name)
		if !slices.Equal(rolesA, rolesB) {
			found = append(found, Difference{User: name, What: "roles", A: rolesA, B: rolesB})
		}
	}
	return found
}

func roleSet(r *Roles, name string) []string {
	roles := r.Of(name)
	slices.Sort(roles)
	return slices.Compact(roles)
}

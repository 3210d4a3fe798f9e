package cli

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/output"
	"github.com/realmctl/realmctl/internal/rolesfile"
	"github.com/realmctl/realmctl/internal/tokensfile"
	"github.com/realmctl/realmctl/internal/usersfile"
)

// fileDifference is something that two configuration folders do not have in common.
type fileDifference struct {
	File string   `json:"file"`
	Name string   `json:"name"`
	What string   `json:"what"`
	A    []string `json:"a,omitempty"`
	B    []string `json:"b,omitempty"`
}

func newFileDiffCmd(app *App) *cobra.Command {
	return withCodes(&cobra.Command{
		Use:   "diff <folder> <folder>",
		Short: "Compare the files of two nodes",
		Long: `Compare users, users_roles, roles.yml and service_tokens of two configuration folders
by what a node sees in them. Hashes are compared and never shown; the same password
hashed twice is a difference. Exits 1 when there is any.`,
		Example: "  realmctl file diff /etc/elasticsearch /mnt/node2/etc/elasticsearch\n  realmctl file diff a b -o json",
		Args:    exactly(2),
		RunE:    func(_ *cobra.Command, args []string) error { return app.diffFolders(args[0], args[1]) },
	}, exitNo, exitNoInput, exitIO, exitConfig)
}

func (a *App) diffFolders(first, second string) error {
	var nodes [2]*conf
	for i, dir := range []string{first, second} {
		c, err := confFlags{dir: dir}.open(a)
		if err != nil {
			return err
		}
		if err := c.mustHaveUsers(); err != nil {
			return err
		}
		nodes[i] = c
	}
	found, err := differences(nodes[0], nodes[1])
	if err != nil {
		return err
	}
	v := output.View{Data: found, Header: []string{"file", "name", "what", "a", "b"}, Key: 1}
	for _, d := range found {
		v.Rows = append(v.Rows, []string{d.File, d.Name, d.What, list(d.A), list(d.B)})
	}
	if len(found) == 0 {
		a.notef("the files of both say the same")
	}
	if err := a.Show(v); err != nil {
		return err
	}
	if len(found) > 0 {
		return no()
	}
	return nil
}

func differences(a, b *conf) ([]fileDifference, error) {
	found := []fileDifference{}
	usersA, err := a.read()
	if err != nil {
		return nil, err
	}
	usersB, err := b.read()
	if err != nil {
		return nil, err
	}
	found = append(found, userDifferences(usersA, usersB)...)
	rolesA, errA := rolesfile.Load(rolesfile.Path(a.dir), nil)
	rolesB, errB := rolesfile.Load(rolesfile.Path(b.dir), nil)
	if err := firstError(a.explain(errA), b.explain(errB)); err != nil {
		return nil, err
	}
	for _, d := range rolesfile.Diff(rolesA, rolesB) {
		found = append(found, fileDifference{File: rolesfile.Name, Name: d.Role, What: d.What})
	}
	tokensA, errA := a.tokens()
	tokensB, errB := b.tokens()
	for _, d := range tokensfile.Diff(tokensA, tokensB) {
		found = append(found, fileDifference{File: tokensfile.Name, Name: d.Token, What: d.What})
	}
	return found, firstError(errA, errB)
}

// userDifferences compares users and users_roles by name. What they have in common
// does not count, and neither does the order of roles; names without a user do.
func userDifferences(a, b usersfile.Folder) []fileDifference {
	names := map[string]bool{}
	for _, f := range []usersfile.Folder{a, b} {
		for name := range f.Users.All() {
			names[name] = true
		}
		for name := range f.Roles.Users() {
			names[name] = true
		}
	}
	delete(names, "") // an empty name before a comma is nobody
	var found []fileDifference
	for _, name := range sortedKeys(names) {
		hashA, inA := a.Users.Hash(name)
		hashB, inB := b.Users.Hash(name)
		d := fileDifference{File: usersfile.UsersName, Name: name}
		switch {
		case inA && !inB:
			d.What = "only-in-a"
		case inB && !inA:
			d.What = "only-in-b"
		case hashA != hashB:
			d.What = "password"
		}
		if d.What != "" {
			found = append(found, d)
		}
		rolesA, rolesB := roleSet(a.Roles, name), roleSet(b.Roles, name)
		if !slices.Equal(rolesA, rolesB) {
			found = append(found, fileDifference{usersfile.RolesName, name, "roles", rolesA, rolesB})
		}
	}
	return found
}

func roleSet(r *usersfile.Roles, name string) []string {
	return slices.Compact(slices.Sorted(slices.Values(r.Of(name))))
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

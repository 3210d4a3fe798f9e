package atomicfile

import (
	"fmt"
	"os/user"
	"path/filepath"
	"strconv"
)

// Account is somebody who must be able to read a file.
type Account struct {
	Name string
	UID  int
	GIDs []int // all groups, the primary one too
}

// LookupAccount finds an account and its groups; a user.UnknownUserError says
// that there is no such account on this machine.
func LookupAccount(name string) (*Account, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return nil, err
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return nil, fmt.Errorf("account %s: %w", name, err)
	}
	ids, err := u.GroupIds()
	if err != nil {
		return nil, fmt.Errorf("groups of %s: %w", name, err)
	}
	a := &Account{Name: name, UID: uid}
	for _, id := range ids {
		if gid, err := strconv.Atoi(id); err == nil {
			a.GIDs = append(a.GIDs, gid)
		}
	}
	return a, nil
}

// CanRead says whether the account could open the file at path for reading. On
// Windows it always says yes: ACLs are not evaluated there.
func (a *Account) CanRead(path string) (bool, error) {
	file, err := filepath.EvalSymlinks(path)
	if err != nil {
		return false, err
	}
	return a.mayOpen(file)
}

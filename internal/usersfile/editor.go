package usersfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"unicode/utf8"

	"github.com/realmctl/realmctl/internal/atomicfile"
	"github.com/realmctl/realmctl/internal/linefile"
	"github.com/realmctl/realmctl/internal/pwhash"
)

// What an edit can be refused for, besides a *NameError.
var (
	ErrExists  = errors.New("exists already")
	ErrUnknown = errors.New("no such user")
	ErrHash    = errors.New("not a hash that can be stored")
)

// EditOptions say how the files are changed.
type EditOptions struct {
	Rules Rules
	// File is how a file is written; its Like is filled in.
	File atomicfile.Options
	// Create allows that there is no users file yet. Without it a missing one is
	// fs.ErrNotExist: the folder is probably the wrong one.
	Create bool
}

// Probe finds out whether the files of a folder could be changed, before anybody
// is asked for a password. It takes no lock.
func Probe(dir string, o EditOptions) error {
	o.File.Like = linefile.Siblings()
	usersPath, rolesPath := Paths(dir)
	return errors.Join(atomicfile.Probe(usersPath, o.File), atomicfile.Probe(rolesPath, o.File))
}

// Editor changes both files as one. It holds the lock on the folder from Edit to
// Close, so that nothing changes between a look and an edit.
type Editor struct {
	o                    EditOptions
	lock                 *atomicfile.Lock
	usersPath, rolesPath string
	users, roles         file
	added, deleted       bool
	changes              []Change
}

// file is one of the two as it was and as it shall be.
type file struct {
	there    bool
	old, now string
}

func (f *file) changed() bool { return f.old != f.now }

// Edit locks the folder and reads the files. It waits for other editors until ctx
// ends, then returns atomicfile.ErrBusy.
func Edit(ctx context.Context, dir string, o EditOptions) (*Editor, error) {
	o.File.Like = linefile.Siblings()
	e := &Editor{o: o}
	e.usersPath, e.rolesPath = Paths(dir)
	var err error
	if e.lock, err = atomicfile.Acquire(ctx, e.usersPath, e.rolesPath); err != nil {
		return nil, err
	}
	e.users, err = open(e.usersPath, o.Create)
	if err == nil {
		e.roles, err = open(e.rolesPath, true)
	}
	if err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

func open(path string, create bool) (file, error) {
	text, err := linefile.Read(path)
	if create && errors.Is(err, fs.ErrNotExist) {
		return file{}, nil
	}
	return file{there: err == nil, old: text, now: text}, err
}

// Close gives the lock back. What was not saved is lost.
func (e *Editor) Close() { e.lock.Release() }

// Users are the users with the edits so far.
func (e *Editor) Users() *Users {
	return ParseUsers(e.usersPath, e.users.now, Options{Rules: e.o.Rules})
}

// Roles are the entries of users_roles with the edits so far.
func (e *Editor) Roles() *Roles { return ParseRoles(e.rolesPath, e.roles.now, Options{}) }

// Has says whether there is such a user.
func (e *Editor) Has(name string) bool {
	for l := range userLines("", e.users.now, e.o.Rules) {
		if l.name == name && name != "" {
			return true
		}
	}
	return false
}

// RolesOf lists the roles of a name in users_roles, whether it is a user or not.
func (e *Editor) RolesOf(name string) []string {
	var roles []string
	for l := range roleLines("", e.roles.now) {
		for _, u := range l.users {
			if l.role != "" && u.in(l.Text) == name {
				roles = append(roles, l.role)
			}
		}
	}
	return roles
}

// Refused lists the files that Elasticsearch does not read at all, for one byte that is
// not UTF-8: to it nobody in them is a user.
func (e *Editor) Refused() []string {
	var names []string
	for _, f := range []struct{ name, text string }{{UsersName, e.users.now}, {RolesName, e.roles.now}} {
		if !utf8.ValidString(f.text) {
			names = append(names, f.name)
		}
	}
	return names
}

// NewUser is what Add adds.
type NewUser struct {
	Name, Hash string
	Roles      []string
	// KeepStale leaves entries that users_roles already has for the name. Without
	// it they are removed: they are somebody else's, who had the name before.
	KeepStale bool
}

// Add adds a user and returns the stale roles that it was saved from, or that it
// inherits with KeepStale. Those that it shall have anyway are not among them.
func (e *Editor) Add(u NewUser) (stale []string, err error) {
	if err := e.o.Rules.CheckNewUser(u.Name); err != nil {
		return nil, err
	}
	if e.Has(u.Name) {
		return nil, fmt.Errorf("user %s %w", u.Name, ErrExists)
	}
	if err := CheckHash(u.Hash); err != nil {
		return nil, err
	}
	for _, role := range u.Roles {
		if err := CheckNewRole(role); err != nil {
			return nil, err
		}
	}
	stale = e.RolesOf(u.Name)
	want := u.Roles
	if u.KeepStale {
		want = append(slices.Clone(stale), u.Roles...)
	}
	stale = slices.DeleteFunc(stale, func(role string) bool { return slices.Contains(u.Roles, role) })
	e.setRoles(u.Name, want)
	e.users.now = linefile.Append(e.users.now, u.Name+":"+u.Hash)
	e.added = true
	e.note(UsersName, "add", u.Name, mask(u.Hash))
	return stale, nil
}

// Restore gives a user back who was deleted, unless somebody else did. The name was read
// from these files, so it is written whatever it looks like.
func (e *Editor) Restore(u NewUser) {
	if e.Has(u.Name) {
		return
	}
	e.setRoles(u.Name, u.Roles)
	e.users.now = linefile.Append(e.users.now, column0(u.Name+":"+u.Hash))
	e.added = true
	e.note(UsersName, "add", u.Name, mask(u.Hash))
}

// SetHash changes the stored password of a user.
func (e *Editor) SetHash(name, hash string) error {
	if !e.Has(name) {
		return fmt.Errorf("%w: %s", ErrUnknown, name)
	}
	if err := CheckHash(hash); err != nil {
		return err
	}
	e.users.now = setHash(e.users.now, name, hash, e.o.Rules)
	e.note(UsersName, "password", name, mask(hash))
	return nil
}

// Delete removes users and their roles; none is removed when one is unknown.
func (e *Editor) Delete(names ...string) error {
	users := e.Users()
	drop := map[string]bool{}
	for _, name := range names {
		if !users.Has(name) {
			return fmt.Errorf("%w: %s", ErrUnknown, name)
		}
		drop[name] = true
	}
	e.users.now = dropUsers(e.users.now, func(name string) bool { return drop[name] }, e.o.Rules)
	e.roles.now = dropRoles(e.roles.now, func(_, user string) bool { return drop[user] })
	e.deleted = true
	for _, name := range names {
		e.note(UsersName, "delete", name, "")
	}
	return nil
}

// SetRoles gives a user exactly these roles. Roles that it keeps stay where they
// are; only new ones must have names that can be written.
func (e *Editor) SetRoles(name string, roles []string) error {
	if !e.Has(name) {
		return fmt.Errorf("%w: %s", ErrUnknown, name)
	}
	now := e.RolesOf(name)
	for _, role := range roles {
		if slices.Contains(now, role) {
			continue
		}
		if err := CheckNewRole(role); err != nil {
			return err
		}
	}
	e.setRoles(name, roles)
	return nil
}

func (e *Editor) setRoles(name string, roles []string) {
	now := e.RolesOf(name)
	var add []string
	for _, role := range roles {
		if !slices.Contains(now, role) && !slices.Contains(add, role) {
			add = append(add, role)
		}
	}
	for _, role := range now {
		if !slices.Contains(roles, role) {
			e.note(RolesName, "remove", name, role)
		}
	}
	e.roles.now = dropRoles(e.roles.now, func(role, user string) bool {
		return user == name && !slices.Contains(roles, role)
	})
	e.roles.now = addRoles(e.roles.now, name, add)
	for _, role := range add {
		e.note(RolesName, "add", name, role)
	}
}

// PurgeStale removes the entries of users_roles whose users do not exist, and
// returns those users. which limits it to some names; nil: all.
func (e *Editor) PurgeStale(which func(name string) bool) []string {
	users := e.Users()
	var stale []string
	for name := range e.Roles().Users() {
		if name != "" && !users.Has(name) && (which == nil || which(name)) {
			stale = append(stale, name)
		}
	}
	slices.Sort(stale)
	e.roles.now = dropRoles(e.roles.now, func(_, user string) bool {
		_, ok := slices.BinarySearch(stale, user)
		return ok
	})
	for _, name := range stale {
		e.note(RolesName, "delete", name, "")
	}
	return stale
}

// CheckHash accepts what may be stored for a user: a hash that lets its password
// in and nothing else. Errors do not quote it.
func CheckHash(hash string) error {
	info, err := pwhash.Identify(hash)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrHash, err)
	}
	if info.Algorithm == plain {
		return fmt.Errorf("%w: %w", ErrHash, pwhash.ErrPlain)
	}
	return nil
}

// plain is pwhash's name of a text that was not hashed.
const plain = "noop"

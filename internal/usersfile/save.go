package usersfile

import (
	"fmt"

	"github.com/realmctl/realmctl/internal/atomicfile"
	"github.com/realmctl/realmctl/internal/pwhash"
)

// Change is one thing that an editor did; secrets are masked.
type Change struct {
	File   string // UsersName or RolesName
	What   string // add, password, delete, remove, format
	User   string
	Detail string // the role, or the kind of hash
}

func (e *Editor) note(file, what, user, detail string) {
	e.changes = append(e.changes, Change{File: file, What: what, User: user, Detail: detail})
}

// Changes lists the edits so far, for a dry run.
func (e *Editor) Changes() []Change { return e.changes }

// mask names the kind of a hash and not the hash.
func mask(hash string) string {
	info, err := pwhash.Identify(hash)
	if err != nil {
		return "***"
	}
	return info.Algorithm + " ***"
}

// Report is what Save did.
type Report struct {
	Written []string // paths, in order
	Notices []string // for people, a line each
}

// PartialError says that one file was changed and the other one was not.
type PartialError struct {
	Done, Failed string // paths
	Effect       string // what that means until it is mended
	Err          error
}

// Error implements error.
func (e *PartialError) Error() string {
	return fmt.Sprintf("%s was changed and %s was not: %s: %v", e.Done, e.Failed, e.Effect, e.Err)
}

// Unwrap gives the cause.
func (e *PartialError) Unwrap() error { return e.Err }

// Save writes the files that changed. Two files cannot change at once, so the
// order is the one whose half-way state is the safer: who is added gets the roles
// first and then the password, who is deleted loses the password first and then
// the roles. With both in one save the roles come first, for a new user must
// never have those that somebody left behind under the name.
func (e *Editor) Save() (Report, error) {
	var r Report
	first, second := e.step(&e.roles, e.rolesPath), e.step(&e.users, e.usersPath)
	rolesFirst := e.added || !e.deleted
	if !rolesFirst {
		first, second = second, first
	}
	if first.file.changed() && second.file.changed() {
		for _, s := range []step{first, second} {
			if err := atomicfile.Probe(s.path, e.o.File); err != nil {
				return r, err
			}
		}
	}
	if err := e.write(first, &r); err != nil {
		return r, err
	}
	err := e.write(second, &r)
	if err == nil || len(r.Written) == 0 {
		return r, err
	}
	if rolesFirst && !e.deleted && e.takeBack(first) == nil {
		r.Written = nil
		return r, fmt.Errorf("%w (%s was put back as it was)", err, first.path)
	}
	effect := "who was deleted cannot log in any more, but keeps entries in users_roles"
	if rolesFirst {
		effect = "roles changed already, passwords did not"
	}
	return r, &PartialError{Done: first.path, Failed: second.path, Effect: effect, Err: err}
}

// step is the write of one file.
type step struct {
	file *file
	path string
}

func (e *Editor) step(f *file, path string) step { return step{file: f, path: path} }

func (e *Editor) write(s step, r *Report) error {
	if !s.file.changed() {
		return nil
	}
	out, err := e.lock.Replace(s.path, s.file.now, e.o.File)
	r.Notices = append(r.Notices, out.Notices...)
	if err != nil {
		return err
	}
	r.Written = append(r.Written, s.path)
	return nil
}

// takeBack undoes the write of the first file when the second one failed.
func (e *Editor) takeBack(s step) error {
	if !s.file.there {
		return e.lock.Remove(s.path)
	}
	_, err := e.lock.Replace(s.path, s.file.old, e.o.File)
	return err
}

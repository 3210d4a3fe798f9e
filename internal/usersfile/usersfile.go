// Package usersfile reads and edits the files of Elasticsearch's file realm,
// users and users_roles, which belong together:
//
//	users        name:hash            one line a user, the last one wins
//	users_roles  role:name1,name2     lines of one role add up
//
// Reading follows FileUserPasswdStore and FileUserRolesStore line by line, save
// that a line which is not UTF-8 removes only itself. Editing changes the lines of
// the user in question and keeps every other byte, comments and broken lines too.
package usersfile

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/realmctl/realmctl/internal/linefile"
)

// Names of the files in the configuration folder.
const (
	UsersName = "users"
	RolesName = "users_roles"
)

// Paths are the two files of a configuration folder.
func Paths(dir string) (users, roles string) {
	return filepath.Join(dir, UsersName), filepath.Join(dir, RolesName)
}

// ErrNotUTF8 is what a strict reader says of a whole file.
var ErrNotUTF8 = errors.New("not UTF-8")

// Options say how the files are read.
type Options struct {
	Rules Rules
	// Strict gives up on a file that is not UTF-8, as Elasticsearch does, where
	// otherwise only the lines in question are left out.
	Strict bool
	// Report, if not nil, is told of each line that is left out.
	Report func(linefile.Problem)
}

func (o Options) report(line int, format string, args ...any) {
	if o.Report != nil {
		o.Report(linefile.Problem{Line: line, Text: fmt.Sprintf(format, args...)})
	}
}

// Users are the users of a users file. Nil has none.
type Users struct {
	text string
	at   map[string]uint32 // offset of the line that counts; a file has less than 4 GiB
}

// LoadUsers reads a users file; without one there are no users. An error means
// that the file could not be read at all, and that what was known is to be kept.
func LoadUsers(path string, o Options) (*Users, error) {
	text, err := load(path, o)
	if err != nil {
		return nil, err
	}
	return ParseUsers(path, text, o), nil
}

// ParseUsers reads the text of a users file; path is for messages.
func ParseUsers(path, text string, o Options) *Users {
	u := &Users{text: text, at: make(map[string]uint32, strings.Count(text, "\n"))}
	for l := range userLines(path, text, o.Rules) {
		switch {
		case l.fault != "":
			o.report(l.Number, "%s", l.fault)
		case l.name != "":
			u.at[l.name] = uint32(l.Start)
		}
	}
	return u
}

// Len is the number of users.
func (u *Users) Len() int {
	if u == nil {
		return 0
	}
	return len(u.at)
}

// Has says whether there is such a user.
func (u *Users) Has(name string) bool {
	if u == nil {
		return false
	}
	_, ok := u.at[name]
	return ok
}

// Hash is the stored text of a user's password.
func (u *Users) Hash(name string) (string, bool) {
	if u == nil {
		return "", false
	}
	at, ok := u.at[name]
	if !ok {
		return "", false
	}
	line := u.text[at:]
	if end := strings.IndexAny(line, "\r\n"); end >= 0 {
		line = line[:end]
	}
	_, hash, _ := splitUser(line)
	return hash, true
}

// All yields names and hashes in the order of the file.
func (u *Users) All() iter.Seq2[string, string] {
	return func(yield func(name, hash string) bool) {
		if u == nil {
			return
		}
		for line := range linefile.Lines(u.text) {
			name, hash, ok := splitUser(line.Text)
			if at, known := u.at[name]; !ok || !known || int(at) != line.Start {
				continue
			}
			if !yield(name, hash) {
				return
			}
		}
	}
}

// Roles are the entries of a users_roles file, by user. Nil has none.
//
// Lists of roles are chains that users share, so that a million users with the
// same roles cost a number each.
type Roles struct {
	of    map[string]uint32
	chain []link
	next  map[link]uint32
}

// link is a role behind the roles at prev; 0 is the empty chain.
type link struct {
	role string
	prev uint32
}

// LoadRoles reads a users_roles file; without one nobody has roles. An error means
// that the file could not be read at all, and that what was known is to be kept.
func LoadRoles(path string, o Options) (*Roles, error) {
	text, err := load(path, o)
	if err != nil {
		return nil, err
	}
	return ParseRoles(path, text, o), nil
}

// ParseRoles reads the text of a users_roles file; path is for messages.
func ParseRoles(path, text string, o Options) *Roles {
	r := newRoles()
	for l := range roleLines(path, text) {
		if l.fault != "" {
			o.report(l.Number, "%s", l.fault)
			continue
		}
		for _, user := range l.users {
			r.add(user.in(l.Text), l.role)
		}
	}
	return r
}

func newRoles() *Roles {
	return &Roles{of: map[string]uint32{}, chain: make([]link, 1), next: map[link]uint32{}}
}

func (r *Roles) add(user, role string) {
	l := link{role: role, prev: r.of[user]}
	id, ok := r.next[l]
	if !ok {
		id = uint32(len(r.chain))
		r.chain = append(r.chain, l)
		r.next[l] = id
	}
	r.of[user] = id
}

// has says whether the user holds the role.
func (r *Roles) has(user, role string) bool {
	for id := r.of[user]; id != 0; id = r.chain[id].prev {
		if r.chain[id].role == role {
			return true
		}
	}
	return false
}

// Of lists the roles of a user in the order of the file, repeated ones too.
func (r *Roles) Of(user string) []string {
	if r == nil {
		return nil
	}
	var roles []string
	for id := r.of[user]; id != 0; id = r.chain[id].prev {
		roles = append(roles, r.chain[id].role)
	}
	slices.Reverse(roles)
	return roles
}

// Len is the number of users with entries, in users or not.
func (r *Roles) Len() int {
	if r == nil {
		return 0
	}
	return len(r.of)
}

// Users yields the users with entries, in no order.
func (r *Roles) Users() iter.Seq[string] {
	return func(yield func(string) bool) {
		if r == nil {
			return
		}
		for user := range r.of {
			if !yield(user) {
				return
			}
		}
	}
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

// Names lists the names in the users file of a folder, reserved ones too, and those
// in its users_roles, each once and in the order in which it first comes.
func Names(dir string) (users, holders []string, err error) {
	usersPath, rolesPath := Paths(dir)
	text, err := load(usersPath, Options{})
	if err != nil {
		return nil, nil, err
	}
	entries, err := load(rolesPath, Options{})
	if err != nil {
		return nil, nil, err
	}
	seen := map[string]bool{"": true}
	for l := range userLines(usersPath, text, Rules{ReservedOff: true}) {
		if !seen[l.name] {
			seen[l.name] = true
			users = append(users, l.name)
		}
	}
	clear(seen)
	for l := range roleLines(rolesPath, entries) {
		if l.fault != "" {
			continue
		}
		for _, u := range l.users {
			if name := u.in(l.Text); !seen[name] {
				seen[name] = true
				holders = append(holders, name)
			}
		}
	}
	return users, holders, nil
}

// load reads a file; a missing one is empty.
func load(path string, o Options) (string, error) {
	text, err := linefile.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if o.Strict && !utf8.ValidString(text) {
		return "", fmt.Errorf("read %s: %w", path, ErrNotUTF8)
	}
	return text, nil
}

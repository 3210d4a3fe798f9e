package usersfile

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/realmctl/realmctl/internal/atomicfile"
	"github.com/realmctl/realmctl/internal/linefile"
	"github.com/realmctl/realmctl/internal/pwhash"
)

// LintOptions say what Lint knows besides the files.
type LintOptions struct {
	Rules Rules
	// Known says whether there is such a role; nil: unknown roles are not looked for.
	Known func(role string) bool
	// KnownFrom is where Known looked besides built-in roles; empty: roles.yml.
	KnownFrom string
	// Reader is the service account, which must be able to read the files; nil: it
	// is not known.
	Reader *atomicfile.Account
}

// Lint finds what is wrong in both files of a folder, users first. An error means
// that a file is there and cannot be read.
func Lint(dir string, o LintOptions) ([]linefile.Finding, error) {
	usersPath, rolesPath := Paths(dir)
	inUsers, usersText, err := lintFile(usersPath, o)
	if err != nil {
		return nil, err
	}
	inRoles, rolesText, err := lintFile(rolesPath, o)
	if err != nil {
		return nil, err
	}
	users := ParseUsers(usersPath, usersText, Options{Rules: o.Rules})
	lintUsers(inUsers, usersText, users, ParseRoles(rolesPath, rolesText, Options{}), o)
	lintRoles(inRoles, rolesText, users, o)
	return append(inUsers.List(), inRoles.List()...), nil
}

func lintFile(path string, o LintOptions) (*findings, string, error) {
	f := &findings{linefile.Findings{File: path}}
	text, err := f.Begin(o.Reader)
	if errors.Is(err, fs.ErrNotExist) {
		f.Add(0, 0, linefile.Error, "missing", "the file is missing: Elasticsearch's tools refuse to work without it")
		return f, "", nil
	}
	return f, text, err
}

// findings of one file, with the rules for what they are about.
type findings struct{ linefile.Findings }

func lintUsers(f *findings, text string, users *Users, roles *Roles, o LintOptions) {
	kinds := map[string]int{}
	for l := range userLines(f.File, text, o.Rules) {
		switch {
		case l.fault != "":
			if l.code != "" { // what is not UTF-8 was found already
				f.Add(l.Number, l.column, linefile.Error, l.code, "%s", brokenUser(l))
			}
		case l.name != "":
			f.lintUser(l, users, roles, kinds)
		}
	}
	if len(kinds) > 1 {
		var parts []string
		for _, kind := range slices.Sorted(maps.Keys(kinds)) {
			parts = append(parts, fmt.Sprintf("%d %s", kinds[kind], kind))
		}
		f.Add(0, 0, linefile.Warning, "mixed-hashes", "passwords are stored in different ways: %s", strings.Join(parts, ", "))
	}
}

// brokenUser says why a line is no user; Elasticsearch's own text names the path
// and the line, which a finding has already.
func brokenUser(l userLine) string {
	name, hash, found := strings.Cut(linefile.Trim(l.Text), ":")
	switch {
	case l.code == "invalid-name" && strings.TrimSpace(name) != name:
		return "a blank before the colon: Elasticsearch skips the line"
	case l.code == "invalid-name":
		_, reason, _ := strings.Cut(l.fault, "skipping... (")
		return fmt.Sprintf("invalid username [%s]: %s", name, strings.TrimSuffix(reason, ")"))
	case linefile.Trim(l.Text) == "":
		return "a blank line, which Elasticsearch takes for a broken entry"
	case !found:
		return "no colon: Elasticsearch skips the line"
	case name == "":
		return "no user name before the colon: Elasticsearch skips the line"
	case hash == "":
		return "no hash after the colon: Elasticsearch skips the line"
	}
	return "Elasticsearch skips the line"
}

func (f *findings) lintUser(l userLine, users *Users, roles *Roles, kinds map[string]int) {
	nameAt, hashAt := linefile.Column(l.Text, l.hashAt-len(l.name)-1), linefile.Column(l.Text, l.hashAt)
	if int(users.at[l.name]) != l.Start {
		f.Add(l.Number, nameAt, linefile.Warning, "duplicate-user", "user [%s] has a later line, which wins: this password does nothing", l.name)
	}
	if strings.Contains(l.name, ",") {
		f.Add(l.Number, nameAt, linefile.Warning, "hazard", "user [%s] has a comma in its name, so users_roles cannot give it roles", l.name)
	}
	if strings.HasPrefix(l.name, "#") {
		f.Add(l.Number, nameAt, linefile.Warning, "hazard", "a comment begins in column 1 only: this is the user [%s], who can log in", l.name)
	}
	f.lintTemporary(l.Number, nameAt, l.name, roles)
	info, err := pwhash.Identify(l.hash)
	if err != nil {
		f.Add(l.Number, hashAt, linefile.Error, hashCode(err), "%s", brokenHash(err, l.hash))
		return
	}
	if info.Algorithm == plain {
		f.Add(l.Number, hashAt, linefile.Error, "plain-text", "the password of [%s] is not hashed: whoever reads the file can log in", l.name)
		kinds["plain text"]++
		return
	}
	kinds[family(info.Algorithm)]++
	if weak := weakness(info); weak != "" {
		f.Add(l.Number, hashAt, linefile.Warning, "weak-hash", "the password of [%s] is hashed weakly: %s", l.name, weak)
	}
}

// lintTemporary finds users that a recovery, ours or Elasticsearch's, left behind.
func (f *findings) lintTemporary(line, column int, name string, roles *Roles) {
	if !Temporary(name) {
		return
	}
	wayOut := ""
	if Leftover(name) {
		wayOut = "; file recover --cleanup removes it"
	}
	if slices.Contains(roles.Of(name), "superuser") {
		f.Add(line, column, linefile.Error, "leftover-superuser", "[%s] is a temporary superuser that was left behind by an interrupted tool%s", name, wayOut)
		return
	}
	f.Add(line, column, linefile.Warning, "leftover-user", "[%s] is a temporary user that was left behind by an interrupted tool%s", name, wayOut)
}

// RecoverPrefix begins the names of our temporary superusers.
const RecoverPrefix = "realmctl_recover_"

// Temporary says whether a name is one that a recovery makes: our own, or those of
// Elasticsearch's tools (BaseRunAsSuperuserCommand).
func Temporary(name string) bool {
	return strings.HasPrefix(name, RecoverPrefix) || strings.HasPrefix(name, "autogenerated_")
}

// Leftover wants the whole form of a made-up name: a prefix and eight characters.
func Leftover(name string) bool {
	tail := strings.TrimPrefix(strings.TrimPrefix(name, RecoverPrefix), "autogenerated_")
	return Temporary(name) && len(tail) == 8 && strings.Trim(tail, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

func hashCode(err error) string {
	if errors.Is(err, pwhash.ErrUnknown) {
		return "unknown-hash"
	}
	return "malformed-hash"
}

func brokenHash(err error, hash string) string {
	switch {
	case strings.TrimLeft(hash, " \t") != hash:
		return "a blank after the colon belongs to the hash, so that no password matches"
	case errors.Is(err, pwhash.ErrUnknown):
		return "a hash of an unknown format: Elasticsearch takes its text for the password itself"
	}
	return err.Error() + ": after a failed login Elasticsearch gives no answer to the next one of this user"
}

// family is the part of an algorithm's name that does not tell its cost.
func family(algorithm string) string {
	switch {
	case strings.HasPrefix(algorithm, "bcrypt"):
		return "bcrypt"
	case strings.HasPrefix(algorithm, "pbkdf2_stretch"):
		return "pbkdf2_stretch"
	case strings.HasPrefix(algorithm, "pbkdf2"):
		return "pbkdf2"
	}
	return algorithm
}

// weakness compares with Elasticsearch's defaults: bcrypt of cost 10 and 10,000
// rounds of PBKDF2.
func weakness(info pwhash.Info) string {
	switch kind := family(info.Algorithm); {
	case kind == "bcrypt" && info.Cost < 10:
		return fmt.Sprintf("bcrypt of cost %d, 10 is the default", info.Cost)
	case strings.HasPrefix(kind, "pbkdf2") && info.Cost < 10_000:
		return fmt.Sprintf("%d rounds of PBKDF2, 10000 are the default", info.Cost)
	case kind == "sha1" || kind == "md5" || kind == "ssha256":
		return kind + " is made for speed and guessed in no time"
	}
	return ""
}

func lintRoles(f *findings, text string, users *Users, o LintOptions) {
	seen := newRoles()
	for l := range roleLines(f.File, text) {
		switch {
		case l.fault != "":
			if l.code != "" {
				f.Add(l.Number, l.column, linefile.Error, l.code, "%s", brokenRole(l))
			}
		case l.role != "":
			if o.Known != nil && !o.Known(l.role) {
				f.Add(l.Number, 1, linefile.Warning, "unknown-role", "role [%s] is neither built in nor in %s", l.role, cmp.Or(o.KnownFrom, "roles.yml"))
			}
			if strings.HasPrefix(l.role, "#") {
				f.Add(l.Number, 1, linefile.Warning, "hazard", "a comment begins in column 1 only: this is the role [%s]", l.role)
			}
			f.lintMembers(l, users, seen)
		}
	}
}

func (f *findings) lintMembers(l roleLine, users *Users, seen *Roles) {
	at, column := 0, 1 // counted on, for a line can name a million users
	for _, u := range l.users {
		column += utf8.RuneCountInString(l.Text[at:u.start])
		at = u.start
		user := u.in(l.Text)
		known := users.Has(user)
		switch {
		case user == "":
			f.Add(l.Number, column, linefile.Warning, "empty-user", "role [%s] has an empty user name before a comma", l.role)
			continue
		case seen.has(user, l.role):
			f.Add(l.Number, column, linefile.Warning, "duplicate-role", "user [%s] has the role [%s] already", user, l.role)
		case known:
		case strings.Contains(user, ":"):
			f.Add(l.Number, column, linefile.Error, "hazard", "the line is cut at its first colon, so this names the role [%s] and the user [%s], who cannot be", l.role, user)
		case Temporary(user):
			f.Add(l.Number, column, linefile.Warning, "leftover-role", "the temporary user [%s] is gone and its role [%s] was left behind", user, l.role)
		default:
			f.Add(l.Number, column, linefile.Warning, "orphan", "there is no user [%s]; whoever gets the name next gets the role [%s] too", user, l.role)
		}
		seen.add(user, l.role)
	}
}

func brokenRole(l roleLine) string {
	role, _, found := strings.Cut(l.Text, ":")
	switch {
	case l.code == "no-users":
		return fmt.Sprintf("role [%s] has no users: Elasticsearch skips the line", linefile.Trim(role))
	case l.code == "invalid-role" && !utf8.ValidString(role):
		return "the role name is not UTF-8"
	case l.code == "invalid-role":
		return fmt.Sprintf("invalid role [%s]: %s", linefile.Trim(role), CheckRole(linefile.Trim(role)))
	case linefile.Trim(l.Text) == "":
		return "a blank line, which Elasticsearch takes for a broken entry"
	case !found:
		return "no colon: Elasticsearch skips the line"
	case role == "":
		return "no role name before the colon: Elasticsearch skips the line"
	}
	return "no users after the colon: Elasticsearch skips the line"
}

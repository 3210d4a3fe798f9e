package keyring

import (
	"encoding/json"
	"strings"
	"time"
)

// Filter selects keys. The zero Filter selects all; every call selects fewer.
type Filter struct {
	where string // conditions, each after AND
	args  []any
}

func (f *Filter) and(condition string, args ...any) {
	f.where += "\n\t\t  AND " + condition
	f.args = append(f.args, args...)
}

// ByIDs lets the keys with these ids through.
func (f *Filter) ByIDs(ids []string) {
	list, _ := json.Marshal(ids) // a list of texts always has a JSON form
	f.and("id IN (SELECT value FROM json_each(?))", string(list))
}

// ByName lets keys of a name through, or of all that begin with it if it ends in *.
func (f *Filter) ByName(name string) {
	prefix, wild := strings.CutSuffix(name, "*")
	switch {
	case name == "*":
	case wild:
		f.and("name >= ? AND substr(name, 1, length(?)) = ?", prefix, prefix, prefix)
	default:
		f.and("name = ?", name)
	}
}

// ByOwner lets the keys of an owner through.
func (f *Filter) ByOwner(o Owner) {
	f.and("owner = ?", o.Username)
	if o.Realm.Domain == "" {
		f.and("owner_realm = ?", o.Realm.Name)
		return
	}
	f.and("(owner_realm = ? OR owner_realm_domain = ?)", o.Realm.Name, o.Realm.Domain)
}

// ByUsername lets the keys of users of that name through, whatever their realm.
func (f *Filter) ByUsername(name string) { f.and("owner = ?", name) }

// ByRealm lets the keys of a realm's users through.
func (f *Filter) ByRealm(name string) { f.and("owner_realm = ?", name) }

// Active lets keys through that can be used now.
func (f *Filter) Active(now time.Time) {
	f.and("invalidated_at IS NULL AND (expires_at IS NULL OR expires_at > ?)", now.UnixMilli())
}

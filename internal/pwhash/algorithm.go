package pwhash

import (
	"fmt"
	"strconv"
	"strings"
)

// family is a kind of hash. The zero family is none.
type family uint8

const (
	bcryptHash family = iota + 1
	pbkdf2Hash
	stretchHash // PBKDF2 over the SHA-512 of the password
	sha1Hash
	md5Hash
	ssha256Hash
	plainText
)

// algorithm is a family and its cost: log2 of the rounds for bcrypt, the
// iterations for PBKDF2, nothing for the others.
type algorithm struct {
	family

	name string // as settings have it; the shortest of several
	cost int
}

// slow reports whether a computation is dear enough to be queued.
func (f family) slow() bool {
	return f == bcryptHash || f == pbkdf2Hash || f == stretchHash
}

// Use is what a hash is for. It decides which algorithms a setting may name.
type Use uint8

// The uses. Tokens of service accounts count as passwords.
const (
	Passwords Use = iota
	APIKeys
	Caches // in memory only
)

// Algorithms lists the names for a use in Elasticsearch's order (Hasher.values).
func Algorithms(u Use) []string {
	var names []string
	for _, a := range slow() {
		names = append(names, a.name)
	}
	switch u {
	case APIKeys:
		names = append(names, "ssha256")
	case Caches:
		names = append(names, "sha1", "md5", "ssha256", "noop")
	case Passwords:
	}
	return names
}

// Check returns an error with Elasticsearch's text unless the setting's value
// names an algorithm for that use. Case does not matter.
func Check(u Use, name string) error {
	if u == Caches {
		_, err := resolve(name)
		return err
	}
	names := Algorithms(u)
	for _, valid := range names {
		if strings.EqualFold(valid, name) {
			return nil
		}
	}
	return fmt.Errorf("Invalid algorithm: %s. Valid values for password hashing are [%s]", name, strings.Join(names, ", ")) //nolint:staticcheck // XPackSettings has it so
}

// slow lists the algorithms for stored passwords. A default cost stands under its
// short name first.
func slow() []algorithm {
	all := []algorithm{{bcryptHash, "bcrypt", 10}}
	for cost := 4; cost <= 14; cost++ {
		all = append(all, algorithm{bcryptHash, "bcrypt" + strconv.Itoa(cost), cost})
	}
	for _, first := range []algorithm{{pbkdf2Hash, "pbkdf2", 10_000}, {stretchHash, "pbkdf2_stretch", 10_000}} {
		all = append(all, first)
		for _, cost := range []int{1000, 10_000, 50_000, 100_000, 500_000, 1_000_000} {
			all = append(all, algorithm{first.family, first.name + "_" + strconv.Itoa(cost), cost})
		}
	}
	return all
}

// find returns the algorithm of a cost under its shortest name. It runs for each
// of a million lines of a users file, so it searches no list.
func find(f family, cost int) (algorithm, bool) {
	switch {
	case f == bcryptHash && cost == 10:
		return algorithm{f, "bcrypt", cost}, true
	case f == bcryptHash && cost >= 4 && cost <= 14:
		return algorithm{f, "bcrypt" + strconv.Itoa(cost), cost}, true
	case f != pbkdf2Hash && f != stretchHash:
		return algorithm{}, false
	}
	name := "pbkdf2"
	if f == stretchHash {
		name = "pbkdf2_stretch"
	}
	switch cost {
	case 10_000:
		return algorithm{f, name, cost}, true
	case 1000, 50_000, 100_000, 500_000, 1_000_000:
		return algorithm{f, name + "_" + strconv.Itoa(cost), cost}, true
	}
	return algorithm{}, false
}

// resolve follows Hasher.resolve.
func resolve(name string) (algorithm, error) {
	lower := strings.ToLower(name)
	switch lower {
	case "sha1":
		return algorithm{name: lower, family: sha1Hash}, nil
	case "md5":
		return algorithm{name: lower, family: md5Hash}, nil
	case "ssha256":
		return algorithm{name: lower, family: ssha256Hash}, nil
	case "noop", "clear_text":
		return algorithm{name: "noop", family: plainText}, nil
	}
	for _, a := range slow() {
		if a.name == lower {
			a, _ = find(a.family, a.cost)
			return a, nil
		}
	}
	return algorithm{}, fmt.Errorf("unknown hash function [%s]", name)
}

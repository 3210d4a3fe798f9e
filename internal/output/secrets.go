package output

import (
	"fmt"
	"reflect"

	"github.com/realmctl/realmctl/internal/secret"
)

// refuseSecrets looks at the static type of v, member by member: what cannot hold
// a secret.String cannot show one.
func refuseSecrets(v any) error {
	if v == nil {
		return nil
	}
	t := reflect.TypeOf(v)
	if holdsSecret(t, map[reflect.Type]bool{}) {
		return fmt.Errorf("%v holds a secret and cannot be shown", t)
	}
	return nil
}

func holdsSecret(t reflect.Type, seen map[reflect.Type]bool) bool {
	if t == reflect.TypeFor[secret.String]() {
		return true
	}
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return holdsSecret(t.Elem(), seen)
	case reflect.Map:
		return holdsSecret(t.Key(), seen) || holdsSecret(t.Elem(), seen)
	case reflect.Struct:
		for f := range t.Fields() {
			if holdsSecret(f.Type, seen) {
				return true
			}
		}
	default:
	}
	return false
}

package javahash_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/realmctl/realmctl/internal/javahash"
)

func TestHashesAreThoseOfJava(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int32{
		"": 0, "a": 97, "read": 3496342, "manage_security": -989377318, "ä": 228, "😀": 1772899,
	} {
		if got := javahash.String(text); got != want {
			t.Errorf("String(%q) = %d, want %d", text, got, want)
		}
	}
	list := []string{"a", "b"}
	if got := javahash.List(list); got != 4066 {
		t.Errorf("List(%q) = %d, want 4066", list, got)
	}
	if got := javahash.Set(list); got != 195 {
		t.Errorf("Set(%q) = %d, want 195", list, got)
	}
}

// What is wanted here is the order in which a 9.5.3 node answered.
func TestOrderIsThatOfARealNode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ asked, want string }{
		{"all manage read_security", "all read_security manage"},
		{"manage_own_api_key monitor_stats", "monitor_stats manage_own_api_key"},
		{"manage_security cancel_task cluster:monitor/*", "cancel_task manage_security cluster:monitor/*"},
		{"all manage_security manage_service_account all", "all manage_service_account manage_security"},
		{"read b c d e f g h i j k l m all unknown x:y write", "all b read c d e f g h i j k l m unknown x:y write"},
	} {
		asked := strings.Fields(c.asked)
		if got := strings.Join(javahash.Strings(asked), " "); got != c.want {
			t.Errorf("Strings(%s) = %s, want %s", c.asked, got, c.want)
		}
	}
}

func TestEntriesOfOneBucketKeepTheirOrder(t *testing.T) {
	t.Parallel()
	same := func(string) int32 { return 7 }
	list := []string{"c", "a", "b"}
	if got := javahash.Sort(list, same); !slices.Equal(got, list) {
		t.Errorf("Sort(%v) = %v", list, got)
	}
}

func TestAMapHasItsMembersInJavasOrder(t *testing.T) {
	t.Parallel()
	var m javahash.Map[any]
	if got, err := json.Marshal(m); string(got) != "{}" || err != nil {
		t.Errorf("the zero Map is %s, %v", got, err)
	}
	for i, name := range []string{"manage", "all", "<&>", "manage"} {
		m.Put(name, i)
	}
	if v, ok := m.Get("manage"); v != 3 || !ok {
		t.Errorf("Get(manage) = %v, %v, want what was put last", v, ok)
	}
	if v, ok := m.Get("none"); ok {
		t.Errorf("Get(none) = %v, want nothing", v)
	}
	got, err := m.MarshalJSON()
	if want := `{"all":1,"<&>":2,"manage":3}`; err != nil || string(got) != want {
		t.Errorf("as JSON %s, %v, want %s", got, err, want)
	}
	m.Put("bad", func() {})
	if _, err := m.MarshalJSON(); err == nil {
		t.Error("what cannot be encoded is no error")
	}
}

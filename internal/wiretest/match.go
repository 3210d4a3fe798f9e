package wiretest

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// matcher compares an answer with a recorded one.
type matcher struct {
	vars      vars
	now       time.Time
	unordered [][]string
	diffs     []string
}

func (m *matcher) differf(path []string, format string, args ...any) {
	m.diffs = append(m.diffs, strings.Join(path, ".")+": "+fmt.Sprintf(format, args...))
}

// value compares JSON values decoded with UseNumber.
func (m *matcher) value(path []string, want, got any) {
	switch want := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			m.differf(path, "got %s, want an object", show(got))
			return
		}
		m.object(path, want, g)
	case []any:
		g, ok := got.([]any)
		if !ok {
			m.differf(path, "got %s, want a list", show(got))
			return
		}
		m.list(path, want, g)
	case string:
		if !m.text(want, got) {
			m.differf(path, "got %s, want %s", show(got), show(want))
		}
	case json.Number:
		if g, ok := got.(json.Number); !ok || !sameNumber(want, g) {
			m.differf(path, "got %s, want %s", show(got), want)
		}
	default: // null, true, false
		if got != want {
			m.differf(path, "got %s, want %s", show(got), show(want))
		}
	}
}

// object compares members; a key that is a matcher accepts one that nothing else
// matched.
func (m *matcher) object(path []string, want, got map[string]any) {
	rest := maps.Clone(got)
	var open []string
	for key, value := range want {
		name, err := m.vars.expand(key)
		if err != nil || isMatcher(name) {
			open = append(open, key)
			continue
		}
		g, ok := rest[name]
		if !ok {
			m.differf(path, "member %s is missing", name)
			continue
		}
		delete(rest, name)
		m.value(append(slices.Clone(path), name), value, g)
	}
	for _, key := range open {
		m.openMember(path, key, want[key], rest)
	}
	for k, v := range rest {
		m.differf(path, "member %s is not wanted: %s", k, show(v))
	}
}

func (m *matcher) openMember(path []string, key string, want any, rest map[string]any) {
	for k, v := range rest {
		if m.text(key, k) {
			delete(rest, k)
			m.value(append(slices.Clone(path), k), want, v)
			return
		}
	}
	m.differf(path, "no member matches %s", key)
}

func (m *matcher) list(path []string, want, got []any) {
	if len(want) != len(got) {
		m.differf(path, "got %d elements, want %d: %s", len(got), len(want), show(got))
		return
	}
	if m.free(path) {
		m.set(path, want, got)
		return
	}
	for i := range want {
		m.value(append(slices.Clone(path), strconv.Itoa(i)), want[i], got[i])
	}
}

// free reports whether the order of a list does not matter.
func (m *matcher) free(path []string) bool {
	if len(path) > 0 && path[len(path)-1] == "WWW-Authenticate" {
		return true
	}
	return slices.ContainsFunc(m.unordered, func(p []string) bool {
		return slices.EqualFunc(p, path, func(a, b string) bool { return a == "*" || a == b })
	})
}

// set pairs each wanted element with another one that was got, by augmenting paths:
// a matcher may fit several.
func (m *matcher) set(path []string, want, got []any) {
	owner := make([]int, len(got)) // of got: the index in want, or -1
	for i := range owner {
		owner[i] = -1
	}
	for i := range want {
		if !m.pair(i, want, got, owner, make([]bool, len(got))) {
			m.differf(path, "nothing matches %s in %s", show(want[i]), show(got))
		}
	}
}

func (m *matcher) pair(i int, want, got []any, owner []int, tried []bool) bool {
	for j := range got {
		if tried[j] || !m.fits(want[i], got[j]) {
			continue
		}
		tried[j] = true
		if owner[j] < 0 || m.pair(owner[j], want, got, owner, tried) {
			owner[j] = i
			return true
		}
	}
	return false
}

func (m *matcher) fits(want, got any) bool {
	inner := matcher{vars: m.vars, now: m.now}
	inner.value(nil, want, got)
	return len(inner.diffs) == 0
}

// text compares with a text that may be a matcher or hold some.
func (m *matcher) text(want string, got any) bool {
	want, err := m.vars.expand(want)
	if err != nil {
		return false
	}
	if isMatcher(want) && !strings.HasPrefix(want, "<set:") {
		return m.whole(want, got)
	}
	g, ok := got.(string)
	if !ok {
		return false
	}
	return want == g || strings.Contains(want, "<") && m.embedded(want, g)
}

// whole is a value that is exactly a matcher.
func (m *matcher) whole(want string, got any) bool {
	if want == "<any>" {
		return true
	}
	if n, ok := got.(json.Number); ok {
		return m.number(want, n)
	}
	g, ok := got.(string)
	if !ok {
		return false
	}
	pattern, ok := pattern(want)
	return ok && regexp.MustCompile(`^`+pattern+`$`).MatchString(g)
}

func (m *matcher) number(want string, got json.Number) bool {
	n, err := got.Int64()
	if err != nil {
		return false
	}
	switch want {
	case "<int>":
		return n >= 0
	case "<millis>":
		return n > 0
	}
	away, ok := strings.CutPrefix(strings.TrimSuffix(want, ">"), "<now")
	if !ok {
		return false
	}
	var seconds int64
	if away != "" {
		if seconds, err = strconv.ParseInt(strings.TrimSuffix(away, "s"), 10, 64); err != nil {
			return false
		}
	}
	diff := n - m.now.UnixMilli() - seconds*1000
	return diff > -60_000 && diff < 60_000
}

// pattern is what a matcher for texts accepts.
func pattern(name string) (string, bool) {
	switch name {
	case "<any>":
		return `(?s:.*)`, true
	case "<string>":
		return `(?s:.+)`, true
	case "<id>":
		return `[A-Za-z0-9_-]+`, true
	case "<secret>":
		return `[A-Za-z0-9_-]{22}`, true
	case "<uid>":
		return `u_[A-Za-z0-9_-]+_[0-9]+`, true
	case "<int>", "<millis>":
		return `[0-9]+`, true
	case "<iso-time>":
		return `[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9:]+)`, true
	}
	if strings.HasPrefix(name, "<set:") {
		return `(.*?)`, true
	}
	return "", false
}

// embedded compares with a text that holds matchers.
func (m *matcher) embedded(want, got string) bool {
	token := regexp.MustCompile(`<(?:any|string|id|secret|uid|int|millis|iso-time|set:[^>]*)>`)
	var sets [][]string
	var b strings.Builder
	b.WriteString("^")
	from := 0
	for _, at := range token.FindAllStringIndex(want, -1) {
		name := want[at[0]:at[1]]
		p, _ := pattern(name)
		if names, ok := strings.CutPrefix(name, "<set:"); ok {
			sets = append(sets, strings.Split(strings.TrimSuffix(names, ">"), ","))
		}
		b.WriteString(regexp.QuoteMeta(want[from:at[0]]) + p)
		from = at[1]
	}
	if from == 0 {
		return false // no matcher in it
	}
	b.WriteString(regexp.QuoteMeta(want[from:]) + "$")
	found := regexp.MustCompile(b.String()).FindStringSubmatch(got)
	if found == nil {
		return false
	}
	for i, set := range sets {
		if !sameSet(set, found[i+1]) {
			return false
		}
	}
	return true
}

// sameSet compares names parted by commas, with or without blanks.
func sameSet(want []string, got string) bool {
	names := strings.Split(got, ",")
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	slices.Sort(names)
	return slices.Equal(slices.Sorted(slices.Values(want)), names)
}

// isMatcher reports whether a text is one matcher and nothing else.
func isMatcher(text string) bool {
	if _, ok := pattern(text); ok {
		return strings.Count(text, "<") == 1
	}
	return strings.HasPrefix(text, "<now") && strings.HasSuffix(text, ">")
}

func sameNumber(a, b json.Number) bool {
	x, okX := new(big.Rat).SetString(a.String())
	y, okY := new(big.Rat).SetString(b.String())
	return okX && okY && x.Cmp(y) == 0
}

func show(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

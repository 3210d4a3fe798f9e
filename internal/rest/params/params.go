// Package params holds the query parameters of a request, and the named segments of
// its path among them, and remembers which of them were asked for.
package params

import (
	"fmt"
	"slices"
	"strings"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/xcontent"
)

// param is a query parameter or a named segment of the path.
type param struct {
	name, value string
	used        bool
}

// List are the parameters of a request. There are few, so it is quicker than a map.
// The zero List is empty. A List must not be copied once it is in use.
type List struct {
	all   []param
	asked []string // names that were asked for, there or not; suggestions come from here

	// Backing arrays, so that a common request needs no further allocation.
	some  [6]param
	names [10]string
}

// Set replaces the parameter of that name or adds it.
func (p *List) Set(name, value string) {
	for i := range p.all {
		if p.all[i].name == name {
			p.all[i].value = value
			return
		}
	}
	if p.all == nil {
		p.all = p.some[:0]
	}
	p.all = append(p.all, param{name: name, value: value})
}

// Get gives the parameter and marks it as used.
func (p *List) Get(name string) (string, bool) {
	if !slices.Contains(p.asked, name) {
		if p.asked == nil {
			p.asked = p.names[:0]
		}
		p.asked = append(p.asked, name)
	}
	for i := range p.all {
		if p.all[i].name == name {
			p.all[i].used = true
			return p.all[i].value, true
		}
	}
	return "", false
}

// Bool is RestRequest.paramAsBoolean: nothing after the name means true.
func (p *List) Bool(name string, def bool) (bool, error) {
	switch v, ok := p.Get(name); {
	case !ok:
		return def, nil
	case v == "" || v == "true":
		return true, nil
	case v == "false":
		return false, nil
	default:
		return false, fault.Invalidf("Failed to parse value [%s] as only [true] or [false] are allowed.", v)
	}
}

// Unrecognized is the complaint about parameters that nobody asked for, or nil
// (BaseRestHandler.unrecognized).
func (p *List) Unrecognized(path string) error {
	var names []string
	for _, q := range p.all {
		if !q.used {
			names = append(names, q.name)
		}
	}
	if names == nil {
		return nil
	}
	slices.Sort(names)
	plural := ""
	if len(names) > 1 {
		plural = "s"
	}
	for i, name := range names {
		names[i] = "[" + name + "]"
		if s := xcontent.DidYouMean(name, p.asked); s != "" {
			names[i] += " -> " + s
		}
	}
	return fault.Invalidf("request [%s] contains unrecognized parameter%s: %s", path, plural, strings.Join(names, ", "))
}

// ParseQuery is RestUtils.decodeQueryString: the last value of a name counts. Its
// error is the fault that Unescape gives.
func (p *List) ParseQuery(query string) error {
	if i := strings.IndexByte(query, '#'); i >= 0 {
		query = query[:i]
	}
	for query != "" {
		part := query
		if i := strings.IndexAny(query, "&;"); i >= 0 {
			part, query = query[:i], query[i+1:]
		} else {
			query = ""
		}
		part = strings.TrimLeft(part, "=") // =x is a parameter x
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		if err := p.addQuery(name, value); err != nil {
			return err
		}
	}
	return nil
}

func (p *List) addQuery(name, value string) error {
	name, err := Unescape(name, true)
	if err != nil {
		return err
	}
	if value, err = Unescape(value, true); err != nil {
		return err
	}
	p.Set(name, value)
	return nil
}

// Unescape is RestUtils.decodeComponent. In queries, which plus says,
// a plus is a blank. Its error is an illegal_argument_exception.
func Unescape(s string, plus bool) (string, error) {
	if !strings.Contains(s, "%") && (!plus || !strings.Contains(s, "+")) {
		return strings.ToValidUTF8(s, "\uFFFD"), nil
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '+' && plus:
			out = append(out, ' ')
		case c != '%':
			out = append(out, c)
		case i == len(s)-1:
			return "", badEscape("unterminated escape sequence at end of string: " + s)
		case s[i+1] == '%':
			out = append(out, '%')
			i++
		case i == len(s)-2:
			return "", badEscape("partial escape sequence at end of string: " + s)
		default:
			high, low := nibble(s[i+1]), nibble(s[i+2])
			if high < 0 || low < 0 {
				return "", badEscape(fmt.Sprintf("invalid escape sequence `%%%c%c' at index %d of: %s", s[i+1], s[i+2], i, s))
			}
			out = append(out, byte(high<<4|low))
			i += 2
		}
	}
	return strings.ToValidUTF8(string(out), "\uFFFD"), nil
}

func badEscape(text string) error { return fault.Invalidf("%s", text) }

func nibble(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

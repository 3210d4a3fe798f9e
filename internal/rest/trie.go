package rest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// methods in the order in which RestRequest.Method lists them, and texts show them.
const (
	methodGet = iota
	methodPost
	methodPut
	methodDel
	methodOptions
	methodHead
	methodPatch
	methodTrace
	methodConnect
	methodCount
)

func methodNames() [methodCount]string {
	return [...]string{
		http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions,
		http.MethodHead, http.MethodPatch, http.MethodTrace, http.MethodConnect,
	}
}

// methodIndex is -1 for methods that Elasticsearch does not know.
func methodIndex(method string) int {
	switch method {
	case http.MethodGet:
		return methodGet
	case http.MethodPost:
		return methodPost
	case http.MethodPut:
		return methodPut
	case http.MethodDelete:
		return methodDel
	case http.MethodOptions:
		return methodOptions
	case http.MethodHead:
		return methodHead
	case http.MethodPatch:
		return methodPatch
	case http.MethodTrace:
		return methodTrace
	case http.MethodConnect:
		return methodConnect
	}
	return -1
}

// maxNames is how many named segments a path may have.
const maxNames = 4

// trie finds routes by the segments of a path, as org.elasticsearch.common.path.PathTrie
// does: a literal segment before a named one, and back if that leads nowhere. The
// node that is found decides, whatever the method.
type trie struct{ root node }

type node struct {
	literals map[string]*node
	wildcard *node
	routes   *[methodCount]*target // nil: paths may only pass here
}

// target is a route with the names of its segments in order.
type target struct {
	Route

	names []string
}

// segments are the raw values of the named segments of a path.
type segments struct {
	values [maxNames]string
	n      int
}

func (t *trie) add(r Route) error {
	m := methodIndex(r.Method)
	if m < 0 || !strings.HasPrefix(r.Path, "/") || r.Parse == nil {
		return fmt.Errorf("rest: bad route %s %s", r.Method, r.Path)
	}
	tg := &target{Route: r}
	n := &t.root
	for rest, more := trimSlashes(r.Path), true; more && rest != ""; {
		var segment string
		segment, rest, more = strings.Cut(rest, "/")
		name, named := strings.CutPrefix(segment, "{")
		if named {
			tg.names = append(tg.names, strings.TrimSuffix(name, "}"))
		}
		n = n.child(segment, named)
	}
	if n.routes == nil {
		n.routes = new([methodCount]*target)
	}
	if n.routes[m] != nil || len(tg.names) > maxNames {
		return fmt.Errorf("rest: route %s %s is there twice or has too many names", r.Method, r.Path)
	}
	n.routes[m] = tg
	return nil
}

func (n *node) child(segment string, named bool) *node {
	if named {
		if n.wildcard == nil {
			n.wildcard = &node{}
		}
		return n.wildcard
	}
	if n.literals == nil {
		n.literals = map[string]*node{}
	}
	if n.literals[segment] == nil {
		n.literals[segment] = &node{}
	}
	return n.literals[segment]
}

// find gives the node of a raw path, or nil. Slashes at the end do not matter,
// those at the beginning and inside do.
func (t *trie) find(path string, s *segments) *node {
	path = trimSlashes(path)
	if path == "" {
		return t.root.end()
	}
	return t.root.find(path, s)
}

func (n *node) find(path string, s *segments) *node {
	segment, rest, more := strings.Cut(path, "/")
	if next := n.literals[segment]; next != nil {
		if found := next.follow(rest, more, s); found != nil {
			return found
		}
	}
	if n.wildcard == nil || s.n == maxNames {
		return nil
	}
	s.values[s.n] = segment
	s.n++
	if found := n.wildcard.follow(rest, more, s); found != nil {
		return found
	}
	s.n--
	return nil
}

func (n *node) follow(rest string, more bool, s *segments) *node {
	if more {
		return n.find(rest, s)
	}
	return n.end()
}

// end is n if a path may end there.
func (n *node) end() *node {
	if n.routes == nil {
		return nil
	}
	return n
}

// allowed lists the methods of a node. Nil has none.
func (n *node) allowed() []string {
	if n == nil {
		return nil
	}
	var all []string
	for i, name := range methodNames() {
		if n.routes[i] != nil {
			all = append(all, name)
		}
	}
	return all
}

// trimSlashes takes one slash from the beginning and all from the end, as
// splitting by "/" does in Java.
func trimSlashes(path string) string {
	return strings.TrimRight(strings.TrimPrefix(path, "/"), "/")
}

// sortedAllow is the Allow header.
func sortedAllow(methods []string) string {
	return strings.Join(slices.Sorted(slices.Values(methods)), ",")
}

// Package route finds what is registered for the path of a request.
package route

import (
	"fmt"
	"net/http"
	"strings"
)

// methodCount is the number of methods that Elasticsearch knows.
const methodCount = 9

// methodNames are the methods in the order of RestRequest.Method, which is how
// error texts list them.
func methodNames() [methodCount]string {
	return [...]string{
		http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions,
		http.MethodHead, http.MethodPatch, http.MethodTrace, http.MethodConnect,
	}
}

// Known reports whether Elasticsearch knows the method at all.
func Known(method string) bool { return index(method) >= 0 }

func index(method string) int {
	for i, name := range methodNames() {
		if name == method {
			return i
		}
	}
	return -1
}

// MaxNames is how many named segments a path may have.
const MaxNames = 4

// Table finds values by the segments of a path, as Elasticsearch's PathTrie does: a
// literal segment before a named one, and back if that leads nowhere. The node that
// is found decides, whatever the method. The zero Table is empty; it must not be
// added to once it is in use.
type Table[T any] struct{ root Node[T] }

// Node is where a path ends.
type Node[T any] struct {
	literals map[string]*Node[T]
	wildcard *Node[T]
	targets  *[methodCount]*Target[T] // nil: paths may only pass here
}

// Target is a value with the names of its path's segments in order.
type Target[T any] struct {
	Value T
	Names []string
}

// Segments are the raw values of the named segments of a path.
type Segments struct {
	values [MaxNames]string
	n      int
}

// At is the value of the i-th named segment.
func (s *Segments) At(i int) string { return s.values[i] }

// Add registers a value. Path has literal segments and named ones, such as
// /_security/user/{username}; two values of one method and shape are an error.
func (t *Table[T]) Add(method, path string, value T) error {
	m := index(method)
	if m < 0 || !strings.HasPrefix(path, "/") {
		return fmt.Errorf("bad route %s %s", method, path)
	}
	tg := &Target[T]{Value: value}
	n := &t.root
	for rest, more := trimSlashes(path), true; more && rest != ""; {
		var segment string
		segment, rest, more = strings.Cut(rest, "/")
		name, named := strings.CutPrefix(segment, "{")
		if named {
			tg.Names = append(tg.Names, strings.TrimSuffix(name, "}"))
		}
		n = n.child(segment, named)
	}
	if n.targets == nil {
		n.targets = new([methodCount]*Target[T])
	}
	switch {
	case n.targets[m] != nil:
		return fmt.Errorf("route %s %s is there twice", method, path)
	case len(tg.Names) > MaxNames:
		return fmt.Errorf("route %s %s has too many names", method, path)
	}
	n.targets[m] = tg
	return nil
}

func (n *Node[T]) child(segment string, named bool) *Node[T] {
	if named {
		if n.wildcard == nil {
			n.wildcard = &Node[T]{}
		}
		return n.wildcard
	}
	if n.literals == nil {
		n.literals = map[string]*Node[T]{}
	}
	if n.literals[segment] == nil {
		n.literals[segment] = &Node[T]{}
	}
	return n.literals[segment]
}

// Find gives the node of a raw path, or nil, and fills s. Slashes at the end do not
// matter, those at the beginning and inside do.
func (t *Table[T]) Find(path string, s *Segments) *Node[T] {
	path = trimSlashes(path)
	if path == "" {
		return t.root.end()
	}
	return t.root.find(path, s)
}

func (n *Node[T]) find(path string, s *Segments) *Node[T] {
	segment, rest, more := strings.Cut(path, "/")
	if next := n.literals[segment]; next != nil {
		if found := next.follow(rest, more, s); found != nil {
			return found
		}
	}
	if n.wildcard == nil || s.n == MaxNames {
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

func (n *Node[T]) follow(rest string, more bool, s *Segments) *Node[T] {
	if more {
		return n.find(rest, s)
	}
	return n.end()
}

// end is n if a path may end there.
func (n *Node[T]) end() *Node[T] {
	if n.targets == nil {
		return nil
	}
	return n
}

// Target is what the node has for a method, or nil.
func (n *Node[T]) Target(method string) *Target[T] {
	if i := index(method); i >= 0 {
		return n.targets[i]
	}
	return nil
}

// Methods lists what the node has something for, in Elasticsearch's order. A nil
// node has none.
func (n *Node[T]) Methods() []string {
	if n == nil {
		return nil
	}
	var all []string
	for i, name := range methodNames() {
		if n.targets[i] != nil {
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

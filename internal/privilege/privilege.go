// Package privilege knows what the names of privileges grant: the cluster and index
// privileges of Elasticsearch as sets of actions, and application privileges, which
// clusters define for themselves.
package privilege

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/realmctl/realmctl/internal/automaton"
)

//go:embed cluster.txt
var clusterText string

//go:embed index.txt
var indexText string

// OwnAPIKeys is the cluster privilege that grants its actions only for keys of the
// caller. Beside the actions it takes a look at the request.
const OwnAPIKeys = "manage_own_api_key"

// Everything is the privilege of the superuser, for a cluster and for indices.
const Everything = "all"

// named is a privilege with a name.
type named struct {
	name           string
	data, failures bool // the selectors an index privilege is about
	actions        func() *automaton.Automaton
}

var clusters, indices = sync.OnceValue(func() []named { return table(clusterText) }), sync.OnceValue(func() []named { return table(indexText) })

// table reads a list of privileges. Automata are built when they are first needed.
func table(text string) []named {
	var all []named
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		p := named{name: words[0], data: true}
		var in, out []string
		for _, w := range words[1:] {
			switch {
			case strings.HasPrefix(w, "("):
				p.data, p.failures = strings.Contains(w, "data"), strings.Contains(w, "failures")
			case strings.HasPrefix(w, "!"):
				out = append(out, w[1:])
			default:
				in = append(in, w)
			}
		}
		p.actions = sync.OnceValue(func() *automaton.Automaton { return build(in, out) })
		all = append(all, p)
	}
	return all
}

// build cannot fail for the embedded tables, which a test builds whole. If it did,
// the privilege would grant nothing.
func build(in, out []string) *automaton.Automaton {
	a, errIn := automaton.Patterns(in...)
	b, errOut := automaton.Patterns(out...)
	left, err := automaton.Minus(a, b)
	if errors.Join(errIn, errOut, err) != nil {
		return &automaton.Automaton{}
	}
	return left
}

func find(all []named, name string) (named, bool) {
	i := slices.IndexFunc(all, func(p named) bool { return p.name == name })
	if i < 0 {
		return named{}, false
	}
	return all[i], true
}

func names(all []named) []string {
	list := make([]string, 0, len(all))
	for _, p := range all {
		list = append(list, p.name)
	}
	return list
}

// IsClusterAction reports whether a name is an action that cluster privileges grant,
// or a pattern over such actions. The few index actions on templates are of them.
func IsClusterAction(name string) bool {
	return strings.HasPrefix(name, "cluster:") || strings.HasPrefix(name, "indices:admin/template/") || strings.HasPrefix(name, "indices:admin/index_template/")
}

func rawIndex(name string) bool {
	return strings.HasPrefix(name, "indices:") || strings.HasPrefix(name, "internal:transport/proxy/indices:")
}

// CheckCluster returns Elasticsearch's complaint about an unknown cluster privilege.
func CheckCluster(name string) error {
	name = strings.ToLower(name)
	if _, known := find(clusters(), name); known || IsClusterAction(name) {
		return nil
	}
	return fmt.Errorf("unknown cluster privilege [%s]. a privilege must be either one of the predefined cluster privilege names [%s] or a pattern over one of the available cluster actions",
		name, strings.Join(names(clusters()), ","))
}

// Cluster is the set of actions of a cluster privilege; those of OwnAPIKeys depend
// on the request. An action as a name stands for all that begin with it.
func Cluster(name string) (*automaton.Automaton, error) {
	if err := CheckCluster(name); err != nil {
		return nil, err
	}
	name = strings.ToLower(name)
	if p, known := find(clusters(), name); known {
		return p.actions(), nil
	}
	return automaton.Patterns(name + "*")
}

// Granting names the cluster privileges that grant an action, from the least to the
// most powerful. own says whether the request is about keys of the caller only.
func Granting(action string, own bool) []string {
	var list []string
	for _, p := range clusters() {
		if p.actions().Match(action) && (own || p.name != OwnAPIKeys) {
			list = append(list, p.name)
		}
	}
	return list
}

// Index is a set of index privileges taken together.
type Index struct {
	Actions        *automaton.Automaton
	Data, Failures bool // which selectors it is about
}

// CheckIndex returns Elasticsearch's complaint about the first unknown index
// privilege.
func CheckIndex(list ...string) error {
	for _, name := range list {
		name = strings.ToLower(name)
		if _, known := find(indices(), name); !known && !rawIndex(name) {
			return fmt.Errorf("unknown index privilege [%s]. a privilege must be either one of the predefined fixed indices privileges [%s] or a pattern over one of the available index actions",
				name, strings.Join(names(indices()), ","))
		}
	}
	return nil
}

// ReachesFailures reports whether privileges grant anything on failure stores alone.
// "all" does so too, but not on purpose.
func ReachesFailures(list ...string) bool {
	return slices.ContainsFunc(list, func(name string) bool {
		p, known := find(indices(), strings.ToLower(name))
		return known && p.failures && !p.data
	})
}

// Indices resolves index privileges, grouped by the selectors they are about:
// privileges on data and on failures do not add up.
func Indices(list ...string) ([]Index, error) {
	if err := CheckIndex(list...); err != nil {
		return nil, err
	}
	var groups []Index
	for _, name := range list {
		p, err := index(strings.ToLower(name))
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(groups, func(g Index) bool { return g.Data == p.Data && g.Failures == p.Failures })
		if i < 0 {
			groups = append(groups, p)
			continue
		}
		if groups[i].Actions, err = automaton.Union(groups[i].Actions, p.Actions); err != nil {
			return nil, err
		}
	}
	return groups, nil
}

func index(name string) (Index, error) {
	if p, known := find(indices(), name); known {
		return Index{Actions: p.actions(), Data: p.data, Failures: p.failures}, nil
	}
	a, err := automaton.Patterns(name + "*")
	return Index{Actions: a, Data: true}, err
}

// GrantingIndex names the index privileges that grant an action on data, from the
// least to the most powerful: by how many of the others each is a part of, then by
// name (Privilege.sortByAccessLevel).
func GrantingIndex(action string) []string {
	var list []named
	for _, p := range indices() { // sorted by name
		if p.data && p.actions().Match(action) {
			list = append(list, p)
		}
	}
	slices.SortStableFunc(list, func(a, b named) int { return partOf(b) - partOf(a) })
	return names(list)
}

func partOf(p named) int {
	n := 0
	for _, other := range indices() {
		if other.data && p.actions().SubsetOf(other.actions()) {
			n++
		}
	}
	return n
}

// Builtin are the names of GET /_security/privilege/_builtin, sorted.
func Builtin() (cluster, index, remote []string) {
	for _, name := range names(clusters()) {
		if name != "read_project_routing" && name != "manage_project_routing" { // serverless only
			cluster = append(cluster, name)
		}
	}
	slices.Sort(cluster)
	return cluster, names(indices()), []string{"monitor_enrich", "monitor_stats"}
}

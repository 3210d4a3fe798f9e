package authz

import (
	"sync"

	"github.com/realmctl/realmctl/internal/automaton"
)

// restrictedNames are the indices of Elasticsearch itself. A role reaches them only
// with allow_restricted_indices. Elasticsearch derives them from the plugins that a
// node has; we keep one list, that of a 9.x node with all of its own plugins.
func restrictedNames() []string {
	return []string{
		".security", "/\\.security-[0-9]+.*/", "/\\.security-tokens(-[0-9]+.*)?/", "/\\.security-profile(-[0-9]+.*)?/",
		"/\\.kibana_?.*/", ".reporting-*", ".apm-agent-configuration", ".apm-custom-link", ".fleet-*", ".async-search*", ".tasks*", ".watches*", ".triggered_watches*",
		".ml-config*", ".ml-meta*", ".ml-inference-*", ".logstash*", ".transform-internal-*", ".geoip_databases*", ".secrets-inference*", ".connector-secrets*",
		".synonyms*", ".search-app-*", ".query-rules-*",
	}
}

// restricted is the set of them. The embedded list always compiles, which a test
// shows; otherwise nothing would be let through.
var restricted = sync.OnceValue(func() *automaton.Automaton {
	a, err := automaton.Patterns(restrictedNames()...)
	if err != nil {
		return automaton.All()
	}
	return a
})

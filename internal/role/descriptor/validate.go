package descriptor

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/realmctl/realmctl/internal/automaton"
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/privilege"
)

// maxDescription is how long a description may be, in UTF-16 units.
const maxDescription = 1000

// workflows are those that an API key may be restricted to.
const workflows = "search_application_query"

// Validate adds every complaint about what d grants, in the order of
// RoleDescriptorRequestValidator. Queries are looked at later; see CheckQueries.
func (d Role) Validate(p *fault.Problems) {
	for _, name := range d.Cluster {
		complain(p, privilege.CheckCluster(name))
	}
	for _, e := range d.Indices {
		complain(p, checkIndex(e.Privileges))
		validateIndexNames(p, e.Names)
	}
	for _, e := range d.RemoteIndices {
		validateRemote(p, e)
	}
	for _, a := range d.Applications {
		complain(p, privilege.CheckApplicationPattern(a.Name))
		for _, name := range a.Privileges {
			complain(p, privilege.CheckApplicationPrivilege(name))
		}
	}
	if HasReservedKey(d.Metadata) {
		p.Addf("role descriptor metadata keys may not start with [_]")
	}
	for _, name := range d.Workflows {
		if name != workflows {
			p.Addf("Unknown workflow [%s]. A workflow must be one of the predefined workflow names [%s].", name, workflows)
		}
	}
	complain(p, d.CheckDescription())
}

// CheckDescription limits the length of the description, in UTF-16 code units as Java
// counts them.
func (d Role) CheckDescription() error {
	if len(utf16.Encode([]rune(d.Description))) > maxDescription {
		return fmt.Errorf("Role description must be less than %d characters.", maxDescription) //nolint:revive,staticcheck // the text is Elasticsearch's
	}
	return nil
}

func complain(p *fault.Problems, err error) {
	if err != nil {
		p.Addf("%s", err)
	}
}

func validateIndexNames(p *fault.Problems, names []string) {
	for _, name := range names {
		regex := strings.HasPrefix(name, "/")
		if strings.Contains(name, "::") {
			p.Addf("selectors [::] are not allowed in the index name expression [%s]", name)
		}
		if strings.Contains(name, ",") && !regex {
			p.Addf("commas [,] are not allowed in the index name expression [%s]", name)
		}
		if !regex {
			continue
		}
		if _, err := automaton.Patterns(name); err != nil {
			p.Addf("invalid regular expression pattern [%s]", name)
		}
	}
}

func validateRemote(p *fault.Problems, e RemoteIndices) {
	if slices.Contains(e.Clusters, "") {
		p.Addf("remote index cluster alias cannot be an empty string")
	}
	err := checkIndex(e.Privileges)
	complain(p, err)
	if err == nil && privilege.ReachesFailures(e.Privileges...) {
		p.Addf("remote index privileges cannot contain privileges that grant access to the failure store")
	}
	validateIndexNames(p, e.Names)
}

// checkIndex is the complaint about the privileges of one entry, of which none may be
// listed twice (Java's Set.of).
func checkIndex(names []string) error {
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return fmt.Errorf("duplicate element: %s", name)
		}
	}
	return privilege.CheckIndex(names...)
}

// HasReservedKey reports whether an object has a member that begins with an
// underscore, which is Elasticsearch's own (MetadataUtils).
func HasReservedKey(metadata json.RawMessage) bool {
	for key := range members(metadata) {
		if strings.HasPrefix(key, "_") {
			return true
		}
	}
	return false
}

package authz

import (
	"fmt"
	"slices"
	"strings"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/privilege"
)

// deny tells who may not do what, and which privileges would allow it
// (AuthorizationDenialMessages.actionDenied).
func deny(id identity.Identity, r *rights, action string, t identity.Target) error {
	if name := repeated(id.User.Roles); name != "" && id.APIKey == nil && !id.ServiceAccount() {
		f := fault.Invalidf("duplicate element: %s", name)
		if id.RunBy == nil { // it is tried twice more
			f.Beside = []*fault.Error{fault.Invalidf("%s", f.Reason), fault.Invalidf("%s", f.Reason)}
		}
		return f
	}
	reason := "action [" + action + "] is unauthorized for " + who(id.Authenticating())
	if id.RunBy != nil {
		reason += " run as [" + id.User.Username + "]"
	}
	reason += roles(id.Subject, r)
	kind, list := "cluster", privilege.Granting(action, ownKeys(id, action, t))
	if isIndexAction(action) {
		reason += where(r.denied(action, t.Indices))
		kind, list = "index", privilege.GrantingIndex(action)
	}
	if len(list) > 0 {
		reason += ", this action is granted by the " + kind + " privileges [" + strings.Join(list, ",") + "]"
	}
	f := &fault.Error{Kind: fault.Forbidden, Reason: reason}
	if r.restricted {
		f.Cause = &fault.Error{Kind: fault.Forbidden, Type: "role_restriction_exception", Reason: "access restricted by workflow"}
	}
	return f
}

// repeated is the first role that is in a list before, or empty. Elasticsearch puts the
// roles of whom it denies something into a set that refuses duplicates, so that nobody
// gets to see the text about them.
func repeated(roles []string) string {
	for i, name := range roles {
		if slices.Contains(roles[:i], name) {
			return name
		}
	}
	return ""
}

// denied are the indices that some layer does not allow, each once.
func (r *rights) denied(action string, names []string) []string {
	var all []string
	for _, p := range r.layers {
		all = union(all, p.deniedIndices(action, names))
	}
	return all
}

// where names indices, the restricted ones apart.
func where(names []string) string {
	var ordinary, special []string
	for _, name := range names {
		if restricted().Match(name) {
			special = append(special, name)
		} else {
			ordinary = append(ordinary, name)
		}
	}
	text := ""
	if len(ordinary) > 0 {
		text = " on indices [" + strings.Join(ordinary, ",") + "]"
	}
	if len(special) > 0 {
		if text == "" {
			text = " on"
		} else {
			text += " and"
		}
		text += " restricted indices [" + strings.Join(special, ",") + "]"
	}
	return text
}

// runAsDenied is told to the subject that authenticated.
func runAsDenied(by identity.Subject, r *rights, action, target string) error {
	return &fault.Error{Kind: fault.Forbidden, Reason: fmt.Sprintf("action [%s] is unauthorized for %s%s, because %s is unauthorized to run as [%s]",
		action, who(by), roles(by, r), who(by), target)}
}

func who(s identity.Subject) string {
	text := "user [" + s.User.Username + "]"
	if s.ServiceAccount() {
		text = "service account [" + s.User.Username + "]"
	}
	if s.APIKey != nil {
		text = "API key id [" + s.APIKey.ID + "] of " + text
	}
	return text
}

// roles names those that counted. API keys and service accounts have none.
func roles(s identity.Subject, r *rights) string {
	if s.APIKey != nil || s.ServiceAccount() {
		return ""
	}
	text := " with effective roles [" + strings.Join(r.names, ",") + "]"
	var missing []string // of the subject's own: those of the anonymous user are nobody's fault
	for _, name := range r.missing {
		if slices.Contains(s.User.Roles, name) {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		text += " (assigned roles [" + strings.Join(missing, ",") + "] were not found)"
	}
	return text
}

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
func (*Service) deny(id identity.Identity, r *rights, action string, t identity.Target) error {
	reason := "action [" + action + "] is unauthorized for " + who(id.Authenticating())
	if id.RunBy != nil {
		reason += " run as [" + id.User.Username + "]"
	}
	reason += roles(id.Subject, r)
	if list := privilege.Granting(action, ownKeys(id, action, t)); len(list) > 0 {
		reason += ", this action is granted by the cluster privileges [" + strings.Join(list, ",") + "]"
	}
	f := &fault.Error{Kind: fault.Forbidden, Reason: reason}
	if r.restricted {
		f.Cause = &fault.Error{Kind: fault.Forbidden, Type: "role_restriction_exception", Reason: "access restricted by workflow"}
	}
	return f
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
	text := " with effective roles [" + strings.Join(r.layers[0].names, ",") + "]"
	if len(r.missing) > 0 {
		text += " (assigned roles [" + strings.Join(slices.Sorted(slices.Values(r.missing)), ",") + "] were not found)"
	}
	return text
}

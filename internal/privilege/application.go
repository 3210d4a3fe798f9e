package privilege

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/realmctl/realmctl/internal/automaton"
	"github.com/realmctl/realmctl/internal/fault"
)

// Application is a privilege that an application defines: a name for actions.
type Application struct {
	Application string          `json:"application"`
	Name        string          `json:"name"`
	Actions     []string        `json:"actions"`
	Metadata    json.RawMessage `json:"metadata"`
}

var (
	appPrefix = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][A-Za-z0-9]*$`) })
	appName   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-zA-Z0-9_.-]*$`) })
)

// IsName reports whether text is a name of an application privilege; anything else
// is an action (ApplicationPrivilege.isValidPrivilegeName).
func IsName(text string) bool { return appName().MatchString(text) }

// CheckApplication is Elasticsearch's complaint about the name of an application
// that stands for itself.
func CheckApplication(name string) error { return checkApplication(name, false) }

// CheckApplicationPattern is the complaint about an application in a role, which may
// end in a wildcard.
func CheckApplicationPattern(name string) error { return checkApplication(name, true) }

// checkApplication follows ApplicationPrivilege.validateApplicationName.
func checkApplication(name string, wildcard bool) error {
	if strings.TrimSpace(name) == "" {
		return errors.New("Application names cannot be blank")
	}
	if i := strings.IndexByte(name, '*'); i >= 0 {
		if !wildcard {
			return complaint("Application names may not contain '*' (found '%s')", name)
		}
		if name == "*" {
			return nil
		}
		if i != len(name)-1 {
			return complaint("Application name patterns only support trailing wildcards (found '%s')", name)
		}
	}
	if strings.ContainsFunc(name, unicode.IsSpace) {
		return complaint("Application names may not contain whitespace (found '%s')", name)
	}
	prefix, suffix := name, ""
	if i := strings.IndexAny(name, "-_"); i >= 0 {
		prefix, suffix = name[:i], name[i+1:]
	} else {
		prefix = strings.TrimSuffix(prefix, "*")
	}
	return checkParts(prefix, strings.TrimSuffix(suffix, "*"), strings.HasSuffix(name, "*"))
}

func checkParts(prefix, suffix string, open bool) error {
	if !appPrefix().MatchString(prefix) {
		return complaint("An application name prefix must match the pattern ^[a-z][A-Za-z0-9]*$ (found '%s')", prefix)
	}
	if len(prefix) < 3 && !open {
		return complaint("An application name prefix must be at least 3 characters long (found '%s')", prefix)
	}
	if strings.ContainsAny(suffix, ` "*,/<>?\|`) {
		return complaint(`An application name suffix may not contain any of the characters '[' ','"','*',',','/','<','>','?','\','|']' (found '%s')`, suffix)
	}
	return nil
}

func complaint(format string, args ...any) error { return fmt.Errorf(format, args...) }

// CheckApplicationPrivilege is the complaint about a name or an action that a role
// lists for an application (validatePrivilegeOrActionName).
func CheckApplicationPrivilege(text string) error {
	if !graphic(text) {
		return complaint(`Application privilege names and actions must match the pattern ^\p{Graph}*$ (found '%s')`, text)
	}
	return nil
}

// graphic is Java's \p{Graph}: visible ASCII.
func graphic(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

// validate follows PutPrivilegesRequest.validate for one privilege.
func (a Application) validate(p *fault.Problems) {
	add := func(err error) {
		if err != nil {
			p.Addf("%s", err)
		}
	}
	add(CheckApplication(a.Application))
	if !appName().MatchString(a.Name) {
		p.Addf("Application privilege names must match the pattern ^[a-z][a-zA-Z0-9_.-]*$ (found '%s')", a.Name)
	}
	if len(a.Actions) == 0 {
		p.Addf("Application privileges must have at least one action")
	}
	for _, action := range a.Actions {
		if !strings.ContainsAny(action, "/*:") {
			p.Addf("action [%s] must contain one of [ '/' , '*' , ':' ]", action)
			continue
		}
		add(CheckApplicationPrivilege(action))
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(a.Metadata, &members) == nil {
		for key := range members {
			if strings.HasPrefix(key, "_") {
				p.Addf("metadata keys may not start with [_] (in privilege %s %s)", a.Application, a.Name)
				break
			}
		}
	}
}

// Resolved is what an entry of a role means for one application.
type Resolved struct {
	Application string
	Privileges  []string // as written, sorted: two entries with the same are one privilege
	Patterns    []string // of the actions, each once
	Actions     *automaton.Automaton
}

// resolve replaces names by the actions stored for them; unknown names grant nothing
// by themselves (ApplicationPrivilege.get).
func resolve(application string, privileges []string, stored []Application) (Resolved, error) {
	var actions []string
	for _, p := range privileges {
		if !IsName(p) {
			actions = append(actions, p)
			continue
		}
		for _, s := range stored {
			if s.Application == application && s.Name == p {
				actions = append(actions, s.Actions...)
			}
		}
	}
	a, err := automaton.Patterns(actions...)
	return Resolved{Application: application, Privileges: once(privileges), Patterns: once(actions), Actions: a}, err
}

// once sorts texts and drops those that come again.
func once(list []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(list)))
}

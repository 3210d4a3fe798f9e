package cli

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/spf13/pflag"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/config"
	"github.com/realmctl/realmctl/internal/esapi"
)

// scopeName is the name of the descriptor that flags build.
const scopeName = "scope"

// scopeFlags say what a key may do.
type scopeFlags struct {
	read, write []string
	privileges  privilegeFlags
	files       []string
	fromRoles   []string
	workflows   []string
	inherit     string
}

// inheritPlain is --inherit without a value.
const inheritPlain = "yes"

func (s *scopeFlags) add(f *pflag.FlagSet) {
	f.StringSliceVar(&s.read, "read", nil, "`patterns` of indices: read, view_index_metadata")
	f.StringSliceVar(&s.write, "write", nil, "`patterns` of indices: write, create_index")
	s.privileges.add(f)
	f.StringArrayVar(&s.files, "role-filename", nil, "a role as JSON or YAML in the `file`; may be repeated")
	f.StringArrayVar(&s.fromRoles, "from-role", nil, "copy the role `name`; may be repeated")
	f.StringSliceVar(&s.workflows, "workflow", nil, "restrict the key to `workflows`")
	f.StringVar(&s.inherit, "inherit", "", "copy all rights of the owner; those of a superuser only with =`superuser`")
	f.Lookup("inherit").NoOptDefVal = inheritPlain
}

// built reports whether flags build a descriptor of their own.
func (s *scopeFlags) built() bool {
	p := s.privileges
	return len(s.read)+len(s.write)+len(p.cluster)+len(p.index)+len(p.application)+len(s.workflows) > 0
}

// check wants rights to be chosen, one way or the other.
func (s *scopeFlags) check() error {
	chosen := s.built() || len(s.files)+len(s.fromRoles) > 0
	switch {
	case !chosen && s.inherit == "":
		return &usageError{text: "say what the key may do: --read, --write, --index, --cluster, --application, --role-filename or --from-role", hint: "--inherit copies all rights of the owner"}
	case chosen && s.inherit != "":
		return usagef("--inherit excludes the flags that scope a key")
	case s.inherit != "" && s.inherit != inheritPlain && s.inherit != superuser:
		return usagef("--inherit takes no value but superuser")
	}
	return nil
}

// descriptors are the key's own roles; nil for --inherit.
func (s *scopeFlags) descriptors(ctx context.Context, app *App) (map[string]json.RawMessage, error) {
	if s.inherit != "" {
		return nil, nil
	}
	out := map[string]json.RawMessage{}
	if s.built() {
		body, err := s.build()
		if err != nil {
			return nil, err
		}
		out[scopeName] = body
	}
	for _, file := range s.files {
		body, err := app.readDocument(file)
		if err != nil {
			return nil, err
		}
		if err := addRoles(out, file, body); err != nil {
			return nil, err
		}
	}
	return out, s.copyRoles(ctx, app, out)
}

func (s *scopeFlags) build() (json.RawMessage, error) {
	entries, err := indexEntries(s.read, s.write, s.privileges.index)
	if err != nil {
		return nil, err
	}
	role := esapi.Role{Cluster: s.privileges.cluster, Indices: entries}
	for _, text := range s.privileges.application {
		entry, err := applicationEntry(text)
		if err != nil {
			return nil, err
		}
		role.Applications = append(role.Applications, entry)
	}
	if len(s.workflows) > 0 {
		role.Restriction = &esapi.Restriction{Workflows: s.workflows}
	}
	return encodeRole(role)
}

// roleMembers are the members by which one role is told from an object of roles.
func roleMembers() []string {
	return []string{"cluster", "index", "indices", "application", "applications", "run_as", "global", "metadata", "remote_indices", "remote_cluster", "restriction"}
}

// addRoles adds what a file holds: a role, named after the file's place, or an
// object of roles by name, such as the answer of role get.
func addRoles(out map[string]json.RawMessage, file string, body json.RawMessage) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return failf(exitData, "%s holds no object", file)
	}
	if len(members) == 0 || slices.ContainsFunc(roleMembers(), func(m string) bool { _, ok := members[m]; return ok }) {
		members = map[string]json.RawMessage{scopeName: body}
	}
	for name, role := range members {
		if _, taken := out[name]; taken {
			return failf(exitData, "%s: there are two roles %s", file, name)
		}
		out[name] = role
	}
	return nil
}

// copyRoles copies roles of the server. A key's descriptor has no description and
// no reserved metadata.
func (s *scopeFlags) copyRoles(ctx context.Context, app *App, out map[string]json.RawMessage) error {
	if len(s.fromRoles) == 0 {
		return nil
	}
	c, err := app.Client(ctx)
	if err != nil {
		return err
	}
	roles, err := c.Roles(ctx, s.fromRoles...)
	if err != nil {
		return missing(err, "role", s.fromRoles)
	}
	if err := notFound("role", without(s.fromRoles, roles)); err != nil {
		return err
	}
	for name, role := range roles {
		role.Description, role.TransientMetadata, role.Metadata = nil, nil, nil
		body, err := encodeRole(role)
		if err != nil {
			return err
		}
		out[name] = body
	}
	return nil
}

// lacks asks which of the rights the caller does not have itself: a key never has
// more than its owner.
func (s *scopeFlags) lacks(ctx context.Context, c *client.Client) error {
	p := s.privileges
	p.index = slices.Clone(p.index)
	for _, r := range s.read {
		p.index = append(p.index, r+":read,view_index_metadata")
	}
	for _, w := range s.write {
		p.index = append(p.index, w+":write,create_index")
	}
	q, err := p.question()
	if err != nil {
		return usagef("--check looks at --read, --write, --index, --cluster and --application; there are none")
	}
	answer, err := c.HasPrivileges(ctx, q)
	if err != nil {
		return err
	}
	var lacking []string
	for _, row := range answersView(answer).Rows {
		if row[3] == "no" {
			lacking = append(lacking, row[0]+" "+row[1]+" "+row[2])
		}
	}
	if len(lacking) > 0 {
		return failf(exitData, "the owner itself lacks: %s", list(lacking)).withHint("the key would be silently weaker; leave --check out to create it nevertheless")
	}
	return nil
}

// lifetimeFlags say how long a key lives.
type lifetimeFlags struct {
	expires  string
	noExpiry bool
}

func (l *lifetimeFlags) add(f *pflag.FlagSet) {
	f.StringVar(&l.expires, "expires", "", "`duration` until the key expires, such as 30d")
	f.BoolVar(&l.noExpiry, "no-expiry", false, "the key never expires")
}

// expiration wants exactly one of the two flags, or the policy's default.
func (l lifetimeFlags) expiration(p config.APIKeyPolicy) (string, error) {
	text := l.expires
	switch {
	case l.expires != "" && l.noExpiry:
		return "", usagef("--expires and --no-expiry exclude each other")
	case l.noExpiry && (p.RequireExpiration || p.MaxExpiration != ""):
		return "", failf(exitData, "the policy wants keys to expire").withHint("--expires 30d")
	case l.noExpiry:
		return "", nil
	case text == "":
		text = p.DefaultExpiration
	}
	if text == "" {
		return "", usagef("say how long the key lives: --expires 30d, or --no-expiry")
	}
	d, err := age("--expires", text)
	if err != nil {
		return "", err
	}
	if p.MaxExpiration == "" {
		return text, nil
	}
	longest, err := age("policy.api_key.max_expiration", p.MaxExpiration)
	if err != nil {
		return "", failf(exitConfig, "policy.api_key.max_expiration: %w", err)
	}
	if d > longest {
		return "", failf(exitData, "%s is longer than the policy's %s", text, p.MaxExpiration)
	}
	return text, nil
}

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/envfile"
	"github.com/realmctl/realmctl/internal/esapi"
	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/role"
	"github.com/realmctl/realmctl/internal/rolemapping"
	"github.com/realmctl/realmctl/internal/rolesfile"
	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/usersfile"
)

// users lists the jobs for users.
func (m *migration) users() ([]job, error) {
	if err := notFound("file user", unlisted(m.o.users, m.folder.Users.Has)); err != nil {
		return nil, err
	}
	var jobs []job
	for name, hash := range m.folder.Users.All() {
		switch {
		case len(m.o.users) > 0 && !slices.Contains(m.o.users, name):
			continue
		case usersfile.Temporary(name):
			m.app.warnf("%s is a temporary user: left out", name)
			continue
		}
		jobs = append(jobs, m.user(name, hash))
	}
	return jobs, nil
}

func unlisted(names []string, has func(string) bool) []string {
	return slices.DeleteFunc(slices.Clone(names), has)
}

func (m *migration) user(name, hash string) job {
	j := job{kind: kindUser, name: name, fault: portable(name, hash)}
	j.send = func(ctx context.Context) error {
		body := esapi.PutUser{Roles: m.folder.Roles.Of(name)}
		if body.Roles == nil {
			body.Roles = []string{} // the API wants the member
		}
		variable, err := envfile.VarName(name, "HASH")
		if err != nil {
			variable = "PASSWORD_HASH"
		}
		return second(m.client.PutUser(ctx, name, body, client.Password{Hash: m.app.planned(secret.String(hash), variable)}))
	}
	return j
}

// portable says why a hash is of no use in the native realm: the API takes fewer
// algorithms than files do, and does not look at what follows their prefix.
func portable(name, hash string) error {
	algorithm, problem := describeHash(hash)
	if problem == "" && pwhash.CheckStored(hash) != nil {
		problem = "the API takes no " + algorithm + " hashes"
	}
	if problem == "" {
		return nil
	}
	return failf(exitData, "the hash cannot be copied: %s", problem).withHint("realmctl file password %s", name)
}

// roles lists the jobs for roles.yml.
func (m *migration) roles() ([]job, error) {
	reserved, err := builtinRoles()
	if err != nil {
		return nil, err
	}
	segments, err := rolesfile.Load(rolesfile.Path(m.conf.dir), reserved)
	if err != nil {
		return nil, m.conf.explain(err)
	}
	last := map[string]int{}
	for i, s := range segments {
		last[s.Name] = i
	}
	if unknown := unlisted(m.o.roles, func(name string) bool { _, ok := last[name]; return ok }); len(unknown) > 0 {
		return nil, failf(exitNotFound, "%s does not have the roles %s", rolesfile.Path(m.conf.dir), list(unknown))
	}
	var jobs []job
	for i, s := range segments {
		if last[s.Name] != i || len(m.o.roles) > 0 && !slices.Contains(m.o.roles, s.Name) {
			continue
		}
		jobs = append(jobs, m.role(s))
	}
	return jobs, nil
}

func (m *migration) role(s rolesfile.Segment) job {
	j := job{kind: kindRole, name: s.Name}
	body, err := roleBody(s)
	if err != nil {
		j.fault = failf(exitData, "%w", err)
	}
	j.send = func(ctx context.Context) error { return second(m.client.PutRole(ctx, s.Name, body)) }
	return j
}

// roleBody is a role of roles.yml as the API takes it.
func roleBody(s rolesfile.Segment) (json.RawMessage, error) {
	if s.Fault != "" {
		fault := s.Fault
		if _, reason, named := strings.Cut(fault, "invalid role name - "); named {
			fault = strings.TrimSuffix(reason, ". skipping role...") // the rest tells name and file again
		}
		return nil, errors.New(fault)
	}
	if err := checkRole(s); err != nil {
		return nil, err
	}
	var roles map[string]any
	if err := yaml.Unmarshal([]byte(s.Text), &roles); err != nil {
		return nil, err
	}
	return json.Marshal(roles[s.Name])
}

// builtinRoles says which names belong to built-in roles.
func builtinRoles() (func(string) bool, error) {
	builtin, err := role.Builtin()
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, d := range builtin {
		names[d.Name] = true
	}
	return func(name string) bool { return names[name] }, nil
}

// mappings lists the jobs for role_mapping.yml, which maps roles to distinguished
// names of users and groups.
func (m *migration) mappings() ([]job, error) {
	path := rolemapping.Path(m.conf.dir)
	text, err := readIfThere(path)
	if err != nil {
		return nil, m.conf.explain(err)
	}
	entries, err := rolemapping.Parse(text)
	if err != nil {
		return nil, failf(exitData, "%s: %w", path, err)
	}
	var jobs []job
	for _, e := range entries {
		body, err := json.Marshal(m.mapping(e.Role, e.Names))
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, job{kind: kindMapping, name: e.Role, send: func(ctx context.Context) error {
			return m.client.PutRoleMapping(ctx, e.Role, body)
		}})
	}
	return jobs, nil
}

// mapping is the rule that means what the file does: a name is a user's own or that
// of a group.
func (m *migration) mapping(roleName string, dns []string) any {
	type object = map[string]any
	var names []object
	for _, dn := range dns {
		names = append(names, object{"field": object{"dn": dn}}, object{"field": object{"groups": dn}})
	}
	rules := object{"any": names}
	if m.o.mappingRealm != "" {
		rules = object{"all": []object{rules, {"field": object{"realm.name": m.o.mappingRealm}}}}
	}
	return object{"enabled": true, "roles": []string{roleName}, "rules": rules}
}

// markExisting asks the target what it has already.
func (m *migration) markExisting(ctx context.Context, jobs []job) error {
	if m.app.flags.Curl {
		return nil
	}
	have := map[string]map[string]bool{}
	for i, j := range jobs {
		if have[j.kind] == nil {
			names, err := m.existing(ctx, j.kind)
			if err != nil {
				return err
			}
			have[j.kind] = map[string]bool{}
			for _, name := range names {
				have[j.kind][name] = true
			}
		}
		jobs[i].exists = have[j.kind][j.name]
	}
	return nil
}

func (m *migration) existing(ctx context.Context, kind string) ([]string, error) {
	switch kind {
	case kindRole:
		roles, err := m.client.Roles(ctx)
		return sortedKeys(roles), err
	case kindUser:
		users, err := m.client.Users(ctx)
		return sortedKeys(users), err
	}
	mappings, err := m.client.RoleMappings(ctx)
	return sortedKeys(mappings), err
}

package cli

import (
	"context"
	"encoding/json"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/esapi"
)

// roleFlags build a role, from a file or by themselves.
type roleFlags struct {
	file        string
	privileges  privilegeFlags
	read, write []string
	runAs       []string
	description string
	metadata    []string
}

func (r *roleFlags) add(f *pflag.FlagSet) {
	f.StringVarP(&r.file, "filename", "f", "", "the role as JSON or YAML in the `file`; - is standard input")
	r.privileges.add(f)
	f.StringSliceVar(&r.read, "read", nil, "`patterns` of indices: read, view_index_metadata")
	f.StringSliceVar(&r.write, "write", nil, "`patterns` of indices: write, create_index")
	f.StringSliceVar(&r.runAs, "grants-run-as", nil, "`users` to run as")
	f.StringVar(&r.description, "description", "", "a `text` about the role")
	f.StringArrayVar(&r.metadata, "metadata", nil, "a `key=value` of the metadata; may be repeated")
}

// given reports whether any flag but the file says something.
func (r *roleFlags) given() bool {
	p := r.privileges
	return len(p.cluster)+len(p.index)+len(p.application)+len(r.read)+len(r.write)+len(r.runAs)+len(r.metadata) > 0 || r.description != ""
}

// indexEntries are --read, --write and --index as entries of a role.
func indexEntries(read, write, index []string) ([]esapi.RoleIndices, error) {
	var entries []esapi.RoleIndices
	if len(read) > 0 {
		entries = append(entries, esapi.RoleIndices{Names: read, Privileges: []string{"read", "view_index_metadata"}})
	}
	if len(write) > 0 {
		entries = append(entries, esapi.RoleIndices{Names: write, Privileges: []string{"write", "create_index"}})
	}
	for _, text := range index {
		names, privileges, err := indexEntry(text)
		if err != nil {
			return nil, err
		}
		entries = append(entries, esapi.RoleIndices{Names: names, Privileges: privileges})
	}
	return entries, nil
}

// build adds what the flags say to a role.
func (r *roleFlags) build(role esapi.Role) (esapi.Role, error) {
	entries, err := indexEntries(r.read, r.write, r.privileges.index)
	if err != nil {
		return role, err
	}
	role.Cluster = append(role.Cluster, r.privileges.cluster...)
	role.Indices = append(role.Indices, entries...)
	for _, text := range r.privileges.application {
		entry, err := applicationEntry(text)
		if err != nil {
			return role, err
		}
		role.Applications = append(role.Applications, entry)
	}
	role.RunAs = append(role.RunAs, r.runAs...)
	if r.description != "" {
		role.Description = &r.description
	}
	if len(r.metadata) > 0 {
		role.Metadata, err = mergeMetadata(role.Metadata, r.metadata)
	}
	return role, err
}

// body is the role as it is sent: the file as it stands, or what the flags build.
func (r *roleFlags) body(app *App) (json.RawMessage, error) {
	if r.file != "" {
		if r.given() {
			return nil, usagef("--filename excludes the flags that build a role")
		}
		return app.readDocument(r.file)
	}
	role, err := r.build(esapi.Role{})
	if err != nil {
		return nil, err
	}
	return encodeRole(role)
}

func encodeRole(role esapi.Role) (json.RawMessage, error) {
	data, err := json.Marshal(role)
	if err != nil {
		return nil, failf(exitInternal, "encode the role: %w", err)
	}
	return data, nil
}

type roleCreateOptions struct {
	name string
	role roleFlags
}

func newRoleCreateCmd(app *App) *cobra.Command {
	var o roleCreateOptions
	cmd := &cobra.Command{
		Use:     "create <name>",
		Aliases: []string{"add"},
		Short:   "Create a role",
		Example: `  realmctl role create logs-reader --read 'logs-*'
  realmctl role create ops --cluster monitor,manage_ilm --index 'metrics-*:read,write'
  realmctl role create big -f role.yaml`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.name = args[0]
			return o.run(cmd.Context(), app)
		},
	}
	o.role.add(cmd.Flags())
	return withCodes(cmd, apiCodes(exitExists, exitNoInput)...)
}

func (o *roleCreateOptions) run(ctx context.Context, app *App) error {
	body, err := o.role.body(app)
	if err != nil {
		return err
	}
	c, err := app.Mutator(ctx)
	if err != nil {
		return err
	}
	if !app.flags.Curl {
		_, err := c.Roles(ctx, o.name)
		if err == nil {
			return failf(exitExists, "role %s exists", o.name).withHint("realmctl role update %s", o.name)
		}
		if !isMissing(err) {
			return err
		}
	}
	if _, err := c.PutRole(ctx, o.name, body); err != nil {
		return err
	}
	return app.Show(details(esapi.PutRoleResponse{Role: esapi.Created{Created: true}}, [][]string{{"name", o.name}, {"created", "yes"}}))
}

type roleUpdateOptions struct {
	name string
	role roleFlags
}

func newRoleUpdateCmd(app *App) *cobra.Command {
	var o roleUpdateOptions
	cmd := &cobra.Command{
		Use:     "update <name>",
		Aliases: []string{"set"},
		Short:   "Replace a role by a file, or add to it by flags",
		Example: `  realmctl role update logs-reader --read 'traces-*'
  realmctl role get big --jq .big > role.json && realmctl role update big -f role.json`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.name = args[0]
			return o.run(cmd.Context(), app)
		},
	}
	o.role.add(cmd.Flags())
	return withCodes(cmd, apiCodes(exitNotFound, exitNoInput)...)
}

func (o *roleUpdateOptions) run(ctx context.Context, app *App) error {
	if o.role.file == "" && !o.role.given() {
		return usagef("say what changes: --filename, or flags that add to the role")
	}
	c, err := app.Mutator(ctx)
	if err != nil {
		return err
	}
	body, err := o.body(ctx, app, c)
	if err != nil {
		return err
	}
	if _, err := c.PutRole(ctx, o.name, body); err != nil {
		return err
	}
	return app.Show(details(esapi.PutRoleResponse{}, [][]string{{"name", o.name}, {"updated", "yes"}}))
}

// body makes the whole role, since a put replaces it.
func (o *roleUpdateOptions) body(ctx context.Context, app *App, c *client.Client) (json.RawMessage, error) {
	if o.role.file != "" && app.flags.Curl {
		return o.role.body(app)
	}
	roles, err := c.Roles(ctx, o.name)
	if err != nil {
		return nil, missing(err, "role", []string{o.name})
	}
	if o.role.file != "" {
		return o.role.body(app)
	}
	role, err := o.role.build(roles[o.name])
	if err != nil {
		return nil, err
	}
	role.TransientMetadata = nil // the server's own
	return encodeRole(role)
}

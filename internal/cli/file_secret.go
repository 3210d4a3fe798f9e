package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/realmctl/realmctl/internal/envfile"
	"github.com/realmctl/realmctl/internal/linefile"
	"github.com/realmctl/realmctl/internal/rolesfile"
	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/usersfile"
)

type fileSecretOptions struct {
	conf            confFlags
	save            string
	overwrite       bool
	name, namespace string
	users           []string
	noRoles         bool
	basicAuth       string
	passwordEnv     string
}

func newFileSecretCmd(app *App) *cobra.Command {
	var o fileSecretOptions
	cmd := &cobra.Command{
		Use:   "secret",
		Short: "Write file users as a Kubernetes Secret for ECK",
		Long: `Write a Kubernetes Secret for Elastic Cloud on Kubernetes: the users and their roles
for spec.auth.fileRealm, and roles.yml for spec.auth.roles. Comments and lines that a
node skips are left out, for the operator refuses them.

With --basic-auth it is a Secret of type kubernetes.io/basic-auth of one user, with
the password from <NAME>_PASSWORD or the variable that --password-env names.`,
		Example: `  realmctl file secret --save secret.yaml -n elastic
  realmctl file secret --user ana --save ana.yaml --name ana-file-realm
  realmctl file secret --basic-auth ana --save ana.yaml`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := named(cmd.Flags(), "user", "basic-auth"); err != nil {
				return err
			}
			return o.run(cmd.Context(), app)
		},
	}
	f := cmd.Flags()
	o.conf.add(f)
	f.StringVar(&o.save, "save", "", "write the manifest to the `file`, mode 0600")
	f.BoolVar(&o.overwrite, "overwrite", false, "replace a file that is there")
	f.StringVar(&o.name, "name", "", "the `name` of the Secret (default file-realm, or <user>-basic-auth)")
	f.StringVarP(&o.namespace, "namespace", "n", "", "the `namespace` of the Secret")
	f.StringSliceVar(&o.users, "user", nil, "only the users `names`, with commas between")
	f.BoolVar(&o.noRoles, "no-roles", false, "leave roles.yml out")
	f.StringVar(&o.basicAuth, "basic-auth", "", "a Secret of type kubernetes.io/basic-auth of the `user`")
	f.StringVar(&o.passwordEnv, "password-env", "", "with --basic-auth, the password is in the variable `NAME`")
	return withCodes(cmd, fileCodes(exitNotFound)...)
}

func (o *fileSecretOptions) run(ctx context.Context, app *App) error {
	if o.save == "" {
		return &usageError{text: "the Secret holds hashes, so it goes to a file of its own", hint: "--save secret.yaml"}
	}
	if o.basicAuth != "" && (len(o.users) > 0 || o.noRoles) || o.basicAuth == "" && o.passwordEnv != "" {
		return usagef("--basic-auth goes with --password-env, and with neither --user nor --no-roles")
	}
	c, err := o.conf.open(app)
	if err != nil {
		return err
	}
	if err := c.mustHaveUsers(); err != nil {
		return err
	}
	var skipped int
	f, err := usersfile.Load(c.dir, usersfile.Options{Rules: c.rules, Report: func(linefile.Problem) { skipped++ }})
	if err != nil {
		return c.explain(err)
	}
	if skipped > 0 {
		app.warnf("%s that a node skips: left out (realmctl file lint)", plural(skipped, "line"))
	}
	if o.basicAuth != "" {
		return o.writeBasic(ctx, app, f)
	}
	return o.writeRealm(ctx, app, c, f)
}

// writeRealm writes the users and roles.yml.
func (o *fileSecretOptions) writeRealm(ctx context.Context, app *App, c *conf, f usersfile.Folder) error {
	names, err := o.choose(app, f)
	if err != nil {
		return err
	}
	meta := envfile.KubernetesSecret{Name: o.name, Namespace: o.namespace, Data: map[string]string{
		usersfile.UsersName: usersText(f, names), usersfile.RolesName: rolesText(f, names),
	}}
	if meta.Name == "" {
		meta.Name = "file-realm"
	}
	use := "spec.auth.fileRealm"
	if !o.noRoles {
		text, err := c.rolesYAML()
		if err != nil {
			return err
		}
		if text != "" {
			meta.Data[rolesfile.Name] = text
			use += " and spec.auth.roles"
		}
	}
	if err := o.put(ctx, app, meta, nil); err != nil {
		return err
	}
	return o.show(app, meta, use, names)
}

// choose lists the users to write. Each must be one that a node lets in by its
// password, and no temporary one.
func (o *fileSecretOptions) choose(app *App, f usersfile.Folder) ([]string, error) {
	var names, unknown []string
	for _, name := range o.users {
		if !f.Users.Has(name) {
			unknown = append(unknown, name)
		}
	}
	if err := notFound("file user", unknown); err != nil {
		return nil, err
	}
	for name, hash := range f.Users.All() {
		switch {
		case len(o.users) > 0 && !slices.Contains(o.users, name):
			continue
		case len(o.users) == 0 && usersfile.Temporary(name):
			app.warnf("%s is a temporary user: left out", name)
			continue
		}
		if err := usersfile.CheckHash(hash); err != nil {
			return nil, failf(exitData, "what users holds for %s: %w", name, err).withHint("realmctl file password %s, or choose with --user", name)
		}
		if err := writable(name, f.Roles.Of(name)); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return nil, failf(exitNotFound, "there is no file user to write")
	}
	return names, nil
}

// writable refuses names that only a blank in front keeps from being a comment, or
// that a list of names would split: the operator would read something else.
func writable(user string, roles []string) error {
	if strings.HasPrefix(user, "#") {
		return failf(exitData, "user [%s] would be a comment in the Secret", user).withHint("choose with --user")
	}
	for _, r := range roles {
		if err := usersfile.CheckNewRole(r); err != nil {
			return failf(exitData, "role [%s] of %s: %w", r, user, err).withHint("realmctl file roles %s --remove ROLE, or choose with --user", user)
		}
	}
	return nil
}

func usersText(f usersfile.Folder, names []string) string {
	var b strings.Builder
	for _, name := range names {
		hash, _ := f.Users.Hash(name)
		b.WriteString(name + ":" + hash + "\n")
	}
	return b.String()
}

func rolesText(f usersfile.Folder, names []string) string {
	members := map[string][]string{}
	for _, name := range names {
		for _, r := range f.Roles.Of(name) {
			if m := members[r]; len(m) == 0 || m[len(m)-1] != name {
				members[r] = append(m, name)
			}
		}
	}
	var b strings.Builder
	for _, r := range sortedKeys(members) {
		b.WriteString(r + ":" + strings.Join(members[r], ",") + "\n")
	}
	return b.String()
}

// rolesYAML is roles.yml, which the operator reads as one document.
func (c *conf) rolesYAML() (string, error) {
	text, err := readIfThere(rolesfile.Path(c.dir))
	if err != nil {
		return "", c.explain(err)
	}
	var roles map[string]any
	if err := yaml.Unmarshal([]byte(text), &roles); err != nil {
		return "", failf(exitData, "%s: %s", rolesfile.Path(c.dir), oneLine(err.Error())).withHint("realmctl file lint, or --no-roles")
	}
	if len(roles) == 0 {
		return "", nil
	}
	return text, nil
}

// writeBasic writes one user with its password, which must be the right one.
func (o *fileSecretOptions) writeBasic(ctx context.Context, app *App, f usersfile.Folder) error {
	hash, ok := f.Users.Hash(o.basicAuth)
	if !ok {
		return notFound("file user", []string{o.basicAuth})
	}
	if err := writable(o.basicAuth, f.Roles.Of(o.basicAuth)); err != nil {
		return err
	}
	password, err := (&fileVerifyOptions{name: o.basicAuth, passwordEnv: o.passwordEnv}).secret(app)
	if err != nil {
		return err
	}
	matches, err := matchesHash(ctx, hash, password)
	if err != nil {
		return err
	}
	if !matches {
		return failf(exitData, "the password does not match what users holds for %s", o.basicAuth).withHint("realmctl file password %s, or --password-env NAME", o.basicAuth)
	}
	meta := envfile.KubernetesSecret{Name: o.name, Namespace: o.namespace, Type: "kubernetes.io/basic-auth", Data: map[string]string{
		"username": o.basicAuth, "roles": strings.Join(f.Roles.Of(o.basicAuth), ","),
	}}
	if meta.Name == "" {
		meta.Name = kubernetesName(strings.ToUpper(o.basicAuth)) + "-basic-auth"
	}
	if err := o.put(ctx, app, meta, []secret.String{password}, "password"); err != nil {
		return err
	}
	return o.show(app, meta, "spec.auth.fileRealm", []string{o.basicAuth})
}

// maxSecret is what Kubernetes takes, in bytes (core/v1 MaxSecretSize).
const maxSecret = 1 << 20

func (o *fileSecretOptions) put(ctx context.Context, app *App, meta envfile.KubernetesSecret, values []secret.String, keys ...string) error {
	if err := meta.Validate(); err != nil {
		return usagef("--name or --namespace: %v", err)
	}
	size := 0
	for _, text := range meta.Data {
		size += len(text)
	}
	if size > maxSecret {
		return failf(exitData, "%d bytes are too many for a Kubernetes Secret (%d)", size, maxSecret).withHint("choose users with --user")
	}
	sink := envfile.NewManifest(o.save, o.overwrite, meta, keys...)
	to := place{sink: sink}
	if err := to.prove(ctx, app); err != nil || app.planning() {
		return err
	}
	if err := sink.Put(ctx, values...); err != nil {
		return err
	}
	for _, n := range sink.Notices() {
		app.warnf("%s", n)
	}
	return nil
}

// show tells what was written and where the Secret is named; use are those places.
func (o *fileSecretOptions) show(app *App, meta envfile.KubernetesSecret, use string, users []string) error {
	saved := "saved"
	if app.planning() {
		saved = "would_save"
	} else {
		app.notef("kubectl apply --server-side -f %s, and name it in %s of the Elasticsearch resource (secretName: %s)", o.save, use, meta.Name)
	}
	keys := sortedKeys(meta.Data)
	if o.basicAuth != "" {
		keys = append(keys, "password")
	}
	slices.Sort(keys)
	data := struct {
		Name      string   `json:"name"`
		Namespace string   `json:"namespace,omitempty"`
		Keys      []string `json:"keys"`
		Users     []string `json:"users"`
		File      string   `json:"file"`
	}{meta.Name, meta.Namespace, keys, users, o.save}
	shown := list(users)
	if len(users) > 10 {
		shown = fmt.Sprintf("%d users", len(users))
	}
	return app.Show(details(data, [][]string{
		{"name", meta.Name}, {"namespace", meta.Namespace}, {"keys", list(keys)}, {"users", shown}, {saved, o.save},
	}))
}

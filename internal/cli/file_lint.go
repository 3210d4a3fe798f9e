package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/linefile"
	"github.com/realmctl/realmctl/internal/role"
	"github.com/realmctl/realmctl/internal/rolemapping"
	"github.com/realmctl/realmctl/internal/rolesfile"
	"github.com/realmctl/realmctl/internal/tokensfile"
	"github.com/realmctl/realmctl/internal/usersfile"
)

type fileLintOptions struct {
	conf    confFlags
	account accountFlag
	api     bool
}

func newFileLintCmd(app *App) *cobra.Command {
	var o fileLintOptions
	cmd := &cobra.Command{
		Use:   "lint",
		Short: "Find broken lines and risks in the files",
		Long: `Look at users, users_roles, roles.yml, role_mapping.yml and service_tokens: lines that
a node skips or reads as something else, weak, plain and mixed hashes, duplicates,
roles of nobody, unknown roles, temporary superusers that a tool left behind, and who
may read or write the files. Every finding has file, line and column. Exits 1 when there are any.`,
		Example: "  realmctl file lint --conf /etc/elasticsearch\n  realmctl file lint --api -o json",
		Args:    exactly(0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), app) },
	}
	f := cmd.Flags()
	o.conf.add(f)
	o.account.add(f)
	f.BoolVar(&o.api, "api", false, "roles that the API of the target has are known, too")
	return withCodes(cmd, apiCodes(exitNo, exitNoInput, exitIO)...)
}

func (o *fileLintOptions) run(ctx context.Context, app *App) error {
	c, err := o.conf.open(app)
	if err != nil {
		return err
	}
	if err := c.mustHaveUsers(); err != nil {
		return err
	}
	more, err := o.apiRoles(ctx, app)
	if err != nil {
		return err
	}
	findings, err := o.find(c, more)
	if err != nil {
		return c.explain(err)
	}
	if err := app.showFindings(findings); err != nil {
		return err
	}
	if len(findings) == 0 {
		app.notef("nothing found in %s", c.dir)
		return nil
	}
	app.notef("%s in %s", countFindings(findings), c.dir)
	return no()
}

// apiRoles are the roles that only the API knows.
func (o *fileLintOptions) apiRoles(ctx context.Context, app *App) ([]string, error) {
	if !o.api {
		return nil, nil
	}
	client, err := app.Client(ctx)
	if err != nil {
		return nil, err
	}
	roles, err := client.Roles(ctx)
	if err != nil {
		return nil, err
	}
	return sortedKeys(roles), nil
}

func (o *fileLintOptions) find(c *conf, more []string) ([]linefile.Finding, error) {
	reader, err := o.account.find(c)
	if err != nil {
		return nil, err
	}
	known, err := c.knownRoles(more...)
	if err != nil {
		return nil, err
	}
	reserved, err := builtinRoles()
	if err != nil {
		return nil, err
	}
	findings := c.lintFolder()
	from := rolesfile.Name
	if o.api {
		from += " nor in the API"
	}
	inUsers, err := usersfile.Lint(c.dir, usersfile.LintOptions{Rules: c.rules, Known: known, KnownFrom: from, Reader: reader})
	if err != nil {
		return nil, err
	}
	inRoles, err := rolesfile.Lint(c.dir, rolesfile.LintOptions{Reserved: reserved, Check: checkRole, Reader: reader})
	if err != nil {
		return nil, err
	}
	inMappings, err := rolemapping.Lint(c.dir, known, from, reader)
	if err != nil {
		return nil, err
	}
	inTokens, err := tokensfile.Lint(c.dir, reader)
	return slices.Concat(findings, inUsers, inRoles, inMappings, inTokens), err
}

// checkRole says what is wrong with a role of roles.yml, and what comes of it. A node
// does not look at the names of privileges when it reads the file.
func checkRole(s rolesfile.Segment) error {
	err := role.Check(s)
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return err
	}
	list, invalid := strings.CutPrefix(f.Reason, "Validation Failed: ")
	if !invalid {
		return fmt.Errorf("%s: Elasticsearch skips it", f.Reason)
	}
	var complaints []string
	for one := range strings.SplitSeq(strings.TrimSuffix(list, ";"), ";") {
		one, _, _ = strings.Cut(one, ". a privilege must be") // all names follow
		complaints = append(complaints, one)
	}
	text := strings.Join(complaints, "; ")
	if len(complaints) == 1 {
		text = strings.TrimPrefix(text, "1: ")
	}
	if best := didYouMean(f.Reason); best != "" {
		text += " (" + best + ")"
	}
	return fmt.Errorf("%s: on Elasticsearch every request fails that needs it", text)
}

// lintFolder finds what is wrong about the folder itself: who may write it can
// replace every file in it, whatever the modes of those.
func (c *conf) lintFolder() []linefile.Finding {
	var findings []linefile.Finding
	if c.broken != nil {
		findings = append(findings, linefile.Finding{File: c.dir, Severity: linefile.Warning, Code: "settings", Text: oneLine(c.broken.Error())})
	}
	info, err := os.Stat(c.dir)
	if err != nil || runtime.GOOS == "windows" {
		return findings
	}
	if mode := info.Mode(); mode.Perm()&0o002 != 0 && mode&os.ModeSticky == 0 {
		findings = append(findings, linefile.Finding{
			File: c.dir, Severity: linefile.Error, Code: "world-writable",
			Text: fmt.Sprintf("mode %04o: anybody on this machine can replace its files", mode.Perm()),
		})
	}
	return findings
}

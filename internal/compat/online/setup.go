package online

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/compat/jopt"
	"github.com/realmctl/realmctl/internal/compat/tool"
	"github.com/realmctl/realmctl/internal/keystore"
	"github.com/realmctl/realmctl/internal/secret"
)

// SetupPasswords is elasticsearch-setup-passwords (SetupPasswordTool).
func SetupPasswords() *tool.Command {
	options := jopt.Parser{Options: []jopt.Option{
		{Names: []string{"u", "url"}, Help: "The url for the change password request.", Arg: jopt.Required},
		{Names: []string{"b", "batch"}, Help: "If enabled, run the change password process without prompting the user.", Arg: jopt.Optional},
	}}
	return &tool.Command{
		About: "Sets the passwords for reserved users",
		Sub: []*tool.Command{
			{Name: "auto", About: "Uses randomly generated passwords", Parser: options, Run: setupAuto},
			{Name: "interactive", About: "Uses passwords entered by a user", Parser: options, Run: setupInteractive},
		},
	}
}

// reservedUsers in the order of the texts. kibana has the password of
// kibana_system.
func reservedUsers() []string {
	return []string{"elastic", "apm_system", "kibana", "kibana_system", "logstash_system", "beats_system", "remote_monitoring_user"}
}

// changeOrder has elastic last: until then the bootstrap password works.
func changeOrder() []string {
	return []string{"apm_system", "kibana_system", "kibana", "logstash_system", "beats_system", "remote_monitoring_user", "elastic"}
}

// setup is a run of either sub-command.
type setup struct {
	*tool.Call

	node *node
	ask  bool
}

func setupAuto(ctx context.Context, c *tool.Call) error {
	if c.Set.Has("silent") {
		return tool.Failf(tool.Usage, "with --silent, seven passwords would be changed and none be shown: leave out -s")
	}
	passwords := map[string]secret.String{}
	for _, user := range reservedUsers() {
		plain, err := random(letters, 20)
		if err != nil {
			return err
		}
		passwords[user] = secret.String(plain)
	}
	return setupPasswords(ctx, c, passwords, "The passwords will be randomly generated and printed to the console.", func(user string) {
		c.Print(tool.Normal, "Changed password for user %s\nPASSWORD %s = %s\n", user, user, passwords[user].Reveal())
	})
}

// setupInteractive reads the passwords first, as nothing may be half done for want
// of one.
func setupInteractive(ctx context.Context, c *tool.Call) error {
	passwords := map[string]secret.String{}
	for _, user := range reservedUsers() {
		if user == "kibana" {
			continue
		}
		p, err := c.Password(user)
		if err != nil {
			return err
		}
		if reason := tool.CheckPassword(p); reason != "" {
			return tool.Failf(tool.DataError, "Invalid password of [%s]: %s", user, reason)
		}
		passwords[user] = p
	}
	return setupPasswords(ctx, c, passwords, "You will be prompted to enter passwords as the process progresses.", func(user string) {
		c.Print(tool.Normal, "Changed password for user [%s]", user)
	})
}

func setupPasswords(ctx context.Context, c *tool.Call, passwords map[string]secret.String, how string, done func(user string)) error {
	passwords["kibana"] = passwords["kibana_system"]
	s, err := newSetup(c)
	if err != nil {
		return err
	}
	if err := s.checkBootstrap(ctx); err != nil {
		return err
	}
	if err := s.checkHealth(ctx); err != nil {
		return err
	}
	if s.ask {
		stars := strings.Repeat("*", 78)
		c.Print(tool.Normal, "%s\nNote: The 'elasticsearch-setup-passwords' tool has been deprecated. This       command will be removed in a future release.\n%s\n", stars, stars)
		c.Print(tool.Normal, "Initiating the setup of passwords for reserved users %s.\n%s", strings.Join(reservedUsers(), ","), how)
		yes, err := c.Confirm(ctx, "Please confirm that you would like to continue")
		if err != nil {
			return err
		}
		c.Print(tool.Normal, "\n")
		if !yes {
			return cancelled()
		}
	}
	for _, user := range changeOrder() {
		if err := s.change(ctx, user, passwords[user]); err != nil {
			return err
		}
		done(user)
	}
	return nil
}

// newSetup finds the node and the password that it was started with.
func newSetup(c *tool.Call) (*setup, error) {
	batch, err := c.Set.Value("batch")
	if err != nil {
		return nil, err
	}
	if !tool.Exists(c.Path(keystore.Name)) {
		return nil, tool.Failf(tool.Config, "Elasticsearch keystore file is missing [%s]", c.Path(keystore.Name))
	}
	if !slices.Contains([]string{"", "true", "false"}, batch) {
		return nil, tool.Failf(tool.CodeError, "Failed to parse value [%s] as only [true] or [false] are allowed.", batch)
	}
	k, err := openKeystore(c)
	if err != nil {
		return nil, err
	}
	bootstrap := k.Get("keystore.seed")
	if k.Has("bootstrap.password") {
		bootstrap = k.Get("bootstrap.password")
	}
	url, err := address(c, "url")
	if _, malformed := errors.AsType[noProtocolError](err); malformed {
		return nil, tool.Failf(tool.IOError, "%w", err)
	}
	if err != nil {
		return nil, err
	}
	n, err := connect(c, url, "elastic", bootstrap)
	if err != nil {
		return nil, err
	}
	c.Print(tool.Verbose, "Running with configuration path: %s", c.Dir)
	return &setup{Call: c, node: n, ask: !c.Set.Has("batch") || batch == "false"}, nil
}

// change sets one password.
func (s *setup) change(ctx context.Context, user string, p secret.String) error {
	path := "/_security/user/" + user + "/_password?pretty"
	s.Print(tool.Verbose, "\nTrying user password change call %s", s.node.url(path))
	failed := tool.Failf(tool.TempFailure, "Failed to set password for user [%s].", user)
	r, err := s.node.send(ctx, http.MethodPut, path, passwordBody(p))
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case err != nil:
		s.Tell(tool.Normal, "\nConnection failure to: %s failed: %s\n", s.node.url(path), reason(err))
		return failed
	}
	s.Print(tool.Verbose, "%s", r.text)
	if r.status == http.StatusOK {
		return nil
	}
	s.Tell(tool.Normal, "\nUnexpected response code [%d] from calling PUT %s", r.status, s.node.url(path))
	if cause := r.cause(); cause != "" {
		s.Tell(tool.Normal, "Cause: %s\n", cause)
	}
	s.Tell(tool.Normal, "Possible next steps:\n"+
		"* Try running this tool again.\n"+
		"* Try running with the --verbose parameter for additional messages.\n"+
		"* Check the elasticsearch logs for additional error details.\n"+
		"* Use the change password API manually.\n")
	return failed
}

// isTLS tells a failed handshake from a failed connection.
func isTLS(err error) bool {
	t, ok := errors.AsType[*client.TransportError](err)
	return ok && t.Kind == client.TLS
}

package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/config"
	"github.com/realmctl/realmctl/internal/output"
)

// condition is what status finds out about one target.
type condition struct {
	Context    string       `json:"context,omitempty"`
	Target     string       `json:"target"`
	ChosenBy   string       `json:"chosen_by"`
	TLS        string       `json:"tls"`
	Version    string       `json:"version,omitempty"`
	Cluster    string       `json:"cluster_name,omitempty"`
	Username   string       `json:"username,omitempty"`
	Realm      string       `json:"realm,omitempty"`
	Credential string       `json:"credential,omitempty"`
	PassedOver []passedOver `json:"passed_over,omitempty"`
	KeyExpires string       `json:"api_key_expires,omitempty"`
	License    string       `json:"license,omitempty"`
	ClockSkew  string       `json:"clock_skew,omitempty"`
	Problem    string       `json:"problem,omitempty"`

	err error // decides the exit code
}

type passedOver struct {
	What   string `json:"what"`
	Source string `json:"source"`
	Why    string `json:"why"`
}

func newStatusCmd(app *App) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show the target, the credential chosen and whether they work",
		Long: `Show which server or engine is talked to and what named it, which credential was
chosen and which were passed over, who it is, the licence, the difference of the
clocks, and when an API key ends.`,
		Example: `  realmctl status
  realmctl status --all -o json`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if all {
				return app.statusOfAll(cmd.Context())
			}
			return app.status(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "every context of the configuration")
	return withCodes(cmd, apiCodes()...)
}

func (a *App) status(ctx context.Context) error {
	s, err := a.Settings()
	if err != nil {
		return err
	}
	c := a.examine(ctx, s)
	if errors.Is(c.err, client.ErrPlanned) {
		return c.err
	}
	v := details(c, c.rows())
	return both(c.err, a.Show(v))
}

// statusOfAll looks at each context by itself, one line each.
func (a *App) statusOfAll(ctx context.Context) error {
	env, err := a.load()
	if err != nil {
		return err
	}
	v := output.View{Header: []string{"context", "target", "version", "username", "realm", "license", "problem"}}
	var all []condition
	var worst error
	for _, name := range env.File().Names {
		c := a.statusOf(ctx, name)
		all = append(all, c)
		v.Rows = append(v.Rows, []string{name, c.Target, c.Version, c.Username, c.Realm, c.License, c.Problem})
		worst = cmp.Or(worst, c.err)
	}
	v.Data = all
	return both(worst, a.Show(v))
}

func (a *App) statusOf(ctx context.Context, name string) condition {
	one := &App{In: a.In, Out: a.Out, Err: a.Err, Now: a.Now, World: a.World, flags: a.flags, world: a.world, warned: a.warned}
	one.flags.Context = name
	defer func() { a.closers = append(a.closers, one.close) }()
	s, err := one.Settings()
	if err != nil {
		c := a.env.File().Contexts[name]
		return condition{Context: name, Target: cmp.Or(c.URL, c.Data), Problem: oneLine(err.Error()), err: err}
	}
	return one.examine(ctx, s)
}

// examine asks the target everything; the first refusal is the problem.
func (a *App) examine(ctx context.Context, s *config.Settings) condition {
	c := condition{Context: s.Target.Context, Target: s.Target.String(), ChosenBy: s.Target.Source.Name, TLS: tlsText(s), Credential: s.Credential.String()}
	for _, p := range s.Passed {
		c.PassedOver = append(c.PassedOver, passedOver{p.What, p.Source.Name, p.Why})
	}
	conn, err := a.Client(ctx)
	if err == nil {
		err = a.identify(ctx, conn, &c)
	}
	if err != nil {
		c.err, c.Problem = err, oneLine(err.Error())
	}
	return c
}

func (a *App) identify(ctx context.Context, conn *client.Client, c *condition) error {
	who, err := a.Whoami(ctx)
	if err != nil {
		return err
	}
	c.Username, c.Realm = who.Username, who.AuthenticationRealm.Name+" ("+who.AuthenticationRealm.Type+")"
	c.KeyExpires = a.keyExpiry(ctx, who)
	if info, err := conn.Info(ctx); err == nil { // a key may lack monitor
		c.Version, c.Cluster = info.Version.Number, info.ClusterName
	}
	if l, err := conn.License(ctx); err == nil {
		c.License = l.License.Type + ", " + l.License.Status
		if l.License.ExpiryMillis != nil {
			c.License += ", expires " + a.when(*l.License.ExpiryMillis)
		}
	}
	if a.settings.Target.Local() {
		c.ClockSkew = "none"
		return nil
	}
	before := a.Now()
	if t, err := conn.ServerTime(ctx); err == nil && !t.IsZero() {
		c.ClockSkew = skew(t.Sub(before))
	}
	return nil
}

// skew is the server's clock against ours; its header has whole seconds.
func skew(d time.Duration) string {
	if d.Abs() < 2*time.Second {
		return "none"
	}
	if d > 0 {
		return fmt.Sprintf("the server is %s ahead", rough(d))
	}
	return fmt.Sprintf("the server is %s behind", rough(-d))
}

func tlsText(s *config.Settings) string {
	switch {
	case s.Target.Local():
		return "none (in process)"
	case s.Target.URL.Scheme == "http":
		return "none"
	case s.TLS.Insecure:
		return "not verified"
	case s.TLS.CAFingerprint != "":
		return "verified by fingerprint"
	case s.TLS.CA != "":
		return "verified by CA"
	}
	return "verified by the system's CAs"
}

func (c condition) rows() [][]string {
	rows := [][]string{
		{"target", c.Target},
		{"chosen_by", c.ChosenBy},
		{"tls", c.TLS},
		{"version", c.Version},
		{"cluster", c.Cluster},
		{"username", c.Username},
		{"realm", c.Realm},
		{"credential", c.Credential},
	}
	for _, p := range c.PassedOver {
		rows = append(rows, []string{"passed_over", p.What + " in " + p.Source + " (" + p.Why + ")"})
	}
	if c.KeyExpires != "" {
		rows = append(rows, []string{"api_key_expires", c.KeyExpires})
	}
	return append(rows, []string{"license", c.License}, []string{"clock_skew", c.ClockSkew}, []string{"problem", c.Problem})
}

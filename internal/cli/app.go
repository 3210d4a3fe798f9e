package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/config"
	"github.com/realmctl/realmctl/internal/esapi"
	"github.com/realmctl/realmctl/internal/output"
)

// App is what commands share: streams, flags, and the configuration and client
// that are made when first asked for. Help and completion make neither.
type App struct {
	In       io.Reader
	Out, Err io.Writer
	Now      func() time.Time
	World    func() (config.World, error)

	InTTY, OutTTY, ErrTTY bool
	TermWidth             int // columns of Out; 0: unknown

	flags    globalFlags
	started  bool // flags and arguments were understood
	world    *config.World
	env      *config.Environment
	settings *config.Settings
	client   *client.Client
	who      *esapi.Authentication
	plan     *client.Plan
	warned   map[string]bool
	engines  map[string]http.RoundTripper // by folder
	closers  []func() error
}

// start runs before every command, when its flags are parsed.
func (a *App) start() error {
	if err := a.flags.check(); err != nil {
		return err
	}
	a.started = true
	w, err := a.World()
	if err != nil {
		return err
	}
	a.world = &w
	if a.flags.Output == "" {
		a.flags.Output = a.variable("REALMCTL_OUTPUT")
		if err := a.flags.options().Check(); err != nil {
			return failf(exitConfig, "REALMCTL_OUTPUT: %w", err)
		}
	}
	if a.flags.DryRun || a.flags.Curl {
		a.plan = &client.Plan{All: a.flags.Curl}
	}
	return nil
}

// variable is one of the process environment; empty when unset.
func (a *App) variable(name string) string {
	value, _ := a.world.Lookup(name)
	return value
}

// inCI reports whether nobody is there to be asked.
func (a *App) inCI() bool { return a.variable("CI") != "" }

// Environment is everything read and nothing decided: for commands that ignore URL
// and context.
func (a *App) Environment() (*config.Environment, error) {
	env, err := a.load()
	if err != nil {
		return nil, err
	}
	err = env.UseFolder()
	a.warnings(env)
	return env, err
}

// Settings decide target, credential and trust.
func (a *App) Settings() (*config.Settings, error) {
	if a.settings != nil {
		return a.settings, nil
	}
	env, err := a.load()
	if err != nil {
		return nil, err
	}
	a.settings, err = env.Resolve()
	a.warnings(env)
	return a.settings, err
}

// load reads the configuration once, whoever asks.
func (a *App) load() (*config.Environment, error) {
	if a.env != nil {
		return a.env, nil
	}
	env, err := config.Load(*a.world, a.flags.Flags)
	if err != nil {
		return nil, err
	}
	a.env = env
	if a.flags.Output == "" {
		a.flags.Output = env.File().Defaults.Output
		if err := a.flags.options().Check(); err != nil {
			return nil, failf(exitConfig, "defaults.output of %s: %w", env.File().Path, err)
		}
	}
	return env, nil
}

func (a *App) warnings(env *config.Environment) {
	for _, w := range env.Warnings {
		a.warnf("%s", w)
	}
}

// Client is the connection to the target, as the credential.
func (a *App) Client(ctx context.Context) (*client.Client, error) {
	if a.client != nil {
		return a.client, nil
	}
	s, err := a.Settings()
	if err != nil {
		return nil, err
	}
	c, err := a.connect(ctx, s)
	if err != nil {
		return nil, err
	}
	a.client = c
	if a.flags.Verbose > 0 && !a.flags.Curl {
		if _, err := a.Whoami(ctx); err != nil {
			return nil, err
		}
		fmt.Fprintf(a.Err, "%s\n", a.identity())
	}
	return c, nil
}

// Whoami asks once who the credential is.
func (a *App) Whoami(ctx context.Context) (esapi.Authentication, error) {
	if a.who != nil {
		return *a.who, nil
	}
	c, err := a.Client(ctx)
	if err != nil {
		return esapi.Authentication{}, err
	}
	if a.who != nil { // Client asked, for -v
		return *a.who, nil
	}
	who, err := c.Authenticate(ctx)
	if err != nil {
		return esapi.Authentication{}, err
	}
	a.who = &who
	return who, nil
}

// identity is "as <user> (<realm>) on <context> <address>".
func (a *App) identity() string {
	text := fmt.Sprintf("as %s (%s) on ", a.who.Username, a.who.AuthenticationRealm.Name)
	if name := a.settings.Target.Context; name != "" {
		text += name + " "
	}
	return text + a.settings.Target.String()
}

// Mutator is Client for a command that changes something: it finds out who acts,
// and says so when that is a superuser. A curl plan asks nobody.
func (a *App) Mutator(ctx context.Context) (*client.Client, error) {
	c, err := a.Client(ctx)
	if err != nil || a.flags.Curl {
		return c, err
	}
	who, err := a.Whoami(ctx)
	if err != nil {
		return nil, err
	}
	if slices.Contains(who.Roles, superuser) {
		a.notef("%s is a superuser; daily work wants less (realmctl role create, realmctl user create)", who.Username)
	}
	return c, nil
}

// superuser is the role that may do everything.
const superuser = "superuser"

// Show writes a result in the format that was asked for.
func (a *App) Show(v output.View) error {
	o := a.flags.options()
	o.Pretty = a.OutTTY
	o.Bold = a.coloured()
	if a.OutTTY {
		o.Width = a.TermWidth
	}
	return output.Write(a.Out, o, v)
}

// coloured follows --color, NO_COLOR (no-color.org), CI and TERM.
func (a *App) coloured() bool {
	when := a.flags.ColorUse
	if when == "" && a.env != nil {
		when = a.env.File().Defaults.Color
	}
	switch when {
	case "always":
		return true
	case "never":
		return false
	}
	return a.OutTTY && a.variable("NO_COLOR") == "" && !a.inCI() && a.variable("TERM") != "dumb"
}

// notef tells people something; --quiet keeps it back.
func (a *App) notef(format string, args ...any) {
	if !a.flags.Quiet {
		fmt.Fprintf(a.Err, "realmctl: "+format+"\n", args...)
	}
}

// warnf is a notice that deserves attention, said once.
func (a *App) warnf(format string, args ...any) {
	text := oneLine(fmt.Sprintf(format, args...))
	if a.flags.Quiet || a.warned[text] {
		return
	}
	if a.warned == nil {
		a.warned = map[string]bool{}
	}
	a.warned[text] = true
	fmt.Fprintf(a.Err, "warning: %s\n", text)
}

// close ends what commands opened, the last first.
func (a *App) close() error {
	var errs []error
	for _, f := range slices.Backward(a.closers) {
		errs = append(errs, f())
	}
	a.closers = nil
	return errors.Join(errs...)
}

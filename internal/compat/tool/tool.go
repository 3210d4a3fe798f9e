// Package tool is the frame that Elasticsearch's command-line tools share (its
// classes Command, MultiCommand, EnvironmentAwareCommand and Terminal): options,
// help, verbosity, -E settings, and how a tool ends.
package tool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/realmctl/realmctl/internal/compat/jopt"
	"github.com/realmctl/realmctl/internal/secret"
)

// The exit codes of the tools (org.elasticsearch.cli.ExitCodes).
const (
	OK          = 0
	Usage       = 64
	DataError   = 65
	NoInput     = 66
	NoUser      = 67
	Unavailable = 69
	CodeError   = 70
	IOError     = 74
	TempFailure = 75
	Config      = 78
	Interrupted = 130
)

// World is what a tool sees of the machine.
type World struct {
	In       io.Reader
	Out, Err io.Writer
	Terminal bool // In and Out are one terminal

	Conf   string                                     // the configuration folder; empty: there is none
	Found  bool                                       // nobody named Conf, it was found where the tool runs
	Lookup func(name string) (string, bool)           // the process environment
	Secret func(name string) (secret.String, error)   // a variable of the environment or a .env file
	Roles  []string                                   // the names of the built-in roles
	Sleep  func(ctx context.Context, d time.Duration) // between attempts
	// Patience is how long an edit waits for another program's; 0: ten seconds.
	Patience time.Duration
}

// UserError is a tool's own error (org.elasticsearch.cli.UserException).
type UserError struct {
	Code int
	Text string // empty: nothing is said
	Err  error  // the cause, if there is one to find with errors.Is
}

// Error implements error.
func (e *UserError) Error() string { return e.Text }

// Unwrap gives the cause.
func (e *UserError) Unwrap() error { return e.Err }

// Failf is a UserError. A cause of several lines does not spoil its text, but a name
// is shown as it is, as the old tools do.
func Failf(code int, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	text, cause := err.Error(), errors.Unwrap(err)
	if cause != nil {
		text = strings.Replace(text, cause.Error(), oneLine(cause), 1)
	}
	return &UserError{Code: code, Text: text, Err: cause}
}

// Command is a tool or one of its sub-commands.
type Command struct {
	Name  string // of a sub-command
	About string // what it does, in a line
	More  string // what its help says further, with every line end
	// Parser has the tool's own options; those that all have are added.
	Parser jopt.Parser
	// Run does the work; nil: Sub are the commands.
	Run func(ctx context.Context, c *Call) error
	Sub []*Command
	// NoSilent leaves the letter -s to an option of the tool.
	NoSilent bool
}

// Call is a running command.
type Call struct {
	*Terminal
	*Conf

	Set   *jopt.Set
	World World
}

// Main runs the tool with the arguments and returns its exit code.
func (c *Command) Main(ctx context.Context, w World, args []string) int {
	t := newTerminal(w)
	err := c.run(ctx, t, w, args)
	if err == nil {
		return OK
	}
	if _, ok := errors.AsType[*jopt.Error](err); ok {
		c.help(t.Tell)
		t.Tell(Silent, "ERROR: %v", err)
		return Usage
	}
	code := Code(err)
	if code == Usage {
		c.help(t.Tell)
	}
	t.Tell(Normal, "")
	if code == Interrupted { // which signal it was decides about the code
		t.Tell(Silent, "ERROR: interrupted")
		return code
	}
	t.Tell(Silent, "ERROR: %s, with exit code %d", told(err), code)
	if errors.Is(err, errMissingCommand) {
		t.Tell(Normal, "")
		c.list(t.Tell)
	}
	return code
}

// Code is the exit code of an error.
func Code(err error) int {
	if f, ok := errors.AsType[*UserError](err); ok {
		return f.Code
	}
	if errors.Is(err, context.Canceled) {
		return Interrupted
	}
	return CodeError
}

// told is what is said of an error.
func told(err error) string {
	if f, ok := err.(*UserError); ok { //nolint:errorlint // one that is wrapped has more around it
		return f.Text
	}
	return oneLine(err)
}

// oneLine keeps a cause of several lines from spoiling the message.
func oneLine(err error) string {
	return strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "; ")
}

// errMissingCommand is the failure that the list of commands follows.
var errMissingCommand = errors.New("Missing required command")

// run is mainWithoutErrorHandling: a sub-command runs so inside its tool, whose
// help is shown when it fails.
func (c *Command) run(ctx context.Context, t *Terminal, w World, args []string) error {
	p := c.parser()
	set, err := p.Parse(args)
	if err != nil {
		return err
	}
	if set.Has("help") {
		t.Print(Normal, "%s\n", c.About)
		t.PrintPart(Normal, "%s", c.More)
		if c.Run == nil {
			c.list(t.Print)
		}
		t.Print(Normal, "%s", p.Help())
		return nil
	}
	switch {
	case set.Has("silent"):
		t.level = Silent
	case set.Has("verbose"):
		t.level = Verbose
	default:
		t.level = Normal
	}
	if c.Run == nil {
		return c.dispatch(ctx, t, w, set)
	}
	conf, err := newConf(w, set.Values("E"))
	if err != nil {
		return err
	}
	return c.Run(ctx, &Call{Terminal: t, Conf: conf, Set: set, World: w})
}

// dispatch hands over to a sub-command, with the settings that came before it.
func (c *Command) dispatch(ctx context.Context, t *Terminal, w World, set *jopt.Set) error {
	if len(set.Operands) == 0 {
		return &UserError{Code: Usage, Text: errMissingCommand.Error(), Err: errMissingCommand}
	}
	name, args := set.Operands[0], set.Operands[1:]
	for _, s := range set.Values("E") {
		args = append(args, "-E"+keyValue(s))
	}
	for _, sub := range c.Sub {
		if sub.Name == name {
			return sub.run(ctx, t, w, args)
		}
	}
	return Failf(Usage, "Unknown command [%s]", name)
}

// keyValue is KeyValuePair.toString.
func keyValue(s string) string {
	if strings.Contains(s, "=") {
		return s
	}
	return s + "="
}

// parser has the command's own options and those that all have.
func (c *Command) parser() *jopt.Parser {
	p := c.Parser
	silent := jopt.Option{Names: []string{"s", "silent"}, Help: "Show minimal output"}
	if c.NoSilent {
		silent = jopt.Option{Names: []string{"silent"}, Help: silent.Help, Unlisted: true}
	}
	p.Options = append([]jopt.Option{
		{Names: []string{"E"}, Help: "Configure a setting", Arg: jopt.Required, Kind: "KeyValuePair"},
		{Names: []string{"h", "help"}, Help: "Show help", IsHelp: true},
		silent,
		{Names: []string{"v", "verbose"}, Help: "Show verbose output", Unless: "silent"},
	}, p.Options...)
	if c.Run == nil {
		p.Operands, p.Posix = "command", true
	}
	return &p
}

// help shows what the command is for, to who went wrong.
func (c *Command) help(write func(Level, string, ...any)) {
	write(Normal, "%s\n", c.About)
	p := c.parser()
	write(Normal, "%s", p.Help())
}

// list shows the sub-commands.
func (c *Command) list(write func(Level, string, ...any)) {
	write(Normal, "Commands\n--------")
	for _, sub := range c.Sub {
		write(Normal, "%s - %s", sub.Name, sub.About)
	}
	write(Normal, "")
}

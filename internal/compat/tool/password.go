package tool

import (
	"strings"
	"unicode/utf16"

	"github.com/realmctl/realmctl/internal/compat/jopt"
	"github.com/realmctl/realmctl/internal/envfile"
	"github.com/realmctl/realmctl/internal/secret"
)

// PasswordOption is the old option -p. It is there to be refused.
func PasswordOption(help string) jopt.Option {
	return jopt.Option{Names: []string{"p", "password"}, Help: help, Arg: jopt.Required}
}

// VariableOption is ours: it names another variable than the usual one.
func VariableOption() jopt.Option {
	return jopt.Option{Names: []string{variableName}, Arg: jopt.Required, Unlisted: true}
}

const variableName = "password-env"

// RefusePassword ends a run that has a password in its arguments, where other
// accounts see it and the shell's history keeps it.
func (c *Call) RefusePassword(user string) error {
	if _, err := c.Set.Value("password"); err != nil || !c.Set.Has("password") {
		return err
	}
	from := "the variable that --password-env names"
	if name, err := c.variable(user); err == nil {
		from = name
	}
	return Failf(Usage, "a password is not taken from the command line, where other accounts can read it and the shell keeps it: "+
		"leave out -p and put it into %s, in the environment or in ./.env", from)
}

// variable names the variable that holds a user's password: KIBANA_SYSTEM_PASSWORD
// for kibana_system.
func (c *Call) variable(user string) (string, error) {
	if c.Set.Has(variableName) {
		name, err := c.Set.Value(variableName)
		if err != nil {
			return "", err
		}
		if err := envfile.CheckVar(name); err != nil {
			return "", Failf(Usage, "--password-env: %w", err)
		}
		return name, nil
	}
	if user == "elastic" {
		return "ELASTIC_PASSWORD", nil // it has that meaning everywhere
	}
	name, err := envfile.VarName(user, "PASSWORD")
	if err != nil {
		return "", Failf(Config, "name the variable that holds the password of [%s] with --password-env: %w", user, err)
	}
	return name, nil
}

// Password reads the password of a user, which the old tools asked for.
func (c *Call) Password(user string) (secret.String, error) {
	name, err := c.variable(user)
	if err != nil {
		return "", err
	}
	return c.Variable(name, "the password of ["+user+"]")
}

// Variable is the value of a variable; what says in messages what it holds.
func (c *Call) Variable(name, what string) (secret.String, error) {
	value, err := c.World.Secret(name)
	if err != nil {
		return "", Failf(Config, "%s is read from the variable %s, in the environment or in ./.env: %w", what, name, err)
	}
	return value, nil
}

// minPassword counts characters as Java does (Validation.Users).
const minPassword = 6

// CheckPassword says what is wrong with a new password; empty: nothing.
func CheckPassword(p secret.String) string {
	if len(utf16.Encode([]rune(p.Reveal()))) < minPassword {
		return "passwords must be at least [6] characters long"
	}
	return ""
}

// SplitList splits a list at commas as Java's String.split does: blanks stay, and
// empty items at the end go.
func SplitList(text string) []string {
	items := strings.Split(text, ",")
	for len(items) > 0 && items[len(items)-1] == "" {
		items = items[:len(items)-1]
	}
	return items
}

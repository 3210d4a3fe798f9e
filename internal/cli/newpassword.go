package cli

import (
	"context"
	"crypto/rand"
	"math/big"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/config"
	"github.com/realmctl/realmctl/internal/output"
	"github.com/realmctl/realmctl/internal/secret"
)

// passwordLength of generated passwords: 24 of 68 characters are 146 bits.
const passwordLength = 24

// passwordClasses are what a generated password has at least one of each. The
// symbols need no quotes in a .env file or a shell.
func passwordClasses() []string {
	return []string{"abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789", "-_.+=@"}
}

// generatePassword draws until every class is there. It begins with a letter, so
// that no program takes it for a flag or a formula.
func generatePassword() (secret.String, error) {
	alphabet := strings.Join(passwordClasses(), "")
	for {
		b := make([]byte, passwordLength)
		for i := range b {
			n, err := rand.Int(rand.Reader, big.NewInt(int64(len(alphabet))))
			if err != nil {
				return "", failf(exitInternal, "draw a password: %w", err)
			}
			b[i] = alphabet[n.Int64()]
		}
		if classesOf(string(b)) == len(passwordClasses()) && classesOf(string(b[:1])) == 1 && strings.IndexByte(passwordClasses()[0]+passwordClasses()[1], b[0]) >= 0 {
			return secret.String(b), nil
		}
	}
}

// classesOf counts the classes that a password has characters of; everything that
// is no letter and no digit is a symbol.
func classesOf(password string) int {
	classes := passwordClasses()
	seen := map[int]bool{}
	for _, r := range password {
		class := len(classes) - 1
		for i, c := range classes[:len(classes)-1] {
			if strings.ContainsRune(c, r) {
				class = i
			}
		}
		seen[class] = true
	}
	return len(seen)
}

// checkPassword refuses what people type when they mean to change it later, and
// what the policy forbids. It never quotes the password.
func checkPassword(p config.PasswordPolicy, password secret.String) error {
	plain := password.Reveal()
	if isPlaceholder(plain) {
		return failf(exitData, "the password is a placeholder that everybody knows").withHint("leave --password-env out to generate one")
	}
	if n := len([]rune(plain)); n < p.MinLength {
		return failf(exitData, "the password has %d characters; the policy wants %d", n, p.MinLength)
	}
	if n := classesOf(plain); n < p.Classes {
		return failf(exitData, "the password has %d classes of characters; the policy wants %d", n, p.Classes)
	}
	return nil
}

// isPlaceholder knows the usual ones, in any case and with digits or ! behind them.
func isPlaceholder(password string) bool {
	core := strings.TrimRight(strings.ToLower(password), "0123456789!")
	known := []string{
		"", "password", "passwd", "changeme", "change-me", "change_me", "secret", "elastic", "admin", "test", "qwerty", "letmein",
		"welcome", "your-password", "your_password", "yourpassword", "<password>", "p@ssw0rd", "p@ssword", "example", "todo", "xxxxxx", "default",
	}
	return slices.Contains(known, core)
}

// passwordFlags choose a user's new password.
type passwordFlags struct {
	env, hashEnv string
	save         saveFlags
}

func (p *passwordFlags) add(f *pflag.FlagSet) {
	f.StringVar(&p.env, "password-env", "", "the password is in the variable `NAME` (default: a generated one, saved)")
	f.StringVar(&p.hashEnv, "hash-env", "", "the hash of the password is in the variable `NAME`")
	p.save.add(f)
}

// newPassword is a password to set, and where it goes when it was generated here.
type newPassword struct {
	client.Password

	place    *place // nil: it came from a variable, or is a hash
	variable string // for plans
}

// choose reads the password, or generates one and proves its sink.
func (p *passwordFlags) choose(a *App, parts ...string) (newPassword, error) {
	if p.env != "" && p.hashEnv != "" {
		return newPassword{}, usagef("--password-env and --hash-env exclude each other")
	}
	s, err := a.Settings()
	if err != nil {
		return newPassword{}, err
	}
	switch {
	case p.env != "":
		plain, err := s.Sendable(p.env)
		if err != nil {
			return newPassword{}, err
		}
		if err := checkPassword(s.File().Policy.Password, plain); err != nil {
			return newPassword{}, err
		}
		return newPassword{Password: client.Password{Plain: a.planned(plain, p.env)}, variable: p.env}, nil
	case p.hashEnv != "":
		hash, err := s.Sendable(p.hashEnv)
		return newPassword{Password: client.Password{Hash: a.planned(hash, p.hashEnv)}, variable: p.hashEnv}, err
	}
	to, err := a.place(p.save, parts...)
	if err != nil {
		return newPassword{}, err
	}
	plain, err := generatePassword()
	return newPassword{Password: client.Password{Plain: a.planned(plain, to.variable)}, place: &to, variable: to.variable}, err
}

// prove proves the sink of a generated password.
func (n newPassword) prove(ctx context.Context, a *App) error {
	if n.place == nil {
		return nil
	}
	return n.place.prove(ctx, a)
}

// save puts a generated password into its sink; if that fails, undo takes back
// what it was made for.
func (n newPassword) save(ctx context.Context, a *App, undo func(context.Context) error) error {
	if n.place == nil {
		return nil
	}
	err := n.place.put(ctx, a, n.Plain)
	if err == nil {
		return nil
	}
	return both(err, undo(context.WithoutCancel(ctx)))
}

// view is a result with the place of the password, or the password itself where
// that was asked for.
func (n newPassword) view(data any, members [][]string) output.View {
	if n.place == nil {
		return details(data, members)
	}
	return n.place.view(data, members, "password", n.Plain)
}

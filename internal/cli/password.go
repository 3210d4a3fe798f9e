package cli

import (
	"context"
	"strconv"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/secret"
)

func newPasswordCmd(app *App) *cobra.Command {
	return group("password", "Passwords: generate and check", []string{"passwords"},
		newPasswordGenerateCmd(app), newPasswordCheckCmd(app),
	)
}

func newPasswordGenerateCmd(app *App) *cobra.Command {
	var save saveFlags
	cmd := &cobra.Command{
		Use:     "generate [name]",
		Aliases: []string{"create"},
		Short:   "Generate a password",
		Long: `Generate a password of 24 characters with lower and upper case letters, digits and
symbols of -_.+=@, which need no quotes in a shell or a .env file. It is saved to
./.env as <NAME>_PASSWORD, or as GENERATED_PASSWORD, unless told otherwise.`,
		Example: `  realmctl password generate ana
  realmctl password generate --reveal -o value
  realmctl password generate --save-value /run/secrets/ana`,
		Args: between(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := "GENERATED"
			if len(args) == 1 {
				name = args[0]
			}
			return app.savePassword(cmd.Context(), save, name)
		},
	}
	save.add(cmd.Flags())
	return withCodes(cmd, exitExists, exitIO, exitTryAgain, exitConfig)
}

func (a *App) savePassword(ctx context.Context, save saveFlags, name string) error {
	if err := a.offlineOnly(); err != nil {
		return err
	}
	to, err := a.place(save, name, "PASSWORD")
	if err != nil {
		return err
	}
	if err := to.prove(ctx, a); err != nil {
		return err
	}
	plain, err := generatePassword()
	if err != nil {
		return err
	}
	if err := to.put(ctx, a, plain); err != nil {
		return err
	}
	data := struct {
		Length int `json:"length"`
	}{passwordLength}
	return a.Show(to.view(data, nil, "password", plain))
}

// strength is what can be said of a password without showing it.
type strength struct {
	Length   int      `json:"length"` // in characters
	Bytes    int      `json:"bytes"`
	Classes  int      `json:"classes"`
	Good     bool     `json:"good"`
	Problems []string `json:"problems"`
	Notes    []string `json:"notes"`
}

func newPasswordCheckCmd(app *App) *cobra.Command {
	var passwordEnv string
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check a password against the policy",
		Long: `Check the password in a variable: Elasticsearch's least length, placeholders that
everybody knows, and policy.password of the configuration. Exits 1 when it is no good.`,
		Example: "  realmctl password check --password-env ANA_PASSWORD",
		Args:    exactly(0),
		RunE:    func(*cobra.Command, []string) error { return app.checkPasswordIn(passwordEnv) },
	}
	cmd.Flags().StringVar(&passwordEnv, "password-env", "", "the password is in the variable `NAME`")
	return withCodes(cmd, exitNo, exitConfig)
}

func (a *App) checkPasswordIn(passwordEnv string) error {
	if err := a.offlineOnly(); err != nil {
		return err
	}
	password, err := a.variableOf("--password-env", passwordEnv)
	if err != nil {
		return err
	}
	s := a.judge(password)
	rows := [][]string{{"good", yes(s.Good)}, {"length", strconv.Itoa(s.Length)}, {"classes", strconv.Itoa(s.Classes)}}
	for _, p := range s.Problems {
		rows = append(rows, []string{"problem", p})
	}
	for _, n := range s.Notes {
		rows = append(rows, []string{"note", n})
	}
	if err := a.Show(details(s, rows)); err != nil {
		return err
	}
	if !s.Good {
		return no()
	}
	return nil
}

// judge finds what speaks against a password.
func (a *App) judge(password secret.String) strength {
	plain := password.Reveal()
	s := strength{Length: utf8.RuneCountInString(plain), Bytes: len(plain), Classes: classesOf(plain), Problems: []string{}, Notes: []string{}}
	for _, err := range []error{checkFilePassword(password), checkPassword(a.env.File().Policy.Password, password)} {
		if err != nil {
			s.Problems = append(s.Problems, err.Error())
		}
	}
	s.Good = len(s.Problems) == 0
	const bcryptInput, fipsLength = 72, 14
	if len(plain) > bcryptInput {
		s.Notes = append(s.Notes, "bcrypt looks at its first 72 bytes alone")
	}
	if len(plain) < fipsLength {
		s.Notes = append(s.Notes, "nodes in FIPS 140 mode want 14 characters")
	}
	return s
}

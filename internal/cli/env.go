package cli

import (
	"context"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/config"
	"github.com/realmctl/realmctl/internal/output"
)

func newEnvCmd(app *App) *cobra.Command {
	return group("env", "Environment variables and .env files", nil, newEnvCheckCmd(app), newEnvTemplateCmd(app))
}

// known is a variable that the program reads, for check and template.
type known struct {
	name, about string
	partner     string // must be set too
	shape       func(value string) string
}

// knownVariables in the order in which a person thinks of them.
func knownVariables() []known {
	return []known{
		{name: "ELASTICSEARCH_URL", about: "the server; without it the engine in ./.realmctl is used", shape: urlShape},
		{name: "ELASTICSEARCH_API_KEY", about: "an API key, encoded or id:key", shape: keyShape},
		{name: "ELASTICSEARCH_BEARER_TOKEN", about: "an access token, a service token or a JWT", shape: tokenShape},
		{name: "ELASTICSEARCH_ES_CLIENT_AUTHENTICATION", about: "the shared secret of a JWT realm"},
		{name: "ELASTICSEARCH_USERNAME", about: "a user", partner: "ELASTICSEARCH_PASSWORD"},
		{name: "ELASTICSEARCH_PASSWORD", about: "and its password", partner: "ELASTICSEARCH_USERNAME", shape: passwordShape},
		{name: "ELASTIC_PASSWORD", about: "the password of the superuser elastic, when there is nothing else", shape: passwordShape},
		{name: "CA_CERT", about: "the CA to trust, a path or PEM text", shape: fileShape},
		{name: "ELASTICSEARCH_CA_FINGERPRINT", about: "or its SHA-256", shape: fingerprintShape},
		{name: "CLIENT_CERT", about: "a client certificate, a path or PEM text", partner: "CLIENT_KEY", shape: fileShape},
		{name: "CLIENT_KEY", about: "and its key", partner: "CLIENT_CERT", shape: fileShape},
		{name: "CLIENT_KEY_PASSWORD", about: "the password of an encrypted key"},
		{name: "REALMCTL_GRANT_PASSWORD", about: "the password of the user that a key is granted for", shape: passwordShape},
		{name: "REALMCTL_GRANT_TOKEN", about: "or an access token of that user", shape: tokenShape},
		{name: "FILE_USER", about: "for authenticate --method file", partner: "FILE_PASSWORD"},
		{name: "FILE_PASSWORD", about: "", partner: "FILE_USER", shape: passwordShape},
		{name: "LDAP_USER", about: "for authenticate --method ldap", partner: "LDAP_PASSWORD"},
		{name: "LDAP_PASSWORD", about: "", partner: "LDAP_USER", shape: passwordShape},
		{name: "AD_USER", about: "for authenticate --method ad", partner: "AD_PASSWORD"},
		{name: "AD_PASSWORD", about: "", partner: "AD_USER", shape: passwordShape},
		{name: "JWT_TOKEN", about: "for authenticate --method jwt", shape: jwtShape},
	}
}

func urlShape(value string) string {
	u, err := url.Parse(value)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return "no URL such as https://host:9200"
	case u.User != nil:
		return "it holds a user or a password"
	}
	return ""
}

func keyShape(value string) string {
	switch {
	case strings.TrimSpace(value) != value:
		return "blanks or line ends around it"
	case config.Shape(value) != config.APIKey:
		return "not the shape of an API key: encoded, or id:key"
	}
	return ""
}

func tokenShape(value string) string {
	if strings.ContainsAny(value, " \t\r\n") {
		return "blanks or line ends in it"
	}
	if config.Shape(value) == config.APIKey {
		return "the shape of an API key"
	}
	return ""
}

func jwtShape(value string) string {
	if strings.Count(value, ".") != 2 {
		return "not the shape of a JWT"
	}
	return ""
}

func passwordShape(value string) string {
	if isPlaceholder(value) {
		return "a placeholder"
	}
	return ""
}

func fileShape(value string) string {
	if strings.Contains(value, "-----BEGIN") {
		return ""
	}
	if _, err := os.Stat(value); err != nil {
		return "no such file"
	}
	return ""
}

func fingerprintShape(value string) string {
	if hex := strings.ReplaceAll(value, ":", ""); len(hex) != 64 || strings.Trim(strings.ToLower(hex), "0123456789abcdef") != "" {
		return "not a SHA-256 in hexadecimal"
	}
	return ""
}

func newEnvCheckCmd(app *App) *cobra.Command {
	return withCodes(&cobra.Command{
		Use:   "check",
		Short: "Check the variables that are set, and say which credential would be used",
		Long: `Check the variables of the process environment and of the .env file: their shape,
halves of pairs, placeholders. Values are not shown. It exits 1 when something is
wrong.`,
		Example: "  realmctl env check",
		Args:    exactly(0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return app.checkEnv(cmd.Context()) },
	}, exitNo, exitConfig)
}

// finding is one variable as check shows it.
type finding struct {
	Name    string `json:"name"`
	Source  string `json:"source"`
	Used    bool   `json:"used"`
	Problem string `json:"problem,omitempty"`
}

func (a *App) checkEnv(context.Context) error {
	s, resolveErr := a.Settings()
	env := a.env
	if env == nil {
		return resolveErr
	}
	var all []finding
	bad := resolveErr != nil
	for _, k := range knownVariables() {
		for _, set := range env.All(k.name) {
			f := finding{Name: k.name, Source: set.Source.Name, Problem: problemOf(env, k, set.Value.Reveal())}
			f.Used = s != nil && s.Credential.Variable == k.name && s.Credential.Source == set.Source
			bad = bad || f.Problem != ""
			all = append(all, f)
		}
	}
	v := output.View{Data: all, Header: []string{"name", "source", "used", "problem"}}
	for _, f := range all {
		v.Rows = append(v.Rows, []string{f.Name, f.Source, yes(f.Used), f.Problem})
	}
	if err := a.Show(v); err != nil {
		return err
	}
	if resolveErr != nil {
		return resolveErr
	}
	if bad {
		return no()
	}
	return nil
}

func problemOf(env *config.Environment, k known, value string) string {
	if value == "" {
		return "empty"
	}
	if k.partner != "" {
		if _, _, _, err := env.Pair(k.name, k.partner); err != nil {
			return k.partner + " is missing beside it"
		}
	}
	if k.shape == nil {
		return ""
	}
	return k.shape(value)
}

func newEnvTemplateCmd(app *App) *cobra.Command {
	return withCodes(&cobra.Command{
		Use:     "template",
		Short:   "Write a .env.example with every variable",
		Example: "  realmctl env template > .env.example",
		Args:    exactly(0),
		RunE: func(*cobra.Command, []string) error {
			var b strings.Builder
			b.WriteString("# Copy to .env, chmod 600, and uncomment what you need. Never commit .env.\n")
			for _, k := range knownVariables() {
				if k.about != "" {
					b.WriteString("\n# " + k.about + "\n")
				}
				b.WriteString("#" + k.name + "=\n")
			}
			_, err := app.Out.Write([]byte(b.String()))
			return err
		},
	}, exitIO)
}

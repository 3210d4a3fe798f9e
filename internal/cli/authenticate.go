package cli

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/realmctl/realmctl/internal/config"
	"github.com/realmctl/realmctl/internal/esapi"
	"github.com/realmctl/realmctl/internal/output"
)

type authenticateOptions struct {
	method      string
	expectRealm string
}

func newAuthenticateCmd(app *App) *cobra.Command {
	var o authenticateOptions
	cmd := &cobra.Command{
		Use:     "authenticate",
		Aliases: []string{"whoami"},
		Short:   "Show who the credential is",
		Long: `Show who the credential is: user, roles, realm, and the API key or token used.

A method takes its own variables and no others: file takes FILE_USER and
FILE_PASSWORD, ldap LDAP_USER and LDAP_PASSWORD, ad AD_USER and AD_PASSWORD, jwt
JWT_TOKEN, pki CLIENT_CERT and CLIENT_KEY, native ELASTICSEARCH_USERNAME and
ELASTICSEARCH_PASSWORD, api-key ELASTICSEARCH_API_KEY, service-token
ELASTICSEARCH_BEARER_TOKEN.`,
		Example: `  realmctl authenticate
  realmctl whoami --credential-env CI_DEPLOY_API_KEY -o json
  realmctl authenticate --method file --expect-realm file`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), app) },
	}
	f := cmd.Flags()
	f.StringVar(&o.method, "method", "", "use the variables of the `method`: "+list(config.Methods()))
	f.StringVar(&o.expectRealm, "expect-realm", "", "exit 1 unless a realm of this `type` answered")
	return withCodes(cmd, apiCodes(exitNo)...)
}

func (o *authenticateOptions) run(ctx context.Context, app *App) error {
	app.flags.Method = o.method
	c, err := app.Client(ctx)
	if err != nil {
		return err
	}
	who, err := c.Authenticate(ctx)
	if err != nil {
		return err
	}
	if slices.Contains(who.Roles, superuser) {
		app.warnf("%s is a superuser", who.Username)
	}
	expires := app.keyExpiry(ctx, who)
	if err := app.Show(authenticationView(who, expires)); err != nil {
		return err
	}
	if o.expectRealm != "" && who.AuthenticationRealm.Type != o.expectRealm {
		return failf(exitNo, "the realm that answered is %s of type %s, not of type %s", who.AuthenticationRealm.Name, who.AuthenticationRealm.Type, o.expectRealm)
	}
	return nil
}

// keyExpiry looks up when the API key of the caller ends, which _authenticate does
// not say. A key that may not look itself up keeps its secret.
func (a *App) keyExpiry(ctx context.Context, who esapi.Authentication) string {
	if who.APIKey == nil || a.planning() {
		return ""
	}
	c, err := a.Client(ctx)
	if err != nil {
		return ""
	}
	keys, err := c.APIKeys(ctx, ownKey(who.APIKey.ID))
	if err != nil || len(keys.APIKeys) != 1 {
		return "unknown"
	}
	return a.expiry(keys.APIKeys[0].Expiration)
}

func authenticationView(who esapi.Authentication, expires string) output.View {
	rows := [][]string{
		{"username", who.Username},
		{"roles", list(who.Roles)},
		{"full_name", deref(who.FullName)},
		{"email", deref(who.Email)},
		{"realm", who.AuthenticationRealm.Name + " (" + who.AuthenticationRealm.Type + ")"},
		{"authenticated_by", who.AuthenticationType},
	}
	if who.LookupRealm != who.AuthenticationRealm {
		rows = append(rows, []string{"running_as", who.Username + " of " + who.LookupRealm.Name + " (" + who.LookupRealm.Type + ")"})
	}
	if k := who.APIKey; k != nil {
		rows = append(rows, []string{"api_key", k.Name + " (" + k.ID + ")"}, []string{"expires", expires})
	}
	if t := who.Token; t != nil && t.Name != "" {
		rows = append(rows, []string{"token", t.Name + " (" + t.Type + ")"})
	}
	return details(who, rows)
}

// details is a view of one thing: a line a member. Formats with columns have one
// row of them.
func details(data any, members [][]string) output.View {
	v := output.View{Data: data, Rows: [][]string{{}}, Vertical: true}
	for _, m := range members {
		v.Header = append(v.Header, m[0])
		v.Rows[0] = append(v.Rows[0], m[1])
	}
	return v
}

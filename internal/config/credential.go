package config

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/realmctl/realmctl/internal/secret"
)

// Kind is a way to authenticate, as --auth spells it.
type Kind string

// The kinds of credential. The zero Kind is none so far.
const (
	APIKey  Kind = "api-key"
	Bearer  Kind = "bearer"
	Basic   Kind = "basic"
	PKI     Kind = "pki"
	Elastic Kind = "elastic" // ELASTIC_PASSWORD for the user elastic
	NoAuth  Kind = "none"
)

// Kinds lists what --auth takes.
func Kinds() []Kind { return []Kind{APIKey, Bearer, Basic, PKI, Elastic, NoAuth} }

// Credential is what a request proves its identity with.
type Credential struct {
	Kind     Kind
	Source   Source
	Variable string        // what holds the secret, for people; empty: none does
	Username string        // Basic and Elastic
	Secret   secret.String // encoded API key, token or password
	Client   secret.String // the shared secret of a JWT realm
	curl     string        // curl's flags for it, with $VARIABLES for secrets
	cert     string        // PKI: certificate and key, paths or PEM
	key      string
}

// Passed is a credential that was there and was not used.
type Passed struct {
	What   string // such as ELASTICSEARCH_USERNAME
	Source Source
	Why    string
}

// Header is the Authorization header in two parts; both are empty for none.
func (c Credential) Header() (scheme string, value secret.String) {
	switch c.Kind {
	case APIKey:
		return "ApiKey", c.Secret
	case Bearer:
		return "Bearer", c.Secret
	case Basic, Elastic:
		return "Basic", secret.String(base64.StdEncoding.EncodeToString([]byte(c.Username + ":" + c.Secret.Reveal())))
	case PKI, NoAuth:
	}
	return "", ""
}

// Curl is curl's flags for the credential, quoted for a shell; secrets are
// variables.
func (c Credential) Curl() string { return c.curl }

// String says what it is and where it came from, never what it holds.
func (c Credential) String() string {
	if c.Kind == NoAuth {
		return "no credential"
	}
	return fmt.Sprintf("%s (%s in %s)", c.Kind, c.Variable, c.Source)
}

// finder looks one kind of credential up in one source. Half of one is said in words.
type finder func(vars) (c Credential, half string, ok bool)

func value(v vars, name string) string {
	s, _ := v.get(name)
	return strings.TrimSpace(s) // a line end behind a key is never a part of it
}

func findAPIKey(name string) finder {
	return func(v vars) (Credential, string, bool) {
		key := value(v, name)
		if key == "" {
			return Credential{}, "", false
		}
		c := Credential{Kind: APIKey, Source: v.source, Variable: name, Secret: secret.String(key), curl: `-H "Authorization: ApiKey $` + name + `"`}
		if strings.Contains(key, ":") { // id:key; the header wants the base64 of it
			c.Secret = secret.String(base64.StdEncoding.EncodeToString([]byte(key)))
			c.curl = `-H "Authorization: ApiKey $(printf %s "$` + name + `" | base64 | tr -d '\n')"`
		}
		return c, "", true
	}
}

func findBearer(name string) finder {
	return func(v vars) (Credential, string, bool) {
		token := value(v, name)
		if token == "" {
			return Credential{}, "", false
		}
		c := Credential{Kind: Bearer, Source: v.source, Variable: name, Secret: secret.String(token), curl: `-H "Authorization: Bearer $` + name + `"`}
		const client = "ELASTICSEARCH_ES_CLIENT_AUTHENTICATION"
		if shared := value(v, client); shared != "" {
			c.Client = secret.String(shared)
			c.curl += ` -H "ES-Client-Authentication: SharedSecret $` + client + `"`
		}
		return c, "", true
	}
}

// findBasic takes the user from a variable or, with a context, from its setting.
func findBasic(userVar, passwordVar, username string) finder {
	return func(v vars) (Credential, string, bool) {
		password, _ := v.get(passwordVar) // as it is: a password may end in a space
		user, shown := username, username
		if user == "" {
			user, shown = value(v, userVar), "$"+userVar
		}
		switch {
		case password == "" && (user == "" || username != ""):
			return Credential{}, "", false
		case password == "":
			return Credential{}, userVar + " without " + passwordVar, false
		case user == "":
			return Credential{}, passwordVar + " without " + userVar, false
		case strings.Contains(user, ":"): // RFC 7617, 2: it would end the name
			return Credential{}, userVar + " with a colon", false
		}
		c := Credential{Kind: Basic, Source: v.source, Variable: passwordVar, Username: user, Secret: secret.String(password)}
		c.curl = `-u "` + strings.NewReplacer(`"`, `\"`, "`", "\\`").Replace(shown) + `:$` + passwordVar + `"`
		return c, "", true
	}
}

func findPKI(v vars) (Credential, string, bool) {
	cert, _ := v.get("CLIENT_CERT")
	key, _ := v.get("CLIENT_KEY")
	switch {
	case cert == "" && key == "":
		return Credential{}, "", false
	case key == "":
		return Credential{}, "CLIENT_CERT without CLIENT_KEY", false
	case cert == "":
		return Credential{}, "CLIENT_KEY without CLIENT_CERT", false
	}
	return Credential{Kind: PKI, Source: v.source, Variable: "CLIENT_CERT", cert: cert, key: key}, "", true
}

func findElastic(v vars) (Credential, string, bool) {
	c, _, ok := findBasic("", "ELASTIC_PASSWORD", "elastic")(v)
	c.Kind = Elastic
	return c, "", ok
}

// Shape guesses what a credential is by its form: id:key, the base64 of it, or a
// bearer token.
func Shape(credential string) Kind {
	if strings.Count(credential, ".") == 2 && strings.HasPrefix(credential, "eyJ") {
		return Bearer // a JWT (RFC 7519); {" in base64url
	}
	if strings.HasPrefix(credential, "AAEAA") {
		return Bearer // a service token: 00 01 00 01 in base64
	}
	if strings.HasPrefix(credential, "essu_") || strings.Contains(credential, ":") {
		return APIKey
	}
	plain, err := base64.StdEncoding.DecodeString(credential)
	if err != nil {
		plain, err = base64.RawStdEncoding.DecodeString(credential)
	}
	if id, key, ok := strings.Cut(string(plain), ":"); err == nil && ok && isToken(id) && isToken(key) {
		return APIKey
	}
	return Bearer
}

// isToken reports whether a text looks like an id or a secret of an API key.
func isToken(s string) bool {
	return s != "" && !slices.ContainsFunc([]byte(s), func(b byte) bool {
		return !isAlphanumeric(rune(b)) && b != '_' && b != '-'
	})
}

func isAlphanumeric(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/realmctl/realmctl/internal/config"
)

// setting is a world to resolve in: what is exported, which files lie where, which
// flags are given.
type setting struct {
	flags  config.Flags
	env    string            // exported, NAME=value by line
	files  map[string]string // below the working directory, mode 0600
	config string            // the user's configuration
	engine bool              // the folder has an engine
}

// prod is a configuration with a server, a protected server that is current, and
// an engine.
const prod = `current_context: prod
contexts:
  prod:
    url: https://prod.example:9200
    username: deploy
    password_env: PROD_PASSWORD
    protected: true
  Stage.EU:
    url: https://stage.example
    api_key_env: STAGE_KEY
    run_as: bob
    read_only: true
    timeout: 5s
  lab:
    data: /srv/lab/.realmctl
  plain:
    url: http://plain.example:9200
    allow_plaintext: true
    api_key_env: STAGE_KEY
  filed:
    url: https://filed.example
    env_file: secrets.env
`

func (s setting) resolve(t *testing.T) (*config.Settings, string, error) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range s.files {
		write(t, filepath.Join(dir, name), content)
	}
	if s.engine {
		if err := os.Mkdir(filepath.Join(dir, ".realmctl"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	w := config.World{Dir: dir, Lookup: lookup(s.env)}
	if s.config != "" {
		w.ConfigFile = filepath.Join(t.TempDir(), "config.yaml")
		write(t, w.ConfigFile, s.config)
		write(t, filepath.Join(filepath.Dir(w.ConfigFile), "secrets.env"), "ELASTICSEARCH_API_KEY=filed:key\n")
	}
	e, err := config.Load(w, s.flags)
	if err != nil {
		return nil, dir, err
	}
	out, err := e.Resolve()
	return out, dir, err
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func lookup(env string) func(string) (string, bool) {
	values := map[string]string{}
	for line := range strings.Lines(env) {
		if name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "="); ok {
			values[strings.TrimSpace(name)] = value
		}
	}
	return func(name string) (string, bool) { v, ok := values[name]; return v, ok }
}

// check resolves and compares the refusal, if one is expected.
func (s setting) check(t *testing.T, refused, hint string) (*config.Settings, string) {
	t.Helper()
	got, dir, err := s.resolve(t)
	if refused == "" {
		if err != nil {
			t.Fatalf("refused: %v", err)
		}
		return got, dir
	}
	e, ok := errors.AsType[*config.Error](err)
	if !ok || !strings.Contains(e.Text, refused) || !strings.Contains(e.Hint, hint) {
		t.Fatalf("err = %v, want %q with hint %q", err, refused, hint)
	}
	return nil, dir
}

func TestTargets(t *testing.T) {
	t.Parallel()
	const key = "ELASTICSEARCH_API_KEY=id:key\n"
	none := config.Flags{Auth: "none"}
	with := func(change func(*config.Flags)) config.Flags { f := none; change(&f); return f }
	for _, c := range []struct {
		name    string
		in      setting
		want    string // the target; DIR is the working directory
		source  string
		refused string
		hint    string
	}{
		{
			"--url comes before everything",
			setting{flags: with(func(f *config.Flags) { f.URL = "https://flag.example:9200/" }), env: "ELASTICSEARCH_URL=https://env.example\nREALMCTL_CONTEXT=lab", config: prod, engine: true},
			"https://flag.example:9200", "--url", "", "",
		},
		{"--data too", setting{flags: with(func(f *config.Flags) { f.Data = "sub" }), env: "ELASTICSEARCH_URL=https://env.example", config: prod}, "DIR/sub", "--data", "", ""},
		{"--url and --data exclude each other", setting{flags: with(func(f *config.Flags) { f.URL, f.Data = "https://x", "y" })}, "", "", "--url and --data", ""},
		{"--context and --url exclude each other", setting{flags: with(func(f *config.Flags) { f.URL, f.Context = "https://x", "lab" }), config: prod}, "", "", "--context excludes", ""},
		{"--context comes before REALMCTL_CONTEXT", setting{flags: with(func(f *config.Flags) { f.Context = "lab" }), env: "REALMCTL_CONTEXT=prod", config: prod}, "/srv/lab/.realmctl", "--context lab", "", ""},
		{"REALMCTL_CONTEXT before REALMCTL_DATA", setting{flags: none, env: "REALMCTL_CONTEXT=prod\nREALMCTL_DATA=x", config: prod}, "https://prod.example:9200", "REALMCTL_CONTEXT prod", "", ""},
		{"ELASTICSEARCH_URL before REALMCTL_DATA", setting{flags: none, env: "ELASTICSEARCH_URL=https://env.example\nREALMCTL_DATA=x"}, "https://env.example", "ELASTICSEARCH_URL in the process environment", "", ""},
		{"REALMCTL_DATA before the current context", setting{flags: none, env: "REALMCTL_DATA=/x/y", config: prod}, "/x/y", "REALMCTL_DATA", "", ""},
		{"the current context before the folder's engine", setting{flags: none, config: prod, engine: true}, "https://prod.example:9200", "current_context", "", ""},
		{"a folder's URL before the current context", setting{flags: none, config: prod, files: map[string]string{".env": "ELASTICSEARCH_URL=https://folder.example"}}, "https://folder.example", "ELASTICSEARCH_URL in ./.env", "", ""},
		{"an exported engine before a folder's URL", setting{flags: none, env: "REALMCTL_DATA=/x", files: map[string]string{".env": "ELASTICSEARCH_URL=https://folder.example"}}, "/x", "REALMCTL_DATA", "", ""},
		{"the folder's engine comes last", setting{flags: none, engine: true}, "DIR/.realmctl", "./.realmctl", "", ""},
		{"--env-file may name the server", setting{flags: with(func(f *config.Flags) { f.EnvFiles = []string{"a.env"} }), env: "ELASTICSEARCH_URL=https://env.example", files: map[string]string{"a.env": "ELASTICSEARCH_URL=https://file.example"}}, "https://file.example", "ELASTICSEARCH_URL in --env-file a.env", "", ""},
		{"--no-env-file leaves the folder's file out", setting{flags: with(func(f *config.Flags) { f.NoEnvFile = true }), engine: true, files: map[string]string{".env": "ELASTICSEARCH_URL=https://folder.example"}}, "DIR/.realmctl", "./.realmctl", "", ""},
		{"a .env cannot choose an engine", setting{flags: none, engine: true, files: map[string]string{".env": "REALMCTL_DATA=/evil\nREALMCTL_CONTEXT=x"}}, "DIR/.realmctl", "./.realmctl", "", ""},
		{"nothing at all", setting{env: key}, "", "", "there is no engine here and no server is named", "realmctl init"},
		{"a URL that is set but empty is no choice of the engine", setting{flags: none, env: "ELASTICSEARCH_URL=", engine: true}, "", "", "ELASTICSEARCH_URL in the process environment is set but empty", "unset"},
		{"nor is an empty one in .env", setting{flags: none, files: map[string]string{".env": "ELASTICSEARCH_URL="}, engine: true}, "", "", "ELASTICSEARCH_URL in ./.env is set but empty", "unset"},
		{"an explicit context against another exported server", setting{flags: with(func(f *config.Flags) { f.Context = "prod" }), env: "ELASTICSEARCH_URL=https://other.example", config: prod}, "", "", "context prod is https://prod.example:9200, but ELASTICSEARCH_URL in the process environment is another server", "unset ELASTICSEARCH_URL"},
		{"the same server in other words is no contradiction", setting{flags: with(func(f *config.Flags) { f.Context = "prod" }), env: "ELASTICSEARCH_URL=https://PROD.example:9200/", config: prod}, "https://prod.example:9200", "--context prod", "", ""},
		{"an unknown context", setting{flags: with(func(f *config.Flags) { f.Context = "nope" }), config: prod}, "", "", "there is no context nope", "realmctl context list"},
		{"a context's name keeps its case", setting{flags: with(func(f *config.Flags) { f.Context = "stage.eu" }), config: prod}, "", "", "there is no context stage.eu", ""},
		{"a URL with a password in it is not quoted", setting{flags: with(func(f *config.Flags) { f.URL = "https://u:hush@x" })}, "", "", "--url: the URL holds a user or a password", ""},
		{"a URL that is none", setting{flags: with(func(f *config.Flags) { f.URL = "es.example:9200" })}, "", "", `"es.example:9200" is not a URL such as https://host:9200`, ""},
		{"a URL with a query", setting{flags: with(func(f *config.Flags) { f.URL = "https://x/?a=b" })}, "", "", "no query", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, dir := c.in.check(t, c.refused, c.hint)
			if c.refused != "" {
				return
			}
			if want := strings.ReplaceAll(c.want, "DIR", dir); got.Target.String() != want || !strings.HasPrefix(got.Target.Source.Name, c.source) {
				t.Errorf("target %s from %s, want %s from %s", got.Target, got.Target.Source, want, c.source)
			}
		})
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	url := config.Flags{URL: "https://es.example"}
	with := func(change func(*config.Flags)) config.Flags { f := url; change(&f); return f }
	const everything = "ELASTICSEARCH_API_KEY=id:key\nELASTICSEARCH_BEARER_TOKEN=tok\nELASTICSEARCH_USERNAME=ana\nELASTICSEARCH_PASSWORD=pw\nCLIENT_CERT=c.pem\nCLIENT_KEY=k.pem\nELASTIC_PASSWORD=boss\n"
	for _, c := range []struct {
		name    string
		in      setting
		want    string // kind, variable and source
		header  string
		refused string
		hint    string
	}{
		{"an API key first, in the form of the header", setting{flags: url, env: everything}, "api-key (ELASTICSEARCH_API_KEY in the process environment)", "ApiKey aWQ6a2V5", "", ""},
		{"an encoded key as it is, without the line end", setting{flags: url, env: "ELASTICSEARCH_API_KEY=aWQ6a2V5 "}, "api-key (ELASTICSEARCH_API_KEY in the process environment)", "ApiKey aWQ6a2V5", "", ""},
		{"then a bearer token", setting{flags: url, env: strings.Replace(everything, "ELASTICSEARCH_API_KEY=id:key", "", 1)}, "bearer (ELASTICSEARCH_BEARER_TOKEN in the process environment)", "Bearer tok", "", ""},
		{"then a user and a password", setting{flags: url, env: "ELASTICSEARCH_USERNAME=ana\nELASTICSEARCH_PASSWORD=p:w \nCLIENT_CERT=c\nCLIENT_KEY=k"}, "basic (ELASTICSEARCH_PASSWORD in the process environment)", "Basic YW5hOnA6dyA=", "", ""},
		{"then a certificate", setting{flags: url, env: "CLIENT_CERT=c\nCLIENT_KEY=k\nELASTIC_PASSWORD=boss"}, "pki (CLIENT_CERT in the process environment)", " ", "", ""},
		{"elastic against a server only by name", setting{flags: url, env: "ELASTIC_PASSWORD=boss"}, "", "", "ELASTIC_PASSWORD in the process environment (against a server only with --auth elastic)", "ELASTICSEARCH_API_KEY=... to ./.env"},
		{"by name", setting{flags: with(func(f *config.Flags) { f.Auth = "elastic" }), env: everything}, "elastic (ELASTIC_PASSWORD in the process environment)", "Basic ZWxhc3RpYzpib3Nz", "", ""},
		{"elastic against the engine when there is nothing else", setting{flags: config.Flags{Data: "x"}, files: map[string]string{".env": "ELASTIC_PASSWORD=boss"}}, "elastic (ELASTIC_PASSWORD in ./.env)", "Basic ZWxhc3RpYzpib3Nz", "", ""},
		{"elastic is behind every other source", setting{flags: config.Flags{Data: "x"}, env: "ELASTIC_PASSWORD=boss", files: map[string]string{".env": "ELASTICSEARCH_API_KEY=id:key"}}, "api-key (ELASTICSEARCH_API_KEY in ./.env)", "ApiKey aWQ6a2V5", "", ""},
		{"a certificate is nothing for an engine", setting{flags: config.Flags{Data: "x"}, env: "CLIENT_CERT=c\nCLIENT_KEY=k\nELASTIC_PASSWORD=boss"}, "elastic (ELASTIC_PASSWORD in the process environment)", "Basic ZWxhc3RpYzpib3Nz", "", ""},
		{"halves of two sources are not combined", setting{flags: url, env: "ELASTICSEARCH_USERNAME=ana", files: map[string]string{".env": "ELASTICSEARCH_PASSWORD=pw"}}, "", "", "ELASTICSEARCH_USERNAME without ELASTICSEARCH_PASSWORD in the process environment (incomplete), ELASTICSEARCH_PASSWORD without ELASTICSEARCH_USERNAME in ./.env", ""},
		{"a half does not hide a later source", setting{flags: url, env: "ELASTICSEARCH_USERNAME=ana", files: map[string]string{".env": "ELASTICSEARCH_USERNAME=bob\nELASTICSEARCH_PASSWORD=pw"}}, "basic (ELASTICSEARCH_PASSWORD in ./.env)", "Basic Ym9iOnB3", "", ""},
		{"an empty variable is no credential", setting{flags: url, env: "ELASTICSEARCH_API_KEY=", files: map[string]string{".env": "ELASTICSEARCH_API_KEY=id:key"}}, "api-key (ELASTICSEARCH_API_KEY in ./.env)", "ApiKey aWQ6a2V5", "", ""},
		{"--env-file before the environment", setting{flags: with(func(f *config.Flags) { f.EnvFiles = []string{"a", "b"} }), env: everything, files: map[string]string{"a": "X=y", "b": "ELASTICSEARCH_BEARER_TOKEN=from-b"}}, "bearer (ELASTICSEARCH_BEARER_TOKEN in --env-file b)", "Bearer from-b", "", ""},
		{"the environment before ./.env", setting{flags: url, env: "ELASTICSEARCH_BEARER_TOKEN=t0k", files: map[string]string{".env": "ELASTICSEARCH_API_KEY=id:key"}}, "bearer (ELASTICSEARCH_BEARER_TOKEN in the process environment)", "Bearer t0k", "", ""},
		{"--auth chooses within and across sources", setting{flags: with(func(f *config.Flags) { f.Auth = "basic" }), env: "ELASTICSEARCH_API_KEY=id:key", files: map[string]string{".env": "ELASTICSEARCH_USERNAME=ana\nELASTICSEARCH_PASSWORD=pw"}}, "basic (ELASTICSEARCH_PASSWORD in ./.env)", "Basic YW5hOnB3", "", ""},
		{"--auth none", setting{flags: with(func(f *config.Flags) { f.Auth = "none" }), env: everything}, "no credential", " ", "", ""},
		{"an unknown --auth", setting{flags: with(func(f *config.Flags) { f.Auth = "magic" }), env: everything}, "", "", "--auth magic: one of api-key, bearer", ""},
		{"--credential-env with a key", setting{flags: with(func(f *config.Flags) { f.CredentialEnv = "MY" }), env: everything + "MY=aWQ6a2V5\n"}, "api-key (MY in the process environment)", "ApiKey aWQ6a2V5", "", ""},
		{"--credential-env with id:key", setting{flags: with(func(f *config.Flags) { f.CredentialEnv = "MY" }), files: map[string]string{".env": "MY=id:key"}}, "api-key (MY in ./.env)", "ApiKey aWQ6a2V5", "", ""},
		{"--credential-env with a service token", setting{flags: with(func(f *config.Flags) { f.CredentialEnv = "MY" }), env: "MY=AAEAAWVsYXN0aWMvZmxlZXQtc2VydmVyL3QxOnNlY3JldA"}, "bearer (MY in the process environment)", "Bearer AAEAAWVsYXN0aWMvZmxlZXQtc2VydmVyL3QxOnNlY3JldA", "", ""},
		{"--credential-env with --auth", setting{flags: with(func(f *config.Flags) { f.CredentialEnv, f.Auth = "MY", "bearer" }), env: "MY=aWQ6a2V5"}, "bearer (MY in the process environment)", "Bearer aWQ6a2V5", "", ""},
		{"--credential-env with --auth basic", setting{flags: with(func(f *config.Flags) { f.CredentialEnv, f.Auth = "MY", "basic" }), env: "MY=x"}, "", "", "--auth basic does not go with --credential-env", ""},
		{"--credential-env with an unset variable", setting{flags: with(func(f *config.Flags) { f.CredentialEnv = "MY" }), env: everything}, "", "", "the variable MY is not set", "MY=..."},
		{"a method takes its own variables", setting{flags: with(func(f *config.Flags) { f.Method = "ldap" }), env: everything + "LDAP_USER=l\nLDAP_PASSWORD=p"}, "basic (LDAP_PASSWORD in the process environment)", "Basic bDpw", "", ""},
		{"and no others", setting{flags: with(func(f *config.Flags) { f.Method = "file" }), env: everything}, "", "", "no credential for --method file", ""},
		{"an unknown method", setting{flags: with(func(f *config.Flags) { f.Method = "magic" }), env: everything}, "", "", "--method magic: one of native", ""},
		{"a context reads its own file and not ./.env", setting{flags: config.Flags{Context: "prod"}, config: prod, files: map[string]string{".env": everything, ".env.prod": "ELASTICSEARCH_BEARER_TOKEN=t0k"}}, "bearer (ELASTICSEARCH_BEARER_TOKEN in ./.env.prod)", "Bearer t0k", "", ""},
		{"a context's variables come last", setting{flags: config.Flags{Context: "prod"}, config: prod, env: "PROD_PASSWORD=pw"}, "basic (PROD_PASSWORD in the process environment)", "Basic ZGVwbG95OnB3", "", ""},
		{"they may lie in its file", setting{flags: config.Flags{Context: "Stage.EU"}, config: prod, files: map[string]string{".env.Stage.EU": "STAGE_KEY=id:key"}}, "api-key (STAGE_KEY in ./.env.Stage.EU)", "ApiKey aWQ6a2V5", "", ""},
		{"a context's own env_file", setting{flags: config.Flags{Context: "filed"}, config: prod}, "api-key (ELASTICSEARCH_API_KEY in ", "ApiKey ZmlsZWQ6a2V5", "", ""},
		{"./.env supplies nothing while a context is current", setting{config: prod, files: map[string]string{".env": everything}}, "", "", "there is no credential for https://prod.example:9200", "./.env.prod"},
		{"a user with a colon cannot be sent", setting{flags: url, env: "ELASTICSEARCH_USERNAME=a:b\nELASTICSEARCH_PASSWORD=pw"}, "", "", "ELASTICSEARCH_USERNAME with a colon", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, _ := c.in.check(t, c.refused, c.hint)
			if c.refused != "" {
				return
			}
			scheme, value := got.Credential.Header()
			if !strings.HasPrefix(got.Credential.String(), c.want) || scheme+" "+value.Reveal() != c.header {
				t.Errorf("%s, header %q; want %s, %q", got.Credential, scheme+" "+value.Reveal(), c.want, c.header)
			}
			if strings.Contains(got.Credential.String(), value.Reveal()) && !value.Empty() {
				t.Errorf("%s shows the secret", got.Credential)
			}
		})
	}
}

func TestAJWTCarriesItsSharedSecret(t *testing.T) {
	t.Parallel()
	got, _ := setting{flags: config.Flags{URL: "https://es.example"}, env: "ELASTICSEARCH_BEARER_TOKEN=a.b.c\nELASTICSEARCH_ES_CLIENT_AUTHENTICATION=shared"}.check(t, "", "")
	if got.Credential.Client.Reveal() != "shared" {
		t.Errorf("shared secret %q", got.Credential.Client.Reveal())
	}
}

func TestCredentialsPassedOverAreNamed(t *testing.T) {
	t.Parallel()
	got, _ := setting{
		flags: config.Flags{Data: "x"}, env: "ELASTICSEARCH_API_KEY=id:key\nELASTICSEARCH_USERNAME=ana",
		files: map[string]string{".env": "ELASTICSEARCH_BEARER_TOKEN=tok"},
	}.check(t, "", "")
	var texts []string
	for _, p := range got.Passed {
		texts = append(texts, p.What+" in "+p.Source.Name+": "+p.Why)
	}
	want := []string{
		"ELASTICSEARCH_USERNAME without ELASTICSEARCH_PASSWORD in the process environment: incomplete",
		"ELASTICSEARCH_BEARER_TOKEN in ./.env: ELASTICSEARCH_API_KEY in the process environment comes first",
	}
	if strings.Join(texts, "|") != strings.Join(want, "|") {
		t.Errorf("passed over %q, want %q", texts, want)
	}
}

func TestTheParentFoldersFileIsHinted(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	write(t, filepath.Join(parent, ".env"), "ELASTICSEARCH_API_KEY=id:key")
	dir := filepath.Join(parent, "sub")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	e, err := config.Load(config.World{Dir: dir, Lookup: lookup("")}, config.Flags{URL: "https://es.example"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.Resolve()
	if refused, ok := errors.AsType[*config.Error](err); !ok || refused.Hint != "--env-file ../.env" {
		t.Errorf("err = %v, want the hint --env-file ../.env", err)
	}
}

func TestShapesOfCredentials(t *testing.T) {
	t.Parallel()
	for credential, want := range map[string]config.Kind{
		"VuaCfGcBCdbkQm-e5aOx:ui2lp2axTNmsyakw9tvNnw":                  config.APIKey,
		"VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6dWkybHAyYXhUTm1zeWFrdzl0dk5udw==": config.APIKey,
		"VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6dWkybHAyYXhUTm1zeWFrdzl0dk5udw":   config.APIKey,
		"essu_VnVhQ2ZHY0JD":                            config.APIKey,
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln":    config.Bearer,
		"AAEAAWVsYXN0aWMvZmxlZXQtc2VydmVyL3QxOnNlY3I=": config.Bearer,
		"46ToAxZVaXVVZTVKOVF5YU04ZFJVUDVSZlV3":         config.Bearer,
		"":                                             config.Bearer,
	} {
		if got := config.Shape(credential); got != want {
			t.Errorf("Shape(%q) = %s, want %s", credential, got, want)
		}
	}
}

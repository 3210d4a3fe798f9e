package config_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/realmctl/realmctl/internal/config"
)

func TestTrust(t *testing.T) {
	t.Parallel()
	const key = "ELASTICSEARCH_API_KEY=id:key\n"
	for _, c := range []struct {
		name    string
		in      setting
		refused string
		hint    string
	}{
		{"an exported key to an exported server", setting{env: key + "ELASTICSEARCH_URL=https://es.example"}, "", ""},
		{"a folder's key to an exported server", setting{env: "ELASTICSEARCH_URL=https://es.example", files: map[string]string{".env": key}}, "", ""},
		{"a folder's key to the folder's server", setting{files: map[string]string{".env": key + "ELASTICSEARCH_URL=https://es.example"}}, "", ""},
		{"a folder's key to the folder's engine", setting{engine: true, files: map[string]string{".env": key}}, "", ""},
		{
			"an exported key to a hostile folder's server",
			setting{env: key, files: map[string]string{".env": "ELASTICSEARCH_URL=https://evil.example"}},
			"ELASTICSEARCH_API_KEY in the process environment is not sent to what ELASTICSEARCH_URL in ./.env names (https://evil.example)", "--url https://evil.example",
		},
		{
			"an exported key to a hostile folder's engine",
			setting{env: key, engine: true},
			"ELASTICSEARCH_API_KEY in the process environment is not sent to what ./.realmctl names", "--data ./.realmctl",
		},
		{"a key of --env-file to a folder's engine", setting{flags: config.Flags{EnvFiles: []string{"k"}}, files: map[string]string{"k": key}, engine: true}, "ELASTICSEARCH_API_KEY in --env-file k is not sent", "--data ./.realmctl"},
		{"an exported --credential-env to a folder's engine", setting{flags: config.Flags{CredentialEnv: "MY"}, env: "MY=id:key", engine: true}, "MY in the process environment is not sent", "--data"},
		{"--data makes the engine an explicit choice", setting{flags: config.Flags{Data: "./.realmctl"}, env: key, engine: true}, "", ""},
		{"REALMCTL_DATA too", setting{env: key + "REALMCTL_DATA=.realmctl", engine: true}, "", ""},
		{"no credential may go anywhere", setting{flags: config.Flags{Auth: "none"}, env: key, engine: true}, "", ""},
		{"plaintext to another machine", setting{flags: config.Flags{URL: "http://es.example"}, env: key}, "not sent to http://es.example without encryption", "--allow-plaintext"},
		{"plaintext without a credential", setting{flags: config.Flags{URL: "http://es.example", Auth: "none"}}, "", ""},
		{"plaintext on this machine", setting{flags: config.Flags{URL: "http://127.0.0.1:9200"}, env: key}, "", ""},
		{"plaintext to localhost", setting{flags: config.Flags{URL: "http://localhost:9200"}, env: key}, "", ""},
		{"plaintext over IPv6 on this machine", setting{flags: config.Flags{URL: "http://[::1]:9200"}, env: key}, "", ""},
		{"a host that only looks like this machine", setting{flags: config.Flags{URL: "http://127.0.0.1.evil.example"}, env: key}, "without encryption", ""},
		{"plaintext allowed by a flag", setting{flags: config.Flags{URL: "http://es.example", AllowPlaintext: true}, env: key}, "", ""},
		{"by the environment", setting{flags: config.Flags{URL: "http://es.example"}, env: key + "REALMCTL_ALLOW_PLAINTEXT=1"}, "", ""},
		{"by the context", setting{flags: config.Flags{Context: "plain"}, env: "STAGE_KEY=id:key", config: prod}, "", ""},
		{"not by a .env file", setting{flags: config.Flags{URL: "http://es.example"}, files: map[string]string{".env": key + "REALMCTL_ALLOW_PLAINTEXT=1"}}, "without encryption", ""},
		{"--insecure on this machine", setting{flags: config.Flags{URL: "https://127.0.0.1:9200", Insecure: "loopback"}, env: key}, "", ""},
		{"--insecure elsewhere needs the host", setting{flags: config.Flags{URL: "https://es.example:9200", Insecure: "loopback"}, env: key}, "--insecure=es.example", ""},
		{"--insecure=HOST", setting{flags: config.Flags{URL: "https://es.example:9200", Insecure: "es.example"}, env: key}, "", ""},
		{"--insecure=HOST:PORT", setting{flags: config.Flags{URL: "https://es.example:9200", Insecure: "es.example:9200"}, env: key}, "", ""},
		{"--insecure of another host", setting{flags: config.Flags{URL: "https://es.example:9200", Insecure: "other"}, env: key}, "--insecure=other is not the host", ""},
		{"a certificate without its key", setting{flags: config.Flags{URL: "https://es.example", ClientCert: "c"}, env: key}, "belong together", ""},
		{"a timeout that is none", setting{flags: config.Flags{URL: "https://es.example", Timeout: "soon"}, env: key}, `"soon" is not a duration`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.in.check(t, c.refused, c.hint)
		})
	}
}

func TestSecretsToSendFollowTheSameTrust(t *testing.T) {
	t.Parallel()
	in := setting{engine: true, env: "NEW=hush", files: map[string]string{".env": "ELASTICSEARCH_API_KEY=id:key\nMINE=mine"}}
	s, _ := in.check(t, "", "")
	if got, err := s.Sendable("MINE"); err != nil || got.Reveal() != "mine" {
		t.Errorf("Sendable(MINE) = %q, %v", got.Reveal(), err)
	}
	_, err := s.Sendable("NEW")
	if err == nil || !strings.Contains(err.Error(), "NEW in the process environment is not sent") || strings.Contains(err.Error(), "hush") {
		t.Errorf("Sendable(NEW): %v", err)
	}
	if _, err := s.Sendable("NONE"); err == nil || !strings.Contains(err.Error(), "NONE is not set") {
		t.Errorf("Sendable(NONE): %v", err)
	}
}

func TestTLSSettings(t *testing.T) {
	t.Parallel()
	const key = "ELASTICSEARCH_API_KEY=id:key\n"
	for _, c := range []struct {
		name string
		in   setting
		want config.TLS
	}{
		{"from variables", setting{env: key + "ELASTICSEARCH_URL=https://es.example\nCA_CERT=/ca.pem\nELASTICSEARCH_CA_FINGERPRINT=ab"}, config.TLS{CA: "/ca.pem", CAFingerprint: "ab"}},
		{"flags come first", setting{flags: config.Flags{CACert: "f.pem"}, env: key + "ELASTICSEARCH_URL=https://es.example\nCA_CERT=/ca.pem"}, config.TLS{CA: "f.pem"}},
		{"a .env names a CA for its own URL", setting{files: map[string]string{".env": key + "ELASTICSEARCH_URL=https://es.example\nCA_CERT=/folder.pem"}}, config.TLS{CA: "/folder.pem"}},
		{"and for no other", setting{env: "ELASTICSEARCH_URL=https://es.example", files: map[string]string{".env": key + "CA_CERT=/folder.pem\nELASTICSEARCH_CA_FINGERPRINT=ab"}}, config.TLS{}},
		{"a certificate beside a key", setting{flags: config.Flags{ClientCert: "c", ClientKey: "k"}, env: key + "ELASTICSEARCH_URL=https://es.example\nCLIENT_KEY_PASSWORD=p"}, config.TLS{Cert: "c", Key: "k", KeyPassword: "p"}},
		{"a certificate as the credential", setting{env: "CLIENT_CERT=c\nCLIENT_KEY=k\nELASTICSEARCH_URL=https://es.example"}, config.TLS{Cert: "c", Key: "k"}},
		{"without verification", setting{flags: config.Flags{URL: "https://localhost", Insecure: "loopback"}, env: key}, config.TLS{Insecure: true}},
		{"an engine has none", setting{flags: config.Flags{Data: "x", CACert: "f.pem"}, env: key}, config.TLS{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, _ := c.in.check(t, "", "")
			if got.TLS != c.want {
				t.Errorf("TLS = %+v, want %+v", got.TLS, c.want)
			}
		})
	}
}

func TestAContextSetsTheRest(t *testing.T) {
	t.Parallel()
	got, _ := setting{flags: config.Flags{Context: "Stage.EU"}, env: "STAGE_KEY=id:key", config: prod}.check(t, "", "")
	if got.RunAs != "bob" || got.Timeout != 5*time.Second || got.ReadOnly != "context Stage.EU is read-only" || got.Protected || got.EnvFile() != "./.env.Stage.EU" {
		t.Errorf("settings %+v", got)
	}
	got, _ = setting{env: "PROD_PASSWORD=p\nREALMCTL_TIMEOUT=7s", config: prod}.check(t, "", "")
	if !got.Protected || got.Timeout != 7*time.Second {
		t.Errorf("settings %+v", got)
	}
	got, _ = setting{flags: config.Flags{Data: "x", Auth: "none"}}.check(t, "", "")
	if got.Timeout != 30*time.Second || got.EnvFile() != "./.env" {
		t.Errorf("settings %+v", got)
	}
}

func TestEnvFilesThatCannotBeTrusted(t *testing.T) {
	t.Parallel()
	if os.PathSeparator != '/' {
		t.Skip("modes are not what protects files here")
	}
	for _, c := range []struct {
		name string
		mode os.FileMode
		flag bool
		want string
	}{
		{"writable by everybody", 0o606, false, "chmod"},
		{"writable by everybody and named", 0o606, true, "chmod"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, ".env")
			write(t, path, "ELASTICSEARCH_API_KEY=hush:hush")
			if err := os.Chmod(path, c.mode); err != nil {
				t.Fatal(err)
			}
			f := config.Flags{URL: "https://es.example"}
			if c.flag {
				f.EnvFiles, f.NoEnvFile = []string{".env"}, true
			}
			e, err := config.Load(config.World{Dir: dir, Lookup: lookup("")}, f)
			if err == nil {
				_, err = e.Resolve()
			}
			refused, ok := errors.AsType[*config.Error](err)
			if !ok || !strings.Contains(refused.Hint, c.want) || strings.Contains(err.Error(), "hush") {
				t.Errorf("err = %v, want a refusal with the hint %s", err, c.want)
			}
		})
	}
}

func TestABrokenEnvFileIsNeverQuoted(t *testing.T) {
	t.Parallel()
	_, _, err := setting{flags: config.Flags{URL: "https://es.example"}, files: map[string]string{".env": "ELASTICSEARCH_API_KEY='hush\n"}}.resolve(t)
	if _, ok := errors.AsType[*config.Error](err); !ok || strings.Contains(err.Error(), "hush") {
		t.Errorf("err = %v", err)
	}
}

func TestAMissingEnvFileThatWasNamed(t *testing.T) {
	t.Parallel()
	_, _, err := setting{flags: config.Flags{URL: "https://es.example", EnvFiles: []string{"nope.env"}}}.resolve(t)
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "nope.env") {
		t.Errorf("err = %v, want a missing nope.env", err)
	}
}

func TestIgnoredVariablesAreTold(t *testing.T) {
	t.Parallel()
	got, _ := setting{flags: config.Flags{Data: "x", Auth: "none"}, files: map[string]string{".env": "REALMCTL_DATA=/evil"}}.check(t, "", "")
	if len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], "REALMCTL_DATA in ./.env is ignored") {
		t.Errorf("warnings %q", got.Warnings)
	}
}

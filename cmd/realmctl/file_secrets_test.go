package main

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/joho/godotenv"
)

// TestFileSecretsStayWhereTheyBelong makes every secret that the offline commands
// make, as loudly as can be, and looks for it where it must not be.
func TestFileSecretsStayWhereTheyBelong(t *testing.T) {
	t.Parallel()
	conf, url := servedConf(t)
	dir := t.TempDir()
	const own, wrong = "a-password-of-my-own", "not-what-is-stored"
	if err := os.WriteFile(filepath.Join(dir, "own.env"), []byte("OWN="+own+"\nWRONG="+wrong+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	vars := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "ES_PATH_CONF=" + conf}
	var said bytes.Buffer
	loud := func(args ...string) { runIn(t, dir, vars, &said, append(args, "-vv")...) }
	loud("file", "add", "ana", "--roles", "superuser")
	loud("file", "add", "ben", "--password-env", "OWN", "--env-file", "own.env", "-o", "json")
	loud("file", "add", "dry", "--dry-run")
	loud("file", "password", "ana", "--overwrite", "-o", "yaml")
	loud("file", "get", "ana", "--hash", "-o", "json")
	loud("file", "list", "-o", "json")
	loud("file", "token", "create", "elastic/kibana", "one", "-o", "json")
	loud("file", "token", "list", "-o", "json")
	loud("file", "secret", "--save", "secret.yaml", "-o", "json")
	loud("file", "secret", "--basic-auth", "ana", "--save", "basic.yaml")
	loud("file", "diff", conf, conf)
	loud("file", "recover", "--url", url, "--keep", "--save", "recover.env")
	loud("file", "recover", "--url", url, "--reset-user", "elastic", "--wait", "10s")
	loud("password", "generate", "extra", "-o", "json")
	loud("password", "check", "--password-env", "EXTRA_PASSWORD", "-o", "json")
	loud("hash", "identify", "--hash-env", "ANA_HASH", "-o", "json")
	for _, args := range [][]string{
		{"file", "verify", "ana", "--password-env", "WRONG"},
		{"file", "lint", "-o", "json"},
		{"hash", "verify", "--hash-env", "ANA_HASH", "--password-env", "WRONG"},
		{"file", "add", "cid", "--hash-env", "OWN"},
		{"hash", "identify", "--hash-env", "WRONG"},
	} {
		out, err := realmctl(t, dir, vars, append(args, "--env-file", "own.env", "-vv")...).CombinedOutput()
		if err == nil {
			t.Errorf("%v ends well:\n%s", args, out)
		}
		said.Write(out)
	}
	secrets := map[string]string{"own": own, "wrong": wrong}
	for _, file := range []string{".env", "recover.env"} {
		found, err := godotenv.Read(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range found {
			if name == "ELASTICSEARCH_URL" || name == "ELASTICSEARCH_USERNAME" {
				continue
			}
			secrets[name] = value
			if raw, err := base64.RawStdEncoding.DecodeString(value); err == nil && strings.HasSuffix(name, "_TOKEN") {
				_, secret, _ := strings.Cut(string(raw), ":")
				secrets[name+", decoded"] = secret
			}
		}
	}
	if len(secrets) < 8 {
		t.Fatalf("only %d secrets were made; what is this test looking for?", len(secrets))
	}
	search(t, "the output", said.Bytes(), secrets)
	delete(secrets, "ANA_HASH") // where it belongs
	for _, file := range []string{"users", "service_tokens"} {
		search(t, file, []byte(content(t, filepath.Join(conf, file))), secrets)
	}
}

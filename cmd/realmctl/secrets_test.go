package main

import (
	"bytes"
	"encoding/base64"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/realmctl/realmctl/internal/envfile"
)

// TestSecretsStayWhereTheyBelong makes a password, an API key and a service token,
// uses them at the highest verbosity, and looks for them everywhere they must not be:
// arguments, standard output and error, the access log, and the engine's folder.
func TestSecretsStayWhereTheyBelong(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"embedded", "served"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			env := &testscript.Env{WorkDir: dir, Vars: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}}
			if err := layOut(env, ""); err != nil {
				t.Fatal(err)
			}
			var log *lockedBuffer
			if mode == "served" {
				url, access := serveWithLog(t, env)
				log = access
				if err := layOut(env, url); err != nil {
					t.Fatal(err)
				}
			}
			var seen bytes.Buffer
			for _, args := range [][]string{
				{"user", "create", "ana", "--roles", "viewer"},
				{"user", "password", "ana", "--overwrite"},
				{"api-key", "create", "ci", "--cluster", "monitor", "--no-expiry"},
				{"grant", "of-ana", "--user", "ana", "--password-env", "ANA_PASSWORD", "--cluster", "monitor", "--no-expiry"},
				{"service-token", "create", "elastic/fleet-server", "one"},
				{"token", "get", "--user", "ana", "--password-env", "ANA_PASSWORD"},
				{"token", "refresh", "--refresh-token-env", "ANA_REFRESH_TOKEN"},
				{"authenticate", "--credential-env", "ANA_ACCESS_TOKEN"},
				{"authenticate", "--credential-env", "CI_API_KEY"},
				{"authenticate", "--credential-env", "ELASTIC_FLEET_SERVER_ONE_TOKEN", "-o", "json"},
				{"user", "password", "--self"},
				{"status"},
				{"env", "check"},
				{"user", "create", "bob", "--dry-run"},
				{"user", "create", "bob", "--curl"},
				{"user", "list", "-o", "yaml"},
				{"api-key", "list", "-o", "json"},
			} {
				seen.WriteString(strings.Join(args, " ") + "\n")
				runIn(t, dir, env.Vars, &seen, append(args, "-vv")...)
			}
			secrets := secretsOf(t, filepath.Join(dir, ".env"))
			search(t, "arguments and output", seen.Bytes(), secrets)
			if log != nil {
				if !bytes.Contains(log.Bytes(), []byte("/_security/_authenticate")) {
					t.Error("the access log is empty")
				}
				search(t, "the access log", log.Bytes(), secrets)
			}
			err := filepath.WalkDir(filepath.Join(dir, ".realmctl"), func(path string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				content, err := os.ReadFile(path)
				search(t, path, content, secrets)
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// secretsOf are the values of the .env file and their other forms.
func secretsOf(t *testing.T, path string) map[string]string {
	t.Helper()
	file, err := envfile.Read(path, envfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	secrets := map[string]string{"the first password": operatorPassword}
	for _, name := range []string{"ANA_PASSWORD", "CI_API_KEY", "OF_ANA_API_KEY", "ELASTIC_FLEET_SERVER_ONE_TOKEN", "ANA_ACCESS_TOKEN", "ANA_REFRESH_TOKEN", "ELASTICSEARCH_PASSWORD"} {
		value, ok := file.Lookup(name)
		if !ok || value == "" {
			t.Fatalf("%s was not saved", name)
		}
		secrets[name] = value
		if plain, err := base64.StdEncoding.DecodeString(value); err == nil && bytes.Contains(plain, []byte(":")) {
			_, secret, _ := strings.Cut(string(plain), ":")
			secrets[name+", decoded"] = secret
		}
	}
	return secrets
}

func search(t *testing.T, where string, content []byte, secrets map[string]string) {
	t.Helper()
	for name, secret := range secrets {
		for form, text := range map[string]string{"": secret, " in base64": base64.StdEncoding.EncodeToString([]byte(secret))} {
			if bytes.Contains(content, []byte(text)) {
				t.Errorf("%s%s is in %s", name, form, where)
			}
		}
	}
}

func runIn(t *testing.T, dir string, vars []string, output *bytes.Buffer, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "realmctl", args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, vars, output, output
	if err := cmd.Run(); err != nil {
		t.Fatalf("realmctl %s: %v\n%s", strings.Join(args, " "), err, output.String())
	}
}

// TestServeSpeaksHTTPS tries TLS from end to end: a server of its own, verified by CA
// and by fingerprint, and refused without either.
func TestServeSpeaksHTTPS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	env := &testscript.Env{WorkDir: dir, Vars: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}}
	if err := layOut(env, ""); err != nil {
		t.Fatal(err)
	}
	certificate(t, dir)
	url, _ := serveWithLog(t, env, "--tls-cert", "cert.pem", "--tls-key", "key.pem")
	if !strings.HasPrefix(url, "https://") {
		t.Fatalf("listening on %s", url)
	}
	if err := layOut(env, url); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	runIn(t, dir, env.Vars, &out, "authenticate", "--ca-cert", "cert.pem")
	runIn(t, dir, env.Vars, &out, "status", "--ca-fingerprint", fingerprint(t, filepath.Join(dir, "cert.pem")))
	runIn(t, dir, env.Vars, &out, "status", "--insecure")
	for _, want := range []string{"verified by fingerprint", "not verified"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
	plain := "http" + strings.TrimPrefix(url, "https")
	silent := secureless(t)
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"authenticate"}, 76, "hint: --ca-cert FILE"},
		{[]string{"authenticate", "--ca-cert", "cert.pem", "--url", strings.Replace(url, "127.0.0.1", "localhost", 1)}, 76, "hint: the certificate is not for this host"},
		{[]string{"authenticate", "--url", plain}, 76, ": the server wants https"},
		{[]string{"authenticate", "--url", silent}, 76, "hint: the server speaks plain HTTP: use http://"},
		{[]string{"authenticate", "--ca-fingerprint", "00"}, 78, "a CA fingerprint is a SHA-256 of 64 hexadecimal digits"},
		{[]string{"authenticate", "--ca-cert", "key.pem"}, 78, "no certificate in PEM found"},
		{[]string{"authenticate", "--ca-cert", "gone.pem"}, 66, "gone.pem"},
		{[]string{"serve", "--listen", "127.0.0.1:0", "--tls-cert", "cert.pem", "--tls-key", "cert.pem"}, 78, "found a certificate rather than a key"},
	} {
		cmd := exec.CommandContext(t.Context(), "realmctl", c.args...)
		cmd.Dir, cmd.Env = dir, env.Vars
		refused, err := cmd.CombinedOutput()
		if err == nil || cmd.ProcessState.ExitCode() != c.code || !strings.Contains(string(refused), c.want) {
			t.Errorf("%s: %v, %s, want %d with %s", c.args, err, refused, c.code, c.want)
		}
	}
}

// secureless answers whatever it is sent with words that are no TLS.
func secureless(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 4096))
			_, _ = c.Write([]byte("220 mail.example ready\r\n"))
			_ = c.Close()
		}
	}()
	return "https://" + l.Addr().String()
}

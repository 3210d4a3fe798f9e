package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestRecoveryFindsItsNode takes address and trust from elasticsearch.yml alone: the
// node speaks TLS, and its certificate is known to nobody but the folder.
func TestRecoveryFindsItsNode(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	env := &testscript.Env{WorkDir: dir, Vars: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}}
	if err := layOut(env, ""); err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(dir, ".realmctl", "config")
	certificate(t, conf)
	address := freeAddress(t)
	_, port, _ := strings.Cut(address, ":")
	settings := fmt.Sprintf(`xpack.security.authc.password_hashing.algorithm: bcrypt4
http.port: %s
xpack.security.http.ssl:
  enabled: true
  certificate: cert.pem
  key: key.pem
`, port)
	if err := os.WriteFile(filepath.Join(conf, "elasticsearch.yml"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	if url, _ := serveWithLog(t, env, "--listen", address); url != "https://"+address {
		t.Fatalf("listening on %s", url)
	}
	before := bothFiles(t, conf)
	work := t.TempDir()
	var out bytes.Buffer
	runIn(t, work, env.Vars, &out, "file", "recover", "--conf", conf, "--reset-user", "elastic")
	runIn(t, work, env.Vars, &out, "authenticate", "--auth", "elastic", "--url", "https://"+address, "--ca-cert", filepath.Join(conf, "cert.pem"))
	runIn(t, work, env.Vars, &out, "file", "recover", "--conf", conf, "--keep")
	runIn(t, work, env.Vars, &out, "authenticate", "--env-file", ".env.recover", "--expect-realm", "file")
	runIn(t, work, env.Vars, &out, "file", "recover", "--conf", conf, "--cleanup", "--yes")
	if after := bothFiles(t, conf); after != before {
		t.Errorf("the files are %q, want %q", after, before)
	}

	// Somebody else's node in its place is not given the password.
	other := t.TempDir()
	certificate(t, other)
	refused, err := realmctl(t, work, nil, "file", "recover", "--conf", conf, "--ca-cert", filepath.Join(other, "cert.pem")).CombinedOutput()
	if exitOf(err) != 76 {
		t.Errorf("exit code %d, want 76\n%s", exitOf(err), refused)
	}
	if after := bothFiles(t, conf); after != before {
		t.Errorf("the files are %q, want %q", after, before)
	}
}

// freeAddress is a port of this machine that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// Package online has the tools that talk to the node of a configuration folder.
package online

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/compat/tool"
	"github.com/realmctl/realmctl/internal/keystore"
	"github.com/realmctl/realmctl/internal/localnode"
	"github.com/realmctl/realmctl/internal/secret"
)

// node is the HTTP interface that a tool talks to.
type node struct {
	client *client.Client
	base   string // the URL without a slash at the end, for messages
}

// readTimeout is that of CommandLineHttpClient.
const readTimeout = 35 * time.Second

// noProtocolError is a URL that Java does not take, in its words.
type noProtocolError struct{ url string }

// Error implements error.
func (e noProtocolError) Error() string { return "no protocol: " + e.url }

// address is the URL that was given, or where the node of the folder listens.
func address(c *tool.Call, option string) (string, error) {
	given, err := c.Set.Value(option)
	if err != nil {
		return "", err
	}
	if given == "" {
		return ownAddress(c)
	}
	u, err := url.Parse(given)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", noProtocolError{given}
	}
	return given, nil
}

// ownAddress is where the node of the folder listens. A folder that lies about must
// not draw passwords to another machine.
func ownAddress(c *tool.Call) (string, error) {
	own, err := localnode.URL(c.Settings)
	if err == nil && c.World.Found && !localnode.Here(own) {
		err = tool.Failf(tool.Config, "[%s] says that its node is %s, another machine, and nobody named that folder: name it in ES_PATH_CONF, or give the URL", c.Dir, own)
	}
	return own, err
}

// connect is the node as a user. It opens no connection.
func connect(c *tool.Call, address, user string, password secret.String) (*node, error) {
	n := &node{base: strings.TrimSuffix(address, "/")}
	transport := &http.Transport{}
	if strings.HasPrefix(address, "https:") {
		var err error
		if transport.TLSClientConfig, err = localnode.TLS(c.Settings, c.Dir, secureSettings(c)); err != nil {
			return nil, err
		}
	} else if allowed, _ := c.World.Lookup("REALMCTL_ALLOW_PLAINTEXT"); !localnode.Here(address) && allowed != "1" {
		return nil, tool.Failf(tool.Config, "%s is another machine, and http:// would show it the password in the clear: use https://, or set REALMCTL_ALLOW_PLAINTEXT=1", address)
	}
	n.client = client.New(client.Options{URL: n.base, Transport: transport, Auth: client.BasicAuth(user, password), Timeout: readTimeout, UserAgent: "realmctl-compat"})
	return n, nil
}

// url is a path of the node, as messages show it.
func (n *node) url(path string) string { return n.base + path }

// reply is an answer with a JSON object.
type reply struct {
	status int
	text   string
	object map[string]json.RawMessage
}

var errNotJSON = errors.New("the answer is not JSON")

// send sends a request; body nil is none. An answer that is no JSON object is an
// error, whatever its status.
func (n *node) send(ctx context.Context, method, path string, body any) (reply, error) {
	var data []byte
	if body != nil {
		var err error
		if data, err = json.Marshal(body); err != nil {
			return reply{}, err
		}
	}
	raw, err := n.client.Do(ctx, method, path, data)
	if err != nil {
		if ctx.Err() != nil {
			return reply{}, context.Canceled
		}
		return reply{}, err
	}
	r := reply{status: raw.Status, text: string(raw.Body)}
	if err := json.Unmarshal(raw.Body, &r.object); err != nil {
		return r, errNotJSON
	}
	return r, nil
}

// text is a member of the answer that is a text; empty when there is none.
func (r reply) member(name string) string {
	var text string
	if json.Unmarshal(r.object[name], &text) != nil {
		return ""
	}
	return text
}

// cause is why the server says it did not do it (CommandLineHttpClient.getErrorCause).
func (r reply) cause() string {
	var e struct{ Reason string }
	if json.Unmarshal(r.object["error"], &e) == nil {
		return e.Reason
	}
	var text string
	_ = json.Unmarshal(r.object["error"], &text) // some errors are plain texts, others are none
	return text
}

// reason is a failed connection in Java's words, as far as they are known.
func reason(err error) string {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return "Connection refused"
	}
	if t, ok := errors.AsType[*client.TransportError](err); ok {
		return t.Err.Error()
	}
	return err.Error()
}

// openKeystore is the folder's keystore, decrypted; nil when there is none.
func openKeystore(c *tool.Call) (*keystore.Keystore, error) {
	k, err := keystore.Open(c.Path(keystore.Name))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var password secret.String
	if k.Protected() {
		if password, err = c.Variable("KEYSTORE_PASSWORD", "the password of the elasticsearch keystore"); err != nil {
			return nil, err
		}
	}
	if err := k.Decrypt(password); err != nil {
		return nil, tool.Failf(tool.DataError, "%w", err)
	}
	return k, nil
}

// secureSettings looks settings up in the keystore, which is opened when the first
// one is wanted: that takes a while.
func secureSettings(c *tool.Call) func(string) (secret.String, error) {
	var k *keystore.Keystore
	return func(name string) (secret.String, error) {
		if k == nil {
			var err error
			if k, err = openKeystore(c); err != nil || k == nil {
				return "", err
			}
		}
		return k.Get(name), nil
	}
}

// The characters of passwords and names that the tools make.
const (
	letters       = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	passwordChars = letters + "*-_=+"
)

// random draws n of the characters.
func random(chars string, n int) (string, error) {
	out := make([]byte, n)
	for i := range out {
		k, err := rand.Int(rand.Reader, big.NewInt(int64(len(chars))))
		if err != nil {
			return "", err
		}
		out[i] = chars[k.Int64()]
	}
	return string(out), nil
}

// passwordBody is what the password calls want. The one who asked for it sees the
// password on the screen too, or put it into a variable.
func passwordBody(p secret.String) map[string]string {
	return map[string]string{"password": p.Reveal()}
}

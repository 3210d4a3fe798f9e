package online

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/realmctl/realmctl/internal/compat/jopt"
	"github.com/realmctl/realmctl/internal/compat/tool"
	"github.com/realmctl/realmctl/internal/localnode"
	"github.com/realmctl/realmctl/internal/pkcs12"
)

// CreateEnrollmentToken is elasticsearch-create-enrollment-token (CreateEnrollmentTokenTool).
func CreateEnrollmentToken() *tool.Command {
	return &tool.Command{
		About:    "Creates enrollment tokens for elasticsearch nodes and kibana instances",
		NoSilent: true,
		Parser: jopt.Parser{Options: append(superuserOptions(), jopt.Option{
			Names: []string{"s", "scope"}, Help: `The scope of this enrollment token, can be either "node" or "kibana"`, Arg: jopt.Required, Needed: true,
		})},
		Run: enroll,
	}
}

// cantCreate is ExitCodes.CANT_CREATE.
const cantCreate = 73

func enroll(ctx context.Context, c *tool.Call) error {
	const setting = "xpack.security.enrollment.enabled"
	on, err := c.Bool(setting, false)
	if err != nil {
		return err
	}
	if !on {
		return tool.Failf(tool.Config, "[%s] must be set to `true` to create an enrollment token", setting)
	}
	scope, err := c.Set.Value("scope")
	if err != nil {
		return err
	}
	if scope != "node" && scope != "kibana" {
		c.Tell(tool.Normal, "The scope of this enrollment token, can only be one of [node, kibana]")
		return tool.Failf(tool.Usage, "Invalid scope")
	}
	return asSuperuser(ctx, c, c.Set.Has("force"), func(ctx context.Context, n *node) error {
		token, err := enrollmentToken(ctx, c, n, scope)
		if err != nil {
			c.Tell(tool.Normal, "Unable to create enrollment token for scope [%s]", scope)
			return tool.Failf(cantCreate, "%w", err)
		}
		c.Print(tool.Normal, "%s", token)
		return nil
	})
}

// tokenVersion is the oldest release whose nodes understand the form.
const tokenVersion = "8.14.0"

// enrollmentToken is a key of half an hour with what a client needs to find the
// node and to trust it (EnrollmentToken).
func enrollmentToken(ctx context.Context, c *tool.Call, n *node, scope string) (string, error) {
	fingerprint, err := authorityFingerprint(c)
	if err != nil {
		return "", err
	}
	id, err := random(letters+"-_", 20)
	if err != nil {
		return "", err
	}
	r, err := n.expect(ctx, http.MethodPost, "/_security/api_key", struct {
		Name       string                         `json:"name"`
		Expiration string                         `json:"expiration"`
		Roles      map[string]map[string][]string `json:"role_descriptors"`
	}{
		"enrollment_token_API_key_" + id, "30m",
		map[string]map[string][]string{"create_enrollment_token": {"cluster": {"cluster:admin/xpack/security/enroll/" + scope}}},
	})
	if err != nil {
		return "", err
	}
	key := r.member("id") + ":" + r.member("api_key")
	if r, err = n.expect(ctx, http.MethodGet, "/_nodes/_local/http", nil); err != nil {
		return "", err
	}
	data, err := json.Marshal(struct {
		Version     string   `json:"ver"`
		Addresses   []string `json:"adr"`
		Fingerprint string   `json:"fgr"`
		Key         string   `json:"key"`
	}{tokenVersion, addresses(r), fingerprint, key})
	return base64.URLEncoding.EncodeToString(data), err
}

// expect sends a request whose answer must be 200.
func (n *node) expect(ctx context.Context, method, path string, body any) (reply, error) {
	r, err := n.send(ctx, method, path, body)
	if err != nil {
		return r, err
	}
	if r.status != http.StatusOK {
		return r, tool.Failf(cantCreate, "Unexpected response code [%d] from calling %s %s", r.status, method, n.url(path))
	}
	return r, nil
}

// authorityFingerprint is the SHA-256 of the one authority in the HTTP keystore
// whose key is there too.
func authorityFingerprint(c *tool.Call) (string, error) {
	const cannot = "Unable to create an enrollment token. Elasticsearch node HTTP layer SSL configuration "
	store, err := localnode.KeyStore(c.Settings, c.Dir, secureSettings(c))
	if err != nil {
		return "", err
	}
	if store == nil {
		return "", tool.Failf(cantCreate, cannot+"is not configured with a keystore")
	}
	authorities := slices.DeleteFunc(store.Keys, func(k pkcs12.Key) bool { return k.Certificate == nil || !k.Certificate.IsCA })
	switch len(authorities) {
	case 0:
		return "", tool.Failf(cantCreate, cannot+"Keystore doesn't contain any PrivateKey entries where the associated certificate is a CA certificate")
	case 1:
	default:
		return "", tool.Failf(cantCreate, cannot+"Keystore contains multiple PrivateKey entries where the associated certificate is a CA certificate")
	}
	sum := sha256.Sum256(authorities[0].Certificate.Raw)
	return hex.EncodeToString(sum[:]), nil
}

// addresses are where the node can be reached: those of other machines if there is
// any, IPv4 before IPv6.
func addresses(r reply) []string {
	var nodes map[string]struct {
		HTTP struct {
			Bound   []string `json:"bound_address"`
			Publish string   `json:"publish_address"`
		}
	}
	_ = json.Unmarshal(r.object["nodes"], &nodes) // what is missing is an empty list
	var far, near []string
	for _, n := range nodes {
		for _, a := range append(n.HTTP.Bound, n.HTTP.Publish) {
			a = a[strings.LastIndex(a, "/")+1:] // host/address
			host, _, err := net.SplitHostPort(a)
			switch {
			case err != nil:
			case net.ParseIP(host).IsLoopback():
				near = append(near, a)
			default:
				far = append(far, a)
			}
		}
	}
	if len(far) == 0 {
		far = near
	}
	slices.SortStableFunc(far, func(a, b string) int { return cmp.Compare(strings.Count(a, "["), strings.Count(b, "[")) })
	var list []string
	for _, a := range far {
		if !slices.Contains(list, a) {
			list = append(list, a)
		}
	}
	return list
}

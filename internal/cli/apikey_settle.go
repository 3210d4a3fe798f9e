package cli

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/esapi"
	"github.com/realmctl/realmctl/internal/secret"
)

// newRequestID is a random UUID (RFC 9562, version 4).
func newRequestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	b[6], b[8] = b[6]&0x0F|0x40, b[8]&0x3F|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// findRequest looks for keys that a request made, a few times: the server may still
// be at it.
func findRequest(ctx context.Context, c *client.Client, where client.APIKeyFilter, req esapi.CreateAPIKey) ([]string, error) {
	where.ActiveOnly = true
	want := requestOf(req.Metadata)
	for wait := 500 * time.Millisecond; ; wait *= 2 {
		found, err := c.APIKeys(ctx, where)
		if isRefused(err) {
			return nil, err
		}
		if err == nil {
			if ids := made(found.APIKeys, want); len(ids) > 0 || wait > 2*time.Second {
				return ids, nil
			}
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		case <-timer.C:
		}
	}
}

// made are the ids of the keys that a request left.
func made(keys []esapi.APIKey, request string) []string {
	var ids []string
	for _, k := range keys {
		if requestOf(k.Metadata) == request {
			ids = append(ids, k.ID)
		}
	}
	return ids
}

// requestOf is the id of the request that a key's metadata names.
func requestOf(metadata json.RawMessage) string {
	var m map[string]json.RawMessage
	if json.Unmarshal(metadata, &m) != nil {
		return ""
	}
	return metadataTerm(m[requestKey])
}

// endKey invalidates a key, as its owner where more is not allowed, and makes sure
// that it happened.
func endKey(ctx context.Context, c *client.Client, id string) error {
	done, err := c.InvalidateAPIKeys(ctx, esapi.InvalidateAPIKeys{IDs: []string{id}})
	if isRefused(err) {
		done, err = c.InvalidateAPIKeys(ctx, esapi.InvalidateAPIKeys{IDs: []string{id}, Owner: true})
	}
	if err != nil {
		return err
	}
	if !slices.Contains(append(done.Invalidated, done.Previously...), id) {
		return failf(exitInternal, "the API key %s was not invalidated", id)
	}
	return nil
}

// keyInFormat is a key as the program that will use it wants it. It checks the
// format even of no key.
func keyInFormat(format string, encoded secret.String) (secret.String, error) {
	plain, err := base64.StdEncoding.DecodeString(encoded.Reveal())
	if err != nil {
		return "", failf(exitProtocol, "the key that the server made is not base64")
	}
	switch format {
	case "encoded":
		return encoded, nil
	case "id-key", "beats", "logstash": // api_key of their Elasticsearch outputs is id:key
		return secret.String(plain), nil
	case "curl":
		return secret.String("Authorization: ApiKey " + encoded.Reveal()), nil
	}
	return "", usagef("--key-format %q: one of encoded, id-key, beats, logstash, curl", format)
}

// existing looks for live keys of the caller with the name. With reuse, the secret
// that is saved already may be one of them; then there is nothing to do.
func (o *apiKeyCreateOptions) existing(ctx context.Context, app *App, c *client.Client, to place, name string) (reused bool, err error) {
	if app.flags.Curl {
		return false, nil
	}
	keys, err := app.findKeys(ctx, c, keySelector{name: name, own: true})
	if err != nil {
		return false, err
	}
	keys = slices.DeleteFunc(keys, func(k esapi.APIKey) bool { return !app.live(k) })
	if len(keys) == 0 {
		return false, nil
	}
	if o.ifExists != ifExistsReuse {
		return false, failf(exitExists, "there is a live API key called %s: %s", name, keys[0].ID).withHint("--if-exists reuse, or realmctl api-key invalidate --id %s", keys[0].ID)
	}
	return true, o.reuse(ctx, app, to, keys)
}

// reuse shows the key whose secret is saved, after a login with it.
func (o *apiKeyCreateOptions) reuse(ctx context.Context, app *App, to place, keys []esapi.APIKey) error {
	saved, _, err := app.settings.Secret(to.variable)
	if err != nil {
		return failf(exitExists, "there is a live API key called %s, but no secret in %s", keys[0].Name, to.variable)
	}
	id := keyID(saved)
	i := slices.IndexFunc(keys, func(k esapi.APIKey) bool { return k.ID == id })
	if i < 0 {
		return failf(exitExists, "%s holds none of the live API keys called %s", to.variable, keys[0].Name)
	}
	other, err := app.as(ctx, client.APIKeyAuth(encodedKey(saved)))
	if err != nil {
		return err
	}
	if _, err := other.Authenticate(ctx); err != nil {
		return failf(exitExists, "the secret in %s does not work: %w", to.variable, err)
	}
	k := keys[i]
	return app.Show(details(esapi.CreatedAPIKey{ID: k.ID, Name: k.Name, Expiration: k.Expiration}, [][]string{
		{"id", k.ID}, {"name", k.Name}, {"expires", app.expiry(k.Expiration)}, {"saved", to.saved()},
	}))
}

// encodedKey is the header's form of a key that was saved in any format.
func encodedKey(saved secret.String) secret.String {
	text := strings.TrimPrefix(saved.Reveal(), "Authorization: ApiKey ")
	if strings.Contains(text, ":") {
		return secret.String(base64.StdEncoding.EncodeToString([]byte(text)))
	}
	return secret.String(text)
}

// keyID is the id in a saved key; empty when it is none.
func keyID(saved secret.String) string {
	plain, err := base64.StdEncoding.DecodeString(encodedKey(saved).Reveal())
	if err != nil {
		return ""
	}
	id, _, ok := strings.Cut(string(plain), ":")
	if !ok {
		return ""
	}
	return id
}
